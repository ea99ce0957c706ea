"""Whose answers may have changed after each kind of change, on each engine."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeAlias

import pytest

from app.analytics.boundaries import BoundaryChanges, boundaries
from app.analytics.event_row import event_row
from app.analytics.records import Event, Group, Profile
from app.analytics.session_merging import (
    Relabel,
    SessionKey,
)
from app.analytics.sessions import (
    sessionize,
)
from app.stores.base import Changes, EventStore, ProfileRename
from app.stores.generations import Generations
from tests.support.engines import fill, store
from tests.support.naming import name_session

__all__ = ["store"]

pytestmark = pytest.mark.anyio

EVENT = Event(
    project=1, id="e", name="click", created_at=0, received_at=0, position=1, device_id="d"
)
(SESSION,) = sessionize([EVENT], name_session)
(START,) = boundaries(SESSION, -1)
NOTHING = Changes(journal="test", position=9, events=[], sessions=[])
PROFILE = Profile(project=1, id="ann", is_external=True, created_at=1, last_seen_at=2, sequence=3)
GROUP = Group(
    project=1, id="g", type="team", name="G", properties={}, created_at=1, updated_at=1, sequence=3
)


def applied(**changes: object) -> Callable[[EventStore], Awaitable[None]]:
    whole = replace(NOTHING, **changes)  # type: ignore[arg-type]
    return lambda store: store.apply(whole)


def bounded(withdrawn: list[int], *, comes: bool) -> BoundaryChanges:
    return BoundaryChanges(withdrawn, [START] if comes else [], 5)


Change: TypeAlias = Callable[[EventStore], Awaitable[None]]

CHANGES: Final[dict[str, tuple[Change, set[int]]]] = {
    "events": (applied(events=[replace(EVENT, id="new", position=3)]), {1}),
    "sessions": (applied(sessions=[SESSION]), {1}),
    "dropped sessions": (applied(dropped=[SessionKey(1, SESSION.id)]), {1}),
    "renamed sessions": (applied(relabelled=[Relabel(1, "old", "new")]), {1}),
    "a start": (applied(boundaries=bounded([], comes=True)), {1}),
    "another start": (applied(boundaries=bounded([START.position], comes=True)), {1}),
    "no start": (applied(boundaries=bounded([START.position], comes=False)), {1, 2}),
    "closed sessions": (lambda store: store.apply_boundaries(bounded([], comes=True)), {1}),
    "opened sessions": (lambda store: store.apply_boundaries(bounded([7], comes=False)), {1, 2}),
    "profiles": (lambda store: store.copy_profiles([PROFILE]), {1}),
    "groups": (lambda store: store.copy_groups([GROUP]), {1}),
    "aliases": (lambda store: store.rename_profiles([ProfileRename(1, "a", "b")], 4), {1}),
    "the tables": (lambda store: store.migrate(), {1, 2}),
}
"""What is changed, and the projects of which that can be seen."""


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_one_of_its_project_alone_where_that_is_known(
    store: EventStore, name: str
) -> None:
    change, changed = CHANGES[name]
    await fill(store, [EVENT, replace(EVENT, project=2, id="f", position=2)])
    before = {project: store.generation(project) for project in (1, 2)}
    await change(store)
    assert {one for one, number in before.items() if store.generation(one) != number} == changed


ARRIVALS: Final[dict[str, list[int] | None]] = {
    "events": [0],
    "sessions": [],
    "a start": [START.created_at],
    "another start": None,
    "renamed sessions": None,
    "closed sessions": [START.created_at],
    "opened sessions": None,
    "profiles": [],
    "groups": [],
    "aliases": None,
    "the tables": None,
}
"""When the events happened that came with the change; None for one of events that were there."""


@pytest.mark.parametrize("name", ARRIVALS)
async def test_a_change_tells_which_events_came_if_that_is_all(
    store: EventStore, name: str
) -> None:
    await fill(store, [EVENT, replace(EVENT, project=2, id="f", position=2)])
    before = store.generation(1)
    assert store.arrivals(1, before) == []
    await CHANGES[name][0](store)
    assert store.arrivals(1, before) == ARRIVALS[name]
    assert store.arrivals(1, store.generation(1)) == []


def test_arrivals_add_up_and_the_oldest_are_forgotten() -> None:
    generations = Generations()
    generations.advance(None)
    start = generations.of(1)
    for number in range(3):
        generations.advance({1, 2}, {1: [number, number]})
    assert sorted(generations.arrivals(1, start) or ()) == [0, 0, 1, 1, 2, 2]
    assert generations.arrivals(2, start) == []
    for number in range(100):
        generations.advance({1}, {1: [number]})
    assert generations.arrivals(1, start) is None
    assert generations.arrivals(1, generations.of(1) - 2) == [99, 98]
    generations.advance({1}, {1: range(10_000)})
    assert generations.arrivals(1, generations.of(1) - 1) is None
    generations.advance(None)
    assert generations.arrivals(2, generations.of(2) - 1) is None


async def test_the_few_events_that_came_are_known_as_they_are_stored(store: EventStore) -> None:
    await fill(store, [EVENT])
    before = store.generation(1)
    came = [replace(EVENT, id=f"e{place}", position=place) for place in (3, 4)]
    await applied(events=came, session_ids=["s", None], boundaries=bounded([], comes=True))(store)
    rows = [event_row(came[0])._replace(session_id="s"), event_row(came[1])]
    assert store.newcomers(1, before) == [*rows, START]
    assert store.newcomers(2, before) == []
    await applied(events=came)(store)
    assert store.newcomers(1, before) == [*rows, START], "These changes were stored already."
    await store.apply(replace(NOTHING, position=10, relabelled=[Relabel(1, "s", "t")]))
    assert store.newcomers(1, before) is None


@pytest.mark.parametrize(
    "came",
    [
        [replace(EVENT, position=place) for place in range(65)],
        [replace(EVENT, title="x" * 10_000)],
        [EVENT, replace(EVENT, position=2, properties={"a": "x" * 10_000})],
    ],
)
async def test_of_many_or_large_events_only_the_instants_are_known(
    store: EventStore, came: list[Event]
) -> None:
    before = store.generation(1)
    await applied(events=came, session_ids=[None] * len(came))(store)
    assert store.arrivals(1, before) == [0] * len(came)
    assert store.newcomers(1, before) is None


def test_the_oldest_newcomers_are_forgotten() -> None:
    generations = Generations()
    row = event_row(EVENT)
    for _ in range(257):
        generations.advance({1}, {1: [0]}, [row])
    assert generations.newcomers(1, generations.of(1) - 60) == [row] * 60
    for _ in range(4):
        generations.advance({2}, {2: [0] * 64}, [row._replace(project=2)] * 64)
    assert generations.newcomers(1, generations.of(1) - 1) is None
    generations.advance(None)
    assert generations.newcomers(1, generations.of(1)) == []
