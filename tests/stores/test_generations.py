"""Whose answers may have changed after each kind of change, on each engine."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeAlias

import pytest

from app.analytics.boundaries import BoundaryChanges, boundaries
from app.analytics.records import Event, Group, Profile
from app.analytics.sessions import Relabel, SessionKey, sessionize
from app.stores.base import Changes, EventStore, ProfileRename
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
