"""Ranges as queries write them: `-7d`, `dStart`, `2025-03-01`, `all`."""

import re
from datetime import UTC, date, datetime
from typing import Final

from app.analytics.errors import InvalidQueryError
from app.analytics.periods import Interval
from app.analytics.ranges import AllTime, Between, Edge, PreviousPeriod, RangeSpec, Relative
from app.compat.posthog.nodes import Node, Path

_RELATIVE: Final = re.compile(r"([+-])?(\d{1,5})?([hdwmqy])(Start|End)?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
UNITS: Final = {
    "h": Interval.HOUR,
    "d": Interval.DAY,
    "w": Interval.WEEK,
    "m": Interval.MONTH,
    "q": Interval.QUARTER,
    "y": Interval.YEAR,
}
_TODAY_END: Final = Edge(1, Interval.DAY, Interval.DAY)
_DEFAULT: Final = "-7d"


def range_of(node: Node) -> RangeSpec:
    """The range of a `dateRange`; the last seven days and today where nothing is said."""
    return range_between(
        node.text("date_from") or _DEFAULT, node.text("date_to"), (*node.path, "date_from")
    )


def range_between(start: str, end: str | None, path: Path) -> RangeSpec:
    """The range from `start` to `end`, or to the end of today."""
    until = end_edge(end)
    if start == "all":
        return AllTime() if end is None else Between(None, _given(end, path), AllTime())
    since = start_edge(start)
    otherwise = Relative(since or Edge(-7, Interval.DAY, Interval.DAY), until or _TODAY_END)
    first = None if since is not None else _given(start, path)
    last = None if end is None or until is not None else _given(end, path)
    return otherwise if first is None and last is None else Between(first, last, otherwise)


def start_edge(text: str) -> Edge | None:
    """The start that the text tells from now; None for any other text."""
    found = _RELATIVE.fullmatch(text)
    if found is None:
        return None
    shift, unit, snap = _parts(found)
    if snap == "End":
        return Edge(shift + 1, unit, unit)
    # Hours are cut to hours and everything longer to days, unless the start of a unit is named.
    default = Interval.HOUR if unit is Interval.HOUR else Interval.DAY
    return Edge(shift, unit, unit if snap == "Start" else default)


def end_edge(text: str | None) -> Edge | None:
    """The end that the text tells from now; None for any other text."""
    found = None if text is None else _RELATIVE.fullmatch(text)
    if found is None:
        return None
    shift, unit, snap = _parts(found)
    if snap == "Start":
        return Edge(shift, unit, unit)
    if snap == "End":
        return Edge(shift + 1, unit, unit)
    if unit is Interval.HOUR:
        return Edge(shift, unit)
    if unit is Interval.DAY:
        return Edge(shift + 1, unit, Interval.DAY)
    return Edge(shift, unit, Interval.DAY)


def _parts(found: re.Match[str]) -> tuple[int, Interval, str | None]:
    sign, amount, unit, snap = found.groups()
    # A bare unit is the present one; a number without a sign looks back too.
    shift = int(amount or 0) * (1 if sign == "+" else -1)
    return shift, UNITS[unit], snap


def _given(text: str, path: Path) -> int | date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        aware = moment.replace(tzinfo=moment.tzinfo or UTC)
        return int(aware.timestamp() * 1000)
    except (ValueError, OverflowError):
        message = f"{text[:80]!r} is not a date such as 2025-03-01, -7d or mStart."
        raise InvalidQueryError.at(*path, message=message) from None


_COMPARED: Final = {
    None: PreviousPeriod.PERIOD,
    "-1w": PreviousPeriod.WEEK,
    "-7d": PreviousPeriod.WEEK,
    "-1m": PreviousPeriod.MONTH,
    "-1y": PreviousPeriod.YEAR,
}


def comparison_of(node: Node) -> PreviousPeriod | None:
    """What a `compareFilter` compares with; None where it does not compare."""
    if node.get("compare") is not True:
        return None
    told = node.text("compare_to") or None
    if told not in _COMPARED:
        raise node.wrong("compare_to", "Only -1w, -1m and -1y are supported.")
    return _COMPARED[told]


_INTERVALS: Final = {
    each.value: each
    for each in (
        Interval.MINUTE,
        Interval.HOUR,
        Interval.DAY,
        Interval.WEEK,
        Interval.MONTH,
        Interval.QUARTER,
        Interval.YEAR,
    )
}


def interval_of(node: Node, name: str = "interval", otherwise: str = "day") -> Interval:
    """The bucket size that is named."""
    told = node.choice(name, otherwise).lower()
    if told not in _INTERVALS:
        raise node.wrong(name, f"Must be one of {', '.join(_INTERVALS)}.")
    return _INTERVALS[told]
