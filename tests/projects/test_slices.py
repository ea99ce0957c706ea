"""Slices that were kept and brought up to date are those that reading them anew gives."""

import random
from dataclasses import replace
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import pytest

from app.analytics.answers.steps import Steps
from app.analytics.boundaries import BoundaryChanges
from app.analytics.event_row import event_row
from app.analytics.fields import COLUMNS, PROFILE_COLUMNS, Property
from app.analytics.filters import (
    EVERYTHING,
    All,
    Compare,
    Filter,
    InCohort,
    InSession,
    Not,
    Operator,
    is_about_events_alone,
)
from app.analytics.filters import Any as Either
from app.analytics.periods import TimeRange
from app.analytics.queries import After, EventOrder, EventsQuery, Listing, Moment, Page, Walk
from app.analytics.ranges import ANY_TIME
from app.analytics.records import Event, Profile
from app.analytics.session_merging import (
    Relabel,
)
from app.analytics.shapes import Member, Shape, Text
from app.projects.horizons import Horizons
from app.projects.slices import Slices, Standing, Wanted, standing
from app.stores.base import Changes, EventStore, Lines, ProfileRename
from tests.support.engines import fill, store

__all__ = ["store"]

pytestmark = pytest.mark.anyio

MOMENT = Moment(10**9, ZoneInfo("UTC"))
SHAPE = Shape(
    tuple(Member(name, Text(COLUMNS[name])) for name in ("id", "profile_id", "session_id")), ","
)
NAMED: Final = Compare(COLUMNS["name"], Operator.EQUALS, ("n1",))
ENTRY: Final = Compare(COLUMNS["entry_path"], Operator.EQUALS, ("/",))

PROFILE = Profile(project=1, id="p1", is_external=True, created_at=1, last_seen_at=2)

LIST = EventsQuery(project=1, range=ANY_TIME, page=Page(12))
LISTS: Final = (
    LIST,
    replace(LIST, page=Page(3)),
    replace(LIST, page=Page(200)),
    replace(LIST, filter=NAMED),
    replace(LIST, order=EventOrder.OLDEST),
    replace(LIST, walk=Walk.BACKWARD),
    replace(LIST, order=EventOrder.OLDEST, walk=Walk.BACKWARD),
    replace(LIST, after=After(60, "e050")),
    replace(LIST, order=EventOrder.OLDEST, after=After(60, "e050")),
    replace(LIST, range=TimeRange(40, 80)),
    replace(LIST, page=Page(5, 4)),
)


def event(position: int, instant: int) -> Event:
    return Event(
        project=1,
        id=f"e{position:03}",
        name=f"n{position % 2}",
        created_at=instant,
        received_at=0,
        position=position,
        profile_id=f"p{position % 3}",
        session_id=f"s{position % 3}",
    )


async def read(slices: Slices, query: EventsQuery) -> Lines:
    async def settle(steps: Steps[Listing]) -> Listing:
        with pytest.raises(StopIteration) as finished:
            next(steps)
        listing: Listing = finished.value.value
        return listing

    return await slices.read(Wanted(query, SHAPE, MOMENT, settle))


async def changed(store: EventStore, chosen: random.Random, number: int) -> None:
    """One change of a kind that servers make, most often events that are new."""
    latest = 50 + number
    instants = [latest + chosen.randrange(-1, 3) for _ in range(chosen.choice((1, 1, 2, 20)))]
    match chosen.randrange(12):
        case 0:
            await store.rename_profiles([ProfileRename(1, "p1", f"q{number}")], number)
            return
        case 1:
            await store.copy_profiles([replace(PROFILE, sequence=number)])
            return
        case 2:
            gone = BoundaryChanges([chosen.randrange(50)], [], 1)
            await store.apply_boundaries(gone)
            return
        case 3:
            instants = [chosen.randrange(latest)]
        case 4:
            instants = [latest - 60, latest]
        case _:
            pass
    arrived = [event(number * 100 + place, each) for place, each in enumerate(instants)]
    relabelled = [Relabel(1, "s1", f"t{number}")] if chosen.random() < 0.05 else []
    late = BoundaryChanges([], [event_row(event(number * 100 + 99, latest - 55))], 1)
    await store.apply(
        Changes(
            journal="test",
            position=number,
            events=arrived,
            sessions=[],
            session_ids=[one.session_id for one in arrived],
            relabelled=relabelled,
            boundaries=late if chosen.random() < 0.3 else None,
        )
    )


