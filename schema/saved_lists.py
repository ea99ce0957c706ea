"""Slices of what is saved, each thing made into what the schema shows."""

from dataclasses import replace
from typing import Final

from app.exports.service import ExportPage
from app.projects.insights import InsightPage
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.context import Context
from schema.paging import Slicing
from schema.types.connections import Connection, Row, connection_of, slice_of
from schema.types.exports import Export, export_node
from schema.types.saved import Dashboard, Insight, dashboard_node, insight_node

PAGE: Final = 50
EXPORT_PAGE: Final = 20


async def list_insights(
    context: Context, project: Project, slicing: Slicing, meant: InsightPage
) -> Connection[Insight]:
    """A slice of the insights that are meant, the newest first."""
    context.demand(Scope.READ_STATS)
    window = slicing.window(PAGE, (int,))
    insights = context.services.insights
    # One more than asked for, which tells whether there are others.
    below = int(window.key[0] or 0) if window.key else None
    page = replace(meant, limit=window.limit + 1, below=below)
    found = await insights.page(project.number, page)
    rows = [Row(insight_node(one, project), (one.number,)) for one in found[: window.limit]]
    return connection_of(
        slice_of(rows),
        window,
        lambda: insights.count(project.number, meant),
        has_more=len(found) > window.limit,
    )


async def list_dashboards(
    context: Context, project: Project, slicing: Slicing
) -> Connection[Dashboard]:
    """A slice of the dashboards: pinned ones first, then the newest."""
    context.demand(Scope.READ_STATS)
    window = slicing.window(PAGE, (int, int))
    dashboards = context.services.dashboards
    pinned, number = window.key or (None, None)
    after = None if number is None else (bool(pinned), int(number))
    found = await dashboards.behind(project.number, window.limit + 1, after)
    rows = [
        Row(dashboard_node(one, project), (int(one.is_pinned), one.number))
        for one in found[: window.limit]
    ]
    return connection_of(
        slice_of(rows),
        window,
        lambda: dashboards.count(project.number),
        has_more=len(found) > window.limit,
    )


async def list_exports(context: Context, project: Project, slicing: Slicing) -> Connection[Export]:
    """A slice of the exports, the newest first."""
    context.demand(Scope.EXPORT)
    window = slicing.window(EXPORT_PAGE, (int,))
    exports, now = context.services.exports, context.services.clock.now_ms()
    below = int(window.key[0] or 0) if window.key else None
    page = ExportPage(now=now, limit=window.limit + 1, below=below)
    found = await exports.page(project.number, page)
    rows = [Row(export_node(one, project), (one.number,)) for one in found[: window.limit]]
    return connection_of(
        slice_of(rows),
        window,
        lambda: exports.count(project.number, ExportPage(now=now, limit=1)),
        has_more=len(found) > window.limit,
    )
