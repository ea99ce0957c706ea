"""Spans between days, in the units of spreadsheets."""

from datetime import date
from typing import Final

from app.analytics.expressions.tree import UNDEFINED, Second, Value
from app.analytics.expressions.values import moment_of
from app.analytics.periods import add_months

UNITS: Final = frozenset({"D", "M", "Y", "MD", "YM", "YD"})

_LAST_YEAR: Final = 9_998
"""Dates end a year later, and the following month has to be one."""


def between(start: Value, end: Value, unit: Value) -> Value:
    """Whole days, months or years from one instant's day to another's.

    `MD` counts the days beyond whole months, `YM` the months beyond whole years, `YD` the
    days beyond whole years. Undefined when the end comes first.
    """
    if not (isinstance(start, Second) and isinstance(end, Second) and isinstance(unit, str)):
        return UNDEFINED
    first, last = moment_of(start.seconds).date(), moment_of(end.seconds).date()
    if last < first or last.year > _LAST_YEAR or unit.upper() not in UNITS:
        return UNDEFINED
    months = _whole_months(first, last)
    match unit.upper():
        case "D":
            return (last - first).days
        case "M":
            return months
        case "Y":
            return months // 12
        case "YM":
            return months % 12
        case "MD":
            return (last - add_months(first, months)).days
        case _:
            return (last - add_months(first, months - months % 12)).days


def _whole_months(first: date, last: date) -> int:
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - 1 if last.day < first.day else months
