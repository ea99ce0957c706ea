"""Generated events go through both doors, out, into a second project, and out again alike."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.records import Json
from tests.compat.mixpanel.world import EXPORT, NOW, World, basic, open_world
from tests.support.engines import ENGINES

_MARKERS: Final = re.compile(
    rb',"(?:\$import":true|mp_processing_time_ms":\d+|\$mp_api_timestamp_ms":\d+'
    rb'|session_id":"[^"]*")'
)
"""What an import is marked by; sessions are made anew from the devices."""

_TEXTS: Final = st.one_of(
    st.sampled_from(
        ["", " ", "a b", "Ä", "\u2028\u0085", '\\"\n\t\0', "\x1f\x1a", "😀", "null", "1", "true"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
_NUMBERS: Final = st.one_of(
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.sampled_from([0, -0.0, 1, 5.0, 0.1, 5e-324, 1e15, 123456789.125, 1e-7]),
    st.sampled_from([1e16, 1.23e22, -1e300]),
    st.floats(allow_nan=False, allow_infinity=False),
)


def _scalars() -> st.SearchStrategy[Json]:
    return st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS)


def _values() -> st.SearchStrategy[Json]:
    return st.one_of(
        _scalars(),
        _scalars(),
        st.lists(_scalars(), max_size=3),
        st.dictionaries(st.sampled_from(["a", "a.b", "Ä", ""]), _scalars(), max_size=2),
    )


_URLS: Final = [
    "https://Shop.example/a?q=%C3%A5%20b&utm_source=news&x#top",
    "http://shop.example:8080/ä b?x=1&x=2",
    "https://shop.example",
    "/only/path?y=+",
    "Home",
    "http://[bad",
    "https://www.google.com/search?q=x",
    "$direct",
    "",
]
_OWN_KEYS: Final = ["plan", "a b", "n.b", "Ä", "~/x", "$odd", "mp_odd", "utm_odd", "revenue", "url"]
_URL_KEYS: Final = ["$current_url", "$referrer", "$initial_referrer", "$referring_domain"]
_KNOWN: Final = [
    *["$city", "$region", "mp_country_code", "$country", "$os", "$os_version", "$browser"],
    *["$browser_version", "$device", "$brand", "$manufacturer", "$model", "current_page_title"],
    *["mp_lib", "$lib_version", "utm_source", "utm_medium", "utm_campaign", "utm_term"],
    *["utm_content", "$app_version_string", "$app_version", "$language", "$timezone"],
    *["$search_engine", "referrer_name", "referrer_type", "current_domain", "$user_agent"],
    *["$duration", "$duration_s", "$screen_width", "$screen_height", "$screen_dpi", "$latitude"],
    *["$longitude", "$groups", "$import", "token", "$app_build_number", "session_id"],
]
_USUAL: Final = st.sampled_from(
    [*["desktop", "mobile", "iOS", "Windows", "web", "python", "SE", "search", "Google"], 1920, 0.5]
)
_WHO: Final[list[dict[str, Json]]] = [
    {"distinct_id": "ann"},
    {"distinct_id": ""},
    {"distinct_id": 7},
    {"distinct_id": "$device:d1"},
    {"distinct_id": "$device:d1", "$device_id": "d1"},
    {"distinct_id": "ann", "$device_id": "d1", "$user_id": "ann"},
    {"distinct_id": "d1", "$device_id": "d1"},
    {"distinct_id": "ann", "$device_id": "ann", "$user_id": "ann"},
    {"distinct_id": "$device:d2", "$user_id": "bob"},
]
_IDS: Final = st.one_of(
    st.sampled_from(["a-1", "A", "0123456789ABCDEF0123456789abcdef"]),
    st.uuids().map(str),
)
_EVENT_NAMES: Final = st.sampled_from(
    ["Bought", "screen_view", "$mp_web_page_view", "revenue", "ä 'b'", "session_ended"]
)


@st.composite
def _imported(draw: st.DrawFn) -> dict[str, Json]:
    """A row for Mixpanel's door, its time in milliseconds of its day."""
    properties: dict[str, Json] = {
        **draw(st.dictionaries(st.sampled_from(_KNOWN), st.one_of(_USUAL, _values()), max_size=5)),
        **draw(st.dictionaries(st.sampled_from(_URL_KEYS), st.sampled_from(_URLS), max_size=2)),
        **draw(st.dictionaries(st.sampled_from(_OWN_KEYS), _values(), max_size=4)),
        **draw(st.sampled_from(_WHO)),
        "$insert_id": draw(_IDS),
        "time": draw(st.sampled_from([0, 1, 999, 1000, 86_399_999])),
    }
    return {"event": draw(_EVENT_NAMES), "properties": properties}


