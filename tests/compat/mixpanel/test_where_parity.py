"""Generated expressions over generated events: every engine keeps what the reference keeps."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Final

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.records import Event, Json, Profile
from app.stores.base import Changes, EventStore
from app.stores.open import open_event_store
from tests.compat.mixpanel.test_where import AT, NOW, kept
from tests.support.engines import ENGINES, store_url
from tests.support.mixpanel_lines import exported
from tests.support.mixpanel_where import Reference

_TEXTS: Final = ["", "a", "A", "Ä", "ä", "10", " 7 ", "1e2", "false", "2025-03-09", "x-y"]
_MOMENTS: Final = ["2025-03-09T10:00:00", "2025-02-30", "2025-03-09 10:00:00+01:00"]
_NESTED: Final[list[Json]] = [["a", "Ä", 1], [], {"b": 2, "c": ["x"]}, [{"s": "A"}, None]]
_VALUES: Final[list[Json]] = [
    *_NESTED,
    *_TEXTS,
    *_MOMENTS,
    *[None, True, False, 0, 1, -3, 5, 5.0, 0.5, 2.5, -2.5, 49.5, 1_741_514_400, 1e300],
]
_KEYS: Final = ["p", "q", "n.b", "a b", "$browser"]


@st.composite
def _events(draw: st.DrawFn) -> Event:
    properties = draw(st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(_VALUES), max_size=4))
    return Event(
        project=1,
        id=f"{draw(st.integers(0, 9))}",
        name=draw(st.sampled_from(["Checkout", "screen_view", "ä"])),
        created_at=AT + draw(st.sampled_from([0, 999, 1000, -1])),
        received_at=AT,
        profile_id=draw(st.sampled_from([None, "ann", "d1"])),
        device_id=draw(st.sampled_from([None, "d1"])),
        city=draw(st.sampled_from([None, "", "Göteborg"])),
        origin=draw(st.sampled_from([None, "https://Shop.example"])),
        path=draw(st.sampled_from([None, "/a"])),
        browser=draw(st.sampled_from([None, "Chrome"])),
        latitude=draw(st.sampled_from([None, 5.0, 0.5])),
        properties=properties,
    )


_QUOTED: Final = st.sampled_from([*_TEXTS, *_MOMENTS]).map(lambda text: orjson.dumps(text).decode())
_NUMBERS: Final = st.sampled_from(
    ["0", "1", "3", "2.5", "0.5", "1741514400", "1741514400000", "1e300"]
)
_LEAVES: Final = st.one_of(
    st.sampled_from(
        [
            *(f'properties["{key}"]' for key in ("p", "q", "n.b", "a b")),
            *('properties["p"]["b"]', 'properties["q"][0]', 'properties["p"][0]["s"]'),
            *('properties["$browser"]', 'properties["$city"]', 'properties["$latitude"]'),
            *('event["$time"]', 'properties["distinct_id"]', 'event["$event_name"]'),
            *('properties["$current_url"]', 'user["$email"]', 'user["n"]'),
            *("true", "false", "null", "undefined", "NOW"),
        ]
    ),
    _QUOTED,
    _NUMBERS,
)


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    compared = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in"])
    calculated = st.sampled_from(["+", "-", "*", "/", "%"])
    called = st.sampled_from(
        ["boolean", "number", "string", "datetime", "defined", "floor", "ceil", "round", "-"]
    )
    pairs = st.sampled_from(["has_prefix", "has_suffix", "min", "max"])
    return st.one_of(
        st.builds("({} {} {})".format, inner, compared, inner),
        st.builds("({} {} {})".format, inner, compared, inner),
        st.builds("({} {} {})".format, inner, calculated, inner),
        st.builds("{}({})".format, called, inner),
        st.builds("(not {})".format, inner),
        st.builds("{}({}, {})".format, pairs, inner, inner),
        st.builds("({} in [{}, {}])".format, inner, inner, inner),
        st.builds("if(boolean({}), {}, {})".format, inner, inner, inner),
        st.builds("any(x, {}, x == {})".format, inner, inner),
    )


_PLAIN: Final = st.recursive(_LEAVES, _deeper, max_leaves=5)
_CONDITIONS: Final = st.one_of(
    st.builds("({} == {}) or not ({} < {})".format, _PLAIN, _PLAIN, _PLAIN, _PLAIN),
    st.builds("boolean({}) and ({} != {})".format, _PLAIN, _PLAIN, _PLAIN),
    _PLAIN,
)

_PROFILE_LINE: Final[dict[str, Json]] = {"$email": "Ann@example.com", "n": 5}
_LOOP: Final = asyncio.new_event_loop
_POSITIONS: Final = count(1)


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[EventStore, asyncio.AbstractEventLoop]]:
    loop = _LOOP()
    directory: Path = tmp_path_factory.mktemp(request.param)
    store = open_event_store(store_url(request.param, directory))
    loop.run_until_complete(store.migrate())
    yield store, loop
    loop.run_until_complete(store.close())
    loop.close()


@settings(max_examples=40)
@given(st.lists(_events(), min_size=1, max_size=4), st.lists(_CONDITIONS, min_size=4, max_size=4))
def test_engines_keep_what_the_reference_keeps(
    engine: tuple[EventStore, asyncio.AbstractEventLoop],
    events: list[Event],
    conditions: list[str],
) -> None:
    store, loop = engine
    project = next(_POSITIONS)
    told = [_of(event, project, place) for place, event in enumerate(events)]
    ann = Profile(
        project=project,
        id="ann",
        is_external=True,
        created_at=1,
        last_seen_at=1,
        email="Ann@example.com",
        properties={"n": 5},
        sequence=project,
    )
    loop.run_until_complete(store.copy_profiles([ann]))
    changes = Changes(journal="t", position=project, events=told, sessions=())
    loop.run_until_complete(store.apply(changes))
    for where in conditions:
        found = loop.run_until_complete(kept(store, where, project))
        wanted = [
            exported(event)
            for event in sorted(told, key=lambda event: (event.created_at, event.position))
            if Reference(
                exported(event), _PROFILE_LINE if event.profile_id == "ann" else {}, NOW
            ).keeps(where)
        ]
        assert [orjson.loads(line) for line in found] == wanted, where


def _of(event: Event, project: int, place: int) -> Event:
    return replace(event, project=project, position=project * 100 + place)
