"""Questions that can be kept: the arguments of an analysis as one input each."""

from typing import Final

import strawberry

from schema.definitions import choice_type, input_type
from schema.enums import Interval, WeekStart
from schema.inputs.dimensions import DimensionInput
from schema.inputs.filters import EventFilterInput, EventMatchInput
from schema.inputs.journeys import FunnelExclusionInput, FunnelStepInput
from schema.inputs.metrics import MetricInput
from schema.inputs.ranges import CompareInput, DurationInput, RangeInput
from schema.inputs.rankings import BreakdownOrderInput, HavingInput
from schema.journey_enums import (
    FunnelOrder,
    JourneyUnit,
    Repeats,
    RetentionMode,
    RetentionStart,
    RetentionWindow,
)
from schema.scalars import TimeZone

METRICS: Final = "What is measured."
RANGE: Final = "When."
FILTER: Final = "Which events count; by default all."
COMPARE: Final = "Which range to compare with."
ZONE: Final = "The zone in which local days are cut; by default the project's."
WEEK: Final = "The day on which weeks begin."
UNIT: Final = "Whose events make one journey."
GROUPS: Final = "One group for each value of these at the first event."
TOP: Final = "For how many values, the most frequent ones."
LENGTH: Final = "The length of an interval; AUTO is none."
BUCKETS: Final = "The size of the buckets."
LINES: Final = "One series for each value of these."
TOP_LINES: Final = "For how many values, those with the most of the first metric."
ROWS_OF: Final = "What the rows are of."
HAVING: Final = "Which rows are kept, by their numbers; by default all."
ROW_ORDER: Final = (
    "The column that orders the rows; by default the first metric, the largest number first."
)
STEPS: Final = "The steps, in order."
WINDOW: Final = "How long the way from the first step to the last may take; a day unless told."
STEP_ORDER: Final = "How the steps follow each other."
EXCLUSIONS: Final = "What must not happen between two steps."
BEGINS: Final = "What begins; any event unless told."
RETURNS: Final = "What counts as coming back; any event unless told."
PERIOD: Final = "The length of a period: HOUR, DAY, WEEK or MONTH."
PERIODS: Final = "How many periods after the first are told."
MODE: Final = "What counts as coming back."
STARTING: Final = "Which starts make a member."
CUT: Final = "How periods are cut."
FROM: Final = "Where paths begin; where journeys do unless told."
TO: Final = "Where paths end; without a beginning they are told backwards."
ITEM: Final = "What paths are made of; the path unless told."
PATH_STEPS: Final = "How many items of a path are told."
PATH_TOP: Final = "How many items have a node at a step; others share one."
REPEATS: Final = "What becomes of an item that repeats."
AT_LEAST: Final = "How many events make an interval count."
FILLED: Final = "What stands in buckets without anything."


@input_type
class TotalsInput:
    """One number per metric."""

    metrics: list[MetricInput] = strawberry.field(description=METRICS)
    span: RangeInput = strawberry.field(name="range", description=RANGE)
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description=FILTER
    )
    compare: CompareInput | None = strawberry.field(default=strawberry.UNSET, description=COMPARE)
    timezone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description=ZONE)
    week_start: WeekStart = strawberry.field(default=WeekStart.MONDAY, description=WEEK)


@input_type
class TimeseriesInput:
    """Numbers per time bucket, one series per metric and value of the breakdown."""

    metrics: list[MetricInput] = strawberry.field(description=METRICS)
    span: RangeInput = strawberry.field(name="range", description=RANGE)
    interval: Interval = strawberry.field(default=Interval.AUTO, description=BUCKETS)
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description=FILTER
    )
    breakdown: list[DimensionInput] | None = strawberry.field(
        default=strawberry.UNSET, description=LINES
    )
    top: int = strawberry.field(default=10, description=TOP_LINES)
    compare: CompareInput | None = strawberry.field(default=strawberry.UNSET, description=COMPARE)
    timezone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description=ZONE)
    week_start: WeekStart = strawberry.field(default=WeekStart.MONDAY, description=WEEK)


@input_type
class BreakdownInput:
    """Numbers per value of a dimension, or per combination of values."""

    by: list[DimensionInput] = strawberry.field(description=ROWS_OF)
    metrics: list[MetricInput] = strawberry.field(description=METRICS)
    span: RangeInput = strawberry.field(name="range", description=RANGE)
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description=FILTER
    )
    having: list[HavingInput] | None = strawberry.field(
        default=strawberry.UNSET, description=HAVING
    )
    order_by: list[BreakdownOrderInput] | None = strawberry.field(
        default=strawberry.UNSET, description=ROW_ORDER
    )
    first: int = strawberry.field(default=50, description="How many rows from the front.")
    compare: CompareInput | None = strawberry.field(default=strawberry.UNSET, description=COMPARE)
    timezone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description=ZONE)
    week_start: WeekStart = strawberry.field(default=WeekStart.MONDAY, description=WEEK)


