"""Exports: files that are made in the background."""

from datetime import datetime

import strawberry

from app.analytics.periods import to_utc
from app.exports import records
from app.exports.records import ExportState
from app.projects.records import Project as ProjectRecord
from schema.context import Info
from schema.definitions import object_type
from schema.ids import GlobalId
from schema.saved_enums import ExportFormat, ExportStatus
from schema.scalars import Long
from schema.types.connections import Node
from schema.types.saved import Dashboard, Insight, dashboard_node, insight_node

CONTENT_PATH = "/graphql/exports"
"""Below it are the files, each under the export's id."""


@object_type
class Export(Node):
    """A file with an insight, a dashboard, the answer to a question, or events."""

    project: strawberry.Private[ProjectRecord]
    ordered: strawberry.Private[records.ExportOrder]
    number: int = strawberry.field(description="The whole number that names the same export.")
    status: ExportStatus = strawberry.field(description="How far it is.")
    format: ExportFormat | None = strawberry.field(
        description="What the file is; null for a kind of file that this server doesn't make."
    )
    media_type: str = strawberry.field(description="The same as a media type.")
    progress: float | None = strawberry.field(
        description="The part (0 to 1) that is done; null while nobody knows how much there is."
    )
    rows: Long | None = strawberry.field(description="How many rows the finished file has.")
    size: Long | None = strawberry.field(description="How many bytes the finished file has.")
    url: str | None = strawberry.field(
        description="Path of the finished file on this server; it opens with the same credentials."
    )
    error: str | None = strawberry.field(description="Why it could not be made.")
    created_at: datetime = strawberry.field(description="When it was ordered.")
    finished_at: datetime | None = strawberry.field(description="When it was done or failed.")
    expires_at: datetime | None = strawberry.field(description="When it will be deleted.")

    @strawberry.field
    async def insight(self, info: Info) -> Insight | None:
        """The insight that it is of."""
        number = self.ordered.insight
        found = None if number is None else await info.context.loaders.insights.load(number)
        return None if found is None else insight_node(found, self.project)

    @strawberry.field
    async def dashboard(self, info: Info) -> Dashboard | None:
        """The dashboard that it is of, or whose range and filter the insight has."""
        number = self.ordered.dashboard
        if number is None:
            return None
        found = await info.context.services.dashboards.find(self.project.number, number)
        return None if found is None else dashboard_node(found, self.project)


def export_node(export: records.Export, project: ProjectRecord) -> Export:
    """The export as the schema shows it."""
    id_ = str(GlobalId("Export", project.number, str(export.number)))
    order = export.order
    is_done = export.state is ExportState.COMPLETE
    known = {str(one.value): one for one in ExportFormat}
    finished, expires = export.finished_at, order.expires_at
    return Export(
        id=strawberry.ID(id_),
        project=project,
        ordered=order,
        number=export.number,
        status=ExportStatus(export.state.value),
        format=known.get(order.format),
        media_type=order.format,
        progress=1.0 if is_done else _part_done(export),
        rows=None if export.rows is None else Long(export.rows),
        size=None if export.size is None else Long(export.size),
        url=f"{CONTENT_PATH}/{id_}" if is_done else None,
        error=export.exception,
        created_at=to_utc(export.created_at),
        finished_at=None if finished is None else to_utc(finished),
        expires_at=None if expires is None else to_utc(expires),
    )


def _part_done(export: records.Export) -> float | None:
    return min(1.0, export.done / export.total) if export.total else None
