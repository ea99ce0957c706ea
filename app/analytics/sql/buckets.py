"""Buckets of time in local zones, without asking the engine about zones.

An instant becomes a local one by adding the offset of its stretch, and whole intervals
are cut by division. Months and longer are found between the starts of their buckets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case

from app.analytics.fields import ClockPart, ClockUnit
from app.analytics.periods import (
    DAY_MS,
    FIXED_SIZES,
    HOUR_MS,
    Interval,
    Stretch,
    WeekStart,
    local_day_number,
)
from app.analytics.plans import BucketKey
from app.analytics.sql import ops

_BIAS_DAYS: Final = 7
_BIAS_MS: Final = _BIAS_DAYS * DAY_MS
"""Added before dividing: local time west of Greenwich is negative on the first day of 1970."""

_COUNTED: Final = (Interval.MONTH, Interval.QUARTER, Interval.YEAR)
"""Intervals whose buckets are found between their starts."""

_FIRST_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday."""


def bucket_expression(instant: ColumnElement[int], key: BucketKey) -> ColumnElement[int]:
    """The key of the bucket that holds `instant`; `starts_by_key` tells its start."""
    size = FIXED_SIZES.get(key.interval)
    if size is not None:
        offset = _offset(instant, key.stretches)
        return ops.FloorDivide(instant + offset, ops.integer(size)) * ops.integer(size) - offset
    if key.interval is Interval.DAY:
        local = instant + _offset(instant, key.stretches)
        return ops.FloorDivide(local, ops.integer(DAY_MS))
    if key.interval is Interval.WEEK:
        shift = ops.integer(_week_shift(key.week_start) * DAY_MS)
        local = instant + _offset(instant, key.stretches) + shift
        return ops.FloorDivide(local, ops.integer(7 * DAY_MS))
    return _position(instant, key.starts, 0)


def cut_of(key: BucketKey) -> BucketKey:
    """A key with the same `bucket_expression`, and the same one for ranges that move on."""
    if key.interval in _COUNTED:
        return key
    first, *others = key.stretches
    return replace(key, stretches=(replace(first, start=0), *others), starts=())


def shifted(
    instant: ColumnElement[int], clock: Sequence[Stretch], unit_ms: int
) -> ColumnElement[int]:
    """What the clock shows at an instant, in whole units since its own 1970."""
    local = instant + _offset(instant, clock)
    return ops.FloorDivide(local, ops.integer(unit_ms)) - ops.integer(_BIAS_MS // unit_ms)


def clock_part(instant: ColumnElement[int], part: ClockPart) -> ColumnElement[int]:
    """What the part's clock shows at an instant."""
    local = instant + _offset(instant, part.clock)
    match part.unit:
        case ClockUnit.HOUR_OF_DAY:
            return _rest(ops.FloorDivide(local, ops.integer(HOUR_MS)), 24)
        case ClockUnit.DAY_OF_WEEK:
            days = ops.FloorDivide(local, ops.integer(DAY_MS)) + ops.integer(_FIRST_WEEKDAY)
            return _rest(days, 7) + ops.integer(1)
        case _:
            assert_never(part.unit)


def _rest(number: ColumnElement[int], size: int) -> ColumnElement[int]:
    return number - ops.FloorDivide(number, ops.integer(size)) * ops.integer(size)


def starts_by_key(key: BucketKey, zone: ZoneInfo) -> Mapping[int, int]:
    """The bucket's start for each value of `bucket_expression`."""
    match key.interval:
        case Interval.MINUTE | Interval.HOUR:
            return {start: start for start in key.starts}
        case Interval.DAY:
            return {local_day_number(start, zone) + _BIAS_DAYS: start for start in key.starts}
        case Interval.WEEK:
            shift = _week_shift(key.week_start) + _BIAS_DAYS
            return {(local_day_number(start, zone) + shift) // 7: start for start in key.starts}
        case Interval.MONTH | Interval.QUARTER | Interval.YEAR:
            return dict(enumerate(key.starts))


def _week_shift(week_start: WeekStart) -> int:
    return (_FIRST_WEEKDAY - week_start) % 7


def _offset(instant: ColumnElement[int], stretches: Sequence[Stretch]) -> ColumnElement[int]:
    *earlier, last = stretches
    ends = [stretch.start for stretch in stretches[1:]]
    rest = ops.integer(last.offset + _BIAS_MS)
    if not earlier:
        return rest
    branches = [
        (instant < ops.integer(end), ops.integer(stretch.offset + _BIAS_MS))
        for stretch, end in zip(earlier, ends, strict=True)
    ]
    return case(*branches, else_=rest)


def _position(instant: ColumnElement[int], starts: Sequence[int], first: int) -> ColumnElement[int]:
    """The index of the last start that is not after `instant`, found by halving."""
    if len(starts) <= 1:
        return ops.integer(first)
    middle = len(starts) // 2
    return case(
        (instant < ops.integer(starts[middle]), _position(instant, starts[:middle], first)),
        else_=_position(instant, starts[middle:], first + middle),
    )
