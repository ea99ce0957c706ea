"""What a project keeps: insights, dashboards and exports."""

from typing import Annotated

import strawberry

from app.projects.insights import InsightPage
from app.projects.records import Project as ProjectRecord
from app.projects.scopes import Scope
from schema.context import Context, Info
from schema.definitions import given, object_type
from schema.ids import own_id
from schema.insights import classes_of
from schema.paging import AfterCursor, First, Slicing
from schema.saved_enums import InsightKind
from schema.saved_lists import list_dashboards, list_exports, list_insights
from schema.types.connections import Connection
from schema.types.exports import Export, export_node
from schema.types.people import IdArgument
from schema.types.saved import Dashboard, Insight, dashboard_node, insight_node

_MOST_DIGITS = 9


@object_type
class Keeping:
    """The insights, dashboards and exports of a project."""

    record: strawberry.Private[ProjectRecord]

    @strawberry.field
    async def insights(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        search: Annotated[
            str | None,
            strawberry.argument(description="A part of the name or the description."),
        ] = strawberry.UNSET,
        kind: Annotated[
            InsightKind | None, strawberry.argument(description="Only those that ask this.")
        ] = strawberry.UNSET,
        is_saved: Annotated[
            bool | None, strawberry.argument(description="Only those that are saved, or not.")
        ] = strawberry.UNSET,
        is_favorite: Annotated[
            bool | None, strawberry.argument(description="Only those that are marked, or not.")
        ] = strawberry.UNSET,
    ) -> Connection[Insight] | None:
        """The insights, the newest first, whichever door they were saved through. 50 by default."""
        asked = given(kind)
        meant = InsightPage(
            limit=1,
            search=given(search),
            kinds=None if asked is None else classes_of(asked),
            is_saved=given(is_saved),
            is_favorite=given(is_favorite),
        )
        return await list_insights(info.context, self.record, Slicing(first, after), meant)

    @strawberry.field
    async def insight(self, info: Info, insight_id: IdArgument) -> Insight | None:
        """The insight with that id, number or short id; null when there is none."""
        own = own_id(insight_id, "Insight", self.record.number)
        return await find_insight(info.context, self.record, own)

    @strawberry.field
    async def dashboards(
        self, info: Info, first: First = strawberry.UNSET, after: AfterCursor = strawberry.UNSET
    ) -> Connection[Dashboard] | None:
        """The dashboards: pinned ones first, then the newest. 50 by default."""
        return await list_dashboards(info.context, self.record, Slicing(first, after))

    @strawberry.field
    async def dashboard(self, info: Info, dashboard_id: IdArgument) -> Dashboard | None:
        """The dashboard with that id or number; null when there is none."""
        own = own_id(dashboard_id, "Dashboard", self.record.number)
        return await find_dashboard(info.context, self.record, own)

    @strawberry.field
    async def exports(
        self, info: Info, first: First = strawberry.UNSET, after: AfterCursor = strawberry.UNSET
    ) -> Connection[Export] | None:
        """The exports, the newest first. 20 by default."""
        return await list_exports(info.context, self.record, Slicing(first, after))

    @strawberry.field
    async def export(self, info: Info, export_id: IdArgument) -> Export | None:
        """The export with that id or number; null when there is none, or none any more."""
        own = own_id(export_id, "Export", self.record.number)
        return await find_export(info.context, self.record, own)


async def find_insight(context: Context, project: ProjectRecord, told: str) -> Insight | None:
    """The insight with that number or short id."""
    context.demand(Scope.READ_STATS)
    number = number_of(told)
    insights = context.services.insights
    found = None if number is None else await insights.find(project.number, number)
    if found is None and "\0" not in told:
        found = await insights.find_by_short_id(project.number, told)
    return None if found is None else insight_node(found, project)


async def find_dashboard(context: Context, project: ProjectRecord, told: str) -> Dashboard | None:
    """The dashboard with that number."""
    context.demand(Scope.READ_STATS)
    number = number_of(told)
    dashboards = context.services.dashboards
    found = None if number is None else await dashboards.find(project.number, number)
    return None if found is None else dashboard_node(found, project)


async def find_export(context: Context, project: ProjectRecord, told: str) -> Export | None:
    """The export with that number."""
    context.demand(Scope.EXPORT)
    number = number_of(told)
    exports = context.services.exports
    found = None if number is None else await exports.find(project.number, number)
    return None if found is None else export_node(found, project)


def number_of(told: str) -> int | None:
    """The number that the text spells; None for a text that spells none."""
    is_number = told.isascii() and told.isdecimal() and len(told) <= _MOST_DIGITS
    return int(told) if is_number else None
