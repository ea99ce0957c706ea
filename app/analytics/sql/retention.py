"""Statements about retention: who begins when, and who comes back how much later."""

from dataclasses import replace
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, func, null, select, union_all

from app.analytics.journey_plans import Retention
from app.analytics.journeys import RetentionCriterion, RetentionStart, RetentionWindow
from app.analytics.periods import TimeRange
from app.analytics.plans import BucketKey
from app.analytics.resolve_journeys import RETENTION_INTERVALS
from app.analytics.sql import ops
from app.analytics.sql.buckets import bucket_expression
from app.analytics.sql.journeys import (
    INSTANT,
    fields_in,
    first_of_each,
    journey_events,
    labels_of,
    meets_any,
)
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import Statement, among, events_frame


def cohort_labels_statement(retention: Retention, key: BucketKey) -> Statement:
    """The labels (`k0`, …) with the most members in all cohorts, the largest first."""
    members = _members(retention, key)
    labels = _labels(members, retention)
    order = [part for label in labels for part in (label.is_(None), label)]
    statement = select(*labels).group_by(*labels)
    return statement.order_by(func.count().desc(), *order).limit(retention.top)


def retention_statement(retention: Retention, key: BucketKey) -> Statement:
    """How many members of which cohort came back in which period.

    Columns: `k0`, … for the labels; the key of the cohort's bucket; the period; the members.
    The period is NULL for all members of the cohort. On the calendar it is the key of a
    bucket, else a number; for returns on or after a period it is the last one of a member.
    """
    members = _members(retention, key)
    visits = _visits(retention, key, members)
    if retention.criterion is RetentionCriterion.ON_OR_AFTER:
        visits = _last(visits, retention)
    returned = visits.cte("returned")
    places = [*_labels(returned, retention), returned.c.bucket, returned.c.period]
    own = [*_labels(members, retention), members.c.bucket]
    grid = union_all(
        select(*own, null().label("period"), func.count().label("members")).group_by(*own),
        select(*places, func.count().label("members")).group_by(*places),
    ).cte("grid")
    return select(*grid.c)


def _labels(rows: FromClause, retention: Retention) -> list[ColumnElement[Any]]:
    return [rows.c[f"k{number}"] for number in range(len(retention.by))]


def _members(retention: Retention, key: BucketKey) -> CTE:
    """Who begins when: the journey, the instant of its start, its bucket and its labels."""
    scope = retention.scope
    if retention.starting is RetentionStart.FIRST_TIME:
        # Whether a start is the very first one, only all of history can tell.
        scope = replace(scope, range=TimeRange(0, scope.range.end))
    frame = events_frame(scope.project, scope.range.start)
    columns = [EVENTS.c.position, *labels_of(retention.by, frame)]
    one_per = ["journey"]
    if retention.starting is RetentionStart.RECURRING:
        columns.append(bucket_expression(INSTANT, key).label("bucket"))
        one_per.append("bucket")
    starts = [retention.start]
    events = journey_events(
        scope,
        retention.per,
        columns,
        meets_any(starts, frame),
        [*fields_in(starts), *retention.by],
    ).cte("starts")
    if retention.by:
        firsts = first_of_each(events, [events.c["at"], events.c.position], one_per)
    else:
        groups = [events.c[name] for name in one_per]
        firsts = select(*groups, func.min(events.c["at"]).label("at")).group_by(*groups)
    found = firsts.cte("firsts")
    members = select(
        found.c.journey,
        found.c["at"],
        bucket_expression(found.c["at"], key).label("bucket"),
        *_labels(found, retention),
    ).where(found.c["at"] >= ops.integer(retention.scope.range.start))
    if retention.only is not None:
        members = members.where(among(_labels(found, retention), retention.only))
    return members.cte("members")


def _visits(retention: Retention, key: BucketKey, members: CTE) -> Statement:
    """In which periods after its start each member came back, each once."""
    scope = retention.scope
    frame = events_frame(scope.project, scope.range.start)
    returning = [retention.returning]
    is_rolling = retention.window is RetentionWindow.ROLLING
    moment = INSTANT if is_rolling else bucket_expression(INSTANT, key)
    events = journey_events(
        scope,
        retention.per,
        [moment.label("moment")],
        meets_any(returning, frame),
        fields_in(returning),
    ).cte("returns")
    returns = select(events.c.journey, events.c.moment).distinct().cte("moments")
    size = ops.integer(RETENTION_INTERVALS[retention.interval])
    if is_rolling:
        waited = returns.c.moment - members.c["at"]
        period: ColumnElement[Any] = ops.FloorDivide(waited, size)
        came_back = waited >= size
    else:
        period = returns.c.moment
        came_back = period > members.c.bucket
    return (
        select(
            members.c.journey,
            members.c.bucket,
            *_labels(members, retention),
            period.label("period"),
        )
        .select_from(members.join(returns, and_(returns.c.journey == members.c.journey, came_back)))
        .distinct()
    )


def _last(visits: Statement, retention: Retention) -> Statement:
    rows = visits.cte("visits")
    member = [rows.c.journey, rows.c.bucket, *_labels(rows, retention)]
    return select(*member, func.max(rows.c.period).label("period")).group_by(*member)
