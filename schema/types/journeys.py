"""The questions about journeys that a project answers."""

from typing import Annotated

import strawberry

from app.analytics import journeys as core
from app.analytics.fields import COLUMNS
from app.analytics.periods import DAY_MS
from app.analytics.periods import WeekStart as CoreWeekStart
from app.projects.records import Project as ProjectRecord
from schema.context import Info
from schema.definitions import given, object_type
from schema.enums import Interval, WeekStart
from schema.inputs.dimensions import DimensionInput, field_of
from schema.inputs.filters import EventMatchInput, filter_of
from schema.inputs.journeys import (
    FunnelExclusionInput,
    FunnelStepInput,
    exclusions_of,
    fields_of,
    interval_of,
    length_ms,
    match_or_any,
    match_or_none,
    period_of,
    steps_of,
    unit_of,
)
from schema.inputs.ranges import DurationInput, comparison_of, range_of
from schema.journey_enums import (
    FunnelOrder,
    JourneyUnit,
    Repeats,
    RetentionMode,
    RetentionStart,
    RetentionWindow,
)
from schema.journeys import AskedForJourneys
from schema.types.arguments import CompareArgument, RangeArgument, WeekArgument, ZoneArgument
from schema.types.journey_answers import Funnel, Lifecycle, Paths, Retention, Stickiness
from schema.types.nodes import FilterArgument

UnitArgument = Annotated[
    JourneyUnit, strawberry.argument(description="Whose events make one journey.")
]
BreakdownArgument = Annotated[
    list[DimensionInput] | None,
    strawberry.argument(description="One group for each value of these at the first event."),
]
TopArgument = Annotated[
    int, strawberry.argument(description="For how many values, the most frequent ones.")
]
IntervalArgument = Annotated[
    Interval, strawberry.argument(description="The length of an interval; AUTO is none.")
]


