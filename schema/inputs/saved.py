"""Insights, dashboards and exports as they are told."""

from datetime import datetime

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.queries import EventOrder as CoreEventOrder
from app.analytics.queries import EventsQuery
from app.projects import dashboards
from schema.definitions import choice_type, given, input_type
from schema.enums import EventOrder
from schema.inputs.filters import EventFilterInput, filter_of
from schema.inputs.questions import QuestionInput
from schema.inputs.ranges import RangeInput, range_of
from schema.saved_enums import Display, ExportFormat, Theme

_NAME = "How people call it."
_SAID = "What people say about it."
_TAGS = "Words to find it by."
_PROJECT = "The project's slug, number or id."
_LARGEST_CELL = 10_000


@input_type
class CreateInsightInput:
    """A new insight."""

    project_id: strawberry.ID = strawberry.field(description=_PROJECT)
    name: str = strawberry.field(description=_NAME)
    question: QuestionInput = strawberry.field(description="What it asks.")
    description: str = strawberry.field(default="", description=_SAID)
    display: Display | None = strawberry.field(
        default=strawberry.UNSET, description="How it is shown; by default as its kind usually is."
    )
    tags: list[str] = strawberry.field(default_factory=list, description=_TAGS)
    is_favorite: bool = strawberry.field(default=False, description="Whether it is marked.")


@input_type
class UpdateInsightInput:
    """What an insight is from now on; what is left out stays."""

    id: strawberry.ID = strawberry.field(description="The insight's id, as answers hold it.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description=_NAME)
    question: QuestionInput | None = strawberry.field(
        default=strawberry.UNSET, description="What it asks."
    )
    description: str | None = strawberry.field(default=strawberry.UNSET, description=_SAID)
    display: Display | None = strawberry.field(
        default=strawberry.UNSET, description="How it is shown."
    )
    tags: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_TAGS)
    is_favorite: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it is marked."
    )


@input_type
class DeleteInsightInput:
    """Which insight is to go."""

    id: strawberry.ID = strawberry.field(description="The insight's id, as answers hold it.")


@input_type
class BoxInput:
    """A place on a grid of twelve columns, in cells."""

    left: int = strawberry.field(description="Columns to the left of it.")
    top: int = strawberry.field(description="Rows above it.")
    width: int = strawberry.field(description="How many columns it takes.")
    height: int = strawberry.field(description="How many rows it takes.")


@input_type
class TileInput:
    """A tile: an insight or a text, exactly one of them."""

    insight: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The insight's id, as answers hold it."
    )
    text: str | None = strawberry.field(default=strawberry.UNSET, description="The text.")
    box: BoxInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where it is; by default behind the tile before it."
    )
    color: str | None = strawberry.field(default=strawberry.UNSET, description="Its colour.")


@input_type
class CreateDashboardInput:
    """A new dashboard."""

    project_id: strawberry.ID = strawberry.field(description=_PROJECT)
    name: str = strawberry.field(description=_NAME)
    description: str = strawberry.field(default="", description=_SAID)
    tiles: list[TileInput] = strawberry.field(
        default_factory=list, description="What it shows, in order."
    )
    span: RangeInput | None = strawberry.field(
        name="range",
        default=strawberry.UNSET,
        description="The range that all its insights are asked for.",
    )
    where: EventFilterInput | None = strawberry.field(
        name="filter",
        default=strawberry.UNSET,
        description="What holds for all its insights besides their own filters.",
    )
    tags: list[str] = strawberry.field(default_factory=list, description=_TAGS)
    is_pinned: bool = strawberry.field(default=False, description="Whether it comes before others.")


@input_type
class UpdateDashboardInput:
    """What a dashboard is from now on; what is left out stays."""

    id: strawberry.ID = strawberry.field(description="The dashboard's id, as answers hold it.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description=_NAME)
    description: str | None = strawberry.field(default=strawberry.UNSET, description=_SAID)
    tiles: list[TileInput] | None = strawberry.field(
        default=strawberry.UNSET, description="All that it shows from now on, in order."
    )
    span: RangeInput | None = strawberry.field(
        name="range",
        default=strawberry.UNSET,
        description="The range that all its insights are asked for; null for each one's own.",
    )
    where: EventFilterInput | None = strawberry.field(
        name="filter",
        default=strawberry.UNSET,
        description="What holds for all its insights; null for nothing.",
    )
    tags: list[str] | None = strawberry.field(default=strawberry.UNSET, description=_TAGS)
    is_pinned: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it comes before others."
    )


@input_type
class DeleteDashboardInput:
    """Which dashboard is to go; its insights stay."""

    id: strawberry.ID = strawberry.field(description="The dashboard's id, as answers hold it.")


@input_type
class EventsInput:
    """Events themselves."""

    span: RangeInput = strawberry.field(name="range", description="When.")
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description="Which events; by default all."
    )
    order_by: EventOrder = strawberry.field(
        default=EventOrder.NEWEST, description="Which come first."
    )


@choice_type
class ExportSourceInput:
    """What is exported. Give exactly one of these."""

    insight: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="An insight by its id."
    )
    dashboard: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A dashboard by its id."
    )
    question: QuestionInput | None = strawberry.field(
        default=strawberry.UNSET, description="The answer to a question."
    )
    events: EventsInput | None = strawberry.field(
        default=strawberry.UNSET, description="Events, all of them."
    )


@input_type
class CreateExportInput:
    """A file to be made."""

    project_id: strawberry.ID = strawberry.field(description=_PROJECT)
    source: ExportSourceInput = strawberry.field(description="What is exported.")
    format: ExportFormat = strawberry.field(description="What the file is.")
    theme: Theme = strawberry.field(default=Theme.LIGHT, description="The colours of a picture.")
    columns: list[str] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Only these columns of a table, in this order; by default all.",
    )
    filename: str | None = strawberry.field(
        default=strawberry.UNSET, description="How the file is called, without its ending."
    )
    expires_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="When the file is to be deleted; by default half a year from now.",
    )


def box_of(asked: BoxInput | None, *path: str | int) -> dashboards.Box | None:
    """The place; raises InvalidQueryError at `path` for one that is not on the grid."""
    told = given(asked)
    if told is None:
        return None
    box = dashboards.Box(told.left, told.top, told.width, told.height)
    is_wide_enough = box.left >= 0 and 1 <= box.width <= 12 - box.left
    if not is_wide_enough or not 0 <= box.top < _LARGEST_CELL or not 0 < box.height < _LARGEST_CELL:
        message = "A box lies on a grid of twelve columns and is at least one cell large."
        raise InvalidQueryError.at(*path, message=message)
    return box


def events_of(asked: EventsInput, project: int) -> EventsQuery:
    """The question for events themselves."""
    return EventsQuery(
        project=project,
        range=range_of(asked.span),
        filter=filter_of(asked.where),
        order=CoreEventOrder(asked.order_by.value),
    )
