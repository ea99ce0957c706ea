from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from app.analytics.periods import WeekStart
from app.analytics.ranges import resolve_range
from app.compat.openpanel.params import Params
from app.compat.openpanel.ranges import decode_bounds, decode_range

LUND: Final = ZoneInfo("Europe/Stockholm")
NOW: Final = int(datetime(2025, 3, 3, 11, 15, 30, tzinfo=UTC).timestamp() * 1000)
FIRST_EVENT: Final = int(datetime(2023, 6, 1, 12, tzinfo=UTC).timestamp() * 1000)


def resolved(query: str, decode: object = decode_range) -> tuple[str, str]:
    """The bounds that the query means, in local time."""
    params = Params.parse(query.encode())
    spec = decode_bounds(params, LUND) if decode is decode_bounds else decode_range(params, LUND)
    params.check()
    span = resolve_range(spec, NOW, LUND, WeekStart.SUNDAY, FIRST_EVENT)
    local = (datetime.fromtimestamp(at / 1000, LUND) for at in (span.start, span.end))
    start, end = (moment.isoformat(sep=" ")[:23].split("+")[0] for moment in local)
    return start, end


MIDNIGHT: Final = "2025-03-04 00:00:00"
JANUARY: Final = "2024-01-01 00:00:00"
NOON: Final = "2024-01-01 13:00:00"
"""In Lund, when it is noon in UTC."""

WORDS = [
    ("", "2025-02-24 00:00:00", MIDNIGHT),
    ("range=7d", "2025-02-24 00:00:00", MIDNIGHT),
    ("range=last_7_days", "2025-02-24 00:00:00", MIDNIGHT),
    ("range=30d", "2025-02-01 00:00:00", MIDNIGHT),
    ("range=last_30_days", "2025-02-01 00:00:00", MIDNIGHT),
    ("range=custom", "2025-02-01 00:00:00", MIDNIGHT),
    ("range=90d", "2024-12-03 00:00:00", MIDNIGHT),
    ("range=last_90_days", "2024-12-03 00:00:00", MIDNIGHT),
    ("range=2w", "2025-02-17 00:00:00", MIDNIGHT),
    ("range=3m", "2024-12-03 00:00:00", MIDNIGHT),
    ("range=6m", "2024-09-03 00:00:00", MIDNIGHT),
    ("range=12m", "2024-03-01 00:00:00", "2025-04-01 00:00:00"),
    ("range=1y", "2024-03-03 00:00:00", MIDNIGHT),
    ("range=30min", "2025-03-03 11:45:00", "2025-03-03 12:16:00"),
    ("range=lastHour", "2025-03-03 11:15:00", "2025-03-03 12:16:00"),
    ("range=1h", "2025-03-03 11:15:00", "2025-03-03 12:16:00"),
    ("range=last24h", "2025-03-02 12:15:00", "2025-03-03 12:16:00"),
    ("range=24h", "2025-03-02 12:15:00", "2025-03-03 12:16:00"),
    ("range=today", "2025-03-03 00:00:00", MIDNIGHT),
    ("range=yesterday", "2025-03-02 00:00:00", "2025-03-03 00:00:00"),
    ("range=monthToDate", "2025-03-01 00:00:00", MIDNIGHT),
    ("range=this_month", "2025-03-01 00:00:00", MIDNIGHT),
    ("range=yearToDate", "2025-01-01 00:00:00", MIDNIGHT),
    ("range=this_year", "2025-01-01 00:00:00", MIDNIGHT),
    ("range=lastMonth", "2025-02-01 00:00:00", "2025-03-01 00:00:00"),
    ("range=last_month", "2025-02-01 00:00:00", "2025-03-01 00:00:00"),
    ("range=lastYear", "2024-01-01 00:00:00", "2025-01-01 00:00:00"),
    ("range=last_year", "2024-01-01 00:00:00", "2025-01-01 00:00:00"),
    ("range=all_time", "2023-06-01 14:00:00", MIDNIGHT),
]

