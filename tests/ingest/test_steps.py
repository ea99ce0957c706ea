import pytest

from app.ingest.agents import Agent
from app.ingest.calls import NO_TECHNOLOGY, Caller, Technology, TrackCall
from app.ingest.geo import Place
from app.ingest.identity import DeviceIds
from app.ingest.locations import parse_location
from app.ingest.steps import (
    Instant,
    address_of,
    context_of,
    devices_of,
    event_id_of,
    instant_of,
    properties_of,
    technology_of,
)
from app.projects.salts import Salts

NOW = 1_735_732_800_000
MINUTE = 60_000
CALL = TrackCall(project=1, project_slug="demo-project", name="view")
CALLER = Caller(received_at=NOW, ip="203.0.113.7", user_agent="Mozilla/5.0 Test")
PHONE = Agent(Technology(os="iOS", os_version="17", device="mobile"), is_server=False)


def _call(**parts: object) -> TrackCall:
    return TrackCall(project=1, project_slug="demo-project", name="view", **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at_ms", "instant"),
    [
        (None, Instant(NOW, is_past=False)),
        (NOW - 1, Instant(NOW - 1, is_past=False)),
        (NOW + MINUTE, Instant(NOW + MINUTE, is_past=False)),
        (NOW + MINUTE + 1, Instant(NOW, is_past=False)),
        (NOW - 15 * MINUTE, Instant(NOW - 15 * MINUTE, is_past=False)),
        (NOW - 15 * MINUTE - 1, Instant(NOW - 15 * MINUTE - 1, is_past=True)),
        (0, Instant(0, is_past=True)),
        (-(10**15), Instant(NOW, is_past=False)),
    ],
)
def test_time_that_can_be_true_is_believed(at_ms: int | None, instant: Instant) -> None:
    assert instant_of(_call(at_ms=at_ms), CALLER) == instant


@pytest.mark.parametrize(
    ("ip", "address"),
    [
        (None, "203.0.113.7"),
        ("198.51.100.1", "198.51.100.1"),
        (" 10.0.0.1 ", "10.0.0.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("somewhere", "203.0.113.7"),
    ],
)
def test_named_address_replaces_that_of_the_transport(ip: str | None, address: str) -> None:
    assert address_of(_call(ip=ip), CALLER) == address


def test_caller_corrects_the_technology() -> None:
    told = Technology(os_version="17.4", model="iPhone15,2")
    assert technology_of(told, PHONE) == Technology(
        os="iOS", os_version="17.4", device="mobile", model="iPhone15,2"
    )
    assert technology_of(NO_TECHNOLOGY, PHONE) is PHONE.technology


def test_technology_of_a_server_can_not_be_corrected() -> None:
    server = Agent(Technology(device="server"), is_server=True)
    assert technology_of(Technology(os="iOS"), server) == server.technology


def test_devices_are_those_of_both_salts() -> None:
    candidates = DeviceIds().under(Salts("0123456789abcdef0123456789abcdef", "f" * 32))
    current, previous = devices_of(CALL, CALLER, "203.0.113.7", candidates)
    assert current == "911c232cf80bcbb466cca33c5caa5d09"
    assert previous != current
    assert devices_of(_call(device_id="mine"), CALLER, None, candidates) == ("mine",)


def test_same_insert_id_names_the_same_event() -> None:
    first = _call(insert_id="a", at_ms=5, profile_id="ann")
    assert event_id_of(first, str) == event_id_of(first, str)
    others = [
        _call(insert_id="b", at_ms=5, profile_id="ann"),
        _call(insert_id="a", at_ms=6, profile_id="ann"),
        _call(insert_id="a", at_ms=5, profile_id="bob"),
        _call(insert_id="a", profile_id="ann"),
    ]
    assert event_id_of(first, str) not in {event_id_of(other, str) for other in others}
    assert event_id_of(CALL, lambda: "new") == "new"


def test_properties_keep_their_types_and_gain_those_of_the_url() -> None:
    call = _call(properties={"list": [1, None], "__hash": "#old"})
    assert properties_of(call, parse_location("/a?x=1#new")) == {
        "list": [1, None],
        "__query": {"x": "1"},
        "__hash": "#new",
    }
    assert call.properties == {"list": [1, None], "__hash": "#old"}


def test_profile_learns_only_what_is_known() -> None:
    assert context_of(Technology(os="iOS"), Place("SE", latitude=0.0)) == {
        "country": "SE",
        "latitude": 0.0,
        "os": "iOS",
    }
