"""Statements about funnels: the counts and times of their steps, and who is behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, func, select

from app.analytics.fields import COLUMNS, Field
from app.analytics.filters import Filter
from app.analytics.journey_plans import Funnel, FunnelProfiles
from app.analytics.journeys import FunnelOrder, Outcome
from app.analytics.plans import BucketKey
from app.analytics.sql import ops
from app.analytics.sql.buckets import bucket_expression
from app.analytics.sql.journeys import (
    fields_in,
    first_of_each,
    journey_events,
    labels_of,
    meets_any,
)
from app.analytics.sql.reach import reached
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import Statement, among, events_frame


@dataclass(frozen=True, slots=True)
class _Journeys:
    """The journeys with the instant of each step and their labels, in `rows`."""

    rows: FromClause
    journey: ColumnElement[Any]
    steps: Sequence[ColumnElement[Any]]
    labels: Sequence[ColumnElement[Any]]


def funnel_statement(funnel: Funnel) -> Statement:
    """The numbers of each tuple of labels, those with the most journeys first.

    Columns: `k0`, … for the labels; for each step how many journeys reach it; then, for each
    step but the first, the mean and the median of the milliseconds since the step before.
    """
    found = _journeys(funnel)
    counts = [func.count(instant) for instant in found.steps]
    waits = [later - earlier for earlier, later in zip(found.steps, found.steps[1:], strict=False)]
    times = [
        time for wait in waits for time in (func.avg(wait), ops.Quantile(wait, ops.number(0.5)))
    ]
    statement = select(*found.labels, *counts, *times).select_from(found.rows)
    if not found.labels:
        return statement
    if funnel.only is not None:
        statement = statement.where(among(found.labels, funnel.only))
    by_label = [part for label in found.labels for part in (label.is_(None), label)]
    statement = statement.group_by(*found.labels).order_by(counts[0].desc(), *by_label)
    return statement if funnel.top is None else statement.limit(funnel.top)


def funnel_trend_statement(funnel: Funnel, key: BucketKey) -> Statement:
    """How many journeys begin in each bucket, and how many of these reach the last step.

    Columns: the bucket's key, `k0`, … for the labels, then the two numbers.
    """
    found = _journeys(funnel)
    first, last = found.steps[0], found.steps[-1]
    bucket = bucket_expression(first, key).label("bucket")
    labels = [label.label(f"k{number}") for number, label in enumerate(found.labels)]
    chosen = select(bucket, *labels, last.label("last")).select_from(found.rows)
    if funnel.only is not None:
        chosen = chosen.where(among(found.labels, funnel.only))
    begun = chosen.cte("begun")
    keys = [column for column in begun.c if column.key != "last"]
    return select(*keys, func.count(), func.count(begun.c["last"])).group_by(*keys)


def funnel_profiles_statement(asked: FunnelProfiles) -> Statement:
    """A slice of the profiles behind a step, and one row more if there are others behind it.

    Columns: the profile's id, and how many there are in all slices.
    """
    funnel = asked.funnel
    found = _journeys(funnel)
    owners = _chosen(funnel, funnel.steps, [COLUMNS["profile_id"]], newest=True)
    rows = found.rows.join(owners, owners.c.journey == found.journey)
    owner = owners.c.k0
    statement = select(owner.label("profile")).select_from(rows).where(owner.is_not(None))
    here = found.steps[asked.step]
    if asked.outcome is Outcome.COMPLETED:
        statement = statement.where(here.is_not(None))
    else:
        before = found.steps[asked.step - 1]
        statement = statement.where(before.is_not(None)).where(here.is_(None))
    if funnel.only is not None:
        statement = statement.where(among(found.labels, funnel.only))
    # Trap: a part that is called as a table hides the table from the parts before it.
    profiles = statement.distinct().cte("behind")
    counted = select(profiles.c.profile, func.count().over().label("total")).cte("counted")
    slice_ = select(*counted.c).order_by(counted.c.profile).limit(asked.limit + 1)
    if asked.after is None:
        return slice_
    return slice_.where(counted.c.profile > ops.text(asked.after))


def _journeys(funnel: Funnel) -> _Journeys:
    reach = reached(funnel)
    steps = [reach.c[f"e{step}"] for step in range(len(funnel.steps))]
    if not funnel.by:
        return _Journeys(reach, reach.c.journey, steps, [])
    begins = funnel.steps if funnel.order is FunnelOrder.ANY else funnel.steps[:1]
    firsts = _chosen(funnel, begins, funnel.by, newest=False)
    labels = [firsts.c[f"k{number}"] for number in range(len(funnel.by))]
    rows = reach.join(firsts, firsts.c.journey == reach.c.journey)
    return _Journeys(rows, reach.c.journey, steps, labels)


def _chosen(
    funnel: Funnel, conditions: Sequence[Filter], fields: Sequence[Field], *, newest: bool
) -> CTE:
    """The fields (`k0`, …) of each journey's first or newest event that meets a condition."""
    frame = events_frame(funnel.scope.project, funnel.scope.range.start)
    labels = labels_of(fields, frame)
    name = "newest" if newest else "firsts"
    events = journey_events(
        funnel.scope,
        funnel.per,
        [EVENTS.c.position, *labels],
        meets_any(conditions, frame),
        [*fields_in(conditions), *fields],
    ).cte(f"{name}_among")
    times = [events.c["at"], events.c.position]
    order = [time.desc() for time in times] if newest else times
    return first_of_each(events, order).cte(name)
