"""Filters: 15 operator words on columns and properties."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import re2

from app.analytics.fields import (
    COLUMNS,
    PROFILE_COLUMNS,
    Column,
    Field,
    ProfileProperty,
    Property,
    ValueType,
)
from app.analytics.filters import EVERYTHING, All, Compare, Filter, Not, Operand, Operator
from app.analytics.filters import Any as AnyOf
from app.analytics.numbers import parse_number
from app.analytics.periods import day_start
from app.compat.openpanel.countries import codes_where, country_code
from app.compat.openpanel.javascript import number_text
from app.compat.openpanel.params import Params
from app.compat.openpanel.ranges import parse_bound
from app.compat.openpanel.wire import WireFilter, WireValue, is_storable, wire_filters

NOTHING: Final = AnyOf()
"""The condition that is never true."""

_MOST_FILTERS: Final = 50
_MOST_COMPARISONS: Final = 100
_LONGEST_PATTERN: Final = 1_000
_LARGEST_INTEGER: Final = 2**63

_TEXTUAL: Final = {
    "contains": Operator.CONTAINS,
    "startsWith": Operator.STARTS_WITH,
    "endsWith": Operator.ENDS_WITH,
    "regex": Operator.MATCHES,
}
_ORDERED: Final = {
    "gt": Operator.GREATER,
    "gte": Operator.AT_LEAST,
    "lt": Operator.LESS,
    "lte": Operator.AT_MOST,
}
_OPPOSITES: Final = {"isNot": "is", "doesNotContain": "contains", "isNotNull": "isNull"}
_COHORT: Final = frozenset({"inCohort", "notInCohort"})

_PROPERTIES: Final = "properties."
_PROFILE: Final = "profile."
_RENAMED: Final = {
    **{f"properties.__query.{name}": name for name in COLUMNS if name.startswith("utm_")},
    "properties.__title": "title",
}
_PatternError = cast("type[Exception]", re2.error)  # pyright: ignore[reportUnknownMemberType] # It has no stubs.
_NOT_YET: Final = ("group.", "session.", "cohort")


class _WrongError(Exception):
    """A part of a filter can't be understood; `part` names it."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part
        self.message = message


def decode_filters(params: Params, zone: ZoneInfo) -> Filter:
    """The condition that all filters of the request make together.

    What can't be understood is noted as an issue with the place of the filter. Dates
    without an offset are local.
    """
    wired = wire_filters(params)
    if len(wired) > _MOST_FILTERS:
        params.fail("filters", message=f"At most {_MOST_FILTERS} filters are allowed")
        return EVERYTHING
    conditions: list[Filter] = []
    for place, wire in wired:
        try:
            conditions.append(_condition(wire, zone))
        except _WrongError as wrong:
            params.fail("filters", place, wrong.part, message=wrong.message)
    return All(tuple(conditions)) if conditions else EVERYTHING


def field_of(name: str) -> Field | None:
    """The field of the event, session or profile that a name in either spelling stands for."""
    name = _RENAMED.get(name, name)
    if name.startswith(_PROPERTIES):
        key = name.removeprefix(_PROPERTIES)
        return Property(key) if _is_key(key) else None
    if name.startswith(_PROFILE + _PROPERTIES):
        key = name.removeprefix(_PROFILE + _PROPERTIES)
        return ProfileProperty(key) if _is_key(key) else None
    if name.startswith(_PROFILE):
        return PROFILE_COLUMNS.get(_snake(name.removeprefix(_PROFILE)))
    return COLUMNS.get(_snake(name))


def _is_key(key: str) -> bool:
    """Whether a property can be called so; stars that stand for any member are not known."""
    return key != "" and not {"*", "\0"} & {*key}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])[A-Z]", lambda match: f"_{match[0]}", name).lower()


def _condition(wire: WireFilter, zone: ZoneInfo) -> Filter:
    if wire.operator in _COHORT:
        raise _WrongError("operator", f"{wire.operator} is not available")
    field = field_of(wire.name)
    if field is None:
        what = "is not available" if wire.name.startswith(_NOT_YET) else "is not a known field"
        raise _WrongError("name", f"{wire.name!r} {what}")
    if not all(map(is_storable, wire.value)):
        raise _WrongError("value", "NUL characters are not allowed")
    word = _OPPOSITES.get(wire.operator, wire.operator)
    if word == "isNull":
        condition: Filter = Compare(field, Operator.IS_EMPTY)
    elif not wire.value:
        return EVERYTHING
    elif word != "is" and len(wire.value) > _MOST_COMPARISONS:
        # Each value is a comparison of its own, and SQLite nests them: its depth is bounded.
        raise _WrongError("value", f"At most {_MOST_COMPARISONS} values are allowed here")
    elif word in _TEXTUAL:
        condition = _textual(field, word, wire.value)
    else:
        condition = _compared(field, word, wire, zone)
    return condition if word == wire.operator else Not(condition)


