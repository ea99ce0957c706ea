"""What a project refuses to take in: addresses, profiles and events."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never, cast

import re2

from app.analytics.errors import InvalidQueryError, Issue
from app.analytics.fields import COLUMNS, Source
from app.analytics.filters import Operand, Operator
from app.analytics.records import Json

ANY_NAME: Final = "*"
"""The name of an event filter that looks at events of every name."""

PROPERTY_PREFIX: Final = "properties."

_MOST_FILTERS: Final = 200
_MOST_CONDITIONS: Final = 50
_LONGEST_PATTERN: Final = 1_000
_PatternError = cast("type[Exception]", re2.error)  # pyright: ignore[reportUnknownMemberType] # It has no stubs.


@dataclass(frozen=True, slots=True)
class AddressFilter:
    """Refuses an address, or every address of a network such as 203.0.113.0/24."""

    address: str


@dataclass(frozen=True, slots=True)
class ProfileFilter:
    """Refuses what is said of one profile."""

    profile_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCondition:
    """True for an event whose field stands in that relation to any of the values.

    `field` is a column of events by its name, or `properties.` and a key. A comparison
    with an absent value is false, and its negated form is true.
    """

    field: str
    operator: Operator
    values: tuple[Operand, ...] = ()
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Drops the events of that name for which all conditions are true.

    `segment` is kept for whoever wrote the filter: an event is dropped or not, whatever
    would be counted.
    """

    name: str = ANY_NAME
    conditions: tuple[EventCondition, ...] = ()
    segment: str = "event"


ProjectFilter: TypeAlias = AddressFilter | ProfileFilter | EventFilter


def check_filters(filters: Sequence[ProjectFilter]) -> None:
    """Raises InvalidQueryError that names each filter which can't be one, by its place."""
    if len(filters) > _MOST_FILTERS:
        raise InvalidQueryError.at("filters", message=f"A project has at most {_MOST_FILTERS}.")
    issues = [issue for place, one in enumerate(filters) for issue in _issues(one, place)]
    if issues:
        raise InvalidQueryError(*issues)


def filters_json(filters: Iterable[ProjectFilter]) -> list[Json]:
    """The filters in the form in which they are stored."""
    return [_json_of(one) for one in filters]


def filters_of(stored: Iterable[Json]) -> tuple[ProjectFilter, ...]:
    """The filters that were stored in that form."""
    return tuple(_filter_of(cast("Mapping[str, Json]", one)) for one in stored)


def _issues(one: ProjectFilter, place: int) -> list[Issue]:
    match one:
        case AddressFilter(address):
            return [] if _is_network(address) else [_wrong(place, "ip", "This is no IP address.")]
        case ProfileFilter(profile_id):
            return [] if profile_id else [_wrong(place, "profileId", "A profile has an id.")]
        case EventFilter(name=name, conditions=conditions):
            issues = [] if name else [_wrong(place, "name", "An event has a name.")]
            if len(conditions) > _MOST_CONDITIONS:
                return [_wrong(place, "filters", f"At most {_MOST_CONDITIONS} are allowed.")]
            for index, condition in enumerate(conditions):
                reason = _reason_against(condition)
                if reason is not None:
                    issues.append(Issue(("filters", place, "filters", index), reason))
            return issues
        case _:
            assert_never(one)


def _reason_against(condition: EventCondition) -> str | None:
    if not is_event_field(condition.field):
        return f"Events have no field {condition.field!r}."
    if condition.operator is Operator.IS_EMPTY:
        return None
    if not condition.values:
        return "The condition needs a value."
    if condition.operator is Operator.MATCHES and not all(map(_is_pattern, condition.values)):
        return "This is no regular expression."
    return None


def is_event_field(name: str) -> bool:
    """Whether conditions on events may name that field."""
    if name.startswith(PROPERTY_PREFIX):
        return len(name) > len(PROPERTY_PREFIX)
    column = COLUMNS.get(name)
    return column is not None and Source.EVENTS in column.sources


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_pattern(value: Operand) -> bool:
    if not isinstance(value, str) or len(value) > _LONGEST_PATTERN:
        return False
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(value, options)  # pyright: ignore[reportUnknownMemberType] # It has no stubs.
    except _PatternError:
        return False
    return True


def _wrong(place: int, part: str, message: str) -> Issue:
    return Issue(("filters", place, part), message)


def _json_of(one: ProjectFilter) -> Json:
    match one:
        case AddressFilter(address):
            return {"type": "address", "address": address}
        case ProfileFilter(profile_id):
            return {"type": "profile", "profile_id": profile_id}
        case EventFilter(name=name, conditions=conditions, segment=segment):
            return {
                "type": "event",
                "name": name,
                "conditions": [_condition_json(condition) for condition in conditions],
                "segment": segment,
            }
        case _:
            assert_never(one)


def _condition_json(condition: EventCondition) -> Json:
    return {
        "field": condition.field,
        "operator": condition.operator.value,
        "values": list(condition.values),
        "is_negated": condition.is_negated,
    }


def _filter_of(stored: Mapping[str, Json]) -> ProjectFilter:
    match stored:
        case {"type": "address", "address": str(address)}:
            return AddressFilter(address)
        case {"type": "profile", "profile_id": str(profile_id)}:
            return ProfileFilter(profile_id)
        case {
            "type": "event",
            "name": str(name),
            "conditions": list(conditions),
            "segment": str(segment),
        }:
            told = cast("list[Mapping[str, Json]]", conditions)
            return EventFilter(
                name=name, conditions=tuple(map(_condition_of, told)), segment=segment
            )
        case _:
            raise ValueError("A stored filter of a project has an unknown form.")


def _condition_of(stored: Mapping[str, Json]) -> EventCondition:
    return EventCondition(
        field=cast("str", stored["field"]),
        operator=Operator(cast("str", stored["operator"])),
        values=tuple(cast("list[Operand]", stored["values"])),
        is_negated=bool(stored["is_negated"]),
    )
