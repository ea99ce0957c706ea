"""Saved insights, and the dashboards that show them."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from app.analytics.codec import encode
from app.analytics.filters import EVERYTHING
from app.analytics.periods import to_utc
from app.projects.dashboards import Dashboard as StoredDashboard
from app.projects.dashboards import Overrides
from app.projects.dashboards import Tile as StoredTile
from app.projects.insights import Insight as StoredInsight
from app.projects.records import Project as ProjectRecord
from schema.context import Info
from schema.definitions import given, object_type
from schema.ids import GlobalId
from schema.inputs.filters import filter_of
from schema.inputs.ranges import RangeInput, range_of
from schema.insights import AskedForInsights, kind_of
from schema.saved_enums import Display, InsightKind
from schema.scalars import Json
from schema.types.analysis import BreakdownConnection, Timeseries, Totals
from schema.types.connections import Node
from schema.types.journey_answers import Funnel, Lifecycle, Paths, Retention, Stickiness
from schema.types.nodes import FilterArgument

InsightResult: TypeAlias = Annotated[
    Totals | Timeseries | BreakdownConnection | Funnel | Retention | Paths | Stickiness | Lifecycle,
    strawberry.union("InsightResult", description="The answer to a saved question, by its kind."),
]

OtherRange = Annotated[
    RangeInput | None,
    strawberry.argument(name="range", description="Another range than the insight's own."),
]

MOST_TILES = 100
"""The most tiles of one dashboard."""


@object_type
class Insight(Node):
    """A saved question, whichever door it was saved through."""

    project: strawberry.Private[ProjectRecord]
    stored: strawberry.Private[StoredInsight]
    overrides: strawberry.Private[Overrides]
    number: int = strawberry.field(description="The whole number that names the same insight.")
    short_id: str = strawberry.field(description="A short id of letters and digits.")
    name: str = strawberry.field(description="How people call it.")
    description: str = strawberry.field(description="What people say about it.")
    kind: InsightKind = strawberry.field(description="What it asks.")
    display: Display = strawberry.field(description="How its answer is shown.")
    tags: list[str] = strawberry.field(description="Words to find it by.")
    is_saved: bool = strawberry.field(
        description="Whether it was saved to be kept; false for one that was only looked at."
    )
    is_favorite: bool = strawberry.field(description="Whether it is marked.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @strawberry.field
    def definition(self) -> Json:
        """The whole question, in the form that it is kept."""
        return Json(encode(self.stored.question))

    @strawberry.field
    async def result(
        self,
        info: Info,
        span: OtherRange = strawberry.UNSET,
        where: FilterArgument = strawberry.UNSET,
    ) -> InsightResult | None:
        """The answer as it is now; a filter is one more than the insight's own.

        On a dashboard, with its range and filter where none are given.
        """
        asked = AskedForInsights(info.context, self.project)
        other = given(span)
        chosen = Overrides(None if other is None else range_of(other), filter_of(where))
        return await asked.result(chosen.applied(self.overrides.applied(self.stored.question)))


@object_type
class Box:
    """A place on a grid of twelve columns, in cells."""

    left: int = strawberry.field(description="Columns to the left of it.")
    top: int = strawberry.field(description="Rows above it.")
    width: int = strawberry.field(description="How many columns it takes.")
    height: int = strawberry.field(description="How many rows it takes.")


@object_type
class Tile:
    """A place on a dashboard that shows an insight or a text."""

    project: strawberry.Private[ProjectRecord]
    shown: strawberry.Private[int | None]
    overrides: strawberry.Private[Overrides]
    number: int = strawberry.field(description="The whole number that names the tile.")
    text: str | None = strawberry.field(description="The text; null on a tile with an insight.")
    box: Box | None = strawberry.field(description="Where it is; null behind the tile before it.")
    color: str | None = strawberry.field(description="Its colour.")

    @strawberry.field
    async def insight(self, info: Info) -> Insight | None:
        """The insight; null on a tile with a text."""
        if self.shown is None:
            return None
        found = await info.context.loaders.insights.load(self.shown)
        return None if found is None else insight_node(found, self.project, self.overrides)


@object_type
class Dashboard(Node):
    """Insights and texts laid out on a grid."""

    project: strawberry.Private[ProjectRecord]
    stored: strawberry.Private[StoredDashboard]
    number: int = strawberry.field(description="The whole number that names the same dashboard.")
    name: str = strawberry.field(description="How people call it.")
    description: str = strawberry.field(description="What people say about it.")
    tags: list[str] = strawberry.field(description="Words to find it by.")
    is_pinned: bool = strawberry.field(description="Whether it comes before others.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @strawberry.field
    def range(self) -> Json | None:
        """The range that all its insights are asked for, in the form that it is kept."""
        span = self.stored.overrides.range
        return None if span is None else Json(encode(span))

    @strawberry.field
    def filter(self) -> Json | None:
        """The condition that holds for all its insights too, in the form that it is kept."""
        condition = self.stored.overrides.filter
        return None if condition == EVERYTHING else Json(encode(condition))

    @strawberry.field
    async def tiles(
        self,
        info: Info,
        first: Annotated[
            int, strawberry.argument(description="How many to give; at most 100 are.")
        ] = 50,
    ) -> list[Tile] | None:
        """The tiles, in order."""
        found = await info.context.loaders.tiles.load(self.number)
        return [
            tile_node(tile, self.project, self.stored.overrides)
            for tile in found[: max(0, min(first, MOST_TILES))]
        ]


def insight_node(
    stored: StoredInsight, project: ProjectRecord, overrides: Overrides | None = None
) -> Insight:
    """The insight as the schema shows it; on a dashboard, with what holds there."""
    return Insight(
        id=strawberry.ID(str(GlobalId("Insight", project.number, str(stored.number)))),
        project=project,
        stored=stored,
        overrides=overrides or Overrides(),
        number=stored.number,
        short_id=stored.short_id,
        name=stored.name,
        description=stored.description,
        kind=kind_of(stored.question),
        display=Display(stored.display.value),
        tags=list(stored.tags),
        is_saved=stored.is_saved,
        is_favorite=stored.is_favorite,
        created_at=to_utc(stored.created_at),
        updated_at=to_utc(stored.updated_at),
    )


def tile_node(stored: StoredTile, project: ProjectRecord, overrides: Overrides) -> Tile:
    """The tile as the schema shows it."""
    box = stored.box
    return Tile(
        project=project,
        shown=stored.insight,
        overrides=overrides,
        number=stored.number,
        text=stored.text,
        box=None
        if box is None
        else Box(left=box.left, top=box.top, width=box.width, height=box.height),
        color=stored.color,
    )


def dashboard_node(stored: StoredDashboard, project: ProjectRecord) -> Dashboard:
    """The dashboard as the schema shows it."""
    return Dashboard(
        id=strawberry.ID(str(GlobalId("Dashboard", project.number, str(stored.number)))),
        project=project,
        stored=stored,
        number=stored.number,
        name=stored.name,
        description=stored.description,
        tags=list(stored.tags),
        is_pinned=stored.is_pinned,
        created_at=to_utc(stored.created_at),
        updated_at=to_utc(stored.updated_at),
    )
