"""What becomes of the lines of either system."""

import uuid

import orjson
import pytest

from app.analytics.event_row import EventRow
from app.analytics.records import Event, Json
from app.importer import mixpanel, openpanel
from app.importer.lines import parse
from app.importer.rows import Circumstances
from app.ingest.encoding import decode_table
from app.kit.jsonl import Portion
from tests.support.import_lines import CAMEL, MIXPANEL, SNAKE, START_MS

NOW = START_MS + 10**9
HERE = Circumstances(project=1, fingerprint="f", at_ms=NOW)


def parsed(*lines: bytes) -> tuple[list[EventRow], list[tuple[int, str]]]:
    part = parse(Portion(b"\n".join(lines), 0, 0, 1), HERE)
    events = [row for rows in decode_table(part.batch, 1).parts() for row in rows]
    assert len(events) == part.rows
    return events, [(bad.line, bad.reason) for bad in part.bad]


def mixpanel_event(changed: dict[str, Json], gone: tuple[str, ...] = ()) -> Event:
    held = MIXPANEL["properties"]
    assert isinstance(held, dict)
    told = {key: value for key, value in (held | changed).items() if key not in gone}
    return mixpanel.event_of({"event": MIXPANEL["event"], "properties": told}, 1, HERE)


@pytest.mark.parametrize("row", [CAMEL, SNAKE], ids=["camelCase", "snake_case"])
def test_openpanel_row_keeps_every_column(row: dict[str, Json]) -> None:
    assert openpanel.event_of(row, 1, HERE) == Event(
        project=1,
        id="5f0c2f9e-5a1b-4c3d-8e7f-0123456789ab",
        name="screen_view",
        created_at=START_MS + 120,
        received_at=NOW,
        imported_at=NOW,
        profile_id="ann",
        device_id="d1",
        session_id=None,
        path="/",
        origin="https://shop.test",
        title="Start",
        referrer="https://google.com",
        referrer_name="Google",
        referrer_type="search",
        utm_source="letter",
        country="SE",
        region="Skåne",
        city="Lund",
        longitude=13.19,
        latitude=55.7,
        os="Windows",
        os_version="10",
        browser="Chrome",
        browser_version="140.0",
        device="desktop",
        sdk_name="web",
        sdk_version="1.3.0",
        groups=("acme",),
        properties={"__title": "Start", "__query.utm_source": "letter", "seats": "3"},
    )


@pytest.mark.parametrize(
    ("changed", "session_id"),
    [
        ({}, None),
        ({"deviceId": ""}, "theirs"),
    ],
)
def test_session_of_a_row_is_kept_only_where_none_is_made(
    changed: dict[str, Json], session_id: str | None
) -> None:
    assert openpanel.event_of(CAMEL | changed, 1, HERE).session_id == session_id


def test_row_without_id_gets_the_same_one_each_time() -> None:
    row = CAMEL | {"id": ""}
    first, again, other = (openpanel.event_of(row, line, HERE).id for line in (1, 1, 2))
    assert first == again != other
    assert uuid.UUID(first)


def test_mixpanel_line_is_mapped() -> None:
    event = mixpanel_event({})
    assert event.name == "screen_view"
    assert event.id == "5f0c2f9e-5a1b-4c3d-8e7f-0123456789ab"
    assert (event.created_at, event.imported_at) == (START_MS, NOW)
    assert (event.profile_id, event.device_id) == ("ann", "d1")
    assert (event.path, event.origin, event.title) == ("/lamps", "https://shop.test", "Lamps")
    assert (event.referrer, event.referrer_type) == ("https://www.google.com", "search")
    assert (event.country, event.region, event.city) == ("SE", "Skåne", "Lund")
    assert (event.os, event.browser, event.browser_version) == ("Windows", "Chrome", "140")
    assert (event.device, event.sdk_name, event.sdk_version) == ("desktop", "web", "2.55.0")
    assert (event.utm_source, event.duration) == ("letter", 1500)
    assert event.properties == {
        "__title": "Lamps",
        "__query": {"utm_source": "letter", "page": "2"},
        "__hash": "#top",
        "__screen": "1920x1080",
        "__lib_version": "2.55.0",
        "plan": "pro",
        "seats": 3,
    }


@pytest.mark.parametrize(
    ("width", "height", "kept"),
    [
        (1920, 1080, "1920x1080"),
        ("390", 844.5, "390x844.5"),
        (None, 1080, "x1080"),
        (1920, {"a": 1}, "1920x"),
        (True, "wide", None),
        ("2x", [], None),
    ],
)
def test_sides_of_a_screen_are_kept_where_they_are_numbers(
    width: Json, height: Json, kept: str | None
) -> None:
    event = mixpanel_event({"$screen_width": width, "$screen_height": height})
    assert event.properties.get("__screen") == kept