DATES = [
    ("startDate=2024-01-01&endDate=2024-01-31", "2024-01-01 00:00:00", "2024-02-01 00:00:00"),
    ("startDate=2024-01-01&endDate=2024-01-01", "2024-01-01 00:00:00", "2024-01-02 00:00:00"),
    (
        "range=30d&startDate=2024-01-01&endDate=2024-01-31",
        "2024-01-01 00:00:00",
        "2024-02-01 00:00:00",
    ),
    ("startDate=2024-02-28&endDate=2024-02-29", "2024-02-28 00:00:00", "2024-03-01 00:00:00"),
    ("startDate=2025-03-01", "2025-03-01 00:00:00", MIDNIGHT),
    ("endDate=2025-02-26", "2025-02-24 00:00:00", "2025-02-27 00:00:00"),
    ("range=30d&endDate=2025-02-20", "2025-02-01 00:00:00", "2025-02-21 00:00:00"),
    (
        "startDate=2024-01-01T12:00:00Z&endDate=2024-01-01T13:00:00.999Z",
        "2024-01-01 13:00:00",
        "2024-01-01 14:00:01",
    ),
    (
        "startDate=2024-01-01T12:00:00&endDate=2024-01-02",
        "2024-01-01 12:00:00",
        "2024-01-03 00:00:00",
    ),
    (
        "startDate=2024-01-01 12:00:00&endDate=2024-01-02",
        "2024-01-01 12:00:00",
        "2024-01-03 00:00:00",
    ),
    (
        "startDate=2024-01-01T12:00:00+05:00&endDate=2024-01-02",
        "2024-01-01 08:00:00",
        "2024-01-03 00:00:00",
    ),
    ("startDate=1704110400000&endDate=2024-01-02", "2024-01-01 13:00:00", "2024-01-03 00:00:00"),
    ("startDate=0001-01-01&endDate=1971-01-01", "1970-01-02 00:00:00", "1971-01-02 00:00:00"),
]


@pytest.mark.parametrize(("query", "start", "end"), WORDS + DATES)
def test_insights_range_means(query: str, start: str, end: str) -> None:
    assert resolved(query) == (start, end)


BOUNDS = [
    ("", "2023-06-01 14:00:00", MIDNIGHT),
    ("start=2024-04-15&end=2024-04-18", "2024-04-15 00:00:00", "2024-04-19 00:00:00"),
    ("startDate=2024-04-15&endDate=2024-04-18", "2024-04-15 00:00:00", "2024-04-19 00:00:00"),
    ("start=2024-04-15", "2024-04-15 00:00:00", MIDNIGHT),
    ("end=2024-04-18", "2023-06-01 14:00:00", "2024-04-19 00:00:00"),
    ("start=2024", "2024-01-01 00:00:00", MIDNIGHT),
]


@pytest.mark.parametrize(("query", "start", "end"), BOUNDS)
def test_events_range_means(query: str, start: str, end: str) -> None:
    assert resolved(query, decode_bounds) == (start, end)


WRONG = [
    ("range=7x", "range", "Invalid enum value"),
    ("range=0d", "range", "Invalid enum value"),
    ("range=-7d", "range", "Invalid enum value"),
    ("range=999999d", "range", "Invalid enum value"),
    ('range=["7d"]', "range", "Invalid enum value"),
    ("range=last_x_days", "range", "Invalid enum value"),
    ("startDate=2024-02-30", "startDate", "Invalid date"),
    ("endDate=2023-02-29", "endDate", "Invalid date"),
    ("startDate=2024-13-01", "startDate", "Invalid date"),
    ("startDate=yesterday", "startDate", "Invalid date"),
    ("startDate=2024-01-01T25:00:00Z", "startDate", "Invalid date"),
    ("startDate=١٢٣٤-01-01", "startDate", "Invalid date"),
    ("startDate=2024-02-02&endDate=2024-02-01", "endDate", "The end lies before the start"),
]


@pytest.mark.parametrize(("query", "name", "message"), WRONG)
def test_wrong_range_names_its_parameter(query: str, name: str, message: str) -> None:
    params = Params.parse(query.encode())
    decode_range(params, LUND)
    assert [(issue.path, issue.message) for issue in params.issues] == [((name,), message)]
