import itertools
from dataclasses import replace

import pytest

from app.analytics.records import Event
from app.ingest.agents import AgentReader
from app.ingest.calls import Caller, ClientHints, IdentifyCall, Technology, TrackCall
from app.ingest.draft import Enricher
from app.ingest.geo import Place
from app.ingest.referrers import HandwrittenBook
from app.projects.identity import Identity
from app.projects.salts import Salts

NOW = 1_735_732_800_000
SALTS = Salts("0" * 32, "1" * 32)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1"
)
BROWSER = Caller(
    received_at=NOW, ip="203.0.113.7", user_agent=IPHONE, sdk_name="web", sdk_version="1.0"
)
SERVER = Caller(received_at=NOW, ip="203.0.113.7", user_agent="curl/8.5.0")
CALL = TrackCall(
    project=7,
    project_slug="shop",
    name="screen_view",
    properties={"price": 1.5, "__title": "Shoes"},
    groups=("acme",),
    url="https://shop.example/p?utm_source=Google&utm_campaign=may&x=1#top",
    referrer="https://www.google.com/",
    title="Shoes",
)


class Atlas:
    """Two places."""

    def locate(self, ip: str | None) -> Place:
        if ip == "203.0.113.7":
            return Place("SE", "Skåne", "Lund", 13.2, 55.7)
        return Place("DE") if ip else Place()


@pytest.fixture(scope="module")
def enricher() -> Enricher:
    numbers = itertools.count(1)
    return Enricher(
        agents=AgentReader(),
        referrers=HandwrittenBook(),
        geo=Atlas(),
        new_id=lambda: f"event-{next(numbers)}",
    )


def test_event_of_a_browser_is_complete_but_for_its_session(enricher: Enricher) -> None:
    draft = enricher.draft(CALL, BROWSER, SALTS)
    device, previous_device = draft.devices
    assert device != previous_device
    assert draft.devices
    assert not draft.names_profile
    assert not draft.is_from_server
    assert draft.event == Event(
        project=7,
        id=draft.event.id,
        name="screen_view",
        created_at=NOW,
        received_at=NOW,
        profile_id=device,
        device_id=device,
        path="/p",
        origin="https://shop.example",
        title="Shoes",
        referrer="https://www.google.com",
        referrer_name="Google",
        referrer_type="search",
        utm_source="Google",
        utm_campaign="may",
        country="SE",
        region="Skåne",
        city="Lund",
        longitude=13.2,
        latitude=55.7,
        os="iOS",
        os_version="16.5",
        browser="Mobile Safari",
        browser_version="16.5",
        device="mobile",
        brand="Apple",
        model="iPhone",
        sdk_name="web",
        sdk_version="1.0",
        groups=("acme",),
        properties={
            "price": 1.5,
            "__title": "Shoes",
            "__query": {"utm_source": "Google", "utm_campaign": "may", "x": "1"},
            "__hash": "#top",
        },
    )


def test_each_event_has_its_own_id(enricher: Enricher) -> None:
    first, second = (enricher.draft(CALL, BROWSER, SALTS).event.id for _ in range(2))
    assert first != second


def test_named_profile_is_kept(enricher: Enricher) -> None:
    draft = enricher.draft(replace(CALL, profile_id="ann"), BROWSER, SALTS)
    assert draft.names_profile
    assert draft.event.profile_id == "ann"
    assert draft.event.device_id == draft.devices[0]


