"""Date ranges: the words of both vocabularies, and dates."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.analytics.periods import Interval, day_start, to_instant
from app.analytics.ranges import (
    TODAY,
    YESTERDAY,
    AllTime,
    Between,
    Edge,
    RangeSpec,
    Relative,
    last_days,
    last_months,
    previous,
    this,
)
from app.compat.openpanel.params import INVALID_ENUM, Params

_MINUTE_END: Final = Edge(1, Interval.MINUTE, Interval.MINUTE)


def _last_minutes(minutes: int) -> Relative:
    return Relative(Edge(-minutes, Interval.MINUTE, Interval.MINUTE), _MINUTE_END)


def _last_hours(hours: int) -> Relative:
    return _last_minutes(60 * hours)


def _last_whole_months(months: int) -> Relative:
    return Relative(
        Edge(-months, Interval.MONTH, Interval.MONTH), Edge(1, Interval.MONTH, Interval.MONTH)
    )


WORDS: Final[Mapping[str, Relative | AllTime]] = {
    "30min": _last_minutes(30),
    "lastHour": _last_minutes(60),
    "last24h": _last_hours(24),
    "today": TODAY,
    "yesterday": YESTERDAY,
    "12m": _last_whole_months(12),
    "monthToDate": this(Interval.MONTH),
    "this_month": this(Interval.MONTH),
    "yearToDate": this(Interval.YEAR),
    "this_year": this(Interval.YEAR),
    "lastMonth": previous(Interval.MONTH),
    "last_month": previous(Interval.MONTH),
    "lastYear": previous(Interval.YEAR),
    "last_year": previous(Interval.YEAR),
    "all_time": AllTime(),
    "custom": last_days(30),
}
"""The ranges that have a name of their own."""

_COUNTED: Final = re.compile(
    r"(?P<count>[1-9][0-9]{0,4})(?P<unit>min|[hdwmy])"
    r"|last_(?P<many>[1-9][0-9]{0,4})_(?P<units>hours|days|weeks|months)",
    re.ASCII,
)
_UNITS: Final[Mapping[str, Callable[[int], Relative]]] = {
    "min": _last_minutes,
    "h": _last_hours,
    "d": last_days,
    "w": lambda weeks: last_days(7 * weeks),
    "m": last_months,
    "y": lambda years: last_months(12 * years),
    "hours": _last_hours,
    "days": last_days,
    "weeks": lambda weeks: last_days(7 * weeks),
    "months": last_months,
}

DEFAULT_WORD: Final = "7d"
"""The range of Insights without any."""

REPORT_WORD: Final = "30d"
"""The range of charts and funnels without any."""

# Clients that mean "everything" send far years; the calendar of the store ends before them.
_FIRST_DAY: Final = date(1970, 1, 2)
_LAST_DAY: Final = date(9998, 12, 30)

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YEAR: Final = re.compile(r"[0-9]{4}", re.ASCII)
_MILLISECONDS: Final = re.compile(r"[0-9]{11,14}", re.ASCII)
_LOST_PLUS: Final = re.compile(r"(T.+) ([0-9]{2}:?[0-9]{2})\Z", re.ASCII)
_NO_DATE: Final = "Invalid date"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How an endpoint calls its bounds; the first name of each is the documented one."""

    start: tuple[str, ...]
    end: tuple[str, ...]


INSIGHTS: Final = Spelling(("startDate", "start_date", "start"), ("endDate", "end_date", "end"))
EVENTS: Final = Spelling(("start", "startDate", "start_date"), ("end", "endDate", "end_date"))


def decode_range(params: Params, zone: ZoneInfo, usual: str = DEFAULT_WORD) -> RangeSpec:
    """The range of a request: dates before words, the `usual` word without either."""
    word = params.text("range") or usual
    named = range_of(word)
    if named is None:
        params.fail("range", message=INVALID_ENUM)
        return last_days(7)
    return _between(params, zone, INSIGHTS, named)


def decode_bounds(params: Params, zone: ZoneInfo) -> RangeSpec:
    """The range of an events request: all time where a bound is open."""
    return _between(params, zone, EVENTS, AllTime())


def range_of(word: str) -> Relative | AllTime | None:
    """What a word such as `30d`, `last_7_days` or `monthToDate` means."""
    known = WORDS.get(word)
    if known is not None:
        return known
    counted = _COUNTED.fullmatch(word)
    if counted is None:
        return None
    count, unit = counted["count"] or counted["many"], counted["unit"] or counted["units"]
    return _UNITS[unit](int(count))


def parse_bound(text: str, zone: ZoneInfo) -> int | date | None:
    """A whole day, or an instant in UTC milliseconds; None for a text that is no date.

    Text without an offset is local time. Days beyond the calendar become its last ones.
    """
    try:
        if _YEAR.fullmatch(text):
            return _clamped(date(int(text), 1, 1))
        if _DAY.fullmatch(text):
            return _clamped(date.fromisoformat(text))
        if _MILLISECONDS.fullmatch(text):
            return int(text)
        # A plus sign that was not escaped arrives as a space.
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        day = aware.astimezone(UTC).date()
    except (ValueError, OverflowError):
        return None
    return to_instant(aware) if _clamped(day) == day else _clamped(day)


def _clamped(day: date) -> date:
    return min(max(day, _FIRST_DAY), _LAST_DAY)


def _between(
    params: Params, zone: ZoneInfo, spelling: Spelling, otherwise: Relative | AllTime
) -> RangeSpec:
    start = _bound(params, zone, spelling.start)
    end = _bound(params, zone, spelling.end)
    if start is None and end is None:
        return otherwise
    if isinstance(end, int):
        # The last instant belongs to the range, as the last day does.
        end += 1
    if start is not None and end is not None and _first(start, zone) >= _last(end, zone):
        params.fail(spelling.end[0], message="The end lies before the start")
    return Between(start, end, otherwise)


def _bound(params: Params, zone: ZoneInfo, names: tuple[str, ...]) -> int | date | None:
    text = params.text(*names)
    if text is None:
        return None
    bound = parse_bound(text, zone)
    if bound is None:
        params.fail(names[0], message=_NO_DATE)
    return bound


def _first(bound: int | date, zone: ZoneInfo) -> int:
    return bound if isinstance(bound, int) else day_start(bound, zone)


def _last(bound: int | date, zone: ZoneInfo) -> int:
    return bound if isinstance(bound, int) else day_start(bound + timedelta(days=1), zone)
