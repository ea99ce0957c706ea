"""What can't be asked is refused with the part that is wrong; the rest is settled."""

from zoneinfo import ZoneInfo

import pytest

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, get_column
from app.analytics.filters import EVERYTHING, All, Any, Compare, Filter, Not, Operator, simplified
from app.analytics.metrics import EVENTS, SESSIONS
from app.analytics.periods import DAY_MS, Interval, TimeRange
from app.analytics.queries import (
    BreakdownQuery,
    ByLabel,
    ByMetric,
    Moment,
    Page,
    SeriesQuery,
    TotalsQuery,
)
from app.analytics.ranges import PreviousPeriod, last_days
from app.analytics.resolve import previous_range, resolve_breakdown, resolve_series, resolve_totals
from app.analytics.thresholds import Relation, Threshold

MOMENT = Moment(1_750_000_000_000, ZoneInfo("UTC"))
PATH = COLUMNS["path"]
LEAF = Compare(PATH, Operator.EQUALS, ("/",))


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (TotalsQuery(project=1, metrics=(), range=last_days(1)), ("metrics",)),
        (TotalsQuery(project=1, metrics=(EVENTS,) * 21, range=last_days(1)), ("metrics",)),
        (
            TotalsQuery(
                project=1, metrics=(EVENTS,), range=last_days(1), filter=All((LEAF,) * 101)
            ),
            ("filter",),
        ),
        (TotalsQuery(project=1, metrics=(EVENTS,), range=TimeRange(2, 1)), ("range",)),
    ],
)
def test_totals_that_cannot_be_asked(query: TotalsQuery, path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidQueryError) as caught:
        resolve_totals(query, MOMENT)
    assert caught.value.issues[0].path == path


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"order": ByMetric(1)}, "orderBy"),
        ({"order": ByLabel(-1)}, "orderBy"),
        ({"having": (Threshold(0, Relation.LESS, 1),) * 101}, "having"),
        ({"page": Page(10_001)}, "limit"),
        ({"page": Page(1, -1)}, "offset"),
        ({"by": ()}, "by"),
        ({"by": (PATH,) * 5}, "by"),
    ],
)
def test_breakdowns_that_cannot_be_asked(changes: dict[str, object], path: str) -> None:
    asked = {"project": 1, "by": (PATH,), "metrics": (SESSIONS,), "range": last_days(1)}
    query = BreakdownQuery(**{**asked, **changes})  # type: ignore[arg-type]  # A table of wrong values.
    with pytest.raises(InvalidQueryError) as caught:
        resolve_breakdown(query, MOMENT)
    assert caught.value.issues[0].path == (path,)


def test_too_many_buckets_are_refused_before_they_are_made() -> None:
    query = SeriesQuery(
        project=1,
        metrics=(EVENTS,),
        range=TimeRange(0, 40_000 * DAY_MS),
        interval=Interval.MINUTE,
    )
    with pytest.raises(InvalidQueryError, match="more than 5000 buckets"):
        resolve_series(query, MOMENT)


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(InvalidQueryError, match="Unknown field 'shoe_size'"):
        get_column("shoe_size", "filters", 0, "name")


@pytest.mark.parametrize(
    ("tree", "simple"),
    [
        (All((All(()), LEAF)), LEAF),
        (All((All((LEAF, LEAF)), LEAF)), All((LEAF, LEAF, LEAF))),
        (Any((Any((LEAF,)),)), LEAF),
        (Not(Not(LEAF)), LEAF),
        (Not(All((LEAF,))), Not(LEAF)),
        (EVERYTHING, EVERYTHING),
    ],
)
def test_filters_lose_empty_layers(tree: Filter, simple: Filter) -> None:
    assert simplified(tree) == simple


@pytest.mark.parametrize(
    ("compare", "expected"),
    [
        (PreviousPeriod.PERIOD, TimeRange(8 * DAY_MS, 9 * DAY_MS)),
        (PreviousPeriod.WEEK, TimeRange(2 * DAY_MS, 3 * DAY_MS)),
        (TimeRange(1, 2), TimeRange(1, 2)),
        (None, None),
    ],
)
def test_what_a_range_is_compared_with(
    compare: PreviousPeriod | TimeRange | None, expected: TimeRange | None
) -> None:
    span = TimeRange(9 * DAY_MS, 10 * DAY_MS)
    assert previous_range(compare, span, ZoneInfo("UTC"), MOMENT) == expected


def test_the_year_before_keeps_whole_local_days() -> None:
    zone = ZoneInfo("Europe/Berlin")
    span = TimeRange(1_743_289_200_000, 1_743_372_000_000)  # 2025-03-30, a day of 23 hours.
    before = previous_range(PreviousPeriod.YEAR, span, zone, MOMENT)
    assert before == TimeRange(1_711_753_200_000, 1_711_839_600_000)
