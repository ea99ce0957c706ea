"""Ranges, durations and what a range is compared with."""

from datetime import date, datetime
from typing import Final

import strawberry

from app.analytics import periods, ranges
from app.analytics.errors import InvalidQueryError
from app.analytics.periods import TimeRange, to_instant
from app.analytics.ranges import ANY_TIME, Comparison, Edge, RangeSpec, Relative
from schema.definitions import choice_type, given, input_type
from schema.enums import Interval, Preset, PreviousPeriod
from schema.inputs.dimensions import Path

_DAY: Final = periods.Interval.DAY
_TOMORROW: Final = Edge(1, _DAY, _DAY)
_PRESETS: Final[dict[Preset, RangeSpec]] = {
    Preset.TODAY: ranges.TODAY,
    Preset.YESTERDAY: ranges.YESTERDAY,
    Preset.LAST_24_HOURS: ranges.rolling(24, periods.Interval.HOUR),
    Preset.LAST_7_DAYS: ranges.last_days(6),
    Preset.LAST_30_DAYS: ranges.last_days(29),
    Preset.LAST_90_DAYS: ranges.last_days(89),
    Preset.THIS_WEEK: ranges.this(periods.Interval.WEEK),
    Preset.LAST_WEEK: ranges.previous(periods.Interval.WEEK),
    Preset.THIS_MONTH: ranges.this(periods.Interval.MONTH),
    Preset.LAST_MONTH: ranges.previous(periods.Interval.MONTH),
    Preset.THIS_QUARTER: ranges.this(periods.Interval.QUARTER),
    Preset.LAST_QUARTER: ranges.previous(periods.Interval.QUARTER),
    Preset.THIS_YEAR: ranges.this(periods.Interval.YEAR),
    Preset.LAST_YEAR: ranges.previous(periods.Interval.YEAR),
    Preset.LAST_12_MONTHS: Relative(
        Edge(-11, periods.Interval.MONTH, periods.Interval.MONTH), _TOMORROW
    ),
    Preset.ALL: ranges.AllTime(),
}


@input_type
class InstantRangeInput:
    """The instants from `from` up to but not including `to`."""

    from_: datetime = strawberry.field(name="from", description="The first instant.")
    to: datetime = strawberry.field(description="The instant that ends the range.")


@input_type
class DayRangeInput:
    """Whole local days, both ends included."""

    from_: date = strawberry.field(name="from", description="The first day.")
    to: date = strawberry.field(description="The last day.")


@input_type
class DurationInput:
    """A length of time."""

    amount: int = strawberry.field(description="How many units, 1 or more.")
    unit: Interval = strawberry.field(description="The unit; AUTO is none.")


@choice_type
class RangeInput:
    """Which time a question is about. Give exactly one of these."""

    preset: Preset | None = strawberry.field(
        default=strawberry.UNSET, description="A range told from the present moment."
    )
    between: InstantRangeInput | None = strawberry.field(
        default=strawberry.UNSET, description="A range between two instants."
    )
    days: DayRangeInput | None = strawberry.field(
        default=strawberry.UNSET, description="Whole days of the question's time zone."
    )
    last: DurationInput | None = strawberry.field(
        default=strawberry.UNSET, description="So long, up to the present moment."
    )


@choice_type
class CompareInput:
    """Which range to compare with. Give exactly one of these."""

    previous: PreviousPeriod | None = strawberry.field(
        default=strawberry.UNSET, description="A range told from the question's own."
    )
    range: RangeInput | None = strawberry.field(
        default=strawberry.UNSET, description="Any other range."
    )


def range_of(asked: RangeInput, path: Path = ("range",)) -> RangeSpec:
    """The core's range; raises InvalidQueryError for a length that is none."""
    if preset := given(asked.preset):
        return _PRESETS[preset]
    if span := given(asked.between):
        return TimeRange(to_instant(span.from_), to_instant(span.to))
    if days := given(asked.days):
        return ranges.Between(days.from_, days.to, otherwise=ranges.TODAY)
    duration = given(asked.last)
    if duration is None:
        raise InvalidQueryError.at(*path, message="The range is missing.")
    if duration.amount < 1:
        message = "A duration has at least one unit."
        raise InvalidQueryError.at(*path, "last", "amount", message=message)
    if duration.unit is Interval.AUTO:
        message = "AUTO is not a unit of time."
        raise InvalidQueryError.at(*path, "last", "unit", message=message)
    return ranges.rolling(duration.amount, periods.Interval(duration.unit.value))


def range_or_any_time(asked: RangeInput | None) -> RangeSpec:
    """The core's range; without one, every instant."""
    asked = given(asked)
    return ANY_TIME if asked is None else range_of(asked)


def comparison_of(asked: CompareInput | None) -> Comparison | None:
    """What the core compares with; None without a comparison."""
    asked = given(asked)
    if asked is None:
        return None
    if previous := given(asked.previous):
        return ranges.PreviousPeriod(previous.value)
    span = given(asked.range)
    return None if span is None else range_of(span, ("compare", "range"))
