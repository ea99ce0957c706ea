"""What mutations of saved things answer."""

from typing import Annotated, TypeAlias

import strawberry

from schema.definitions import object_type
from schema.types.exports import Export
from schema.types.payloads import InvalidInput, NotFound
from schema.types.saved import Dashboard, Insight


@object_type
class InsightSuccess:
    """The insight as it is now."""

    insight: Insight = strawberry.field(description="The insight.")


@object_type
class DeleteInsightSuccess:
    """The insight is gone."""

    deleted_id: strawberry.ID = strawberry.field(description="The id that it had.")


@object_type
class DashboardSuccess:
    """The dashboard as it is now."""

    dashboard: Dashboard = strawberry.field(description="The dashboard.")


@object_type
class DeleteDashboardSuccess:
    """The dashboard is gone."""

    deleted_id: strawberry.ID = strawberry.field(description="The id that it had.")


@object_type
class ExportSuccess:
    """The export as it is now; `exportChanged` tells how it goes on."""

    export: Export = strawberry.field(description="The export.")


InsightPayload: TypeAlias = Annotated[
    InsightSuccess | InvalidInput | NotFound,
    strawberry.union("InsightPayload", description="How saving or changing an insight can end."),
]
DeleteInsightPayload: TypeAlias = Annotated[
    DeleteInsightSuccess | NotFound,
    strawberry.union("DeleteInsightPayload", description="How deleting an insight can end."),
]
DashboardPayload: TypeAlias = Annotated[
    DashboardSuccess | InvalidInput | NotFound,
    strawberry.union("DashboardPayload", description="How making or changing one can end."),
]
DeleteDashboardPayload: TypeAlias = Annotated[
    DeleteDashboardSuccess | NotFound,
    strawberry.union("DeleteDashboardPayload", description="How deleting a dashboard can end."),
]
ExportPayload: TypeAlias = Annotated[
    ExportSuccess | InvalidInput,
    strawberry.union("ExportPayload", description="How ordering an export can end."),
]
