"""The questions about journeys that a project answers."""

from typing import Annotated

import strawberry

from app.projects.records import Project as ProjectRecord
from schema.context import Info
from schema.definitions import object_type
from schema.enums import Interval, WeekStart
from schema.inputs import questions as words
from schema.inputs.dimensions import DimensionInput
from schema.inputs.filters import EventMatchInput
from schema.inputs.journeys import FunnelExclusionInput, FunnelStepInput
from schema.inputs.questions import (
    FunnelInput,
    LifecycleInput,
    PathsInput,
    RetentionInput,
    StickinessInput,
)
from schema.inputs.ranges import DurationInput
from schema.journey_enums import (
    FunnelOrder,
    JourneyUnit,
    Repeats,
    RetentionMode,
    RetentionStart,
    RetentionWindow,
)
from schema.journeys import AskedForJourneys
from schema.questions import funnel_of, lifecycle_of, paths_of, retention_of, stickiness_of
from schema.types.arguments import CompareArgument, RangeArgument, WeekArgument, ZoneArgument
from schema.types.journey_answers import Funnel, Lifecycle, Paths, Retention, Stickiness
from schema.types.nodes import FilterArgument

UnitArgument = Annotated[JourneyUnit, strawberry.argument(description=words.UNIT)]
BreakdownArgument = Annotated[
    list[DimensionInput] | None,
    strawberry.argument(description=words.GROUPS),
]
TopArgument = Annotated[int, strawberry.argument(description=words.TOP)]
IntervalArgument = Annotated[Interval, strawberry.argument(description=words.LENGTH)]


@object_type
class Journeys:
    """What a project answers about the way people go, and whether they come back."""

    record: strawberry.Private[ProjectRecord]

    @strawberry.field
    async def funnel(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        steps: Annotated[list[FunnelStepInput], strawberry.argument(description=words.STEPS)],
        span: RangeArgument,
        window: Annotated[
            DurationInput | None,
            strawberry.argument(description=words.WINDOW),
        ] = strawberry.UNSET,
        order: Annotated[
            FunnelOrder, strawberry.argument(description=words.STEP_ORDER)
        ] = FunnelOrder.ORDERED,
        count_by: UnitArgument = JourneyUnit.PROFILES,
        where: FilterArgument = strawberry.UNSET,
        exclusions: Annotated[
            list[FunnelExclusionInput] | None,
            strawberry.argument(description=words.EXCLUSIONS),
        ] = strawberry.UNSET,
        breakdown: BreakdownArgument = strawberry.UNSET,
        top: TopArgument = 10,
        compare: CompareArgument = strawberry.UNSET,
        timezone: ZoneArgument = strawberry.UNSET,
    ) -> Funnel | None:
        """How many profiles or sessions get how far through some steps."""
        asked = FunnelInput(
            steps=steps,
            span=span,
            window=window,
            order=order,
            count_by=count_by,
            where=where,
            exclusions=exclusions,
            breakdown=breakdown,
            top=top,
            compare=compare,
            timezone=timezone,
        )
        return await self._asked_for(info).funnel(funnel_of(asked, self.record.number))

    @strawberry.field
    async def retention(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        span: RangeArgument,
        start: Annotated[
            EventMatchInput | None,
            strawberry.argument(description=words.BEGINS),
        ] = strawberry.UNSET,
        returning: Annotated[
            EventMatchInput | None,
            strawberry.argument(description=words.RETURNS),
        ] = strawberry.UNSET,
        period: Annotated[
            Interval,
            strawberry.argument(description=words.PERIOD),
        ] = Interval.WEEK,
        periods: Annotated[int, strawberry.argument(description=words.PERIODS)] = 8,
        mode: Annotated[
            RetentionMode, strawberry.argument(description=words.MODE)
        ] = RetentionMode.ON_OR_AFTER,
        starting: Annotated[
            RetentionStart, strawberry.argument(description=words.STARTING)
        ] = RetentionStart.FIRST_TIME,
        cut: Annotated[
            RetentionWindow, strawberry.argument(description=words.CUT)
        ] = RetentionWindow.CALENDAR,
        count_by: UnitArgument = JourneyUnit.PROFILES,
        where: FilterArgument = strawberry.UNSET,
        breakdown: BreakdownArgument = strawberry.UNSET,
        top: TopArgument = 10,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> Retention | None:
        """How many of those who begin in a period come back in the ones after it."""
        asked = RetentionInput(
            span=span,
            start=start,
            returning=returning,
            period=period,
            periods=periods,
            mode=mode,
            starting=starting,
            cut=cut,
            count_by=count_by,
            where=where,
            breakdown=breakdown,
            top=top,
            timezone=timezone,
            week_start=week_start,
        )
        return await self._asked_for(info).retention(retention_of(asked, self.record.number))

    @strawberry.field
    async def paths(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        span: RangeArgument,
        start: Annotated[
            EventMatchInput | None,
            strawberry.argument(name="from", description=words.FROM),
        ] = strawberry.UNSET,
        end: Annotated[
            EventMatchInput | None,
            strawberry.argument(
                name="to",
                description=words.TO,
            ),
        ] = strawberry.UNSET,
        item: Annotated[
            DimensionInput | None,
            strawberry.argument(description=words.ITEM),
        ] = strawberry.UNSET,
        steps: Annotated[int, strawberry.argument(description=words.PATH_STEPS)] = 5,
        top: Annotated[
            int,
            strawberry.argument(description=words.PATH_TOP),
        ] = 10,
        repeats: Annotated[
            Repeats, strawberry.argument(description=words.REPEATS)
        ] = Repeats.COLLAPSE,
        count_by: UnitArgument = JourneyUnit.SESSIONS,
        where: FilterArgument = strawberry.UNSET,
    ) -> Paths | None:
        """Which items follow which: pages, screens, or anything that events have."""
        asked = PathsInput(
            span=span,
            start=start,
            end=end,
            item=item,
            steps=steps,
            top=top,
            repeats=repeats,
            count_by=count_by,
            where=where,
        )
        return await self._asked_for(info).paths(paths_of(asked, self.record.number))

    @strawberry.field
    async def stickiness(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        span: RangeArgument,
        interval: IntervalArgument = Interval.DAY,
        at_least: Annotated[int, strawberry.argument(description=words.AT_LEAST)] = 1,
        count_by: UnitArgument = JourneyUnit.PROFILES,
        where: FilterArgument = strawberry.UNSET,
        timezone: ZoneArgument = strawberry.UNSET,
        week_start: WeekArgument = WeekStart.MONDAY,
    ) -> Stickiness | None:
        """In how many intervals of the range profiles or sessions are active."""
        asked = StickinessInput(
            span=span,
            interval=interval,
            at_least=at_least,
            count_by=count_by,
            where=where,
            timezone=timezone,
            week_start=week_start,
        )
        return await self._asked_for(info).stickiness(stickiness_of(asked, self.record.number))

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
        asked = LifecycleInput(
            span=span,
            interval=interval,
            count_by=count_by,
            where=where,
            timezone=timezone,
            week_start=week_start,
        )
        return await self._asked_for(info).lifecycle(lifecycle_of(asked, self.record.number))

    def _asked_for(self, info: Info) -> AskedForJourneys:
        return AskedForJourneys(info.context, self.record)
