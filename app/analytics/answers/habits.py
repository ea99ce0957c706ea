"""Habits: stickiness and lifecycle."""

from app.analytics.answers.steps import Steps
from app.analytics.journey_results import LifecycleResult, StickinessResult
from app.analytics.journeys import LifecycleQuery, StickinessQuery
from app.analytics.optimize import bucket_key
from app.analytics.periods import TimeRange, bucket_start
from app.analytics.queries import Moment
from app.analytics.resolve_journeys import resolve_lifecycle, resolve_stickiness
from app.analytics.sql.buckets import starts_by_key
from app.analytics.sql.build import lifecycle_statement, stickiness_statement


def answer_stickiness(query: StickinessQuery, moment: Moment) -> Steps[StickinessResult]:
    """How many journeys are active in one interval, in two, and so on."""
    habit = resolve_stickiness(query, moment)
    scope = habit.scope
    counts = [0] * len(habit.buckets)
    if habit.buckets:
        key = bucket_key(scope, scope.range, habit.interval, habit.buckets)
        (rows,) = yield (stickiness_statement(habit, key),)
        for intervals, journeys in rows:
            counts[int(intervals) - 1] = int(journeys)
    return StickinessResult(scope.range, scope.zone, habit.interval, tuple(counts))


def answer_lifecycle(query: LifecycleQuery, moment: Moment) -> Steps[LifecycleResult]:
    """The journeys that come, stay, come again and go, bucket by bucket."""
    habit = resolve_lifecycle(query, moment)
    scope = habit.scope
    active: dict[int, tuple[int, int, int]] = {}
    last = 0
    if habit.buckets:
        first = habit.buckets[0]
        before = bucket_start(first - 1, habit.interval, scope.zone, scope.week_start)
        span = TimeRange(before, scope.range.end)
        key = bucket_key(scope, span, habit.interval, (before, *habit.buckets))
        (rows,) = yield (lifecycle_statement(habit, key),)
        starts = starts_by_key(key, scope.zone)
        active = {starts[bucket]: (int(a), int(n), int(r)) for bucket, a, n, r in rows}
        last = active.get(before, (0, 0, 0))[0]
    new: list[int] = []
    returning: list[int] = []
    resurrecting: list[int] = []
    dormant: list[int] = []
    for start in habit.buckets:
        everyone, newcomers, regulars = active.get(start, (0, 0, 0))
        new.append(newcomers)
        returning.append(regulars)
        resurrecting.append(everyone - newcomers - regulars)
        dormant.append(last - regulars)
        last = everyone
    return LifecycleResult(
        scope.range,
        scope.zone,
        habit.interval,
        habit.buckets,
        tuple(new),
        tuple(returning),
        tuple(resurrecting),
        tuple(dormant),
    )
