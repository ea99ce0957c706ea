"""Answers that are kept: for as long as they hold, and for questions that mean the same."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from app.analytics import ranges
from app.analytics.fields import COLUMNS
from app.analytics.filters import Compare, Operator
from app.analytics.metrics import EVENTS
from app.analytics.periods import Interval, TimeRange
from app.analytics.queries import After, EventsQuery, Moment, Page, TotalsQuery
from app.analytics.ranges import RangeSpec
from app.analytics.shapes import Constant, Member, Shape, Text
from app.projects.answer_cache import AnswerCache, Answered, LineCache, cache_key, lines_key
from app.stores.base import Lines

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
    cache.keep("a", 2, Answered(6, NOON), rows=1)
    assert cache.find("a", 2) == Answered(6, NOON, is_cached=True)
    assert len(cache) == 2


def test_the_oldest_and_the_largest_answers_are_not_kept() -> None:
    cache = AnswerCache()
    assert cache.find("large", 1) is None
    cache.keep("large", 1, Answered(5, NOON), rows=1_000_000)
    for number in range(300):
        cache.keep(number, 1, Answered(number, NOON), rows=1)
    assert len(cache) == 256
    assert [cache.find(one, 1) is None for one in ("large", 0, 299)] == [True, True, False]


SHAPE = Shape((Member("name", Text(COLUMNS["name"])),))
LIST = EventsQuery(project=1, range=TimeRange(0, 10), page=Page(100))


@pytest.mark.parametrize(
    ("other", "shape"),
    [
        (replace(LIST, project=2), SHAPE),
        (replace(LIST, after=After(5, "e")), SHAPE),
        (replace(LIST, page=Page(101)), SHAPE),
        (LIST, Shape((Member("other", Text(COLUMNS["name"])),))),
        (LIST, Shape((Member("name", Constant("name")),))),
    ],
)
def test_slices_of_other_events_or_in_another_shape_are_different(
    other: EventsQuery, shape: Shape
) -> None:
    moment = Moment(NOON, UTC)
    assert lines_key(other, shape, moment) != lines_key(LIST, SHAPE, moment)
    columns = replace(LIST, columns=frozenset({"name"}))
    assert lines_key(columns, SHAPE, moment) == lines_key(LIST, SHAPE, moment)


def test_slices_are_kept_up_to_so_many_bytes_and_the_least_used_are_lost_first() -> None:
    cache = LineCache()
    large, small = Lines((bytes(7 << 20),), 1, ()), Lines((b"x",), 1, ())
    assert cache.find("huge") is None
    cache.keep("huge", 1, Lines((bytes(9 << 20),), 1, ()))
    cache.keep("small", 1, small)
    for number in range(4):
        cache.keep(number, 1, large)
        cache.keep(number, 1, large)
        assert cache.find("small") == (small, 1)
    assert [cache.find(one) is None for one in ("huge", 0, 1)] == [True, False, False]
    cache.keep(4, 2, large)
    assert [cache.find(one) is None for one in (2, "small", 0)] == [True, False, False]
    assert cache.find(4) == (large, 2)
