"""Saved insights: looked up, listed and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.control.models import InsightRow, TileRow
from app.control.sessions import ReadSession


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightPage:
    """A slice of a project's insights, the newest first, and which of them are meant.

    None asks nothing. `below` is a number that those meant are less than. `search` is a part of
    the name or the description, in any case; `kinds` are the classes of questions.
    """

    limit: int
    offset: int = 0
    below: int | None = None
    short_id: str | None = None
    search: str | None = None
    kinds: frozenset[str] | None = None
    is_saved: bool | None = None
    is_favorite: bool | None = None
    dashboard: int | None = None
    created_by: str | None = None


async def find(session: ReadSession, project: int, number: int) -> InsightRow | None:
    """The project's insight with that number, deleted or not."""
    return await session.find(
        select(InsightRow).where(InsightRow.project == project, InsightRow.number == number)
    )


async def find_anywhere(session: ReadSession, number: int) -> InsightRow | None:
    """The insight with that number, whichever project it belongs to."""
    return await session.find(select(InsightRow).where(InsightRow.number == number))


async def find_by_short_id(session: ReadSession, project: int, short_id: str) -> InsightRow | None:
    """The project's insight with that short id, deleted or not."""
    return await session.find(
        select(InsightRow).where(InsightRow.project == project, InsightRow.short_id == short_id)
    )


async def get_many(session: ReadSession, numbers: Sequence[int]) -> dict[int, InsightRow]:
    """Those of the insights that exist, by number."""
    statement = select(InsightRow).where(InsightRow.number.in_(numbers))
    return {row.number: row for row in await session.list(statement)} if numbers else {}


async def page(session: ReadSession, project: int, wanted: InsightPage) -> Sequence[InsightRow]:
    """The insights of that slice."""
    statement = _meant(select(InsightRow), project, wanted)
    if wanted.below is not None:
        statement = statement.where(InsightRow.number < wanted.below)
    statement = statement.order_by(InsightRow.number.desc())
    return await session.list(statement.limit(wanted.limit).offset(wanted.offset))


async def count(session: ReadSession, project: int, wanted: InsightPage) -> int:
    """How many insights are meant, through all slices."""
    return await session.get(_meant(select(func.count(InsightRow.number)), project, wanted))


def _meant(statement: Select[Any], project: int, wanted: InsightPage) -> Select[Any]:
    statement = statement.where(InsightRow.project == project, InsightRow.deleted_at.is_(None))
    if wanted.search:
        statement = statement.where(
            or_(
                InsightRow.name.icontains(wanted.search, autoescape=True),
                InsightRow.description.icontains(wanted.search, autoescape=True),
            )
        )
    if wanted.kinds is not None:
        statement = statement.where(InsightRow.kind.in_(sorted(wanted.kinds)))
    if wanted.dashboard is not None:
        shown = select(TileRow.insight).where(TileRow.dashboard == wanted.dashboard)
        statement = statement.where(InsightRow.number.in_(shown))
    for column, value in (
        (InsightRow.short_id, wanted.short_id),
        (InsightRow.is_saved, wanted.is_saved),
        (InsightRow.is_favorite, wanted.is_favorite),
        (InsightRow.created_by, wanted.created_by),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return statement