@input_type
class FunnelInput:
    """How many profiles or sessions get how far through some steps."""

    steps: list[FunnelStepInput] = strawberry.field(description=STEPS)
    span: RangeInput = strawberry.field(name="range", description=RANGE)
    window: DurationInput | None = strawberry.field(default=strawberry.UNSET, description=WINDOW)
    order: FunnelOrder = strawberry.field(default=FunnelOrder.ORDERED, description=STEP_ORDER)
    count_by: JourneyUnit = strawberry.field(default=JourneyUnit.PROFILES, description=UNIT)
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description=FILTER
    )
    exclusions: list[FunnelExclusionInput] | None = strawberry.field(
        default=strawberry.UNSET, description=EXCLUSIONS
    )
    breakdown: list[DimensionInput] | None = strawberry.field(
        default=strawberry.UNSET, description=GROUPS
    )
    top: int = strawberry.field(default=10, description=TOP)
    compare: CompareInput | None = strawberry.field(default=strawberry.UNSET, description=COMPARE)
    timezone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description=ZONE)


@input_type
class RetentionInput:
    """How many of those who begin in a period come back in the ones after it."""

    span: RangeInput = strawberry.field(name="range", description=RANGE)
    start: EventMatchInput | None = strawberry.field(default=strawberry.UNSET, description=BEGINS)
    returning: EventMatchInput | None = strawberry.field(
        default=strawberry.UNSET, description=RETURNS
    )
    period: Interval = strawberry.field(default=Interval.WEEK, description=PERIOD)
    periods: int = strawberry.field(default=8, description=PERIODS)
    mode: RetentionMode = strawberry.field(default=RetentionMode.ON_OR_AFTER, description=MODE)
    starting: RetentionStart = strawberry.field(
        default=RetentionStart.FIRST_TIME, description=STARTING
    )
    cut: RetentionWindow = strawberry.field(default=RetentionWindow.CALENDAR, description=CUT)
    count_by: JourneyUnit = strawberry.field(default=JourneyUnit.PROFILES, description=UNIT)
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description=FILTER
    )
    breakdown: list[DimensionInput] | None = strawberry.field(
        default=strawberry.UNSET, description=GROUPS
    )
    top: int = strawberry.field(default=10, description=TOP)
    timezone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description=ZONE)
    week_start: WeekStart = strawberry.field(default=WeekStart.MONDAY, description=WEEK)


@input_type
class PathsInput:
    """Which items follow which: pages, screens, or anything that events have."""

    span: RangeInput = strawberry.field(name="range", description=RANGE)
    start: EventMatchInput | None = strawberry.field(
        name="from", default=strawberry.UNSET, description=FROM
    )
    end: EventMatchInput | None = strawberry.field(
        name="to", default=strawberry.UNSET, description=TO
    )
    item: DimensionInput | None = strawberry.field(default=strawberry.UNSET, description=ITEM)
    steps: int = strawberry.field(default=5, description=PATH_STEPS)
    top: int = strawberry.field(default=10, description=PATH_TOP)
    repeats: Repeats = strawberry.field(default=Repeats.COLLAPSE, description=REPEATS)
    count_by: JourneyUnit = strawberry.field(default=JourneyUnit.SESSIONS, description=UNIT)
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description=FILTER
    )


@input_type
class StickinessInput:
    """In how many intervals of the range profiles or sessions are active."""

    span: RangeInput = strawberry.field(name="range", description=RANGE)
    interval: Interval = strawberry.field(default=Interval.DAY, description=LENGTH)
    at_least: int = strawberry.field(default=1, description=AT_LEAST)
    count_by: JourneyUnit = strawberry.field(default=JourneyUnit.PROFILES, description=UNIT)
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description=FILTER
    )
    timezone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description=ZONE)
    week_start: WeekStart = strawberry.field(default=WeekStart.MONDAY, description=WEEK)


@input_type
class LifecycleInput:
    """Who is new, returning, resurrecting or dormant, bucket by bucket."""

    span: RangeInput = strawberry.field(name="range", description=RANGE)
    interval: Interval = strawberry.field(default=Interval.DAY, description=LENGTH)
    count_by: JourneyUnit = strawberry.field(default=JourneyUnit.PROFILES, description=UNIT)
    where: EventFilterInput | None = strawberry.field(
        name="filter", default=strawberry.UNSET, description=FILTER
    )
    timezone: TimeZone | None = strawberry.field(default=strawberry.UNSET, description=ZONE)
    week_start: WeekStart = strawberry.field(default=WeekStart.MONDAY, description=WEEK)


@choice_type
class QuestionInput:
    """A question that can be kept. Give exactly one of these."""

    totals: TotalsInput | None = strawberry.field(
        default=strawberry.UNSET, description="One number per metric."
    )
    timeseries: TimeseriesInput | None = strawberry.field(
        default=strawberry.UNSET, description="Numbers per time bucket."
    )
    breakdown: BreakdownInput | None = strawberry.field(
        default=strawberry.UNSET, description="Numbers per value of a dimension."
    )
    funnel: FunnelInput | None = strawberry.field(
        default=strawberry.UNSET, description="How many get how far through some steps."
    )
    retention: RetentionInput | None = strawberry.field(
        default=strawberry.UNSET, description="How many come back."
    )
    paths: PathsInput | None = strawberry.field(
        default=strawberry.UNSET, description="Which items follow which."
    )
    stickiness: StickinessInput | None = strawberry.field(
        default=strawberry.UNSET, description="In how many intervals profiles are active."
    )
    lifecycle: LifecycleInput | None = strawberry.field(
        default=strawberry.UNSET, description="Who comes, stays, comes again and goes."
    )
