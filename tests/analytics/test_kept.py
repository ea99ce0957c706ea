"""Statements that are kept: the same for another time, and for nothing else."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from app.analytics.fields import COLUMNS, Property
from app.analytics.filters import EVERYTHING, All, Compare, Operator
from app.analytics.metrics import EVENTS, SESSIONS
from app.analytics.optimize import aggregate_of, bucket_key
from app.analytics.periods import DAY_MS, Interval, TimeRange, WeekStart, buckets
from app.analytics.plans import Aggregate
from app.analytics.queries import Page, Scope
from app.analytics.sql.build import prepared_aggregate

_PATH = Compare(COLUMNS["path"], Operator.EQUALS, ("/",))
_FIRST = TimeRange(100 * DAY_MS, 107 * DAY_MS)
_LATER = TimeRange(101 * DAY_MS + 5, 130 * DAY_MS)


def scope(span: TimeRange, zone: str = "UTC") -> Scope:
    return Scope(1, span, ZoneInfo(zone), _PATH)


def whole(span: TimeRange) -> Aggregate:
    return aggregate_of(scope(span), (SESSIONS,), (COLUMNS["country"],))


def split(
    span: TimeRange, size: Interval, zone: str = "UTC", week: WeekStart = WeekStart.MONDAY
) -> Aggregate:
    about = replace(scope(span, zone), week_start=week)
    starts = buckets(span, size, about.zone, week)
    return aggregate_of(about, (EVENTS,), (), bucket_key(about, span, size, starts))


def of_flag(value: float | str) -> Aggregate:
    condition = Compare(Property("flag"), Operator.EQUALS, (value,))
    return aggregate_of(replace(scope(_FIRST), filter=condition), (EVENTS,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (whole(_FIRST), whole(_LATER)),
        *(
            (split(_FIRST, size), split(_LATER, size))
            for size in (Interval.MINUTE, Interval.HOUR, Interval.DAY, Interval.WEEK)
        ),
    ],
)
def test_one_statement_serves_every_range(one: Aggregate, other: Aggregate) -> None:
    first, second = prepared_aggregate(one), prepared_aggregate(other)
    assert first.statement is second.statement
    assert sorted(first.values.values()) == [one.range.start, one.range.end]
    assert sorted(second.values.values()) == [other.range.start, other.range.end]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (whole(_FIRST), replace(whole(_FIRST), page=Page(1))),
        (whole(_FIRST), replace(whole(_FIRST), only=(("SE",),))),
        (of_flag(1), of_flag("1")),
        (of_flag(1), of_flag(value=True)),
        (of_flag(1), of_flag(1.0)),
        (split(_FIRST, Interval.MONTH), split(_LATER, Interval.MONTH)),
        (split(_FIRST, Interval.DAY), split(_FIRST, Interval.DAY, "Asia/Tokyo")),
        # The first of them has a day of 25 hours.
        (
            split(TimeRange(290 * DAY_MS, 310 * DAY_MS), Interval.DAY, "America/New_York"),
            split(_FIRST, Interval.DAY, "America/New_York"),
        ),
        (
            split(_FIRST, Interval.WEEK),
            split(_FIRST, Interval.WEEK, week=WeekStart.SUNDAY),
        ),
    ],
)
def test_whatever_else_differs_is_another_statement(one: Aggregate, other: Aggregate) -> None:
    assert prepared_aggregate(one).statement is not prepared_aggregate(other).statement


def test_conditions_in_any_order_of_types_are_told_apart() -> None:
    members = [Compare(Property("n"), Operator.EQUALS, pair) for pair in ((1, True), (True, 1))]
    plans = [
        aggregate_of(replace(scope(_FIRST), filter=All((EVERYTHING, one))), (EVENTS,))
        for one in members
    ]
    first, second = map(prepared_aggregate, plans)
    assert first.statement is not second.statement
