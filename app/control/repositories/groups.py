"""Groups: looked up, listed by keyset, and put in place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from app.control.models import GroupRow
from app.control.repositories.profiles import Walk
from app.control.sessions import ReadSession

# Engines bound the number of parameters of a statement (32,766 and 32,767).
_IDS_PER_STATEMENT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPage:
    """Up to `limit` groups next to the id `after`, in the direction of the walk.

    They have that `type`, or any, and `search` in their name. Without an id, the walk starts
    at that end of the list where it has all of it ahead.
    """

    limit: int
    type: str | None = None
    search: str | None = None
    after: str | None = None
    walk: Walk = Walk.FORWARD


async def find(session: ReadSession, project: int, group_id: str) -> GroupRow | None:
    """The group with that id."""
    return await session.find(
        select(GroupRow).where(GroupRow.project == project, GroupRow.id == group_id)
    )


async def get_many(session: ReadSession, project: int, ids: Sequence[str]) -> dict[str, GroupRow]:
    """Those of the groups that exist, by id."""
    found: dict[str, GroupRow] = {}
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        some = ids[start : start + _IDS_PER_STATEMENT]
        statement = select(GroupRow).where(GroupRow.project == project, GroupRow.id.in_(some))
        found |= {row.id: row for row in await session.list(statement)}
    return found


async def page(session: ReadSession, project: int, wanted: GroupPage) -> Sequence[GroupRow]:
    """The groups of that page, by id whichever way it is walked."""
    statement = select(GroupRow).where(GroupRow.project == project).limit(wanted.limit)
    if wanted.type is not None:
        statement = statement.where(GroupRow.type == wanted.type)
    if wanted.search is not None:
        statement = statement.where(GroupRow.name.icontains(wanted.search, autoescape=True))
    if wanted.walk is Walk.FORWARD:
        if wanted.after is not None:
            statement = statement.where(GroupRow.id > wanted.after)
        return await session.list(statement.order_by(GroupRow.id))
    if wanted.after is not None:
        statement = statement.where(GroupRow.id < wanted.after)
    return (await session.list(statement.order_by(GroupRow.id.desc())))[::-1]


async def count(session: ReadSession, project: int, group_type: str | None) -> int:
    """How many groups the project has; of one type, or of any."""
    statement = select(func.count()).select_from(GroupRow).where(GroupRow.project == project)
    if group_type is not None:
        statement = statement.where(GroupRow.type == group_type)
    return await session.get(statement)


async def types(session: ReadSession, project: int) -> Sequence[str]:
    """The types of the project's groups, in order."""
    return await session.list(
        select(GroupRow.type).where(GroupRow.project == project).distinct().order_by(GroupRow.type)
    )


async def changed_since(session: ReadSession, sequence: int, limit: int) -> Sequence[GroupRow]:
    """Up to `limit` groups of all projects that changed after it, the oldest change first."""
    return await session.list(
        select(GroupRow)
        .where(GroupRow.sequence > sequence)
        .order_by(GroupRow.sequence)
        .limit(limit)
    )
