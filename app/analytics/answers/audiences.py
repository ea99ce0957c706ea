"""Audiences: how many different journeys there are, bucket by bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TypeAlias, assert_never

from app.analytics.answers.steps import Rows, Steps
from app.analytics.audiences import (
    Audience,
    AudiencesQuery,
    FirstTime,
    InBucket,
    SinceStart,
    Trailing,
)
from app.analytics.curves import RAW, Cumulative
from app.analytics.fields import Source
from app.analytics.journey_plans import Audiences
from app.analytics.metrics import Metric, Unit
from app.analytics.optimize import bucket_key
from app.analytics.periods import Interval, TimeRange, bucket_start, buckets
from app.analytics.plans import BucketKey
from app.analytics.queries import Moment
from app.analytics.ranges import shift_instant
from app.analytics.resolve_journeys import resolve_audiences
from app.analytics.results import Line, SeriesResult
from app.analytics.sql.buckets import starts_by_key
from app.analytics.sql.build import active_in_statement, beginning_in_statement

_Side: TypeAlias = tuple[tuple[int, ...], int]
"""A number per bucket, and the one of the whole range."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is asked in one range, and the buckets of it."""

    asked: Audiences
    span: TimeRange
    starts: tuple[int, ...]

    def key(self, span: TimeRange, interval: Interval, starts: Sequence[int]) -> BucketKey:
        return bucket_key(self.asked.scope, span, interval, starts)

    def read(self, rows: Rows, key: BucketKey) -> dict[int, int]:
        """The numbers by the starts of their buckets; days beyond the last one are left out."""
        starts = starts_by_key(key, self.asked.scope.zone)
        return {starts[int(at)]: int(count) for at, count in rows if int(at) in starts}


def answer_audiences(query: AudiencesQuery, moment: Moment) -> Steps[SeriesResult]:
    """The line of each audience in the range, and in the one that it is compared with."""
    asked = resolve_audiences(query, moment)
    now = _Counted(asked, asked.scope.range, asked.buckets)
    lines: list[Line] = []
    for place, audience in enumerate(asked.audiences):
        metric = Metric(f"audience_{place}", audience.label, Unit.COUNT, Source.EVENTS, ())
        line = Line(metric, (), *(yield from _side(now, audience)))
        if asked.previous is not None:
            before = _Counted(asked, asked.previous, asked.buckets_before)
            points, total = yield from _side(before, audience)
            line = replace(line, previous_points=points, previous_total=total)
        lines.append(line)
    is_running = all(isinstance(each.presence, SinceStart) for each in asked.audiences)
    return SeriesResult(
        asked.scope.range,
        asked.scope.zone,
        asked.interval,
        asked.buckets,
        tuple(lines),
        asked.previous,
        None if asked.previous is None else asked.buckets_before,
        Cumulative() if is_running else RAW,
    )


def _side(part: _Counted, audience: Audience) -> Steps[_Side]:
    """The audience's numbers in that range."""
    if not part.starts:
        return (), 0
    match audience.presence:
        case InBucket():
            points = yield from _active(part, audience)
            return points, sum((yield from _beginning(part, audience, part.span.start)))
        case Trailing(days):
            points = yield from _trailing(part, audience, days)
            return points, points[-1]
        case SinceStart():
            began = yield from _beginning(part, audience, part.span.start)
            points = tuple(accumulate(began))
            return points, points[-1]
        case FirstTime():
            points = yield from _beginning(part, audience, 0)
            return points, sum(points)
        case _:
            assert_never(audience.presence)


def _active(part: _Counted, audience: Audience) -> Steps[tuple[int, ...]]:
    asked = part.asked
    key = part.key(part.span, asked.interval, part.starts)
    scope = replace(asked.scope, range=part.span)
    (rows,) = yield (active_in_statement(scope, asked.per, audience.where, key, 1),)
    return _in_order(part.read(rows, key), part.starts)


def _beginning(part: _Counted, audience: Audience, since: int) -> Steps[tuple[int, ...]]:
    asked = part.asked
    key = part.key(part.span, asked.interval, part.starts)
    scope = replace(asked.scope, range=part.span)
    (rows,) = yield (beginning_in_statement(scope, asked.per, audience.where, key, since),)
    return _in_order(part.read(rows, key), part.starts)


def _trailing(part: _Counted, audience: Audience, days: int) -> Steps[tuple[int, ...]]:
    """The numbers on the last day of each bucket."""
    asked, zone = part.asked, part.asked.scope.zone
    ends = [min(later, part.span.end) for _, later in pairwise((*part.starts, part.span.end))]
    lasts = [bucket_start(end - 1, Interval.DAY, zone) for end in ends]
    first = shift_instant(lasts[0], 1 - days, Interval.DAY, zone)
    wide = TimeRange(max(0, bucket_start(first, Interval.DAY, zone)), part.span.end)
    key = part.key(wide, Interval.DAY, buckets(wide, Interval.DAY, zone))
    scope = replace(asked.scope, range=wide)
    (rows,) = yield (active_in_statement(scope, asked.per, audience.where, key, days),)
    return _in_order(part.read(rows, key), lasts)


def _in_order(found: Mapping[int, int], starts: Sequence[int]) -> tuple[int, ...]:
    return tuple(found.get(start, 0) for start in starts)
