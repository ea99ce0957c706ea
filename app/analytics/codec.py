"""Questions as JSON that outlives the program: what saved insights and jobs keep.

A thing is written as an object that names its kind under `is`. Parts that have their default
value are left out, so that a part added later is read as its default.
"""

import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, Final, TypeAlias, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.analytics import (
    audiences,
    charts,
    curves,
    field_kinds,
    filters,
    journeys,
    metrics,
    periods,
    queries,
    ranges,
    thresholds,
)
from app.analytics.audiences import AudiencesQuery
from app.analytics.errors import DomainError, InvalidQueryError
from app.analytics.fields import COLUMNS, PROFILE_COLUMNS, Column, ProfileColumn
from app.analytics.formulas import Formula, parse_formula
from app.analytics.journeys import (
    FunnelQuery,
    FunnelTrendQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.queries import BreakdownQuery, ChartQuery, EventsQuery, SeriesQuery, TotalsQuery
from app.analytics.records import Json

Question: TypeAlias = (
    TotalsQuery
    | SeriesQuery
    | ChartQuery
    | BreakdownQuery
    | EventsQuery
    | FunnelQuery
    | FunnelTrendQuery
    | RetentionQuery
    | PathsQuery
    | StickinessQuery
    | LifecycleQuery
    | AudiencesQuery
)
"""A question that can be kept and asked again."""

VERSION: Final = 1
"""The form that is written. Every older one stays readable."""

_UNKNOWN: Final = (KeyError, TypeError, ValueError, ZoneInfoNotFoundError, InvalidQueryError)
_KIND: Final = "is"
_VALUE: Final = "of"


class UnreadableQuestionError(DomainError):
    """What was kept is of a form that this version of the program doesn't know."""

    code = "UNREADABLE_QUESTION"


def _kinds_of(*modules: types.ModuleType) -> dict[str, type[Any]]:
    return {
        name: kind
        for module in modules
        for name, kind in vars(module).items()
        if not name.startswith("_")
        and isinstance(kind, type)
        and kind.__module__ == module.__name__
        and (is_dataclass(kind) or issubclass(kind, Enum))
    }


_KINDS: Final = _kinds_of(
    *(field_kinds, filters, metrics, periods, ranges, queries, charts, journeys, audiences, curves),
    thresholds,
)


def encode(thing: object) -> Json:
    """The JSON of a question or of a part of one, such as a filter or a range."""
    return {"version": VERSION, "value": _encoded(thing)}


def decode(stored: Json) -> Any:  # noqa: ANN401 — The caller knows what it has kept.
    """What `encode` was given; raises UnreadableQuestionError for anything else."""
    if not isinstance(stored, dict) or stored.get("version") != VERSION:
        raise UnreadableQuestionError("The stored question has a form of another version.")
    return _decoded(stored.get("value"))


def decode_question(stored: Json) -> Question:
    """The question that was kept; raises UnreadableQuestionError for anything else."""
    question = decode(stored)
    if not isinstance(question, Question):
        raise UnreadableQuestionError("What is stored is not a question.")
    return question


def _encoded(value: object) -> Json:
    match value:
        case Enum():
            return {_KIND: type(value).__name__, _VALUE: value.name}
        case None | str() | bool() | int() | float():
            return value
        case tuple() | list():
            return [_encoded(each) for each in cast("tuple[object, ...]", value)]
        case frozenset():
            members = cast("frozenset[str]", value)
            return {_KIND: "set", _VALUE: [_encoded(each) for each in sorted(members)]}
        case ZoneInfo():
            return {_KIND: "zone", _VALUE: value.key}
        case date():
            return {_KIND: "date", _VALUE: value.isoformat()}
        case Formula():
            return {_KIND: "formula", _VALUE: value.text}
        case Column():
            return {_KIND: "Column", "name": value.name}
        case ProfileColumn():
            return {_KIND: "ProfileColumn", "name": value.column}
        case _:
            return _encoded_parts(value)


def _encoded_parts(value: object) -> dict[str, Json]:
    kind = type(value)
    if _KINDS.get(kind.__name__) is not kind:
        raise TypeError(f"{kind.__qualname__} is no part of a question.")
    parts: dict[str, Json] = {_KIND: kind.__name__}
    for part in fields(cast("Any", value)):
        held: object = getattr(value, part.name)
        if part.default is MISSING or held != part.default:
            parts[part.name] = _encoded(held)
    return parts


def _decoded(stored: Json) -> Any:  # noqa: ANN401 — As `decode`.
    match stored:
        case list():
            return tuple(_decoded(each) for each in stored)
        case dict():
            try:
                return _decoded_object(stored)
            except _UNKNOWN as error:
                raise UnreadableQuestionError(
                    f"The stored question has an unknown part: {error}"
                ) from error
        case _:
            return stored


def _decoded_object(stored: dict[str, Json]) -> object:
    name = str(stored[_KIND])
    match name:
        case "set":
            return frozenset(_decoded(stored[_VALUE]))
        case "zone":
            return ZoneInfo(str(stored[_VALUE]))
        case "date":
            return date.fromisoformat(str(stored[_VALUE]))
        case "formula":
            return parse_formula(str(stored[_VALUE]))
        case "Column":
            return COLUMNS[str(stored["name"])]
        case "ProfileColumn":
            return PROFILE_COLUMNS[str(stored["name"])]
        case _:
            kind = _KINDS[name]
    if issubclass(kind, Enum):
        return kind[str(stored[_VALUE])]
    return kind(**{key: _decoded(part) for key, part in stored.items() if key != _KIND})
