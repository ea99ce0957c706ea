"""Dashboards and their tiles."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select

from app.control.models import DashboardRow, InsightRow, TileRow
from app.control.sessions import ReadSession


async def find(session: ReadSession, project: int, number: int) -> DashboardRow | None:
    """The project's dashboard with that number, deleted or not."""
    return await session.find(
        select(DashboardRow).where(DashboardRow.project == project, DashboardRow.number == number)
    )


async def find_anywhere(session: ReadSession, number: int) -> DashboardRow | None:
    """The dashboard with that number, whichever project it belongs to."""
    return await session.find(select(DashboardRow).where(DashboardRow.number == number))


async def get_many(session: ReadSession, numbers: Sequence[int]) -> dict[int, DashboardRow]:
    """Those of the dashboards that exist, by number."""
    statement = select(DashboardRow).where(DashboardRow.number.in_(numbers))
    return {row.number: row for row in await session.list(statement)} if numbers else {}


async def page(
    session: ReadSession, project: int, limit: int, offset: int
) -> Sequence[DashboardRow]:
    """A slice of the project's dashboards: pinned ones first, then the newest."""
    return await session.list(
        select(DashboardRow)
        .where(DashboardRow.project == project, DashboardRow.deleted_at.is_(None))
        .order_by(DashboardRow.is_pinned.desc(), DashboardRow.number.desc())
        .limit(limit)
        .offset(offset)
    )


async def behind(
    session: ReadSession, project: int, limit: int, after: tuple[bool, int] | None
) -> Sequence[DashboardRow]:
    """The same order, from behind the dashboard that is pinned or not and has that number."""
    statement = (
        select(DashboardRow)
        .where(DashboardRow.project == project, DashboardRow.deleted_at.is_(None))
        .order_by(DashboardRow.is_pinned.desc(), DashboardRow.number.desc())
    )
    if after is not None:
        is_pinned, number = after
        later = and_(DashboardRow.is_pinned == is_pinned, DashboardRow.number < number)
        unpinned = DashboardRow.is_pinned.is_(False)
        statement = statement.where(or_(later, unpinned) if is_pinned else later)
    return await session.list(statement.limit(limit))


async def tiles_of(session: ReadSession, dashboards: Sequence[int]) -> Sequence[TileRow]:
    """The tiles of these dashboards in the order of their making, as `tiles` gives them."""
    return await session.list(
        select(TileRow)
        .outerjoin(InsightRow, InsightRow.number == TileRow.insight)
        .where(TileRow.dashboard.in_(dashboards), InsightRow.deleted_at.is_(None))
        .order_by(TileRow.number)
    )


async def count(session: ReadSession, project: int) -> int:
    """How many dashboards the project has."""
    return await session.get(
        select(func.count(DashboardRow.number)).where(
            DashboardRow.project == project, DashboardRow.deleted_at.is_(None)
        )
    )


async def tiles(session: ReadSession, dashboard: int) -> Sequence[TileRow]:
    """The tiles in the order of their making, without those of deleted insights."""
    return await session.list(
        select(TileRow)
        .outerjoin(InsightRow, InsightRow.number == TileRow.insight)
        .where(TileRow.dashboard == dashboard, InsightRow.deleted_at.is_(None))
        .order_by(TileRow.number)
    )


async def tiles_of_insights(session: ReadSession, insights: Sequence[int]) -> Sequence[TileRow]:
    """The tiles of dashboards that exist which show any of the insights."""
    return await session.list(
        select(TileRow)
        .join(DashboardRow, DashboardRow.number == TileRow.dashboard)
        .where(TileRow.insight.in_(insights), DashboardRow.deleted_at.is_(None))
        .order_by(TileRow.number)
    )