@st.composite
def _tracked(draw: st.DrawFn) -> dict[str, Json]:
    """A message for OpenPanel's door, its time likewise."""
    hidden = {"__path": _URLS[:6], "__referrer": _URLS[:7], "__title": ["", "Ä page"]}
    properties: dict[str, Json] = {
        key: draw(st.sampled_from(values)) for key, values in hidden.items() if draw(st.booleans())
    }
    properties |= draw(st.dictionaries(st.sampled_from(_OWN_KEYS), _values(), max_size=4))
    properties["__timestamp"] = draw(st.integers(0, 86_399_999))
    payload: dict[str, Json] = {
        "name": draw(st.sampled_from(["screen_view", "Bought", "revenue"])),
        "properties": properties,
    }
    someone = draw(st.sampled_from([None, "ann", "bob"]))
    return payload if someone is None else payload | {"profileId": someone}


@dataclass
class Trip:
    """A server with two projects; each example has a day of its own."""

    world: World
    copy: dict[str, str]
    loop: asyncio.AbstractEventLoop
    days: Iterator[int] = field(default_factory=lambda: count(4))

    def run(self, rows: list[dict[str, Json]], messages: list[dict[str, Json]]) -> None:
        self.loop.run_until_complete(self._run(rows, messages))

    async def _run(self, rows: list[dict[str, Json]], messages: list[dict[str, Json]]) -> None:
        day = datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(days=next(self.days))
        start = round(day.timestamp() * 1000)
        own = basic(f"{self.world.secret}:")
        placed = b"\n".join(orjson.dumps(_placed(row, start)) for row in rows)
        await self._send(own, placed, refused=len(rows))
        await self._track(messages, start)
        first = await self._export(own, day)
        taken = await self._send(self.copy, first)
        second = await self._export(self.copy, day)
        assert taken == len(first.splitlines()), first
        for again, before in zip(_unmarked(second), _unmarked(first), strict=True):
            assert again == before

    async def _send(self, who: dict[str, str], body: bytes, refused: int = 0) -> int:
        """How many of the lines were taken; at most `refused` of them were not."""
        sent = await self.world.http.post(
            "/import", content=body, headers=who | {"content-type": "application/x-ndjson"}
        )
        told = sent.json()
        imported: int = told["num_records_imported"]
        assert len(told.get("failed_records", ())) <= refused, (told, body)
        return imported

    async def _track(self, messages: list[dict[str, Json]], start: int) -> None:
        for message in messages:
            told = message["properties"]
            assert isinstance(told, dict)
            at = told["__timestamp"]
            assert isinstance(at, int)
            moment = datetime.fromtimestamp((start + at) / 1000, UTC).isoformat()
            payload = {**message, "properties": {**told, "__timestamp": moment}}
            answer = await self.world.http.post(
                "/track", json={"type": "track", "payload": payload}, headers=self.world.writing
            )
            assert answer.status_code == 200, answer.text

    async def _export(self, who: dict[str, str], day: datetime) -> bytes:
        date = day.date().isoformat()
        asked = {"from_date": date, "to_date": date, "time_in_ms": "true"}
        answer = await self.world.http.get(EXPORT, params=asked, headers=who)
        assert answer.status_code == 200, answer.text
        return answer.content


def _placed(row: dict[str, Json], start: int) -> dict[str, Json]:
    told = row["properties"]
    assert isinstance(told, dict)
    at = told["time"]
    assert isinstance(at, int)
    return {**row, "properties": {**told, "time": start + at}}


def _unmarked(body: bytes) -> list[str]:
    """The lines to the byte, but for the marks and for sessions' own events."""
    lines = (_MARKERS.sub(b"", line) for line in body.splitlines())
    return [
        line.decode()
        for line in lines
        if not line.startswith((b'{"event":"session_start"', b'{"event":"session_end"'))
    ]


@pytest.fixture(scope="module", params=ENGINES)
def trip(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trip]:
    loop = asyncio.new_event_loop()
    opening: AsyncIterator[World] = open_world(
        request.param, tmp_path_factory.mktemp(request.param), rate_limits=False
    )
    world = loop.run_until_complete(anext(opening))
    other = loop.run_until_complete(world.services.projects.create_project("copy"))
    yield Trip(world, basic(f"{other.secret}:"), loop)
    assert loop.run_until_complete(anext(opening, None)) is None
    loop.close()


@settings(max_examples=25)
@given(st.lists(_imported(), min_size=3, max_size=6), st.lists(_tracked(), max_size=3))
def test_what_was_exported_comes_back_to_the_byte(
    trip: Trip, rows: list[dict[str, Json]], messages: list[dict[str, Json]]
) -> None:
    trip.run(rows, messages)
