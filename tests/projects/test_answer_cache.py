"""Answers that are kept: for as long as they hold, and for questions that mean the same."""

from zoneinfo import ZoneInfo

import pytest

from app.analytics import ranges
from app.analytics.fields import COLUMNS
from app.analytics.filters import Compare, Operator
from app.analytics.metrics import EVENTS
from app.analytics.periods import Interval, TimeRange
from app.analytics.queries import EventsQuery, Moment, Page, TotalsQuery
from app.analytics.ranges import RangeSpec
from app.projects.answer_cache import AnswerCache, Answered, cache_key

NOON = 1_772_366_400_000
UTC = ZoneInfo("UTC")


def key(span: RangeSpec, now: int = NOON, value: object = "x") -> object:
    """The key of a question about that range."""
    equal = Compare(COLUMNS["path"], Operator.EQUALS, (value,))  # type: ignore[arg-type]
    query = TotalsQuery(project=1, metrics=(EVENTS,), range=span, filter=equal)
    return cache_key(query, Moment(now, UTC))


def test_ranges_of_whole_days_mean_the_same_all_day() -> None:
    assert key(ranges.last_days(6)) == key(ranges.last_days(6), NOON + 1)
    assert key(ranges.last_days(6)) != key(ranges.last_days(6), NOON + 86_400_000)


def test_ranges_up_to_now_are_new_at_each_instant() -> None:
    span = ranges.rolling(24, Interval.HOUR)
    assert key(span, NOON) != key(span, NOON + 3_600_000)


@pytest.mark.parametrize("other", [1.0, True, "1"])
def test_values_that_python_takes_for_equal_are_different(other: object) -> None:
    span = TimeRange(0, 10)
    assert key(span, value=1) != key(span, value=other)


def test_lists_and_wrong_questions_are_not_kept() -> None:
    assert (
        cache_key(EventsQuery(project=1, range=TimeRange(0, 1), page=Page(1)), Moment(1, UTC))
        is None
    )
    assert key(TimeRange(5, 1)) is None


def test_nothing_outlives_its_generation() -> None:
    cache = AnswerCache()
    assert cache.find("a", 1) is None
    cache.keep("a", 1, Answered(5, NOON), rows=1)
    assert cache.find("a", 1) == Answered(5, NOON, is_cached=True)
    assert cache.find("a", 2) is None
    cache.keep("b", 1, Answered(5, NOON), rows=1)
    assert cache.find("b", 2) is None


def test_the_oldest_and_the_largest_answers_are_not_kept() -> None:
    cache = AnswerCache()
    assert cache.find("large", 1) is None
    cache.keep("large", 1, Answered(5, NOON), rows=1_000_000)
    for number in range(300):
        cache.keep(number, 1, Answered(number, NOON), rows=1)
    assert len(cache) == 256
    assert [cache.find(one, 1) is None for one in ("large", 0, 299)] == [True, True, False]
