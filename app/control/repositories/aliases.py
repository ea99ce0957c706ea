"""Other names of profiles. A stored alias names its profile directly, never another alias."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import select, update

from app.control.models import AliasRow
from app.control.sessions import ReadSession, WriteSession

# Engines bound the number of parameters of a statement (32,766 and 32,767).
_IDS_PER_STATEMENT: Final = 1000


async def find(session: ReadSession, project: int, alias: str) -> str | None:
    """The id of the profile that the alias stands for."""
    return await session.find(
        select(AliasRow.profile_id).where(AliasRow.project == project, AliasRow.alias == alias)
    )


async def targets(session: ReadSession, project: int, ids: Sequence[str]) -> dict[str, str]:
    """The profiles behind those of the ids that are aliases, by alias."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        some = ids[start : start + _IDS_PER_STATEMENT]
        statement = select(AliasRow).where(AliasRow.project == project, AliasRow.alias.in_(some))
        found |= {row.alias: row.profile_id for row in await session.list(statement)}
    return found


async def names_of(session: ReadSession, project: int, profile_id: str) -> Sequence[str]:
    """The aliases of that profile, those changed longest ago first."""
    return await session.list(
        select(AliasRow.alias)
        .where(AliasRow.project == project, AliasRow.profile_id == profile_id)
        .order_by(AliasRow.sequence)
    )


async def changed_since(session: ReadSession, sequence: int, limit: int) -> Sequence[AliasRow]:
    """Up to `limit` aliases of all projects that changed after it, the oldest change first."""
    return await session.list(
        select(AliasRow)
        .where(AliasRow.sequence > sequence)
        .order_by(AliasRow.sequence)
        .limit(limit)
    )


async def repoint(
    session: WriteSession, project: int, names: Iterable[str], profile_id: str, *, sequence: int
) -> None:
    """Lets these aliases stand for the profile; each takes the next number from `sequence` on.

    Correct only after the session has advanced the profile sequence so far.
    """
    rows: list[dict[str, object]] = [
        {"project": project, "alias": alias, "profile_id": profile_id, "sequence": number}
        for number, alias in enumerate(names, sequence)
    ]
    await session.run(update(AliasRow), rows)
