"""Groups of profiles, such as companies, whose truth is in the control store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Group, Json
from app.control.models import GroupRow
from app.control.repositories import counters, groups
from app.control.repositories.counters import Counter
from app.control.repositories.groups import GroupPage
from app.control.repositories.profiles import Walk
from app.control.sessions import WriteSession
from app.control.store import ControlStore
from app.kit.clock import Clock
from app.projects.changes import Change, changed_values, is_telling
from app.projects.expiring import Expiring
from app.projects.identity import merge_properties

__all__ = ["Group", "GroupChange", "GroupDirectory", "GroupPage", "GroupWord", "Walk"]

_TYPES_LIVE_MS: Final = 5_000
_KNOWN_PROJECTS: Final = 10_000

_NAME: Final = "name"
"""What a group has a column of its own for; other names are properties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWord:
    """What one call says about a group, at the instant `said_at` in milliseconds."""

    id: str
    type: str
    name: str
    said_at: int
    properties: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """A change of what is known of a group, at the instant `at_ms`.

    A value called `name` is the group's name, which is its id as long as nobody gave it one.
    """

    id: str
    type: str
    change: Change
    at_ms: int


class GroupDirectory:
    """Changes, finds and lists the groups of projects, which are named by number."""

    def __init__(self, store: ControlStore, clock: Clock) -> None:
        self._store = store
        self._types: Expiring[int, tuple[str, ...]] = Expiring(
            clock, lifetime_ms=_TYPES_LIVE_MS, capacity=_KNOWN_PROJECTS
        )

    async def upsert(self, project: int, word: GroupWord) -> Group:
        """The group after the call: the last type and name hold, properties join key by key."""
        async with self._store.write() as session:
            # Trap: the number is taken before anything is read. It keeps other writers
            # waiting, so that no change between reading and writing is lost.
            sequence = await counters.advance(session, Counter.PROFILE_SEQUENCE)
            row = await groups.find(session, project, word.id)
            if row is None:
                row = GroupRow(project=project, id=word.id, properties={}, created_at=word.said_at)
            row.type = word.type
            row.name = word.name
            row.properties = merge_properties(row.properties, word.properties)
            row.updated_at = word.said_at
            row.sequence = sequence
            await session.add(row)
            group = _group_of(row)
        self._types.forget(project)
        return group

    async def change_all(self, project: int, changes: Sequence[GroupChange]) -> None:
        """Makes each change in turn, all of them or none.

        What is told of a new group makes it; there is nothing to take away from one. Raises
        InvalidQueryError for a change that can't be made, and for a group of another type.
        """
        if not changes:
            return
        async with self._store.write() as session:
            # Trap: as above, the numbers are taken before anything is read.
            last = await counters.advance(session, Counter.PROFILE_SEQUENCE, len(changes))
            ids = list(dict.fromkeys(told.id for told in changes))
            known = await groups.get_many(session, project, ids)
            for sequence, told in enumerate(changes, last - len(changes) + 1):
                row = known.get(told.id)
                if row is None and not is_telling(told.change):
                    continue
                row = known.setdefault(told.id, row or _new_row(project, told))
                await _change(session, row, told, sequence)
        self._types.forget(project)

    async def find(self, project: int, group_id: str) -> Group | None:
        """The group with that id."""
        async with self._store.read() as session:
            row = await groups.find(session, project, group_id)
        return None if row is None else _group_of(row)

    async def get_many(self, project: int, ids: Sequence[str]) -> dict[str, Group]:
        """Those of the groups that exist, by id. Profiles may name groups that don't."""
        async with self._store.read() as session:
            rows = await groups.get_many(session, project, ids)
        return {group_id: _group_of(row) for group_id, row in rows.items()}

    async def page(self, project: int, wanted: GroupPage) -> list[Group]:
        """The groups of that page, by id whichever way it is walked."""
        async with self._store.read() as session:
            rows = await groups.page(session, project, wanted)
        return [_group_of(row) for row in rows]

    async def count(self, project: int, group_type: str | None = None) -> int:
        """How many groups the project has, of one type or of any."""
        async with self._store.read() as session:
            return await groups.count(session, project, group_type)

    async def types(self, project: int) -> list[str]:
        """The types that the project's groups have, in order."""
        async with self._store.read() as session:
            return list(await groups.types(session, project))

    async def known_types(self, project: int) -> tuple[str, ...]:
        """As `types`, without what other processes did in the last seconds."""
        known = self._types.find(project)
        if known is None:
            known = tuple(await self.types(project))
            self._types.keep(project, known)
        return known

    async def changed_since(self, sequence: int, limit: int) -> list[Group]:
        """Up to `limit` groups of all projects that changed after it, the oldest change first.

        A group that changed twice comes once. No change can appear later with a smaller
        sequence than one seen here.
        """
        async with self._store.read() as session:
            rows = await groups.changed_since(session, sequence, limit)
        return [_group_of(row) for row in rows]


def _new_row(project: int, told: GroupChange) -> GroupRow:
    return GroupRow(
        project=project,
        id=told.id,
        type=told.type,
        name=told.id,
        properties={},
        created_at=told.at_ms,
    )


async def _change(session: WriteSession, row: GroupRow, told: GroupChange, sequence: int) -> None:
    if row.type != told.type:
        raise InvalidQueryError.at(
            "type", message=f"The group {told.id!r} is of the type {row.type!r}."
        )
    known = dict(row.properties)
    if row.name != row.id:
        known[_NAME] = row.name
    after = changed_values(known, told.change)
    name = after.pop(_NAME, None)
    row.name = name if isinstance(name, str) and name else row.id
    row.properties = after
    row.updated_at = told.at_ms
    row.sequence = sequence
    await session.add(row)


def _group_of(row: GroupRow) -> Group:
    return Group(
        project=row.project,
        id=row.id,
        type=row.type,
        name=row.name,
        properties=row.properties,
        created_at=row.created_at,
        updated_at=row.updated_at,
        sequence=row.sequence,
    )