async def test_whatever_is_stored_a_kept_slice_is_the_one_that_is_read_anew(
    store: EventStore,
) -> None:
    chosen = random.Random(5)
    await fill(store, [event(place, place) for place in range(1, 60)])
    kept = Slices(store, Horizons(), 10)
    for number in range(2, 30):
        await changed(store, chosen, number)
        for query in LISTS:
            if chosen.random() < 0.5:
                found, fresh = (
                    await read(kept, query),
                    await read(Slices(store, Horizons(), 10), query),
                )
                assert [*found.keys] == [*fresh.keys]
                assert found.ends == fresh.ends
                assert replace(found, keys=()) == replace(fresh, keys=())


async def test_only_what_came_in_front_is_read(store: EventStore) -> None:
    await fill(store, [event(place, place) for place in range(1, 60)])
    kept = Slices(store, Horizons(), 10)
    before = await read(kept, LIST)
    behind = await read(kept, replace(LIST, after=After(30, "e030")))
    # Nobody is told of this, so that whoever reads the rows again gives himself away.
    cast("Any", store)._writer.run("UPDATE events SET profile_id = 'read again'")
    arrived = [event(100, 7), event(101, 99)]
    ids = [one.session_id for one in arrived]
    await store.apply(
        Changes(journal="test", position=9, events=arrived, sessions=[], session_ids=ids)
    )
    after = await read(kept, LIST)
    assert (after.first, after.last, after.beyond) == ((99, "e101"), (49, "e049"), (48, "e048"))
    assert after.body.endswith(before.body[: before.ends[10]])
    assert await read(kept, replace(LIST, after=After(30, "e030"))) is behind
    await store.rename_profiles([ProfileRename(1, "read again", "p")], 3)
    assert b"e049" in (last := await read(kept, LIST)).body
    assert b"p1" not in last.body


BACK = Lines((), 2, (50, "b"), (60, "a"), beyond=(40, "c"))
FORTH = Lines((), 2, (50, "b"), (40, "a"), beyond=(60, "c"))
OLDEST = replace(LIST, order=EventOrder.OLDEST)


@pytest.mark.parametrize(
    ("query", "lines", "came", "expected"),
    [
        (LIST, BACK, [], Standing.SAME),
        (LIST, BACK, [39, 1], Standing.SAME),
        (LIST, BACK, [61], Standing.LONGER_IN_FRONT),
        (LIST, BACK, [61, 39], Standing.LONGER_IN_FRONT),
        (LIST, BACK, [61, 40], Standing.UNKNOWN),
        (LIST, BACK, [60], Standing.UNKNOWN),
        (LIST, replace(BACK, beyond=()), [39], Standing.UNKNOWN),
        (replace(LIST, after=After(70, "x")), BACK, [71, 39], Standing.SAME),
        (replace(LIST, after=After(70, "x")), BACK, [70], Standing.UNKNOWN),
        (replace(LIST, after=After(70, "x")), BACK, [61], Standing.UNKNOWN),
        (OLDEST, FORTH, [61], Standing.SAME),
        (OLDEST, FORTH, [39], Standing.LONGER_IN_FRONT),
        (OLDEST, FORTH, [60], Standing.UNKNOWN),
        (replace(OLDEST, walk=Walk.BACKWARD), BACK, [61], Standing.LONGER_IN_FRONT),
        (replace(LIST, page=Page(5, 1)), BACK, [61], Standing.UNKNOWN),
        (LIST, Lines((), 0, ()), [1], Standing.UNKNOWN),
        (LIST, Lines((), 0, ()), [], Standing.SAME),
    ],
)
def test_what_came_tells_what_has_become_of_a_slice(
    query: EventsQuery, lines: Lines, came: list[int], expected: Standing
) -> None:
    assert standing(query, lines, came) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (EVERYTHING, True),
        (All((NAMED, Not(Either((NAMED, Compare(Property("a"), Operator.IS_EMPTY)))))), True),
        (ENTRY, False),
        (All((NAMED, InSession(ENTRY))), False),
        (Compare(PROFILE_COLUMNS["email"], Operator.IS_EMPTY), False),
        (Not(InCohort("c")), False),
    ],
)
def test_conditions_on_anything_else_are_not_about_events_alone(
    condition: Filter, *, expected: bool
) -> None:
    assert is_about_events_alone(condition) is expected