def _compared(field: Field, word: str, wire: WireFilter, zone: ZoneInfo) -> Filter:
    operator = Operator.EQUALS if word == "is" else _ORDERED[word]
    has_nothing = any(value in (None, "") for value in wire.value)
    told = [value for value in wire.value if value is not None and value != ""]
    operands = _operands(field, told, wire, zone, is_ordered=word != "is")
    members: list[Filter] = [Compare(field, operator, operands)] if operands else []
    if has_nothing and operator is Operator.EQUALS:
        members.append(Compare(field, Operator.IS_EMPTY))
    return members[0] if len(members) == 1 else AnyOf(tuple(members))


def _operands(
    field: Field, values: Sequence[Operand], wire: WireFilter, zone: ZoneInfo, *, is_ordered: bool
) -> tuple[Operand, ...]:
    if field.type is ValueType.INSTANT:
        return tuple(_instant(value, zone) for value in values)
    if wire.type in ("date", "datetime"):
        raise _WrongError("type", f"{wire.type} is not available on {wire.name!r}")
    if field.type is ValueType.BOOLEAN:
        return tuple(_boolean(value) for value in values)
    if field.type is ValueType.NUMBER:
        return tuple(_number(value) for value in values)
    if wire.type == "number" or (is_ordered and isinstance(field, Property | ProfileProperty)):
        numbers = (_find_number(value) for value in values)
        known = tuple(number for number in numbers if number is not None)
        if not known and wire.type != "number":
            raise _WrongError("value", "Expected numbers")
        return known
    texts = tuple(_text(value) for value in values)
    if field == COLUMNS["country"] and not is_ordered:
        return tuple(map(country_code, texts))
    if isinstance(field, Property | ProfileProperty):
        # A number matches the number and the text that spells it.
        return (*texts, *(_sized(value) for value in values if _is_number(value)))
    return texts


def _textual(field: Field, word: str, values: Sequence[WireValue]) -> Filter:
    if field.type is not ValueType.STRING:
        raise _WrongError("operator", f"{word} needs a field of text")
    operator = _TEXTUAL[word]
    texts = [_text(value) for value in values if value is not None]
    if operator is Operator.MATCHES:
        texts = [_pattern(text, field) for text in texts]
    condition = Compare(field, operator, tuple(texts))
    if field != COLUMNS["country"]:
        return condition
    named = codes_where(lambda name: any(_finds(operator, text)(name) for text in texts))
    return AnyOf((condition, Compare(field, Operator.EQUALS, named))) if named else condition


def _finds(operator: Operator, text: str) -> Callable[[str], bool]:
    match operator:
        case Operator.CONTAINS:
            return lambda name: text in name
        case Operator.STARTS_WITH:
            return lambda name: name.startswith(text)
        case Operator.ENDS_WITH:
            return lambda name: name.endswith(text)
        case _:
            return lambda name: _compiled(text).search(name) is not None


def _pattern(text: str, field: Field) -> str:
    """The pattern, checked; around patterns for columns, slashes are only decoration."""
    if isinstance(field, Column):
        text = text.removeprefix("/").removesuffix("/") if len(text) > 1 else text
    if len(text) > _LONGEST_PATTERN:
        raise _WrongError("value", f"A pattern has at most {_LONGEST_PATTERN} characters")
    try:
        _compiled(text)
    except _PatternError as error:
        raise _WrongError("value", "Invalid regular expression") from error
    return text


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> Any:  # noqa: ANN401 — the library has no types.
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)  # pyright: ignore[reportUnknownMemberType] # It has no stubs.


def _text(value: Operand) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() if isinstance(value, str) else number_text(value)


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


def _number(value: Operand) -> Operand:
    number = _find_number(value)
    if number is None:
        raise _WrongError("value", "Expected numbers")
    return number


def _boolean(value: Operand) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}.get(_text(value).lower())
    if known is None:
        raise _WrongError("value", "Expected true or false")
    return known


def _instant(value: Operand, zone: ZoneInfo) -> int:
    bound = parse_bound(_text(value), zone)
    if bound is None:
        raise _WrongError("value", "Invalid date")
    return day_start(bound, zone) if isinstance(bound, date) else bound