@object_type
class Journeys:
    """What a project answers about the way people go, and whether they come back."""

    record: strawberry.Private[ProjectRecord]

    @strawberry.field
    async def funnel(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        steps: Annotated[
            list[FunnelStepInput], strawberry.argument(description="The steps, in order.")
        ],
        span: RangeArgument,
        window: Annotated[
            DurationInput | None,
            strawberry.argument(
                description="How long the way from the first step to the last may take; a day "
                "unless told."
            ),
        ] = strawberry.UNSET,
        order: Annotated[
            FunnelOrder, strawberry.argument(description="How the steps follow each other.")
        ] = FunnelOrder.ORDERED,
        count_by: UnitArgument = JourneyUnit.PROFILES,
        where: FilterArgument = strawberry.UNSET,
        exclusions: Annotated[
            list[FunnelExclusionInput] | None,
            strawberry.argument(description="What must not happen between two steps."),
        ] = strawberry.UNSET,
        breakdown: BreakdownArgument = strawberry.UNSET,
        top: TopArgument = 10,
        compare: CompareArgument = strawberry.UNSET,
        timezone: ZoneArgument = strawberry.UNSET,
    ) -> Funnel | None:
        """How many profiles or sessions get how far through some steps."""
        query = core.FunnelQuery(
            project=self.record.number,
            steps=steps_of(steps),
            range=range_of(span),
            filter=filter_of(where),
            per=unit_of(count_by),
            order=core.FunnelOrder(order.value),
            window_ms=length_ms(window, DAY_MS),
            exclusions=exclusions_of(exclusions, len(steps)),
            breakdown=fields_of(breakdown),
            top=top,
            compare=comparison_of(compare),
            zone=given(timezone),
        )
        return await AskedForJourneys(info.context, self.record).funnel(query)

    @strawberry.field
    async def retention(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        span: RangeArgument,
        start: Annotated[
            EventMatchInput | None,
            strawberry.argument(description="What begins; any event unless told."),
        ] = strawberry.UNSET,
        returning: Annotated[
            EventMatchInput | None,
            strawberry.argument(description="What counts as coming back; any event unless told."),
        ] = strawberry.UNSET,
        period: Annotated[
            Interval,
            strawberry.argument(description="The length of a period: HOUR, DAY, WEEK or MONTH."),
        ] = Interval.WEEK,
        periods: Annotated[
            int, strawberry.argument(description="How many periods after the first are told.")
        ] = 8,
        mode: Annotated[
            RetentionMode, strawberry.argument(description="What counts as coming back.")
        ] = RetentionMode.ON_OR_AFTER,
        starting: Annotated[
            RetentionStart, strawberry.argument(description="Which starts make a member.")
        ] = RetentionStart.FIRST_TIME,
        cut: Annotated[
            RetentionWindow, strawberry.argument(description="How periods are cut.")
        ] = RetentionWindow.CALENDAR,
        count_by: UnitArgument = JourneyUnit.PROFILES,
        where: FilterArgument = strawberry.UNSET,
        breakdown: BreakdownArgument = strawberry.UNSET,
        top: TopArgument = 10,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> Retention | None:
        """How many of those who begin in a period come back in the ones after it."""
        query = core.RetentionQuery(
            project=self.record.number,
            range=range_of(span),
            interval=period_of(period),
            periods=periods,
            start=match_or_any(start, ("start",)),
            returning=match_or_any(returning, ("returning",)),
            filter=filter_of(where),
            per=unit_of(count_by),
            starting=core.RetentionStart(starting.value),
            window=core.RetentionWindow(cut.value),
            criterion=core.RetentionCriterion(mode.value),
            breakdown=fields_of(breakdown),
            top=top,
            zone=given(timezone),
            week_start=CoreWeekStart[week_start.name],
        )
        return await AskedForJourneys(info.context, self.record).retention(query)

    @strawberry.field
    async def paths(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        span: RangeArgument,
        start: Annotated[
            EventMatchInput | None,
            strawberry.argument(
                name="from", description="Where paths begin; where journeys do unless told."
            ),
        ] = strawberry.UNSET,
        end: Annotated[
            EventMatchInput | None,
            strawberry.argument(
                name="to",
                description="Where paths end; without a beginning they are told backwards.",
            ),
        ] = strawberry.UNSET,
        item: Annotated[
            DimensionInput | None,
            strawberry.argument(description="What paths are made of; the path unless told."),
        ] = strawberry.UNSET,
        steps: Annotated[
            int, strawberry.argument(description="How many items of a path are told.")
        ] = 5,
        top: Annotated[
            int,
            strawberry.argument(
                description="How many items have a node at a step; others share one."
            ),
        ] = 10,
        repeats: Annotated[
            Repeats, strawberry.argument(description="What becomes of an item that repeats.")
        ] = Repeats.COLLAPSE,
        count_by: UnitArgument = JourneyUnit.SESSIONS,
        where: FilterArgument = strawberry.UNSET,
    ) -> Paths | None:
        """Which items follow which: pages, screens, or anything that events have."""
        chosen = given(item)
        query = core.PathsQuery(
            project=self.record.number,
            range=range_of(span),
            filter=filter_of(where),
            item=COLUMNS["path"] if chosen is None else field_of(chosen, ("item",)),
            per=unit_of(count_by),
            start=match_or_none(start, ("from",)),
            end=match_or_none(end, ("to",)),
            steps=steps,
            top=top,
            repeats=core.Repeats(repeats.value),
        )
        return await AskedForJourneys(info.context, self.record).paths(query)

    @strawberry.field
    async def stickiness(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        span: RangeArgument,
        interval: IntervalArgument = Interval.DAY,
        at_least: Annotated[
            int, strawberry.argument(description="How many events make an interval count.")
        ] = 1,
        count_by: UnitArgument = JourneyUnit.PROFILES,
        where: FilterArgument = strawberry.UNSET,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> Stickiness | None:
        """In how many intervals of the range profiles or sessions are active."""
        query = core.StickinessQuery(
            project=self.record.number,
            range=range_of(span),
            interval=interval_of(interval),
            filter=filter_of(where),
            per=unit_of(count_by),
            at_least=at_least,
            zone=given(timezone),
            week_start=CoreWeekStart[week_start.name],
        )
        return await AskedForJourneys(info.context, self.record).stickiness(query)

    @strawberry.field
    async def lifecycle(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        span: RangeArgument,
        interval: IntervalArgument = Interval.DAY,
        count_by: UnitArgument = JourneyUnit.PROFILES,
        where: FilterArgument = strawberry.UNSET,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> Lifecycle | None:
        """Who is new, returning, resurrecting or dormant, bucket by bucket."""
        query = core.LifecycleQuery(
            project=self.record.number,
            range=range_of(span),
            interval=interval_of(interval),
            filter=filter_of(where),
            per=unit_of(count_by),
            zone=given(timezone),
            week_start=CoreWeekStart[week_start.name],
        )
        return await AskedForJourneys(info.context, self.record).lifecycle(query)
