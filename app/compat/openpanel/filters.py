"""Filters: 15 operator words on fields of events, sessions, profiles, groups and cohorts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from app.analytics.fields import (
    COLUMNS,
    Column,
    Field,
    ValueType,
)
from app.analytics.filters import (
    EVERYTHING,
    All,
    Case,
    Compare,
    Filter,
    HasEvent,
    InCohort,
    InSession,
    Not,
    Operator,
)
from app.analytics.filters import Any as AnyOf
from app.analytics.patterns import LONGEST_PATTERN, compiled, is_pattern
from app.analytics.records import Json
from app.compat.openpanel.countries import codes_where
from app.compat.openpanel.naming import COHORT, field_of
from app.compat.openpanel.operands import (
    UNCAST,
    WrongError,
    booleans_compared,
    days_compared,
    instants_compared,
    numbers_compared,
    numbers_found,
    text_of,
    texts_compared,
)
from app.compat.openpanel.params import Params
from app.compat.openpanel.wire import WireFilter, WireValue, is_storable, read_model, wire_filters

NOTHING: Final = AnyOf()
"""The condition that is never true."""

_MOST_FILTERS: Final = 50
_MOST_COMPARISONS: Final = 100

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
_OPPOSITES: Final = {
    "isNot": "is",
    "doesNotContain": "contains",
    "isNotNull": "isNull",
    "notInCohort": "inCohort",
}
_PERFORMED: Final = "session.performed_event"


def decode_filters(params: Params, zone: ZoneInfo, case: Case = Case.SENSITIVE) -> Filter:
    """The condition that all filters of the request make together.

    What can't be understood is noted as an issue with the place of the filter. Dates
    without an offset are local.
    """
    conditions = tuple(condition for _, condition in named_filters(params, zone, case))
    return All(conditions)


def named_filters(
    params: Params, zone: ZoneInfo, case: Case = Case.SENSITIVE
) -> list[tuple[WireFilter, Filter]]:
    """Each filter of the request with its condition; errors as `decode_filters`."""
    wired = wire_filters(params)
    if len(wired) > _MOST_FILTERS:
        params.fail("filters", message=f"At most {_MOST_FILTERS} filters are allowed")
        return []
    conditions: list[tuple[WireFilter, Filter]] = []
    for place, wire in wired:
        condition = _condition_at(wire, params, ("filters", place), zone, case)
        if condition is not None:
            conditions.append((wire, condition))
    return conditions


def filters_among(
    members: Sequence[Json], params: Params, path: Sequence[str | int], zone: ZoneInfo
) -> Filter:
    """The condition that filters inside another parameter make together.

    `path` leads to the list of them; what can't be understood is noted under it.
    """
    if len(members) > _MOST_FILTERS:
        params.fail(*path, message=f"At most {_MOST_FILTERS} filters are allowed")
        return EVERYTHING
    conditions: list[Filter] = []
    for place, member in enumerate(members):
        wire = read_model(WireFilter, member, params, *path, place)
        if wire is None:
            continue
        condition = _condition_at(wire, params, (*path, place), zone, Case.SENSITIVE)
        if condition is not None:
            conditions.append(condition)
    return All(tuple(conditions))


def _condition_at(
    wire: WireFilter, params: Params, path: Sequence[str | int], zone: ZoneInfo, case: Case
) -> Filter | None:
    try:
        return condition_of(wire, zone, case)
    except WrongError as wrong:
        params.fail(*path, wrong.part, message=wrong.message)
        return None


def condition_of(wire: WireFilter, zone: ZoneInfo, case: Case = Case.SENSITIVE) -> Filter:
    """The condition of one filter; raises WrongError for what can't be understood."""
    if not all(map(is_storable, wire.value)):
        raise WrongError("value", "NUL characters are not allowed")
    word = _OPPOSITES.get(wire.operator, wire.operator)
    if word == "inCohort" or (word == "is" and wire.name.startswith(COHORT)):
        condition = _in_cohort(wire)
    elif wire.name == _PERFORMED:
        condition = _performed(wire, word)
    else:
        field = field_of(wire.name)
        if field is None:
            raise WrongError("name", f"{wire.name!r} is not a known field")
        if word != "isNull" and not wire.value:
            return EVERYTHING
        condition = _about(field, word, wire, _Reading(zone, case))
    return condition if word == wire.operator else Not(condition)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How values are understood: where days begin, and whether letters differ by size."""

    zone: ZoneInfo
    case: Case


def _in_cohort(wire: WireFilter) -> Filter:
    named = [wire.name.removeprefix(COHORT)] if wire.name.startswith(COHORT) else []
    told = [wire.cohort_id] if wire.cohort_id else []
    ids = [*wire.cohort_ids, *told] or named or [text_of(v) for v in wire.value if v is not None]
    if not ids:
        raise WrongError("cohortIds", "Expected the ids of cohorts")
    return AnyOf(tuple(InCohort(each) for each in dict.fromkeys(ids)))


def _performed(wire: WireFilter, word: str) -> Filter:
    """Whether the row's session has an event of one of the names."""
    if word != "is":
        raise WrongError("operator", f"{wire.operator} is not available on {wire.name!r}")
    names = tuple(text_of(value) for value in wire.value if value is not None)
    return InSession(HasEvent(Compare(COLUMNS["name"], Operator.EQUALS, names)))


