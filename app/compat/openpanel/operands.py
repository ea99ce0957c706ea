"""Operands of filters: what each value means for the field that it is compared with."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.analytics.fields import (
    COLUMNS,
    Cast,
    ClockPart,
    Column,
    Field,
    HasProfile,
    Membership,
    Memberships,
    ValueType,
)
from app.analytics.filters import All, Case, Compare, Filter, Operand, Operator
from app.analytics.filters import Any as AnyOf
from app.analytics.numbers import parse_number
from app.analytics.periods import DAY_MS, day_start, to_datetime
from app.compat.openpanel.countries import country_code
from app.compat.openpanel.javascript import number_text
from app.compat.openpanel.ranges import parse_bound

_LARGEST_INTEGER: Final = 2**63


class WrongError(Exception):
    """A part of a filter can't be understood; `part` names it."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part
        self.message = message


def text_of(value: Operand) -> str:
    """The value as text, trimmed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() if isinstance(value, str) else number_text(value)


def texts_compared(
    field: Field, operator: Operator, values: Sequence[Operand], case: Case
) -> Filter:
    """The comparison of a text with values of any type."""
    texts = tuple(map(text_of, values))
    if field == COLUMNS["country"] and operator is Operator.EQUALS:
        texts = tuple(map(country_code, texts))
    if operator is Operator.EQUALS and not isinstance(field, Column):
        # A number matches the number and the text that spells it.
        spelled = (_sized(value) for value in values if _is_number(value))
        return Compare(field, operator, (*texts, *spelled), case)
    return Compare(field, operator, texts, case)


def numbers_compared(field: Field, operator: Operator, values: Sequence[Operand]) -> Filter:
    """The comparison with numbers; raises WrongError for what is none."""
    numbers = tuple(map(_find_number, values))
    if None in numbers:
        raise WrongError("value", "Expected numbers")
    return Compare(field, operator, tuple(each for each in numbers if each is not None))


def numbers_found(field: Field, operator: Operator, values: Sequence[Operand]) -> Filter:
    """The comparison with those of the values that are numbers."""
    numbers = (_find_number(value) for value in values)
    return Compare(field, operator, tuple(each for each in numbers if each is not None))


def booleans_compared(field: Field, operator: Operator, values: Sequence[Operand]) -> Filter:
    """The comparison with true and false; raises WrongError for what is neither."""
    if operator is not Operator.EQUALS:
        raise WrongError("operator", "true and false have no order")
    if field.type is not ValueType.BOOLEAN:
        field = cast_of(field, ValueType.BOOLEAN)
    return Compare(field, operator, tuple(map(_boolean, values)))


def instants_compared(
    field: Field, operator: Operator, values: Sequence[Operand], zone: ZoneInfo
) -> Filter:
    """The comparison with instants; a whole day is its first one, in the zone."""
    if field.type is not ValueType.INSTANT:
        field = cast_of(field, ValueType.INSTANT)
    bounds = (_bound(value) for value in map(_dated(zone), values))
    instants = (day_start(each, zone) if isinstance(each, date) else each for each in bounds)
    return Compare(field, operator, tuple(instants))


def days_compared(
    field: Field, operator: Operator, values: Sequence[Operand], zone: ZoneInfo
) -> Filter:
    """The comparison of the days of both sides, in the zone."""
    if field.type is not ValueType.INSTANT:
        field = cast_of(field, ValueType.INSTANT)
    bounds = [_bound(value) for value in map(_dated(zone), values)]
    days = [each if isinstance(each, date) else to_datetime(each, zone).date() for each in bounds]
    return AnyOf(tuple(_on_day(field, operator, day, zone) for day in days))


def _on_day(field: Field, operator: Operator, day: date, zone: ZoneInfo) -> Filter:
    start = day_start(day, zone)
    end = day_start(day + timedelta(days=1), zone) if day < date.max else start + DAY_MS
    from_start = Compare(field, Operator.AT_LEAST, (start,))
    before_end = Compare(field, Operator.LESS, (end,))
    match operator:
        case Operator.GREATER:
            return Compare(field, Operator.AT_LEAST, (end,))
        case Operator.AT_LEAST:
            return from_start
        case Operator.LESS:
            return Compare(field, Operator.LESS, (start,))
        case Operator.AT_MOST:
            return before_end
        case _:
            return All((from_start, before_end))


UNCAST: Final = (ClockPart, HasProfile, Cast, Membership, Memberships)


def cast_of(field: Field, kind: ValueType) -> Cast:
    """The field read as another type; raises WrongError where it is no text."""
    if field.type is not ValueType.STRING or isinstance(field, UNCAST):
        raise WrongError("type", f"{kind} is not available on {field.name!r}")
    return Cast(field, kind)


def _dated(zone: ZoneInfo) -> Callable[[Operand], int | date | None]:
    return lambda value: parse_bound(text_of(value), zone)


def _bound(found: int | date | None) -> int | date:
    if found is None:
        raise WrongError("value", "Invalid date")
    return found


def _is_number(value: Operand) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sized(value: Operand) -> Operand:
    """The number in a form that fits the stores' integers."""
    is_large = isinstance(value, int) and not -_LARGEST_INTEGER <= value < _LARGEST_INTEGER
    return float(value) if is_large else value


def _find_number(value: Operand) -> Operand | None:
    if isinstance(value, str):
        return parse_number(value.strip())
    return None if isinstance(value, bool) else _sized(value)


def _boolean(value: Operand) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}.get(text_of(value).lower())
    if known is None:
        raise WrongError("value", "Expected true or false")
    return known
