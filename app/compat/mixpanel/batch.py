"""Events that are sent: bodies in all their forms, and what each event must have."""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import orjson

from app.analytics.errors import DomainError, InvalidQueryError, PayloadTooLargeError
from app.analytics.records import Event, Json
from app.importer.mixpanel import event_of
from app.importer.rows import BadRowError, Circumstances, Row, instant_of
from app.ingest.bodies import read_json
from app.ingest.encoding import check_storable
from app.ingest.properties import checked_properties

MOST_EVENTS: Final = 2_000
LARGEST_BODY: Final = 10_000_000
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


def unpacked(body: bytes, coding: str) -> bytes:
    """The body as it was before packing.

    Raises InvalidQueryError for damaged ones, PayloadTooLargeError for too large ones.
    """
    if coding.strip().lower() in {"", "identity"}:
        return body
    if coding.strip().lower() != "gzip":
        raise InvalidQueryError.at("content-encoding", message="Only gzip can be unpacked")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise InvalidQueryError.at("body", message="The body is no valid gzip") from None
    if len(plain) > LARGEST_BODY:
        raise PayloadTooLargeError(f"At most {LARGEST_BODY} bytes fit into one request.")
    if not unpacker.eof:
        raise InvalidQueryError.at("body", message="The body is no valid gzip")
    return plain


def rows_in(body: bytes, *, is_lines: bool) -> list[Json]:
    """The rows of a JSON array, of a lone object, or of lines of JSON.

    Raises InvalidQueryError, and PayloadTooLargeError for too many rows.
    """
    if is_lines:
        value: Json = [read_json(line) for line in body.splitlines() if line.strip()]
    else:
        value = read_json(body)
    rows = listed(value)
    if len(rows) > MOST_EVENTS:
        raise PayloadTooLargeError(f"At most {MOST_EVENTS} events fit into one request.")
    return rows


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


def read_batch(rows: list[Json], circumstances: Circumstances) -> Batch:
    """The rows as events, each of which must have what imported ones have."""
    events: list[Event] = []
    failures: list[Failure] = []
    for index, row in enumerate(rows):
        try:
            events.append(_checked_event(row, index, circumstances))
        except _InvalidEventError as error:
            failures.append(Failure(index, _insert_id_of(row), error.field, error.message))
    return Batch(events, failures)


def tracked_event(row: Json, index: int, circumstances: Circumstances) -> Event:
    """The row as an event that happens now, which may lack an id.

    Raises InvalidQueryError.
    """
    told = _properties_of(row) if isinstance(row, dict) else None
    if not isinstance(row, dict) or told is None:
        raise InvalidQueryError.at(index, message="The event is not an object with properties")
    filled: Row = {**row, "properties": {"time": circumstances.at_ms, **told}}
    try:
        event = event_of(filled, index, circumstances)
        checked_properties(event.properties, ("properties",))
        check_storable(event)
    except (BadRowError, DomainError) as error:
        raise InvalidQueryError.at(index, message=str(error)) from None
    at = min(event.created_at, circumstances.at_ms)
    return replace(event, imported_at=None, created_at=at)


def _checked_event(row: Json, index: int, circumstances: Circumstances) -> Event:
    if not isinstance(row, dict):
        raise _InvalidEventError("event", "the event is not a JSON object")
    told = _properties_of(row)
    if not isinstance(row.get("event"), str) or not row["event"]:
        raise _InvalidEventError("event", "'event' is invalid: must not be missing or empty")
    if told is None:
        raise _InvalidEventError("properties", "'properties' is invalid: must be an object")
    _check_ids(told)
    at = _time_of(told, circumstances.at_ms)
    if len(orjson.dumps(row)) > LARGEST_EVENT:
        raise _InvalidEventError("event", f"the event is larger than {LARGEST_EVENT} bytes")
    try:
        event = event_of(row, index, circumstances)
        checked_properties(event.properties, ("properties",))
        check_storable(event)
    except (BadRowError, DomainError) as error:
        raise _InvalidEventError("properties", str(error)) from None
    return replace(event, created_at=min(at, max(circumstances.at_ms, 0)))


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
