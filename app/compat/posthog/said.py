"""Parts of questions in this API's words: ranges, conditions, series."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from app.analytics.errors import DomainError
from app.analytics.fields import (
    Column,
    Field,
    GroupProperty,
    ProfileColumn,
    ProfileProperty,
    Property,
)
from app.analytics.filters import (
    EVERYTHING,
    All,
    Any,
    Compare,
    Filter,
    InCohort,
    Not,
    Operator,
    simplified,
)
from app.analytics.metrics import named
from app.analytics.periods import TimeRange
from app.analytics.ranges import AllTime, Between, Edge, RangeSpec, Relative
from app.analytics.records import SCREEN_VIEW, Json
from app.compat.posthog.dates import UNITS, end_edge, start_edge
from app.compat.posthog.properties import EVENT_COLUMNS, PERSON_COLUMNS, SESSION_COLUMNS

Part = dict[str, Json]


class UnsayableError(DomainError):
    """The question has a part for which this API has no words."""

    code = "UNSAYABLE"

    def __init__(self) -> None:
        super().__init__("The question can't be said in these words.")


_EVENT_KEYS: Final = {column: key for key, column in reversed([*EVENT_COLUMNS.items()])}
_SESSION_KEYS: Final = {column: key for key, column in reversed([*SESSION_COLUMNS.items()])}
_PERSON_KEYS: Final = {column: key for key, column in reversed([*PERSON_COLUMNS.items()])}
_LETTERS: Final = {unit: letter for letter, unit in UNITS.items()}


def key_of(field: Field) -> tuple[str, str]:
    """The type and the name of the property; raises UnsayableError for other fields."""
    match field:
        case Column(name="name"):
            return "event", "event"
        case Column(name=name) if name in _EVENT_KEYS:
            return "event", _EVENT_KEYS[name]
        case Column(name=name) if name in _SESSION_KEYS:
            return "session", _SESSION_KEYS[name]
        case Property(key):
            return "event", key
        case ProfileColumn(column) if column in _PERSON_KEYS:
            return "person", _PERSON_KEYS[column]
        case ProfileProperty(key):
            return "person", key
        case GroupProperty(key):
            return "group", key
        case _:
            raise UnsayableError


def range_said(spec: RangeSpec) -> Json:
    """The range as a `dateRange`; raises UnsayableError for one that has no such form."""
    match spec:
        case AllTime():
            return {"date_from": "all"}
        case Relative(start, end):
            told: Part = {"date_from": _edge_said(start, is_end=False)}
            until = None if end == end_edge("dEnd") else _edge_said(end, is_end=True)
            return told if until is None else {**told, "date_to": until}
        case Between(start, end) if start is not None:
            told = {"date_from": _bound_said(start)}
            return told if end is None else {**told, "date_to": _bound_said(end)}
        case TimeRange() | Between():
            raise UnsayableError


def _edge_said(edge: Edge, *, is_end: bool) -> str:
    """The text that is read as that edge, found by reading those that could be."""
    letter = _LETTERS.get(edge.unit)
    read = end_edge if is_end else start_edge
    for shift in (edge.shift, edge.shift - 1):
        for suffix in ("", "Start", "End"):
            text = f"{shift:+d}{letter}{suffix}"
            if letter is not None and read(text) == edge:
                return text
    raise UnsayableError


def _bound_said(bound: int | date) -> str:
    if isinstance(bound, date):
        return bound.isoformat()
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=bound)
    return moment.isoformat().replace("+00:00", "Z")


def said_properties(condition: Filter) -> Part:
    """The condition as `properties`, a list where that is enough; nothing for no condition."""
    condition = simplified(condition)
    if condition == EVERYTHING:
        return {}
    members = condition.members if isinstance(condition, All) else (condition,)
    if not any(isinstance(member, All | Any) for member in members):
        return {"properties": [*map(_property, members)]}
    return {"properties": _group(condition if isinstance(condition, Any) else All(members))}


def _group(condition: Filter) -> Json:
    if isinstance(condition, All | Any):
        joined = "AND" if isinstance(condition, All) else "OR"
        return {"type": joined, "values": [*map(_group, condition.members)]}
    return _property(condition)


_SAID: Final = {
    Operator.EQUALS: ("exact", "is_not"),
    Operator.CONTAINS: ("icontains", "not_icontains"),
    Operator.MATCHES: ("regex", "not_regex"),
    Operator.STARTS_WITH: ("starts_with", "not_starts_with"),
    Operator.ENDS_WITH: ("ends_with", "not_ends_with"),
    Operator.IS_EMPTY: ("is_not_set", "is_set"),
}
_NUMERIC: Final = {
    Operator.GREATER: "gt",
    Operator.AT_LEAST: "gte",
    Operator.LESS: "lt",
    Operator.AT_MOST: "lte",
}


def _property(condition: Filter) -> Json:
    negated = isinstance(condition, Not)
    leaf = condition.member if isinstance(condition, Not) else condition
    match leaf:
        case InCohort(cohort):
            operator = "not_in" if negated else "in"
            return {"key": "id", "type": "cohort", "value": cohort, "operator": operator}
        case Compare(field, operator, values) if operator in _SAID:
            kind, key = key_of(field)
            told: Part = {"key": key, "type": kind, "operator": _SAID[operator][negated]}
            return told if operator is Operator.IS_EMPTY else {**told, "value": [*values]}
        case Compare(field, operator, values) if operator in _NUMERIC and not negated:
            kind, key = key_of(field)
            told = {"key": key, "type": kind, "operator": _NUMERIC[operator]}
            return {**told, "value": [*values]}
        case _:
            raise UnsayableError


def series_said(condition: Filter, label: str) -> Part:
    """The events that meet the condition as a series of that name."""
    condition = simplified(condition)
    members = condition.members if isinstance(condition, All) else (condition,)
    event: str | None = None
    first = members[0] if members else None
    if isinstance(first, Compare) and first == named(str(first.values[0] if first.values else "")):
        event = str(first.values[0])
        members = members[1:]
    shown = "$pageview" if event == SCREEN_VIEW else event
    told: Part = {"kind": "EventsNode", "event": shown, **said_properties(All(tuple(members)))}
    if label and label != shown:
        told["custom_name"] = label
    return told


def said_apart(condition: Filter, *, pages: bool) -> Filter:
    """The condition of paths without what tells pages from other events."""
    seen: Filter = named(SCREEN_VIEW) if pages else Not(named(SCREEN_VIEW))
    condition = simplified(condition)
    members = condition.members if isinstance(condition, All) else (condition,)
    if seen not in members:
        raise UnsayableError
    return simplified(All(tuple(member for member in members if member != seen)))
