"""Reading many rows at once gives what reading each of them gives."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.event_row import EventRow, event_row
from app.analytics.records import Json
from app.importer.columns import UnusualRowsError, table_of
from app.importer.lines import one_by_one, parse
from app.importer.openpanel import SNAKE_OF, event_of
from app.importer.rows import BadRowError, Circumstances, Row
from app.ingest.encoding import decode_table
from app.ingest.properties import MAX_DEPTH
from app.kit.jsonl import Portion
from app.stores.arrow import EventTable
from tests.support.import_lines import CAMEL, MIXPANEL, SNAKE, START_MS

HERE = Circumstances(project=3, fingerprint="f", at_ms=START_MS + 10**9)

TEXTS = st.sampled_from(["", "a", "Ö", "7", "\U0001f600"])
ANYTHING: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.floats(-1e300, 1e300), TEXTS
)
PROPERTIES: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["__title", "__query", "__query.utm_source", "__query.utm_term", "plan", "[{"]),
    st.one_of(ANYTHING, st.lists(ANYTHING, max_size=2), st.fixed_dictionaries({"utm_term": TEXTS})),
    max_size=3,
)
USUAL: dict[str, st.SearchStrategy[Any]] = {
    "id": TEXTS,
    "name": st.sampled_from(["screen_view", "click", "session_start"]),
    "created_at": st.sampled_from([START_MS, "2025-01-01 12:00:00.120", "2025-01-01T12:00:00Z"]),
    "device_id": st.none() | TEXTS,
    "session_id": st.none() | TEXTS,
    "profile_id": st.none() | TEXTS,
    "title": st.none() | TEXTS,
    "path": st.none() | TEXTS,
    "utm_source": st.none() | TEXTS,
    "referrer_name": st.none() | TEXTS,
    "longitude": st.none() | st.floats(-180, 180) | st.integers(-180, 180),
    "duration": st.none() | st.integers(0, 9),
    "revenue": st.none() | st.integers(-9, 9),
    "groups": st.none() | st.lists(TEXTS, max_size=2),
    "properties": st.one_of(st.none(), PROPERTIES),
}
CAMEL_OF = {snake: camel for camel, snake in SNAKE_OF.items()}


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Rows as exports write them, some with fields left out, and now and then a strange value."""
    is_camel, has_all, strange = (draw(st.booleans()) for _ in range(3))
    made: list[Row] = []
    for _ in range(draw(st.integers(1, 4))):
        named = [name for name in USUAL if has_all or draw(st.booleans())]
        row = {name: draw(USUAL[name]) for name in named}
        if strange:
            row[draw(st.sampled_from(sorted(USUAL)))] = draw(ANYTHING)
        made.append({CAMEL_OF.get(key, key): row[key] for key in row} if is_camel else row)
    return made


def body_of(told: list[Row]) -> bytes:
    return b"\n".join(map(orjson.dumps, told))


def rows_of(table: EventTable) -> list[EventRow]:
    return [row._replace(position=0) for row in table.rows()]


def at_once(body: bytes) -> list[EventRow]:
    return rows_of(table_of(body, 1, HERE))


def defined(told: list[Row]) -> list[EventRow]:
    return [event_row(event_of(row, line, HERE)) for line, row in enumerate(told, 1)]


@given(rows())
@settings(max_examples=150)
def test_columns_are_those_of_the_definition(told: list[Row]) -> None:
    try:
        found = at_once(body_of(told))
    except UnusualRowsError:
        return
    assert found == defined(told)


@pytest.mark.parametrize("row", [CAMEL, SNAKE])
def test_rows_of_exports_are_read_at_once(row: Row) -> None:
    told: list[Row] = [row, row | {"id": "", "groups": [], "properties": {}}]
    assert at_once(body_of(told) + b"\n") == defined(told)
    assert at_once(body_of(told).replace(b"\n", b"\r\n")) == defined(told)


