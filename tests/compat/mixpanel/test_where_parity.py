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
from app.compat.mixpanel.where.functions import NAMES
from app.stores.base import Changes, EventStore
from app.stores.open import open_event_store
from tests.compat.mixpanel.test_where import AT, NOW, kept
from tests.support.engines import ENGINES, store_url
from tests.support.mixpanel_lines import exported
from tests.support.mixpanel_where import Reference

_TEXTS: Final = [
    *["", "a", "A", "Ä", "ä", "10", " 7 ", "1e2", "false", "2025-03-09", "x-y"],
    # Letters that become several, or others, when they are folded or made capital.
    *["İ", "i", "\u0131", "ß", "ẞ", "SS", "Σ", "ς", "ǅ", "ﬁ"],
    *["\u212a", "k", "é", "e\u0301", "😀", "A😀"],
    # What looks like a number, or nearly, and what patterns and escapes are made of.
    *["+5", ".5", "5.", "1e400", "0x10", "1_0", "\uff11", "NaN", "-0", "True", "\u00a07", "1e-7"],
    *["%", "_", "a\\b", 'a"b', "a\nb", "'", "null", "[]", "\u2028"],
]
_MOMENTS: Final = [
    *["2025-03-09T10:00:00", "2025-02-30", "2025-03-09 10:00:00+01:00", "2025-03-09T10:00"],
    *["2025-03-09T24:00:00", "0000-01-01", "9999-12-31T23:59:59-10:00", "2025-03-09T10:00:00.5Z"],
    *["0001-01-01T00:00:00+01:00", "2025-3-9", "2025-03-09t10:00:00z", "2024-02-29"],
]
_NESTED: Final[list[Json]] = [["a", "Ä", 1], [], {"b": 2, "c": ["x"]}, [{"s": "A"}, None]]
_VALUES: Final[list[Json]] = [
    *_NESTED,
    *_TEXTS,
    *_MOMENTS,
    *[None, True, False, 0, 1, -3, 5, 5.0, 0.5, 2.5, -2.5, 49.5, 1_741_514_400, 1e300],
    *[-0.0, 0.1, 1e-7, 5e-324, 1e15, 1e16, 1e21, 2**53, 2**53 + 1, -(2**63), 2**64 - 1],
    *[4_294_967_295, 4_294_967_296, 253_402_300_800, -62_135_596_801, 0.49999999999999994],
]
_KEYS: Final = ["p", "q", "n.b", "a b", "$browser", "é\"'\\", ""]


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
            *(f'properties["{key}"]' for key in ("p", "p", "q", "q", "n.b", "a b", "")),
            'properties["é\\"\'\\\\"]',
            *('properties["p"]["b"]', 'properties["q"][0]', 'properties["p"][0]["s"]'),
            *('properties["$browser"]', 'properties["$city"]', 'properties["$latitude"]'),
            *('event["$time"]', 'properties["distinct_id"]', 'event["$event_name"]'),
            *('event["p"]', 'properties["$insert_id"]', 'properties["mp_processing_time_ms"]'),
            *('properties["$current_url"]', 'user["$email"]', 'user["n"]'),
            *("true", "false", "null", "undefined", "NOW"),
        ]
    ),
    _QUOTED,
    _NUMBERS,
)


_COMPARED: Final = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in"])
_CALCULATED: Final = st.sampled_from(["+", "-", "*", "/", "%"])
_COUNTS: Final = st.sampled_from(["0", "1", "2", "5", "1.5", "-1", "undefined", 'properties["p"]'])
_DELIMITERS: Final = st.sampled_from(['"-"', '"a"', '""', '"Ä"', 'properties["q"]', "1"])
_PATTERNS: Final = st.sampled_from(
    [
        '"a"',
        '"^[0-9]+$"',
        '"(?-i)A"',
        '"(x)-(y)"',
        '"[äÄ]"',
        '"([a-z]*)\\\\.ex"',
        '""',
        'properties["q"]',
    ]
)
_ADDRESSES: Final = st.sampled_from(
    [
        *('properties["$current_url"]', '"https://www.shop.co.uk/x?y"', '"http://a@B.test:80"'),
        *('"shop.test/x"', 'properties["p"]', "null"),
    ]
)
_MOMENT_TEXTS: Final = [
    *("NOW", "0", "1741514400", "1741514400000", "TODAY()", 'event["$time"]', 'properties["p"]'),
    *('datetime("2024-01-31")', 'datetime("2024-02-29T23:59:59")', 'datetime("2025-03-30 00:00")'),
]

# Each function with texts for its arguments; `{}` stands for any expression.
_FORMS: Final[dict[str, list[st.SearchStrategy[str] | None]]] = {
    **{name: [None] for name in ("boolean", "number", "string", "datetime", "defined")},
    **{name: [None] for name in ("floor", "ceil", "round", "upper", "lower", "len", "sum")},
    **{name: [None, None] for name in ("has_prefix", "has_suffix", "min", "max")},
    **{name: [None, _COUNTS] for name in ("left", "right")},
    "mid": [None, _COUNTS, _COUNTS],
    "split": [None, _DELIMITERS, _COUNTS],
    "regex_match": [None, _PATTERNS],
    "regex_extract": [None, _PATTERNS, st.sampled_from(["0", "1", "2"])],
    "regex_replace": [None, _PATTERNS, st.sampled_from(['""', '"<$1>"', '"x"', "1"])],
    "parse_url": [_ADDRESSES, st.sampled_from(['"domain"', '"full_domain"'])],
    "datedif": [
        *[st.sampled_from(_MOMENT_TEXTS)] * 2,
        st.sampled_from([f'"{unit}"' for unit in ("D", "M", "Y", "MD", "YM", "YD", "d")]),
    ],
    "TODAY": [],
}
_OPTIONAL: Final = {"split": 1, "regex_extract": 1}
"""How many of the last arguments may be left out."""

_INNER: Final = ["x", 'x["b"]', 'x["s"]', 'x == properties["q"]', "len(x)", "x + 1", "boolean(x)"]


@st.composite
def _calls(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    name = draw(st.sampled_from(sorted(_FORMS)))
    forms = _FORMS[name]
    count = len(forms) - draw(st.integers(0, _OPTIONAL.get(name, 0)))
    arguments = [draw(inner if form is None else form) for form in forms[:count]]
    return f"{name}({', '.join(arguments)})"


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    bodies = st.one_of(st.sampled_from(_INNER), inner)
    iterations = st.sampled_from(["any", "all", "filter", "map"])
    return st.one_of(
        st.builds("({} {} {})".format, inner, _COMPARED, inner),
        st.builds("({} {} {})".format, inner, _COMPARED, inner),
        st.builds("({} {} {})".format, inner, _CALCULATED, inner),
        _calls(inner),
        _calls(inner),
        st.builds("(boolean({}) and {} == {})".format, inner, inner, inner),
        st.builds("({} != {} OR boolean({}))".format, inner, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
        st.builds("({} in [{}, {}])".format, inner, inner, inner),
        st.builds("if(boolean({}), {}, {})".format, inner, inner, inner),
        st.builds("ifs(boolean({}), {}, {} == {}, {})".format, inner, inner, inner, inner, inner),
        st.builds("let(x, {}, {})".format, inner, bodies),
        st.builds("{}(x, {}, {})".format, iterations, inner, bodies),
    )


def test_every_function_is_generated() -> None:
    """What is listed here is what the language has, so that no function goes without."""
    known = {*_FORMS, "any", "all", "filter", "map", "let", "if", "ifs"}
    assert {name.lower() for name in known} == NAMES


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
