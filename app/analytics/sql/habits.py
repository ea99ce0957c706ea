"""Statements about habits: in how many intervals journeys are active, and since when."""

from dataclasses import replace
from itertools import pairwise
from typing import Final

from sqlalchemy import ColumnElement, case, func, select

from app.analytics.journey_plans import Habit
from app.analytics.periods import FIXED_SIZES, TimeRange
from app.analytics.plans import BucketKey
from app.analytics.sql import ops
from app.analytics.sql.buckets import bucket_expression, starts_by_key
from app.analytics.sql.journeys import INSTANT, journey_events
from app.analytics.sql.where import Statement

_LONG_AGO: Final = -1
"""The key of all buckets before those that are told; theirs are never negative."""


def stickiness_statement(habit: Habit, key: BucketKey) -> Statement:
    """How many journeys are active in how many buckets: the number of buckets, the journeys."""
    bucket = bucket_expression(INSTANT, key).label("bucket")
    events = journey_events(habit.scope, habit.per, [bucket], None, ()).cte("activity")
    active = (
        select(events.c.journey)
        .group_by(events.c.journey, events.c.bucket)
        .having(func.count() >= ops.integer(habit.at_least))
        .cte("active")
    )
    buckets = select(func.count().label("buckets")).select_from(active)
    counted = buckets.group_by(active.c.journey).cte("counted")
    return select(counted.c.buckets, func.count()).group_by(counted.c.buckets)


def lifecycle_statement(habit: Habit, key: BucketKey) -> Statement:
    """How many journeys are active in each bucket, the first of `key` before the habit's.

    Columns: the bucket's key; the journeys active in it; those for which it is the first one
    ever; and those that were active in the bucket before.
    """
    scope = replace(habit.scope, range=TimeRange(0, habit.scope.range.end))
    recent = ops.integer(key.starts[0]) <= INSTANT
    bucket = case((recent, bucket_expression(INSTANT, key)), else_=ops.integer(_LONG_AGO))
    events = journey_events(scope, habit.per, [bucket.label("bucket")], None, ())
    active = events.cte("activity")
    visits = select(active.c.journey, active.c.bucket).distinct().cte("visits")
    earlier = func.lag(visits.c.bucket).over(
        partition_by=visits.c.journey, order_by=visits.c.bucket
    )
    rows = select(visits.c.bucket, earlier.label("earlier")).cte("followed")
    is_returning = rows.c.earlier == _bucket_before(rows.c.bucket, habit, key)
    return (
        select(
            rows.c.bucket,
            func.count(),
            func.count(case((rows.c.earlier.is_(None), 1))),
            func.count(case((is_returning, 1))),
        )
        .where(rows.c.bucket != ops.integer(_LONG_AGO))
        .group_by(rows.c.bucket)
    )


def _bucket_before(bucket: ColumnElement[int], habit: Habit, key: BucketKey) -> ColumnElement[int]:
    """The key of the bucket that comes before the one with that key."""
    size = FIXED_SIZES.get(key.interval, 1)
    # Where clocks change, a bucket may be shorter or longer than the others.
    odd = [
        (bucket == ops.integer(later), ops.integer(earlier))
        for earlier, later in pairwise(starts_by_key(key, habit.scope.zone))
        if later - earlier != size
    ]
    usual = bucket - ops.integer(size)
    return case(*odd, else_=usual) if odd else usual