def _about(field: Field, word: str, wire: WireFilter, reading: _Reading) -> Filter:
    if word == "isNull":
        return Compare(field, Operator.IS_EMPTY)
    if word != "is" and len(wire.value) > _MOST_COMPARISONS:
        # Each value is a comparison of its own, and SQLite nests them: its depth is bounded.
        raise WrongError("value", f"At most {_MOST_COMPARISONS} values are allowed here")
    if word in _TEXTUAL:
        return _textual(field, word, wire.value, reading.case)
    operator = Operator.EQUALS if word == "is" else _ORDERED[word]
    told = tuple(value for value in wire.value if value is not None and value != "")
    compare = Compare(field, operator, told, reading.case)
    members = [_compared(compare, wire, reading.zone)] if told else []
    if len(told) < len(wire.value) and operator is Operator.EQUALS:
        members.append(Compare(field, Operator.IS_EMPTY))
    return members[0] if len(members) == 1 else AnyOf(tuple(members))


def _compared(told: Compare, wire: WireFilter, zone: ZoneInfo) -> Filter:
    """The comparison with the values that were told, as the field's type and the filter's need."""
    field, operator, values, kind = told.field, told.operator, told.values, told.field.type
    match wire.type:
        case "date":
            return days_compared(field, operator, values, zone)
        case "datetime":
            return instants_compared(field, operator, values, zone)
        case "boolean":
            return booleans_compared(field, operator, values)
        case "number" if kind is ValueType.STRING:
            return numbers_found(field, operator, values)
        case _:
            pass
    if kind is ValueType.INSTANT:
        return instants_compared(field, operator, values, zone)
    if kind is ValueType.BOOLEAN:
        return booleans_compared(field, operator, values)
    # Properties have no order but that of numbers.
    is_open = not isinstance(field, (Column, *UNCAST))
    if kind is ValueType.NUMBER or (is_open and operator is not Operator.EQUALS):
        return numbers_compared(field, operator, values)
    return texts_compared(field, operator, values, told.case)


def _textual(field: Field, word: str, values: Sequence[WireValue], case: Case) -> Filter:
    if field.type is not ValueType.STRING:
        raise WrongError("operator", f"{word} needs a field of text")
    operator = _TEXTUAL[word]
    texts = [text_of(value) for value in values if value is not None]
    if operator is Operator.MATCHES:
        texts = [_pattern(text, field) for text in texts]
    condition = Compare(field, operator, tuple(texts), case)
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
            return lambda name: compiled(text).search(name) is not None


def _pattern(text: str, field: Field) -> str:
    """The pattern, checked; around patterns for columns, slashes are only decoration."""
    if isinstance(field, Column):
        text = text.removeprefix("/").removesuffix("/") if len(text) > 1 else text
    if len(text) > LONGEST_PATTERN:
        raise WrongError("value", f"A pattern has at most {LONGEST_PATTERN} characters")
    if not is_pattern(text):
        raise WrongError("value", "Invalid regular expression")
    return text
