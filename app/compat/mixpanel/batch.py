"""Events that are sent: bodies in all their forms, and what each event must have."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson

from app.analytics.errors import DomainError, InvalidQueryError, PayloadTooLargeError
from app.analytics.records import Event, Json
from app.compat.mixpanel.bounds import excesses
from app.compat.mixpanel.memberships import with_groups
from app.compat.mixpanel.places import placed
from app.importer.mixpanel import event_of, is_own_export
from app.importer.rows import BadRowError, Circumstances, Row, instant_of
from app.ingest.bodies import read_json
from app.ingest.encoding import check_storable
from app.ingest.geo import GeoLookup
from app.ingest.properties import checked_properties
from app.kit.ids import derived_id

MOST_EVENTS: Final = 2_000
LARGEST_EVENT: Final = 1_000_000

_FIRST_TIME_MS: Final = 31_536_000_000
"""The beginning of 1971: earlier times are mistakes."""

_HOUR_MS: Final = 3_600_000
_INSERT_ID: Final = re.compile(r"[A-Za-z0-9-]{1,36}", re.ASCII)
_JUNK: Final = frozenset(
    {
        "00000000-0000-0000-0000-000000000000",
        "anon",
        "anonymous",
        "nil",
        "<nil>",
        "none",
        "null",
        "n/a",
        "na",
        "undefined",
        "unknown",
        "0",
        "-1",
        "true",
        "false",
        "[]",
        "{}",
    }
)
"""Ids that are somebody's missing value."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of events beside their rows.

    `address` is the caller's, where that is to tell their place; `group_types` are names of
    properties that name groups.
    """

    circumstances: Circumstances
    geo: GeoLookup
    address: str | None
    group_types: Sequence[str]


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that can't be taken in: where it stands, and what is wrong with it."""

    index: int
    insert_id: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What a body holds: events to store, and those that are none."""

    events: list[Event]
    failures: list[Failure]


class _InvalidEventError(Exception):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def rows_in(body: bytes, *, is_lines: bool) -> list[Json]:
    """The rows of a JSON array, of a lone object, or of lines of JSON.

    Raises InvalidQueryError, and PayloadTooLargeError for too many rows.
    """
    if is_lines:
        value: Json = [*_lines_in(body)]
    else:
        value = read_json(body)
    rows = listed(value)
    if len(rows) > MOST_EVENTS:
        raise PayloadTooLargeError(f"At most {MOST_EVENTS} events fit into one request.")
    return rows


def _lines_in(body: bytes) -> Iterator[Json]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield read_json(line)
        except InvalidQueryError:
            raise InvalidQueryError.at(number, message=f"Line {number} is not valid JSON") from None


def listed(value: Json) -> list[Json]:
    """The members of a list, or a lone value as the only one."""
    return value if isinstance(value, list) else [value]


def decoded_value(text: str) -> Json:
    """The JSON of a `data` parameter, which may be base64; raises InvalidQueryError.

    A `+` of base64 that came as a space is one again.
    """
    plain = text.strip()
    if plain.startswith(("{", "[")):
        return read_json(plain.encode())
    try:
        raw = base64.b64decode(plain.replace(" ", "+") + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidQueryError.at("data", message="data is neither JSON nor base64") from None
    return read_json(raw)


def read_batch(rows: list[Json], around: Surroundings) -> Batch:
    """The rows as events, each of which must have what imported ones have.

    This server's own lines may be as large as its events are.
    """
    events: list[Event] = []
    failures: list[Failure] = []
    for index, row in enumerate(rows):
        try:
            events.append(_checked_event(row, index, around))
        except _InvalidEventError as error:
            failures.append(Failure(index, _insert_id_of(row), error.field, error.message))
    return Batch(events, failures)


def tracked_event(row: Json, index: int, around: Surroundings) -> Event:
    """The row as an event that happens now, which may lack an id.

    Raises InvalidQueryError.
    """
    told = _properties_of(row) if isinstance(row, dict) else None
    if not isinstance(row, dict) or told is None:
        raise InvalidQueryError.at(index, message="The event is not an object with properties")
    now = around.circumstances.at_ms
    try:
        event = _event(row, {"time": now, **told}, index, around)
    except (BadRowError, DomainError) as error:
        raise InvalidQueryError.at(index, message=str(error)) from None
    at = min(event.created_at, now)
    return replace(event, imported_at=None, created_at=at)


def _event(row: Row, told: dict[str, Json], index: int, around: Surroundings) -> Event:
    """The event with its place and groups; raises BadRowError and other domain errors."""
    event = event_of({**row, "properties": told}, index, around.circumstances)
    checked_properties(event.properties, ("properties",))
    check_storable(event)
    named = None if is_own_export(told) else told.get("ip")
    return with_groups(placed(event, named, around.address, around.geo), around.group_types)


def _checked_event(row: Json, index: int, around: Surroundings) -> Event:
    if not isinstance(row, dict):
        raise _InvalidEventError("event", "the event is not a JSON object")
    told = _properties_of(row)
    if not isinstance(row.get("event"), str) or not row["event"]:
        raise _InvalidEventError("event", "'event' is invalid: must not be missing or empty")
    if told is None:
        raise _InvalidEventError("properties", "'properties' is invalid: must be an object")
    if row["event"] == "$merge":
        told = _merge_of(told, around.circumstances)
    _check_ids(told)
    if not is_own_export(told):
        for field, message in excesses(str(row["event"]), told):
            raise _InvalidEventError(field, message)
    now = around.circumstances.at_ms
    at = _time_of(told, now)
    if len(orjson.dumps(row)) > LARGEST_EVENT:
        raise _InvalidEventError("event", f"the event is larger than {LARGEST_EVENT} bytes")
    try:
        event = _event(row, told, index, around)
    except (BadRowError, DomainError) as error:
        raise _InvalidEventError("properties", str(error)) from None
    return replace(event, created_at=min(at, max(now, 0)))


def _merge_of(told: dict[str, Json], circumstances: Circumstances) -> dict[str, Json]:
    """What a merge tells, which has two ids and need not have what other events must have."""
    ids = told.get("$distinct_ids")
    if not (isinstance(ids, list) and list(map(type, ids)) == [str, str] and all(ids)):
        raise _InvalidEventError(
            "properties.$distinct_ids", "'properties.$distinct_ids' is invalid: must be two ids"
        )
    first, second = map(str, ids)
    insert_id = derived_id(str(circumstances.project), "$merge", first, second)
    blank: dict[str, Json] = {"time": circumstances.at_ms, "distinct_id": first}
    return {**blank, "$insert_id": insert_id, **told}


def _check_ids(told: Mapping[str, Json]) -> None:
    someone = told.get("distinct_id")
    if someone is None or isinstance(someone, bool | list | dict):
        raise _InvalidEventError(
            "properties.distinct_id", "'properties.distinct_id' is invalid: must not be missing"
        )
    if str(someone).strip().lower() in _JUNK:
        raise _InvalidEventError(
            "properties.distinct_id", f"'properties.distinct_id' is invalid: {someone} is no id"
        )
    insert_id = told.get("$insert_id")
    if not isinstance(insert_id, str) or not insert_id:
        raise _InvalidEventError(
            "properties.$insert_id", "'properties.$insert_id' is invalid: must not be missing"
        )
    if _INSERT_ID.fullmatch(insert_id) is None or insert_id.lower() in _JUNK:
        raise _InvalidEventError(
            "properties.$insert_id",
            "'properties.$insert_id' is invalid: must be 1 to 36 letters, digits and dashes",
        )


def _time_of(told: Mapping[str, Json], now: int) -> int:
    time = told.get("time")
    wrong = _InvalidEventError(
        "properties.time",
        "'properties.time' is invalid: must be specified as seconds since epoch",
    )
    if isinstance(time, bool) or not isinstance(time, int | float):
        raise wrong
    try:
        at = instant_of(time)
    except (BadRowError, OverflowError, ValueError):
        raise wrong from None
    if not _FIRST_TIME_MS <= at <= now + _HOUR_MS:
        raise _InvalidEventError(
            "properties.time",
            "'properties.time' is invalid: must be between 1971 and an hour from now",
        )
    return at


def _properties_of(row: Mapping[str, Json]) -> dict[str, Json] | None:
    told = row.get("properties")
    return told if isinstance(told, dict) else None


def _insert_id_of(row: Json) -> str:
    told = _properties_of(row) if isinstance(row, dict) else None
    found = told.get("$insert_id") if told else None
    return found if isinstance(found, str) else ""
