"""A project, from which everything hangs."""

from dataclasses import replace
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry

from app.analytics.queries import EventOrder as CoreEventOrder
from app.projects.records import Project as ProjectRecord
from schema.analysis import Asked, page_of
from schema.context import Info
from schema.definitions import object_type
from schema.enums import EventOrder, Fill, Interval, ProfileOrder, WeekStart
from schema.ids import GlobalId, own_id
from schema.inputs import questions as words
from schema.inputs.dimensions import DimensionInput
from schema.inputs.filters import EventFilterInput, filter_of
from schema.inputs.questions import BreakdownInput, TimeseriesInput, TotalsInput
from schema.inputs.ranges import range_or_any_time
from schema.inputs.rankings import BreakdownOrderInput, HavingInput
from schema.listings import Wanted, WantedPeople, profile_page
from schema.paging import AfterCursor, BeforeCursor, First, Last, Slicing
from schema.questions import breakdown_of, series_of, totals_of
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
from schema.types.keeping import Keeping
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
class Project(Node, People, Journeys, Keeping):
    """One project: its events, profiles and sessions, and every number made of them."""

    slug: str = strawberry.field(description="The project's own id, such as demo.")
    number: int = strawberry.field(description="The whole number that names the same project.")
    name: str = strawberry.field(description="How people call it.")
    timezone: TimeZone = strawberry.field(description="The zone of its local days.")
    conversions: list[str] = strawberry.field(
        description="The names of the events that count as conversions."
    )

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
        where: Annotated[
            EventFilterInput | None,
            strawberry.argument(
                name="filter",
                description="Which: conditions on fields of theirs and of their groups, and on "
                "what they did; by default all.",
            ),
        ] = strawberry.UNSET,
    ) -> Connection[Profile] | None:
        """The profiles. 50 by default."""
        slicing, project = Slicing(first, after, last, before), self.record
        wanted = WantedPeople(filter=filter_of(where), order=order_by)
        show = partial(profile_node, project=project)
        return await profile_page(info.context, project, slicing, wanted, show)

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
        asked = TotalsInput(
            metrics=metrics,
            span=span,
            where=where,
            compare=compare,
            timezone=timezone,
            week_start=week_start,
        )
        return await self._asked(info).totals(totals_of(asked, self.number))

    @strawberry.field
    async def timeseries(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        metrics: MetricsArgument,
        span: RangeArgument,
        interval: Annotated[
            Interval, strawberry.argument(description=words.BUCKETS)
        ] = Interval.AUTO,
        where: FilterArgument = strawberry.UNSET,
        breakdown: Annotated[
            list[DimensionInput] | None,
            strawberry.argument(description=words.LINES),
        ] = strawberry.UNSET,
        top: Annotated[
            int,
            strawberry.argument(description=words.TOP_LINES),
        ] = 10,
        compare: CompareArgument = strawberry.UNSET,
        fill: Annotated[Fill, strawberry.argument(description=words.FILLED)] = Fill.ZERO,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> Timeseries | None:
        """Numbers per time bucket, one series per metric and value of the breakdown."""
        asked = TimeseriesInput(
            metrics=metrics,
            span=span,
            interval=interval,
            where=where,
            breakdown=breakdown,
            top=top,
            compare=compare,
            timezone=timezone,
            week_start=week_start,
        )
        return await self._asked(info).timeseries(series_of(asked, self.number), fill)

    @strawberry.field
    async def breakdown(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        by: Annotated[list[DimensionInput], strawberry.argument(description=words.ROWS_OF)],
        metrics: MetricsArgument,
        span: RangeArgument,
        where: FilterArgument = strawberry.UNSET,
        having: Annotated[
            list[HavingInput] | None, strawberry.argument(description=words.HAVING)
        ] = strawberry.UNSET,
        order_by: Annotated[
            list[BreakdownOrderInput] | None,
            strawberry.argument(description=words.ROW_ORDER),
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        compare: CompareArgument = strawberry.UNSET,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> BreakdownConnection | None:
        """Numbers per value of a dimension, or per combination of values. 50 by default."""
        asked = BreakdownInput(
            by=by,
            metrics=metrics,
            span=span,
            where=where,
            having=having,
            order_by=order_by,
            compare=compare,
            timezone=timezone,
            week_start=week_start,
        )
        query = breakdown_of(asked, self.number)
        query = replace(query, page=page_of(Slicing(first, after)))
        return await self._asked(info).breakdown(query)

    @strawberry.field
    async def live(
        self,
        info: Info,
        window_seconds: Annotated[
            int, strawberry.argument(description="How far back, in seconds; at most a day.")
        ] = 300,
    ) -> Live | None:
        """Who is here and what happens right now."""
        return await self._asked(info).live(window_seconds)

    def _asked(self, info: Info) -> Asked:
        return Asked(info.context, self.record)


def project_node(project: ProjectRecord) -> Project:
    """The project as the schema shows it."""
    return Project(
        id=strawberry.ID(str(GlobalId("Project", project.number, project.id))),
        record=project,
        slug=project.id,
        number=project.number,
        name=project.name,
        timezone=TimeZone(ZoneInfo(project.timezone)),
        conversions=list(project.conversions),
    )
