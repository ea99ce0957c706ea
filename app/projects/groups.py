"""Groups of profiles, such as companies, whose truth is in the control store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.analytics.records import Group, Json
from app.control.models import GroupRow
from app.control.repositories import counters, groups
from app.control.repositories.counters import Counter
from app.control.repositories.groups import GroupPage
from app.control.repositories.profiles import Walk
from app.control.store import ControlStore
from app.projects.identity import merge_properties

__all__ = ["Group", "GroupDirectory", "GroupPage", "GroupWord", "Walk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWord:
    """What one call says about a group, at the instant `said_at` in milliseconds."""

    id: str
    type: str
    name: str
    said_at: int
    properties: Mapping[str, Json] = field(default_factory=dict[str, Json])


class GroupDirectory:
    """Changes, finds and lists the groups of projects, which are named by number."""

    def __init__(self, store: ControlStore) -> None:
        self._store = store

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
            return _group_of(row)

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

    async def changed_since(self, sequence: int, limit: int) -> list[Group]:
        """Up to `limit` groups of all projects that changed after it, the oldest change first.

        A group that changed twice comes once. No change can appear later with a smaller
        sequence than one seen here.
        """
        async with self._store.read() as session:
            rows = await groups.changed_since(session, sequence, limit)
        return [_group_of(row) for row in rows]


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
