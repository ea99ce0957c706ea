"""Ranges as they are asked for, and the instants they mean at a given moment."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias, assert_never
from zoneinfo import ZoneInfo

from app.analytics.errors import InvalidQueryError
from app.analytics.periods import (
    FIXED_SIZES,
    HOUR_MS,
    Interval,
    TimeRange,
    WeekStart,
    add_months,
    bucket_start,
    day_start,
    to_datetime,
    to_instant,
)


@dataclass(frozen=True, slots=True)
class Edge:
    """An instant told from now: `shift` times `unit` away, then back to where `snap` begins.

    Days and longer are steps of the local calendar; without `snap` nothing is cut off.
    """

    shift: int
    unit: Interval
    snap: Interval | None = None


@dataclass(frozen=True, slots=True)
class Relative:
    """A range told from now."""

    start: Edge
    end: Edge


@dataclass(frozen=True, slots=True)
class AllTime:
    """From the project's first event to the end of the local day."""


@dataclass(frozen=True, slots=True)
class Between:
    """A range with given bounds; a missing one comes from `otherwise`.

    A bound is an instant (ms) or a whole local day, and a day at the end is included.
    If `otherwise` would begin after a given end, its length is kept instead.
    """

    start: int | date | None
    end: int | date | None
    otherwise: "Relative | AllTime"


RangeSpec: TypeAlias = Relative | AllTime | Between | TimeRange
"""A range before it is resolved."""


class PreviousPeriod(StrEnum):
    """A range to compare with, told from the range itself."""

    PERIOD = "period"
    """As long, and right before."""
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


Comparison: TypeAlias = PreviousPeriod | RangeSpec
"""A range to compare with: told from the range itself, or any other."""

_TOMORROW: Final = Edge(1, Interval.DAY, Interval.DAY)
_LATEST: Final = 253_370_764_799_999
"""The last millisecond of the year 9998: the calendar ends with the year after it."""

ANY_TIME: Final = TimeRange(0, _LATEST)
"""Every instant that a question can be about."""


def last_days(days: int) -> Relative:
    """From the local midnight `days` days ago to the end of today."""
    return Relative(Edge(-days, Interval.DAY, Interval.DAY), _TOMORROW)


def last_months(months: int) -> Relative:
    """From the local midnight of the same day `months` months ago to the end of today."""
    return Relative(Edge(-months, Interval.MONTH, Interval.DAY), _TOMORROW)


def this(unit: Interval) -> Relative:
    """From the start of the present week, month, quarter or year to the end of today."""
    return Relative(Edge(0, unit, unit), _TOMORROW)


def previous(unit: Interval) -> Relative:
    """The whole unit before the present one."""
    return Relative(Edge(-1, unit, unit), Edge(0, unit, unit))


def rolling(amount: int, unit: Interval) -> Relative:
    """The last `amount` units up to this very moment."""
    return Relative(Edge(-amount, unit), Edge(0, unit))


TODAY: Final = Relative(Edge(0, Interval.DAY, Interval.DAY), _TOMORROW)
YESTERDAY: Final = previous(Interval.DAY)


def shift_instant(instant: int, amount: int, unit: Interval, zone: ZoneInfo) -> int:
    """The instant `amount` units later, on the local calendar for days and longer."""
    if amount == 0:
        return instant
    size = FIXED_SIZES.get(unit)
    if size is not None:
        return instant + amount * size
    local = to_datetime(instant, zone)
    try:
        if unit in (Interval.DAY, Interval.WEEK):
            days = amount * (7 if unit is Interval.WEEK else 1)
            moved = local.replace(tzinfo=None) + timedelta(days=days)
        else:
            months = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}[unit]
            day = add_months(local.date(), amount * months)
            moved = datetime.combine(day, local.time())
        return to_instant(moved.replace(tzinfo=zone))
    except (OverflowError, ValueError) as error:
        raise InvalidQueryError.at("range", message="The range reaches beyond the calendar.") from (
            error
        )


def _edge(edge: Edge, now: int, zone: ZoneInfo, week_start: WeekStart) -> int:
    shifted = shift_instant(now, edge.shift, edge.unit, zone)
    if edge.snap is None:
        return shifted
    return bucket_start(shifted, edge.snap, zone, week_start)


def _given(bound: int | date, zone: ZoneInfo, *, days_after: int) -> int:
    if isinstance(bound, int):
        return bound
    try:
        return day_start(bound + timedelta(days=days_after), zone)
    except (OverflowError, ValueError) as error:
        raise InvalidQueryError.at("range", message=f"{bound} is out of range.") from error


def resolve_range(
    spec: RangeSpec,
    now: int,
    zone: ZoneInfo,
    week_start: WeekStart,
    first_event_at: int | None = None,
) -> TimeRange:
    """The instants that `spec` means at `now`.

    `first_event_at` is where all time begins; without one, all time is today.
    Raises InvalidQueryError for a range that ends before it starts or leaves the calendar.
    """
    match spec:
        case TimeRange():
            span = spec
        case Relative(start, end):
            span = TimeRange(_edge(start, now, zone, week_start), _edge(end, now, zone, week_start))
        case AllTime():
            today = resolve_range(TODAY, now, zone, week_start)
            first = today.start if first_event_at is None else max(0, first_event_at)
            span = TimeRange(min(first, today.start), today.end)
        case Between(date() as first, date() as last, _) if last < first:
            # Trap: with its last day included, such a range could look like an empty one.
            raise InvalidQueryError.at("range", message=f"{last} is before {first}.")
        case Between(int() | date() as start, int() | date() as end, _):
            since = _given(start, zone, days_after=0)
            span = TimeRange(since, _given(end, zone, days_after=1))
        case Between(start, end, otherwise):
            usual = resolve_range(otherwise, now, zone, week_start, first_event_at)
            until = usual.end if end is None else _given(end, zone, days_after=1)
            if start is not None:
                since = _given(start, zone, days_after=0)
                # A lone start after the usual end means from there to now and on.
                until = max(until, since) if end is None else until
            else:
                since = usual.start if usual.start < until else until - usual.length
            span = TimeRange(since, until)
        case _:
            assert_never(spec)
    return _checked(span)


def _checked(span: TimeRange) -> TimeRange:
    if span.end < span.start:
        raise InvalidQueryError.at("range", message="The range ends before it starts.")
    if span.start < 0 or span.end > _LATEST:
        raise InvalidQueryError.at("range", message="The range must lie in the years 1970 to 9998.")
    return span


@dataclass(frozen=True, slots=True)
class AutoInterval:
    """The interval follows from the range: `finest` is the smallest that is chosen."""

    finest: Interval = Interval.MINUTE


def interval_for(span: TimeRange, zone: ZoneInfo, auto: AutoInterval) -> Interval:
    """The interval that gives a readable number of buckets.

    Minutes for two hours or less (where they are wanted), hours for one local day, days
    up to 92 of them, weeks up to 186 days, then months.
    """
    if span.length <= 2 * HOUR_MS and auto.finest is Interval.MINUTE:
        return Interval.MINUTE
    last = max(span.start, span.end - 1)
    first_day, last_day = to_datetime(span.start, zone).date(), to_datetime(last, zone).date()
    days = (last_day - first_day).days
    if days == 0:
        return Interval.HOUR
    if days <= 92:
        return Interval.DAY
    return Interval.WEEK if days <= 186 else Interval.MONTH
