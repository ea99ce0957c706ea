"""Ranges as asked for, and what they mean at a given moment in a given place."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.analytics.errors import InvalidQueryError
from app.analytics.periods import DAY_MS, HOUR_MS, Interval, TimeRange, WeekStart, to_datetime
from app.analytics.periods import to_instant as instant_of
from app.analytics.ranges import (
    TODAY,
    YESTERDAY,
    AllTime,
    AutoInterval,
    Between,
    RangeSpec,
    interval_for,
    last_days,
    last_months,
    previous,
    resolve_range,
    rolling,
    this,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = instant_of(datetime(2025, 3, 31, 14, 30, 15, tzinfo=BERLIN))


def local(text: str) -> int:
    return instant_of(datetime.fromisoformat(text).replace(tzinfo=BERLIN))


@pytest.mark.parametrize(
    ("spec", "start", "end"),
    [
        (TODAY, "2025-03-31T00:00", "2025-04-01T00:00"),
        (YESTERDAY, "2025-03-30T00:00", "2025-03-31T00:00"),
        (last_days(7), "2025-03-24T00:00", "2025-04-01T00:00"),
        (last_months(1), "2025-02-28T00:00", "2025-04-01T00:00"),
        (this(Interval.WEEK), "2025-03-31T00:00", "2025-04-01T00:00"),
        (this(Interval.MONTH), "2025-03-01T00:00", "2025-04-01T00:00"),
        (this(Interval.YEAR), "2025-01-01T00:00", "2025-04-01T00:00"),
        (previous(Interval.MONTH), "2025-02-01T00:00", "2025-03-01T00:00"),
        (previous(Interval.YEAR), "2024-01-01T00:00", "2025-01-01T00:00"),
        (rolling(24, Interval.HOUR), "2025-03-30T14:30:15", "2025-03-31T14:30:15"),
        # A day ago on the clock is 23 hours ago across the change.
        (rolling(2, Interval.DAY), "2025-03-29T14:30:15", "2025-03-31T14:30:15"),
        (
            Between(date(2025, 3, 1), date(2025, 3, 2), TODAY),
            "2025-03-01T00:00",
            "2025-03-03T00:00",
        ),
        (Between(date(2025, 3, 1), None, last_days(7)), "2025-03-01T00:00", "2025-04-01T00:00"),
        (Between(None, date(2025, 3, 30), last_days(7)), "2025-03-24T00:00", "2025-03-31T00:00"),
    ],
)
def test_ranges_mean_local_days(spec: RangeSpec, start: str, end: str) -> None:
    span = resolve_range(spec, NOW, BERLIN, WeekStart.MONDAY)
    found = [to_datetime(bound, BERLIN).isoformat() for bound in (span.start, span.end)]
    assert found == [to_datetime(local(bound), BERLIN).isoformat() for bound in (start, end)]


def test_a_lone_end_before_the_usual_start_keeps_the_usual_length() -> None:
    span = resolve_range(
        Between(None, local("2024-01-10T00:00"), last_days(1)), NOW, BERLIN, WeekStart.MONDAY
    )
    assert span.end == local("2024-01-10T00:00")
    assert span.length == 2 * DAY_MS - HOUR_MS  # The 30th of March has 23 hours.


def test_a_lone_start_in_the_future_is_an_empty_range_there() -> None:
    later = local("2025-05-01T00:00")
    span = resolve_range(Between(later, None, TODAY), NOW, BERLIN, WeekStart.MONDAY)
    assert (span.start, span.length) == (later, 0)


def test_all_time_begins_with_the_first_event() -> None:
    span = resolve_range(AllTime(), NOW, BERLIN, WeekStart.MONDAY, first_event_at=123_456)
    assert span == TimeRange(123_456, local("2025-04-01T00:00"))
    today = resolve_range(TODAY, NOW, BERLIN, WeekStart.MONDAY)
    assert resolve_range(AllTime(), NOW, BERLIN, WeekStart.MONDAY) == today


@pytest.mark.parametrize(
    "spec",
    [
        Between(date(2025, 3, 2), date(2025, 3, 1), TODAY),
        TimeRange(5, 4),
        TimeRange(-1, 4),
        Between(date(1960, 1, 1), None, TODAY),
        Between(date.max, date.max, TODAY),
        last_days(10**9),
        last_months(10**6),
        rolling(10**14, Interval.MINUTE),
        rolling(10**30, Interval.HOUR),
    ],
)
def test_what_the_calendar_lacks_is_a_clear_error(spec: RangeSpec) -> None:
    with pytest.raises(InvalidQueryError) as caught:
        resolve_range(spec, NOW, BERLIN, WeekStart.MONDAY)
    assert caught.value.issues[0].path == ("range",)


@pytest.mark.parametrize(
    ("start", "end", "finest", "interval"),
    [
        ("2025-01-01T00:00", "2025-01-01T01:00", Interval.MINUTE, Interval.MINUTE),
        ("2025-01-01T00:00", "2025-01-01T01:00", Interval.HOUR, Interval.HOUR),
        ("2025-01-01T00:00", "2025-01-02T00:00", Interval.MINUTE, Interval.HOUR),
        ("2025-01-01T12:00", "2025-01-02T12:00", Interval.HOUR, Interval.DAY),
        ("2025-01-01T00:00", "2025-04-04T00:00", Interval.HOUR, Interval.DAY),
        ("2025-01-01T00:00", "2025-04-05T00:00", Interval.HOUR, Interval.WEEK),
        ("2025-01-01T00:00", "2025-07-07T00:00", Interval.HOUR, Interval.WEEK),
        ("2025-01-01T00:00", "2025-07-08T00:00", Interval.HOUR, Interval.MONTH),
    ],
)
def test_the_interval_follows_from_the_range(
    start: str, end: str, finest: Interval, interval: Interval
) -> None:
    span = TimeRange(local(start), local(end))
    assert interval_for(span, BERLIN, AutoInterval(finest)) is interval


def test_instants_keep_their_milliseconds() -> None:
    moment = datetime(2025, 1, 1, 1, 2, 3, 456_789, tzinfo=UTC)
    assert instant_of(moment) == 1_735_693_323_456


def test_an_event_before_1970_does_not_end_all_time() -> None:
    span = resolve_range(AllTime(), NOW, BERLIN, WeekStart.MONDAY, first_event_at=-1)
    assert span.start == 0
    both = Between(date(2025, 3, 1), date(2025, 3, 2), AllTime())
    assert (
        resolve_range(both, NOW, BERLIN, WeekStart.MONDAY, first_event_at=-1).length == 2 * DAY_MS
    )