@pytest.mark.parametrize(
    ("changed", "gone", "profile_id", "device_id"),
    [
        ({}, (), "ann", "d1"),
        ({}, ("$user_id",), "ann", "d1"),
        ({"distinct_id": "$device:d1"}, ("$user_id",), "d1", "d1"),
        ({"distinct_id": "$device:d1"}, ("$user_id", "$device_id"), "d1", "d1"),
        # A browser's line is of a device, a server's is not.
        ({}, ("$user_id", "$device_id"), "ann", "ann"),
        ({"mp_lib": "python"}, ("$device_id", "$os", "$current_url", "$browser"), "ann", None),
    ],
)
def test_mixpanel_identity_tells_profile_and_device(
    changed: dict[str, Json], gone: tuple[str, ...], profile_id: str, device_id: str | None
) -> None:
    event = mixpanel_event(changed, gone)
    assert (event.profile_id, event.device_id) == (profile_id, device_id)


def test_mixpanel_insert_id_that_is_no_uuid_is_kept_beside_a_derived_id() -> None:
    event = mixpanel_event({"$insert_id": "8f2"})
    assert event.id == mixpanel_event({"$insert_id": "8f2", "plan": "free"}).id
    assert uuid.UUID(event.id)
    assert event.properties["__source_insert_id"] == "8f2"


@pytest.mark.parametrize(
    ("changed", "device"),
    [
        ({"$os": "iOS"}, "mobile"),
        ({"$os": "Android"}, "mobile"),
        ({"mp_lib": "swift", "$os": "iOS", "$device": "iPad13,4"}, "tablet"),
        ({"mp_lib": "node"}, "server"),
        ({"$device": "tablet"}, "tablet"),
        ({"$os": None}, None),
    ],
)
def test_mixpanel_device_is_derived(changed: dict[str, Json], device: str | None) -> None:
    assert mixpanel_event(changed).device == device


def test_kinds_are_told_apart_line_by_line() -> None:
    events, bad = parsed(
        orjson.dumps(CAMEL), b"", orjson.dumps(MIXPANEL), b"  ", orjson.dumps(SNAKE)
    )
    assert [event.path for event in events] == ["/", "/lamps", "/"]
    assert bad == []


def line(**changed: Json) -> bytes:
    return orjson.dumps(CAMEL | changed)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "The line is not valid JSON."),
        (b'\xff\xfe{"name":1}', "The line is not valid JSON."),
        (b"[]", "The line is not a JSON object."),
        (b"7", "The line is not a JSON object."),
        (b"{}", "The event has no name."),
        (line(name=""), "The event has no name."),
        (line(name=7), "The event has no name."),
        (line(createdAt=None), "The event has no time."),
        (line(createdAt="soon"), 'The event\'s time "soon" is not a time.'),
        (line(properties=[1]), "The event's properties are not an object."),
        (line(revenue=2**60), "An event's revenue and duration are at most 2000000000000."),
        (b'{"event":"x","properties":{}}', "The event has no time."),
        (b'{"event":"x","properties":3}', "The event's properties are not an object."),
        (b'{"event":"","properties":{"time":1}}', "The event has no name."),
        (
            orjson.dumps(CAMEL | {"properties": {f"p{n}": n for n in range(3000)}}),
            "At most 2000 property values can be sent at once.",
        ),
    ],
)
def test_bad_line_is_named_and_the_others_are_taken(text: bytes, reason: str) -> None:
    events, bad = parsed(orjson.dumps(CAMEL), text, orjson.dumps(SNAKE))
    assert len(events) == 2
    assert bad == [(2, reason)]


def test_starts_and_ends_of_sessions_are_left_out_and_counted() -> None:
    lines = [line(), line(name="session_start"), line(name="session_end"), b"no"]
    part = parse(Portion(b"\n".join(lines), 0, 0, 1), HERE)
    assert (part.rows, part.boundaries, len(part.bad)) == (1, 2, 1)


def test_what_no_store_can_keep_is_left_out_of_text() -> None:
    text = orjson.dumps(CAMEL).replace(b'"SE"', b'"\\u0000\\u0000"').replace(b"Start", b"a\\ud800b")
    ((event,), bad) = parsed(text)
    assert (event.country, event.title, bad) == (None, "ab", [])
