"""A project, from which everything hangs."""

from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry

from app.analytics.queries import EventOrder as CoreEventOrder
from app.projects.records import Project as ProjectRecord
from schema.analysis import Asked, Question
from schema.context import Info
from schema.definitions import given, object_type
from schema.enums import EventOrder, Fill, Interval, ProfileOrder, WeekStart
from schema.ids import GlobalId, own_id
from schema.inputs.dimensions import DimensionInput, field_of
from schema.inputs.filters import filter_of
from schema.inputs.metrics import BreakdownOrderInput, metrics_of, order_of
from schema.inputs.ranges import (
    comparison_of,
    range_of,
    range_or_any_time,
)
from schema.listings import Wanted, profile_page
from schema.paging import AfterCursor, BeforeCursor, First, Last, Slicing
from schema.scalars import TimeZone
from schema.types.analysis import BreakdownConnection, Live, Timeseries, Totals
from schema.types.arguments import (
    CompareArgument,
    MetricsArgument,
    OptionalRange,
    RangeArgument,
    WeekArgument,
    ZoneArgument,
)
from schema.types.catalog import Catalog, Limits, limits_of
from schema.types.connections import Connection, Node
from schema.types.event_shape import event_columns
from schema.types.journeys import Journeys
from schema.types.nodes import (
    Event,
    FilterArgument,
    Profile,
    Session,
    find_event,
    find_profile,
    list_events,
    list_sessions,
    profile_node,
)
from schema.types.people import IdArgument, People


@object_type
class Project(Node, People, Journeys):
    """One project: its events, profiles and sessions, and every number made of them."""

    slug: str = strawberry.field(description="The project's own id, such as demo.")
    number: int = strawberry.field(description="The whole number that names the same project.")
    name: str = strawberry.field(description="How people call it.")
    timezone: TimeZone = strawberry.field(description="The zone of its local days.")

    @strawberry.field
    def catalog(self) -> Catalog:
        """What can be asked for: names and values for pickers."""
        return Catalog(project=self.record)

    @strawberry.field
    def limits(self, info: Info) -> Limits:
        """How much one question may ask for."""
        return limits_of(info.context.services.settings.graphql_max_depth)

    @strawberry.field
    async def events(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: BeforeCursor = strawberry.UNSET,
        span: OptionalRange = strawberry.UNSET,
        where: FilterArgument = strawberry.UNSET,
        order_by: Annotated[
            EventOrder, strawberry.argument(description="Which come first.")
        ] = EventOrder.NEWEST,
    ) -> Connection[Event] | None:
        """The events themselves. 50 by default."""
        wanted = Wanted(
            range=range_or_any_time(span),
            filter=filter_of(where),
            order=CoreEventOrder(order_by.value),
            columns=event_columns(info),
        )
        return await list_events(info, self.record, Slicing(first, after, last, before), wanted)

    @strawberry.field
    async def sessions(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: BeforeCursor = strawberry.UNSET,
        span: OptionalRange = strawberry.UNSET,
        where: FilterArgument = strawberry.UNSET,
    ) -> Connection[Session] | None:
        """The sessions that began in the range, the newest first. 20 by default."""
        wanted = Wanted(range=range_or_any_time(span), filter=filter_of(where))
        return await list_sessions(info, self.record, Slicing(first, after, last, before), wanted)

    @strawberry.field
    async def profiles(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: BeforeCursor = strawberry.UNSET,
        order_by: Annotated[
            ProfileOrder, strawberry.argument(description="Which come first.")
        ] = ProfileOrder.LAST_SEEN,
    ) -> Connection[Profile] | None:
        """The profiles. 50 by default."""
        slicing = Slicing(first, after, last, before)
        project = self.record
        return await profile_page(
            info.context, project, slicing, order_by, lambda one: profile_node(one, project)
        )

    @strawberry.field
    async def event(self, info: Info, event_id: IdArgument) -> Event | None:
        """The event with that id; null when there is none."""
        return await find_event(info, self.record, own_id(event_id, "Event", self.number))

    @strawberry.field
    async def profile(self, info: Info, profile_id: IdArgument) -> Profile | None:
        """The profile with that id; null when there is none."""
        return await find_profile(info, self.record, own_id(profile_id, "Profile", self.number))

    @strawberry.field
    async def totals(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        metrics: MetricsArgument,
        span: RangeArgument,
        where: FilterArgument = strawberry.UNSET,
        compare: CompareArgument = strawberry.UNSET,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> Totals | None:
        """One number per metric."""
        question = Question(
            metrics=metrics_of(metrics),
            range=range_of(span),
            filter=filter_of(where),
            compare=comparison_of(compare),
            zone=given(timezone),
            week_start=week_start,
        )
        return await Asked(info.context, self.record).totals(question)

    @strawberry.field
    async def timeseries(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        metrics: MetricsArgument,
        span: RangeArgument,
        interval: Annotated[
            Interval, strawberry.argument(description="The size of the buckets.")
        ] = Interval.AUTO,
        where: FilterArgument = strawberry.UNSET,
        breakdown: Annotated[
            list[DimensionInput] | None,
            strawberry.argument(description="One series for each value of these."),
        ] = strawberry.UNSET,
        top: Annotated[
            int,
            strawberry.argument(
                description="For how many values, those with the most of the first metric."
            ),
        ] = 10,
        compare: CompareArgument = strawberry.UNSET,
        fill: Annotated[
            Fill, strawberry.argument(description="What stands in buckets without anything.")
        ] = Fill.ZERO,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> Timeseries | None:
        """Numbers per time bucket, one series per metric and value of the breakdown."""
        question = Question(
            metrics=metrics_of(metrics),
            range=range_of(span),
            filter=filter_of(where),
            compare=comparison_of(compare),
            zone=given(timezone),
            week_start=week_start,
        )
        fields = [
            field_of(one, ("breakdown", place)) for place, one in enumerate(given(breakdown) or ())
        ]
        asked = Asked(info.context, self.record)
        return await asked.timeseries(question, interval, fill, fields, top)

    @strawberry.field
    async def breakdown(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        by: Annotated[
            list[DimensionInput], strawberry.argument(description="What the rows are of.")
        ],
        metrics: MetricsArgument,
        span: RangeArgument,
        where: FilterArgument = strawberry.UNSET,
        order_by: Annotated[
            list[BreakdownOrderInput] | None,
            strawberry.argument(
                description="The column that orders the rows; by default the first metric, "
                "the largest number first."
            ),
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> BreakdownConnection | None:
        """Numbers per value of a dimension, or per combination of values. 50 by default."""
        question = Question(
            metrics=metrics_of(metrics),
            range=range_of(span),
            filter=filter_of(where),
            zone=given(timezone),
            week_start=week_start,
        )
        fields = [field_of(one, ("by", place)) for place, one in enumerate(by)]
        asked = Asked(info.context, self.record)
        return await asked.breakdown(question, fields, order_of(order_by), Slicing(first, after))

    @strawberry.field
    async def live(
        self,
        info: Info,
        window_seconds: Annotated[
            int, strawberry.argument(description="How far back, in seconds; at most a day.")
        ] = 300,
    ) -> Live | None:
        """Who is here and what happens right now."""
        return await Asked(info.context, self.record).live(window_seconds)


def project_node(project: ProjectRecord) -> Project:
    """The project as the schema shows it."""
    return Project(
        id=strawberry.ID(str(GlobalId("Project", project.number, project.id))),
        record=project,
        slug=project.id,
        number=project.number,
        name=project.name,
        timezone=TimeZone(ZoneInfo(project.timezone)),
    )
