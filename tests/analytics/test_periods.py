"""Calendars: offsets, buckets and local days, against zoneinfo itself."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.periods import (
    DAY_MS,
    FIXED_SIZES,
    HOUR_MS,
    Interval,
    TimeRange,
    WeekStart,
    add_months,
    bucket_start,
    buckets,
    day_start,
    offset_at,
    stretches,
    to_datetime,
    to_instant,
)

ZONE_NAMES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
    "America/Havana",
    "Pacific/Apia",
)
ZONES = st.sampled_from([ZoneInfo(name) for name in ZONE_NAMES])
INSTANTS = st.integers(
    to_instant(datetime(2009, 1, 1, tzinfo=UTC)), to_instant(datetime(2030, 1, 1, tzinfo=UTC))
)


@given(INSTANTS, st.integers(1, 800), ZONES)
def test_stretches_give_the_offset_of_every_instant(start: int, days: int, zone: ZoneInfo) -> None:
    span = TimeRange(start, start + days * DAY_MS)
    pieces = stretches(span, zone)
    assert pieces[0].start == start
    for probe in range(span.start, span.end, span.length // 97 + 1):
        piece = [piece for piece in pieces if piece.start <= probe][-1]
        assert piece.offset == offset_at(probe, zone)


@given(INSTANTS, st.sampled_from(Interval), ZONES, st.sampled_from(WeekStart))
def test_an_instant_lies_in_a_bucket_that_is_listed(
    instant: int, interval: Interval, zone: ZoneInfo, week_start: WeekStart
) -> None:
    start = bucket_start(instant, interval, zone, week_start)
    assert start <= instant
    around = TimeRange(instant - 2 * HOUR_MS, instant + 2 * HOUR_MS)
    assert start in buckets(around, interval, zone, week_start)


@given(INSTANTS, ZONES)
def test_a_day_starts_with_its_first_instant(instant: int, zone: ZoneInfo) -> None:
    day = to_datetime(instant, zone).date()
    start = day_start(day, zone)
    assert to_datetime(start, zone).date() == day
    assert to_datetime(start - 1, zone).date() < day


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2025, 3, 30), 23),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("Australia/Lord_Howe", date(2025, 4, 6), 24.5),
        ("Australia/Lord_Howe", date(2025, 10, 5), 23.5),
        ("America/Santiago", date(2025, 9, 7), 23),
        ("Africa/Cairo", date(2025, 4, 25), 23),
        ("Asia/Kathmandu", date(2025, 4, 25), 24),
    ],
)
def test_days_have_the_hours_that_their_clocks_show(zone: str, day: date, hours: float) -> None:
    place = ZoneInfo(zone)
    length = day_start(day + timedelta(days=1), place) - day_start(day, place)
    assert length == hours * HOUR_MS


def test_an_hour_that_the_clock_repeats_is_two_buckets() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    day = TimeRange(day_start(date(2025, 10, 26), berlin), day_start(date(2025, 10, 27), berlin))
    hours = [to_datetime(start, berlin).hour for start in buckets(day, Interval.HOUR, berlin)]
    assert hours == [0, 1, 2, 2, *range(3, 24)]


@pytest.mark.parametrize(
    ("week_start", "first"),
    [(WeekStart.MONDAY, date(2025, 3, 3)), (WeekStart.SUNDAY, date(2025, 3, 2))],
)
def test_weeks_begin_on_the_day_that_is_asked_for(week_start: WeekStart, first: date) -> None:
    zone = ZoneInfo("America/New_York")
    instant = to_instant(datetime(2025, 3, 8, 12, tzinfo=zone))
    assert bucket_start(instant, Interval.WEEK, zone, week_start) == day_start(first, zone)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 1, 15), -1, date(2024, 12, 15)),
        (date(2025, 12, 31), 2, date(2026, 2, 28)),
        (date(2025, 11, 30), 1, date(2025, 12, 30)),
    ],
)
def test_months_end_where_the_calendar_says(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_an_empty_range_has_no_buckets() -> None:
    for interval in Interval:
        assert buckets(TimeRange(DAY_MS, DAY_MS), interval, ZoneInfo("UTC")) == ()


@given(INSTANTS, st.sampled_from(list(FIXED_SIZES)))
def test_clock_buckets_in_utc_are_multiples_of_their_size(instant: int, interval: Interval) -> None:
    size = FIXED_SIZES[interval]
    assert bucket_start(instant, interval, ZoneInfo("UTC")) == instant - instant % size
