"""Statements about audiences: how many different journeys count in each bucket."""

from dataclasses import replace

from sqlalchemy import func, select, true, union_all

from app.analytics.fields import Field
from app.analytics.filters import Filter
from app.analytics.periods import TimeRange
from app.analytics.plans import BucketKey
from app.analytics.queries import Scope
from app.analytics.sql import ops
from app.analytics.sql.buckets import bucket_expression
from app.analytics.sql.journeys import INSTANT, fields_in, journey_events, meets
from app.analytics.sql.where import Statement, events_frame


def active_in_statement(
    scope: Scope, per: Field, where: Filter, key: BucketKey, days: int
) -> Statement:
    """How many journeys are active in each bucket or in any of the `days - 1` before it.

    Columns: the bucket's key, the journeys. With more than one day the buckets are days.
    """
    frame = events_frame(scope.project, scope.range.start)
    bucket = bucket_expression(INSTANT, key).label("bucket")
    condition = meets(where, frame)
    events = journey_events(scope, per, [bucket], condition, fields_in([where])).cte("activity")
    if days == 1:
        counted = func.count(events.c.journey.distinct())
        return select(events.c.bucket, counted).group_by(events.c.bucket)
    active = select(events.c.journey, events.c.bucket).distinct().cte("active")
    later = union_all(*(select(ops.integer(day).label("day")) for day in range(days))).cte("later")
    day = (active.c.bucket + later.c.day).label("bucket")
    spread = select(active.c.journey, day).select_from(active.join(later, true())).cte("spread")
    counted = func.count(spread.c.journey.distinct())
    return select(spread.c.bucket, counted).group_by(spread.c.bucket)


def beginning_in_statement(
    scope: Scope, per: Field, where: Filter, key: BucketKey, since: int
) -> Statement:
    """How many journeys have their first event since that instant in each bucket of the scope.

    Columns: the bucket's key, the journeys.
    """
    wide = replace(scope, range=TimeRange(since, scope.range.end))
    frame = events_frame(wide.project, wide.range.start)
    condition = meets(where, frame)
    events = journey_events(wide, per, [], condition, fields_in([where])).cte("activity")
    first = func.min(events.c["at"]).label("first")
    firsts = select(events.c.journey, first).group_by(events.c.journey).cte("firsts")
    is_inside = firsts.c["first"] >= ops.integer(scope.range.start)
    inside = select(firsts.c["first"]).where(is_inside).cte("inside")
    bucket = bucket_expression(inside.c["first"], key).label("bucket")
    cut = select(bucket).select_from(inside).cte("cut")
    return select(cut.c.bucket, func.count()).group_by(cut.c.bucket)
