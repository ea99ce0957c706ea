"""Lines that are made of known rows are those that the engines write of stored ones."""

import random
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from app.analytics import runner
from app.analytics.event_row import EventRow, event_row
from app.analytics.fields import COLUMNS, PROFILE_COLUMNS, Property, ValueType
from app.analytics.filters import EVERYTHING, All, Compare, Filter, Not, Operator
from app.analytics.periods import TimeRange
from app.analytics.queries import After, EventOrder, EventsQuery, Listing, Moment, Page, Walk
from app.analytics.ranges import ANY_TIME
from app.analytics.records import Event, Json
from app.analytics.shapes import (
    Absent,
    Clock,
    Constant,
    Document,
    Instant,
    Member,
    Number,
    Object,
    Opaque,
    Shape,
    Shown,
    Spread,
    Text,
)
from app.analytics.sql.build import event_lines_statement
from app.projects.newcomers import lines_of
from app.stores.base import EventStore
from tests.support.engines import fill, store

__all__ = ["store"]

pytestmark = pytest.mark.anyio

MOMENT: Final = Moment(10**15, ZoneInfo("UTC"))
WIDE: Final = (-(2**53), 2**53)
CURSOR: Final = Opaque(("[", Number(COLUMNS["created_at"]), ",", Text(COLUMNS["id"]), "]"))


def shown(name: str) -> Shown:
    match COLUMNS[name].type:
        case ValueType.STRING:
            return Text(COLUMNS[name])
        case ValueType.INSTANT:
            return Instant(COLUMNS[name], Clock.OFFSET, (0, 4 * 10**12))
        case _:
            return Number(COLUMNS[name], WIDE)


PLAIN: Final = tuple(Member(name, shown(name)) for name in COLUMNS if name in EventRow._fields)
WHOLE: Final = Shape(
    (
        Member("cursor", CURSOR),
        Member("node", Object((*PLAIN, Member("globalId", Opaque(("Event:1:", COLUMNS["id"])))))),
        Member("properties", Document("properties")),
        Member("groups", Document("groups")),
        Member("__typename", Constant("EventEdge")),
    ),
    ",",
)
TEXTS: Final = (None, "", "a", "Ä€😀", 'say "hi" \\ /', "line\nbreak\ttab", "\x7f\u2028")
PROPERTIES: Final[tuple[dict[str, Json], ...]] = (
    {},
    {"plan": "pro", "n": [1, 2.5, None, {"ü": True}]},
    {"plan": 7},
)

LIST: Final = EventsQuery(project=1, range=ANY_TIME, page=Page(100))
PRO: Final = Compare(Property("plan"), Operator.EQUALS, ("pro",))
LISTS: Final = (
    LIST,
    replace(LIST, page=Page(5)),
    replace(LIST, order=EventOrder.OLDEST, page=Page(7)),
    replace(LIST, walk=Walk.BACKWARD, page=Page(7)),
    replace(LIST, order=EventOrder.OLDEST, walk=Walk.BACKWARD),
    replace(LIST, range=TimeRange(1_003, 1_008)),
    replace(LIST, filter=PRO),
    replace(LIST, filter=All((Not(PRO), Compare(COLUMNS["path"], Operator.EQUALS, ("a",))))),
    replace(LIST, filter=Compare(COLUMNS["name"], Operator.EQUALS, ("nobody",))),
)


def events() -> list[Event]:
    chosen = random.Random(11)
    named = [name for name in COLUMNS if COLUMNS[name].type is ValueType.STRING]
    texts = [name for name in named if name in EventRow._fields and name not in {"id", "name"}]
    found: list[Event] = []
    for place in range(1, 40):
        told: dict[str, Any] = {name: chosen.choice(TEXTS) for name in texts}
        event = Event(
            project=1,
            id=f"é{chosen.randrange(10**6)}",
            name=chosen.choice(("view", "buy")),
            created_at=chosen.choice((1_000, 1_005, 2_000, 10**12 + 1)) + place % 3,
            received_at=0,
            position=place,
            imported_at=chosen.choice((None, 5)),
            longitude=chosen.choice((None, 12.0, -0.1, 1e-7, 103.25)),
            duration=chosen.randrange(3) * 999,
            revenue=-place,
            groups=chosen.choice(((), ("acme", "ü"))),
            properties=chosen.choice(PROPERTIES),
        )
        found.append(replace(event, **told))
    return found


def listing(query: EventsQuery, horizon: int | None) -> Listing:
    with pytest.raises(StopIteration) as finished:
        next(runner.listed(query, MOMENT))
    found: Listing = finished.value.value
    return replace(found, horizon=horizon)


async def test_known_rows_become_the_lines_that_engines_write(store: EventStore) -> None:
    rows = [event_row(event) for event in await fill(store, events())]
    for query in LISTS:
        for horizon in (0 if listing(query, None).goes_back else 10**13, 1_005, 1_006):
            wanted = listing(query, horizon)
            limit = wanted.page.limit
            written = await store.fetch_slice(event_lines_statement(wanted, WHOLE), limit, 10)
            found = lines_of(rows, wanted, WHOLE)
            assert found is not None
            assert found.body == written.body
            assert [*found.keys] == [*written.keys]
            assert found.ends == written.ends
            assert replace(found, parts=(), keys=()) == replace(written, parts=(), keys=())


ROW: Final = event_row(Event(project=1, id="e", name="n", created_at=9, received_at=0, position=1))
NAME: Final = Member("name", Text(COLUMNS["name"]))
NAMES: Final = Shape((NAME,), ",")
OF_A_SESSION: Final = Compare(COLUMNS["entry_path"], Operator.IS_EMPTY)
OF_A_PROFILE: Final = Compare(PROFILE_COLUMNS["email"], Operator.IS_EMPTY)


@pytest.mark.parametrize(
    "shape",
    [
        Shape((NAME, NAME), ","),
        Shape((NAME, Spread()), ","),
        Shape((NAME, Member("path", Text(COLUMNS["path"]), Absent.OMITTED)), ","),
        Shape((Member("at", Instant(COLUMNS["created_at"], Clock.SECONDS)),), ","),
        Shape((Member("path", Text(PROFILE_COLUMNS["email"])),), ","),
        Shape((Member("inner", Object((NAME, Spread()))),), ","),
        Shape((Member("id", Opaque((Text(Property("plan")),))),), ","),
        # The row's value lies beyond these bounds.
        Shape((Member("at", Number(COLUMNS["created_at"], (10, 20))),), ","),
    ],
)
def test_what_takes_an_engine_is_left_to_it(shape: Shape) -> None:
    assert lines_of([ROW], listing(LIST, 0), shape) is None


@pytest.mark.parametrize(
    ("query", "condition", "horizon"),
    [
        (LIST, EVERYTHING, None),
        (replace(LIST, page=Page(5, 1)), EVERYTHING, 0),
        (replace(LIST, page=Page(5, each=COLUMNS["name"])), EVERYTHING, 0),
        (replace(LIST, after=After(10, "e")), EVERYTHING, 0),
        (LIST, OF_A_SESSION, 0),
        (LIST, OF_A_PROFILE, 0),
    ],
)
def test_lists_that_rows_alone_do_not_tell_are_left_to_engines(
    query: EventsQuery, condition: Filter, horizon: int | None
) -> None:
    assert lines_of([ROW], listing(replace(query, filter=condition), horizon), NAMES) is None
    assert lines_of([ROW], listing(LIST, 0), NAMES) is not None
