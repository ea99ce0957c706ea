"""Stays: how long views last."""

from app.analytics.answers.steps import Steps
from app.analytics.optimize import bucket_key
from app.analytics.presence import StaysQuery
from app.analytics.queries import Moment
from app.analytics.ranges import AutoInterval, interval_for
from app.analytics.resolve import checked_buckets, scope_of
from app.analytics.results import StaysResult
from app.analytics.sql.buckets import starts_by_key
from app.analytics.sql.build import stays_statement


def answer_stays(query: StaysQuery, moment: Moment) -> Steps[StaysResult]:
    """The mean stay in each bucket."""
    scope = scope_of(query, moment)
    interval = (
        interval_for(scope.range, scope.zone, query.interval)
        if isinstance(query.interval, AutoInterval)
        else query.interval
    )
    starts = checked_buckets(scope.range, interval, scope.zone, query.week_start, moment.limits)
    key = bucket_key(scope, scope.range, interval, starts)
    (rows,) = yield (stays_statement(scope, key),)
    by_key = starts_by_key(key, scope.zone)
    found = {by_key[int(bucket)]: float(stay) / 1000 for bucket, stay in rows}
    seconds = tuple(found.get(start, 0.0) for start in starts)
    return StaysResult(scope.range, scope.zone, interval, starts, seconds)