@pytest.mark.parametrize(
    ("call", "caller", "is_from_server"),
    [
        (CALL, SERVER, True),
        (CALL, Caller(received_at=NOW), True),
        (replace(CALL, device_id="mine"), SERVER, True),
        (replace(CALL, at_ms=NOW - 15 * 60_000 - 1), BROWSER, False),
        (replace(CALL, at_ms=NOW - 86_400_000, device_id="mine"), BROWSER, False),
    ],
)
def test_event_of_a_server_or_of_the_past_stands_apart(
    enricher: Enricher, call: TrackCall, caller: Caller, *, is_from_server: bool
) -> None:
    draft = enricher.draft(call, caller, SALTS)
    event = draft.event
    assert not draft.devices
    assert draft.devices == ()
    assert draft.is_from_server == is_from_server
    assert (event.device_id, event.session_id, event.profile_id) == (None, None, None)
    assert (event.referrer, event.referrer_name, event.referrer_type) == (None, None, None)
    assert (event.path, event.utm_source) == ("/p", "Google")
    assert event.created_at == (call.at_ms or NOW)
    assert enricher.draft(replace(call, profile_id="ann"), caller, SALTS).event.profile_id == "ann"


def test_technology_of_a_server_is_server_alone(enricher: Enricher) -> None:
    event = enricher.draft(replace(CALL, technology=Technology(os="iOS")), SERVER, SALTS).event
    assert (event.device, event.os, event.browser) == ("server", None, None)


def test_named_device_is_the_only_candidate(enricher: Enricher) -> None:
    draft = enricher.draft(replace(CALL, device_id="mine"), BROWSER, SALTS)
    assert draft.devices == ("mine",)
    assert draft.event.device_id == draft.event.profile_id == "mine"


def test_named_address_changes_place_and_device(enricher: Enricher) -> None:
    plain = enricher.draft(CALL, BROWSER, SALTS)
    moved = enricher.draft(replace(CALL, ip="198.51.100.1"), BROWSER, SALTS)
    assert moved.event.country == "DE"
    assert moved.devices != plain.devices


def test_screen_of_an_app_has_no_origin(enricher: Enricher) -> None:
    event = enricher.draft(replace(CALL, url="HomeScreen"), BROWSER, SALTS).event
    assert (event.path, event.origin) == ("HomeScreen", None)
    nowhere = enricher.draft(replace(CALL, url=None), BROWSER, SALTS).event
    assert (nowhere.path, nowhere.origin) == (None, None)


def test_identity_carries_place_and_technology_of_people_alone(enricher: Enricher) -> None:
    call = IdentifyCall(project=7, profile_id="ann", first_name="Ann", properties={"tier": "gold"})
    told = Identity(profile_id="ann", seen_at=NOW, first_name="Ann", properties={"tier": "gold"})
    assert enricher.identity(call, SERVER) == told
    assert enricher.identity(call, BROWSER) == replace(
        told,
        context={
            "country": "SE",
            "region": "Skåne",
            "city": "Lund",
            "longitude": 13.2,
            "latitude": 55.7,
            "os": "iOS",
            "os_version": "16.5",
            "browser": "Mobile Safari",
            "browser_version": "16.5",
            "device": "mobile",
            "brand": "Apple",
            "model": "iPhone",
        },
    )


def test_whoever_identifies_may_correct_the_technology(enricher: Enricher) -> None:
    call = IdentifyCall(project=7, profile_id="ann", technology=Technology(os_version="17.1"))
    context = enricher.identity(call, BROWSER).context
    assert (context["os"], context["os_version"]) == ("iOS", "17.1")
    assert enricher.identity(call, SERVER).context == {}


def test_client_hints_make_technology_exact_and_name_no_other_device(enricher: Enricher) -> None:
    windows = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/124.0.0.0 Safari/537.36"
    )
    plain = replace(BROWSER, user_agent=windows)
    hinted = replace(plain, hints=ClientHints(platform="Windows", platform_version="15.0.0"))
    before, after = (enricher.draft(CALL, caller, SALTS) for caller in (plain, hinted))
    assert (before.event.os_version, after.event.os_version) == ("10", "11")
    assert before.devices == after.devices
    assert (
        enricher.identity(IdentifyCall(project=7, profile_id="ann"), hinted).context["os_version"]
        == "11"
    )
    from_server = enricher.draft(CALL, replace(SERVER, hints=hinted.hints), SALTS)
    assert from_server.event.os is None
