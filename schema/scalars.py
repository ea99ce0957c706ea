"""Scalars beyond the ones that GraphQL and Strawberry bring along."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, NewType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import strawberry
from strawberry.types.scalar import ScalarDefinition

Long = NewType("Long", int)
"""A count or an amount that may not fit into 32 bits."""

Json = NewType("Json", object)
"""Any JSON value."""

TimeZone = NewType("TimeZone", ZoneInfo)
"""A time zone by its IANA name."""

LARGEST_WHOLE: Final = 2**53 - 1
"""The largest whole number that JSON carries everywhere."""


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError(f"Long cannot represent {value!r}: it is not a whole number.")
    if abs(value) > LARGEST_WHOLE:
        raise ValueError(f"Long cannot represent {value}: it has more than 53 bits.")
    return int(value)


def _json(value: object) -> object:
    """The value, if it can be stored as JSON; numbers of more than 64 bits can't."""
    try:
        orjson.dumps(value)
    except TypeError:
        raise ValueError("The value can't be written as JSON.") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("JSON has no infinite numbers.")
    return value


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("The time zone is not an IANA name such as Europe/Stockholm.") from None


def _name(zone: ZoneInfo) -> str:
    return zone.key


def _scalar(
    name: str,
    description: str,
    *,
    serialize: Callable[[Any], object],
    parse_value: Callable[[Any], object],
) -> ScalarDefinition:
    made: ScalarDefinition = strawberry.scalar(
        name=name, description=description, serialize=serialize, parse_value=parse_value
    )
    return made


def _instant(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(
            f'{value!r} is not an instant such as "2026-03-01T12:00:00+01:00".'
        ) from None
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no offset from UTC: add Z, or an offset such as +01:00.")
    return moment


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f'{value!r} is not a day of the calendar such as "2026-03-01".') from None


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    datetime: _scalar(
        "DateTime",
        "An instant with its offset from UTC, such as 2026-03-01T12:00:00+01:00. Answers carry "
        "the zone of the question in buckets, and UTC everywhere else.",
        serialize=datetime.isoformat,
        parse_value=_instant,
    ),
    date: _scalar(
        "Date",
        "A day of the calendar, such as 2026-03-01.",
        serialize=date.isoformat,
        parse_value=_day,
    ),
    Long: _scalar(
        "Long",
        "A whole number of up to 53 bits, written as a JSON number. Int has only 32.",
        serialize=_whole,
        parse_value=_whole,
    ),
    Json: _scalar(
        "JSON",
        "Any JSON value, untyped: only for the properties of events and profiles.",
        serialize=lambda value: value,
        parse_value=_json,
    ),
    TimeZone: _scalar(
        "TimeZone",
        "A time zone by its IANA name, such as Asia/Kathmandu.",
        serialize=_name,
        parse_value=_zone,
    ),
}
"""How each of these types goes over the wire."""