def test_lines_are_read_a_piece_at_a_time() -> None:
    told: list[Row] = [CAMEL | {"id": "", "title": "Ö" * 3_000 + str(line)} for line in range(200)]
    told[50]["title"] = "x" * 400_000
    assert at_once(body_of(told)) == defined(told)


@pytest.mark.parametrize(
    "row",
    [
        {},
        MIXPANEL,
        CAMEL | {"name": ""},
        CAMEL | {"name": 7},
        CAMEL | {"createdAt": "soon"},
        CAMEL | {"created_at": START_MS},
        CAMEL | {"utmSource": "letter"},
        CAMEL | {"id": 7},
        CAMEL | {"path": 7},
        CAMEL | {"longitude": 1e300},
        CAMEL | {"revenue": 2**60},
        CAMEL | {"revenue": "7"},
        CAMEL | {"properties": [1]},
        CAMEL | {"properties": {"deep": orjson.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)}},
    ],
)
def test_whatever_is_unusual_is_left_to_the_definition(row: Row) -> None:
    with pytest.raises(UnusualRowsError):
        at_once(body_of([CAMEL, row]))


LINE = orjson.dumps(CAMEL)
FIRST, LAST = LINE[:-1], LINE[1:]
CAMEL_BODY = orjson.dumps(CAMEL | {"properties": "@"}).replace(b'"@"', b'{"deep":%b%b}')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        LINE + LINE,
        LINE + b" " + LINE + b"\n",
        FIRST + b"\n}",
        LINE + FIRST + b"\n," + LAST,
        LINE + b"\n\n" + LINE,
        LINE + b"\nnull",
        LINE + b"\n[]",
        FIRST + b',"other":"\xff"}',
        FIRST + b',"\xff":1}',
        FIRST + b',"other":[}',
        FIRST + b',"properties":{"a":01}}',
        *(FIRST + b',"other":%b%b}' % (b"[" * deep, b"]" * deep) for deep in (1_100, 100_000)),
        *(CAMEL_BODY % (b"[" * deep, b"]" * deep) for deep in (300, 1_000, 100_000)),
    ],
)
def test_what_is_not_one_object_on_each_line_is_unusual(body: bytes) -> None:
    with pytest.raises(UnusualRowsError):
        at_once(body)


@given(
    rows(),
    st.lists(
        st.tuples(
            st.integers(0, 10**6),
            st.sampled_from(
                [
                    b"\n",
                    b"}\n{",
                    b"{",
                    b"}",
                    b" ",
                    b"\\u0000",
                    b"\\ud83d",
                    b"\xff",
                    b'"',
                    b",",
                    b"1",
                    b"\x01",
                ]
            ),
        ),
        max_size=2,
    ),
)
@settings(max_examples=150)
def test_damaged_lines_are_read_as_the_definition_reads_them(
    told: list[Row], damage: list[tuple[int, bytes]]
) -> None:
    body = body_of(told)
    for place, piece in damage:
        body = body[: place % (len(body) + 1)] + piece + body[place % (len(body) + 1) :]
    portion = Portion(body, 0, 0, 1)
    found, expected = parse(portion, HERE), one_by_one(portion, HERE)
    assert rows_of(decode_table(found.batch, 1)) == rows_of(expected.table)
    assert (found.bad, found.boundaries) == (expected.bad, expected.boundaries)


@given(rows())
@settings(max_examples=100)
def test_a_file_holds_what_its_lines_hold(told: list[Row]) -> None:
    """Whichever way they are read, starts and ends of sessions and bad lines apart."""
    part = parse(Portion(body_of(told), 0, 0, 1), HERE)
    found = rows_of(decode_table(part.batch, 1))
    bad = {line.line for line in part.bad}
    kept: list[EventRow] = []
    for line, row in enumerate(told, 1):
        if line in bad:
            continue
        try:
            event = event_row(event_of(row, line, HERE))
        except BadRowError as error:
            raise AssertionError(row) from error
        if not event.name.startswith("session_"):
            kept.append(event)
    assert found == kept
    assert part.boundaries == len(told) - len(kept) - len(bad)
