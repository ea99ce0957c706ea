"""Conditions on single events as they come, without asking a store that has them."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import orjson
import re2

from app.analytics import filters
from app.analytics.errors import InvalidQueryError
from app.analytics.event_row import EventRow
from app.analytics.fields import Column, Field, Property, Source, ValueType
from app.analytics.filters import All, Case, Compare, Filter, Not, Operand, Operator
from app.analytics.numbers import parse_number
from app.analytics.properties import property_text
from app.analytics.records import Event, Json

Test: TypeAlias = Callable[[Event | EventRow], bool]

_Read: TypeAlias = Callable[[Event | EventRow], Any]

_ORDERS: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    Operator.EQUALS: lambda a, b: a == b,
    Operator.GREATER: lambda a, b: a > b,
    Operator.AT_LEAST: lambda a, b: a >= b,
    Operator.LESS: lambda a, b: a < b,
    Operator.AT_MOST: lambda a, b: a <= b,
}
_TEXTUAL: Final[dict[Operator, Callable[[str, str], bool]]] = {
    Operator.CONTAINS: lambda text, part: part in text,
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
}


def event_test(condition: Filter) -> Test:
    """Whether an event meets the condition, as the stores would say of the stored event.

    Raises InvalidQueryError for a condition that more than the event itself decides: its
    profile, its session, or what else its profile did.
    """
    match condition:
        case Compare():
            return _comparison(condition)
        case All(members):
            tests = [event_test(member) for member in members]
            return lambda event: all(test(event) for test in tests)
        case filters.Any(members):
            tests = [event_test(member) for member in members]
            return lambda event: any(test(event) for test in tests)
        case Not(member):
            inner = event_test(member)
            return lambda event: not inner(event)
        case _:
            raise _undecided("condition")


def _comparison(compare: Compare) -> Test:
    read = _reading(compare.field)
    if compare.operator is Operator.IS_EMPTY:
        return lambda event: read(event) in {None, ""}
    if compare.field.type is ValueType.BOOLEAN:
        wanted = {bool(value) for value in compare.values}
        is_equality = compare.operator is Operator.EQUALS
        return lambda event: is_equality and read(event) in wanted
    tests = [_relation(compare, value, read) for value in compare.values]
    return lambda event: any(test(event) for test in tests)


def _relation(compare: Compare, value: Operand, read: _Read) -> Test:
    operator = compare.operator
    if operator in _ORDERS and isinstance(value, int | float) and not isinstance(value, bool):
        return _numeric(compare, value, read)
    if compare.field.type is not ValueType.STRING:
        return lambda _: False
    wanted = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if operator is Operator.MATCHES:
        return _pattern(compare, wanted, read)
    folds = compare.case is Case.INSENSITIVE and (
        operator in _TEXTUAL or operator is Operator.EQUALS
    )
    relate = _TEXTUAL.get(operator) or _ORDERS[operator]
    wanted = wanted.lower() if folds else wanted

    def test(event: Event | EventRow) -> bool:
        text = read(event)
        return text is not None and relate(text.lower() if folds else text, wanted)

    return test


def _numeric(compare: Compare, value: float, read: _Read) -> Test:
    relate, is_text = _ORDERS[compare.operator], compare.field.type is ValueType.STRING

    def test(event: Event | EventRow) -> bool:
        held = read(event)
        number = parse_number(held) if is_text else held
        return number is not None and relate(number, value)

    return test


def _pattern(compare: Compare, wanted: str, read: _Read) -> Test:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = compare.case is Case.SENSITIVE
    found = re2.compile(wanted, options)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # It has no stubs.

    def test(event: Event | EventRow) -> bool:
        text = read(event)
        return text is not None and found.search(text) is not None  # pyright: ignore[reportUnknownMemberType] # It has no stubs.

    return test


def _reading(field: Field) -> _Read:
    match field:
        case Column(name) if Source.EVENTS in field.sources:
            return lambda event: getattr(event, name)
        case Property(key):
            return lambda event: property_text(_properties(event), key)
        case _:
            raise _undecided(field.label)


def _properties(event: Event | EventRow) -> dict[str, Json]:
    if isinstance(event, Event):
        return event.properties
    properties: dict[str, Json] = orjson.loads(event.properties)
    return properties


def _undecided(what: str) -> InvalidQueryError:
    message = f"{what} is not a fact of an event alone; events as they come have only their own."
    return InvalidQueryError.at("filter", message=message)
