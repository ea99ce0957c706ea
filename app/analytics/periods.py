"""Instants, ranges, zones and buckets.

An instant is an integer of UTC milliseconds and a range is half-open. A zone travels
beside them and matters only where a local day, week or month begins.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = EPOCH.toordinal()


class Interval(StrEnum):
    """The size of a bucket."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class WeekStart(IntEnum):
    """The weekday on which a week begins, as `date.weekday` counts."""

    MONDAY = 0
    SUNDAY = 6


FIXED_SIZES: Final = {Interval.MINUTE: MINUTE_MS, Interval.HOUR: HOUR_MS}
"""Milliseconds of the intervals that are cut inside a local day."""

_MONTHS: Final = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The instants from `start` up to but not including `end`, in UTC milliseconds."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Milliseconds between the bounds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time with one offset from UTC; it ends where the next one starts."""

    start: int
    offset: int


def to_datetime(instant: int, zone: ZoneInfo) -> datetime:
    """The instant as an aware datetime of that zone."""
    return (EPOCH + timedelta(milliseconds=instant)).astimezone(zone)


def to_utc(instant: int) -> datetime:
    """The instant as an aware datetime in UTC."""
    return EPOCH + timedelta(milliseconds=instant)


def to_instant(moment: datetime) -> int:
    """The UTC milliseconds of an aware datetime; finer parts are cut off."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def offset_at(instant: int, zone: ZoneInfo) -> int:
    """How far local clocks are ahead of UTC at that instant, in milliseconds."""
    offset = to_datetime(instant, zone).utcoffset()
    return 0 if offset is None else offset // timedelta(milliseconds=1)


def day_start(day: date, zone: ZoneInfo) -> int:
    """The instant at which that local day begins.

    Where clocks skip midnight, the day begins when they have skipped it.
    """
    naive = datetime.combine(day, time.min)
    before = naive.replace(tzinfo=zone, fold=0)
    instant = to_instant(before)
    # Trap: a midnight that doesn't exist maps to an instant of the day before it.
    if to_datetime(instant, zone).date() < day:
        return to_instant(naive.replace(tzinfo=zone, fold=1)) + _gap_after(naive, zone)
    return instant


def _gap_after(naive: datetime, zone: ZoneInfo) -> int:
    ahead = naive.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    behind = naive.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    return (behind - ahead) // timedelta(milliseconds=1)


@lru_cache(maxsize=1024)
def _changes_in_year(zone: ZoneInfo, year: int) -> tuple[Stretch, ...]:
    """The offset changes of one UTC year, found by halving the days that differ."""
    first = to_instant(datetime(year, 1, 1, tzinfo=UTC))
    last = to_instant(datetime(year + 1, 1, 1, tzinfo=UTC))
    changes: list[Stretch] = []
    offset = offset_at(first, zone)
    for day in range(first, last, DAY_MS):
        after = offset_at(day + DAY_MS, zone)
        if after != offset:
            low, high = day, day + DAY_MS
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_at(middle, zone) == offset else (low, middle)
            changes.append(Stretch(high, after))
            offset = after
    return tuple(changes)


def stretches(span: TimeRange, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """The pieces of `span` with one offset each, in order; the first starts at its start."""
    pieces = [Stretch(span.start, offset_at(span.start, zone))]
    first_year = to_datetime(span.start, ZoneInfo("UTC")).year
    last_year = to_datetime(max(span.start, span.end - 1), ZoneInfo("UTC")).year
    for year in range(first_year, last_year + 1):
        pieces += (
            change
            for change in _changes_in_year(zone, year)
            if span.start < change.start < span.end
        )
    return tuple(pieces)


def first_day_of(interval: Interval, day: date, week_start: WeekStart) -> date:
    """The first local day of the day, week, month, quarter or year that holds `day`."""
    if interval is Interval.WEEK:
        return day - timedelta(days=(day.weekday() - week_start) % 7)
    months = _MONTHS.get(interval)
    if months is None:
        return day
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def following(interval: Interval, first_day: date) -> date:
    """The first day of the next bucket after the one that begins on `first_day`."""
    months = _MONTHS.get(interval)
    if months is None:
        return first_day + timedelta(days=7 if interval is Interval.WEEK else 1)
    return add_months(first_day, months)


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later; the month's last day where it is missing."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def bucket_start(
    instant: int, interval: Interval, zone: ZoneInfo, week_start: WeekStart = WeekStart.MONDAY
) -> int:
    """The instant at which the bucket that holds `instant` begins.

    Minutes and hours are cut on the local clock, so a zone 45 minutes off the hour has
    hours of its own, and an hour that the clock repeats is two buckets.
    """
    size = FIXED_SIZES.get(interval)
    if size is not None:
        offset = offset_at(instant, zone)
        return (instant + offset) // size * size - offset
    day = to_datetime(instant, zone).date()
    return day_start(first_day_of(interval, day, week_start), zone)


def buckets(
    span: TimeRange, interval: Interval, zone: ZoneInfo, week_start: WeekStart = WeekStart.MONDAY
) -> tuple[int, ...]:
    """The starts of all buckets that overlap `span`, in order.

    The first one may begin before the span does. Empty for an empty span.
    """
    if span.end <= span.start:
        return ()
    if interval in FIXED_SIZES:
        return _clock_buckets(span, FIXED_SIZES[interval], zone)
    day = first_day_of(interval, to_datetime(span.start, zone).date(), week_start)
    starts: list[int] = []
    while (start := day_start(day, zone)) < span.end:
        starts.append(start)
        day = following(interval, day)
    return tuple(starts)


def _clock_buckets(span: TimeRange, size: int, zone: ZoneInfo) -> tuple[int, ...]:
    pieces = stretches(span, zone)
    ends = [piece.start for piece in pieces[1:]] + [span.end]
    starts: list[int] = []
    for piece, end in zip(pieces, ends, strict=True):
        first = (piece.start + piece.offset) // size * size - piece.offset
        starts += range(first, end, size)
    # Two stretches whose offsets differ by whole buckets share the bucket at their border.
    return tuple(sorted(set(starts)))


def count_buckets(span: TimeRange, interval: Interval) -> int:
    """About how many buckets the span has, without making them; never far below the truth."""
    sizes = {
        **FIXED_SIZES,
        Interval.DAY: DAY_MS,
        Interval.WEEK: 7 * DAY_MS,
        Interval.MONTH: 28 * DAY_MS,
        Interval.QUARTER: 90 * DAY_MS,
        Interval.YEAR: 365 * DAY_MS,
    }
    return span.length // sizes[interval] + 2


def local_day_number(instant: int, zone: ZoneInfo) -> int:
    """The number of the local day that holds the instant, counted from 1970-01-01."""
    return to_datetime(instant, zone).toordinal() - _EPOCH_ORDINAL
