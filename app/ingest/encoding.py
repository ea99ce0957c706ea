"""Events as bytes in the journal, compact and without loss.

A batch holds its events one by one, or column by column; its first byte tells which, and the
version of that layout. Columns are a packed table: imports bring many events at once.

One by one, an event is a JSON array: a bit mask of the optional fields that are present,
the required ones, then the present ones in the record's order; properties are JSON text
inside, which is what stores keep, so that nobody parses them on the way. Absent and `""`
stay different, floats keep every digit.
"""

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, Final, TypeAlias

import orjson

from app.analytics.boundaries import END_OFFSET, START_OFFSET
from app.analytics.errors import DomainError
from app.analytics.event_row import EventRow, properties_text
from app.analytics.records import Event
from app.stores.arrow import EventTable, read_event_table

MAX_BATCH_ROWS: Final = START_OFFSET
"""The most events in one batch: the bits above these tell boundaries from what arrived."""

BATCH_STRIDE: Final = 2 * END_OFFSET
"""How far the positions of two batches are apart."""

_ROWS: Final = b"\x02"
_COLUMNS: Final = b"\x03"

_LIGHTER: Final = 10
"""How many events take as little memory as columns as one takes by itself."""

_UNPACKED_BYTES: Final = 6_000
"""How many bytes of columns take as much memory as one event by itself, with what is made of it."""

_SIZE: Final = struct.Struct("<Q")

_REQUIRED: Final = ("project", "id", "name", "created_at", "received_at")
_COUNTS: Final = ("duration", "revenue", "groups")
_NULLABLE: Final = tuple(
    field.name
    for field in fields(Event)
    if field.name not in {*_REQUIRED, *_COUNTS, "properties", "position"}
)
_OPTIONAL: Final = (*_NULLABLE, *_COUNTS, "properties")
_BITS: Final = tuple(1 << place for place in range(len(_OPTIONAL)))
_NULLABLE_BITS: Final = _BITS[: len(_NULLABLE)]
_COUNT_BITS: Final = _BITS[len(_NULLABLE) : -1]
_PROPERTIES_BIT: Final = _BITS[-1]

_nullable_of = attrgetter(*_NULLABLE)
_counts_of = attrgetter(*_COUNTS)

_BLANKS: Final[dict[str, object]] = {"duration": 0, "revenue": 0, "groups": (), "properties": "{}"}
_FILLING: Final = (None, *_BLANKS.values())

LARGEST_AMOUNT: Final = 2 * 10**12
"""The most that one event may add to a sum of revenue or duration.

Millions of events of this size add up within the 64 bits that every engine has.
"""

# Integers beyond this are not exact in every language that reads them.
_LARGEST: Final = 2**53
_LARGEST_PROJECT: Final = 2**31 - 1

_Values: TypeAlias = Callable[[list[Any]], tuple[Any, ...]]


class UnstorableEventError(DomainError):
    """The event holds a value that no store can keep."""

    code = "BAD_USER_INPUT"


def encode_event(event: Event) -> bytes:
    """The event without its position.

    Raises UnstorableEventError for text that is not Unicode, integers out of range,
    coordinates that are no numbers, and properties that are not JSON.
    """
    check_storable(event)
    mask = 0
    row: list[object] = [
        0,
        event.project,
        event.id,
        event.name,
        event.created_at,
        event.received_at,
    ]
    for bit, value in zip(_NULLABLE_BITS, _nullable_of(event), strict=True):
        if value is not None:
            mask |= bit
            row.append(value)
    for bit, value in zip(_COUNT_BITS, _counts_of(event), strict=True):
        if value:
            mask |= bit
            row.append(value)
    try:
        if event.properties:
            mask |= _PROPERTIES_BIT
            row.append(properties_text(event))
        row[0] = mask
        return orjson.dumps(row)
    except orjson.JSONEncodeError as error:
        raise UnstorableEventError(f"The event can't be stored: {error}.") from error


def encode_batch(rows: Sequence[bytes]) -> bytes:
    """The batch of these encoded events."""
    return _ROWS + b"[" + b",".join(rows) + b"]"


def encode_table(table: EventTable) -> bytes:
    """The batch of these events, at most `MAX_BATCH_ROWS`; their positions are left aside.

    How many bytes they are when they are unpacked stands behind them.
    """
    return _COLUMNS + table.to_bytes() + _SIZE.pack(table.size)


def holds_columns(blob: bytes) -> bool:
    """Whether the batch is one of `encode_table`."""
    return blob[:1] == _COLUMNS


def weight_of(rows: int, blob: bytes) -> int:
    """How many events held one by one take the memory that this batch of `rows` takes."""
    if not holds_columns(blob):
        return rows
    size: int = _SIZE.unpack(blob[-_SIZE.size :])[0]
    return max(-(-rows // _LIGHTER), size // _UNPACKED_BYTES)


def decode_table(
    blob: bytes, batch_position: int, names: Sequence[str] | None = None
) -> EventTable:
    """The events of a batch of columns, each with its position in the order of arrival.

    Or these columns alone.
    """
    table = read_event_table(memoryview(blob)[1 : -_SIZE.size], names)
    if names is not None and "position" not in names:
        return table
    first = first_position(batch_position)
    return table.replaced("position", range(first, first + len(table)))


def decode_batch(blob: bytes, batch_position: int) -> list[EventRow]:
    """The events of a batch of rows, each with its position in the order of arrival.

    Raises ValueError when the layout is unknown.
    """
    if blob[:1] != _ROWS:
        raise ValueError(f"Batch {batch_position} of the journal has an unknown layout.")
    first = first_position(batch_position)
    rows = orjson.loads(memoryview(blob)[1:])
    return [_decoded(row, position) for position, row in enumerate(rows, first)]


def first_position(batch_position: int) -> int:
    """The position of the first event of that batch."""
    return batch_position * BATCH_STRIDE


def _decoded(row: list[Any], position: int) -> EventRow:
    values, groups = _layout(row[0])
    row[0] = position
    if groups is not None:
        row[groups] = tuple(row[groups])
    row += _FILLING
    return EventRow._make(values(row))


@lru_cache(maxsize=4096)
def _layout(mask: int) -> tuple[_Values, int | None]:
    """What picks a row's values in the order of its fields, and where the groups are.

    What the event lacks is picked from the filling behind it.
    """
    present = [name for name, bit in zip(_OPTIONAL, _BITS, strict=True) if mask & bit]
    places = {name: place for place, name in enumerate(("position", *_REQUIRED, *present))}
    filling = {name: place - len(_FILLING) for place, name in enumerate(_BLANKS, start=1)}
    picked = [places.get(name, filling.get(name, -len(_FILLING))) for name in EventRow._fields]
    return itemgetter(*picked), places.get("groups")


def check_storable(event: Event) -> None:
    """Raises UnstorableEventError where a number of the event is beyond what stores keep."""
    if not (
        -_LARGEST <= event.created_at <= _LARGEST
        and -_LARGEST <= event.received_at <= _LARGEST
        and -_LARGEST <= (event.imported_at or 0) <= _LARGEST
    ):
        raise UnstorableEventError("A time of the event is too large to be stored.")
    if abs(event.revenue) > LARGEST_AMOUNT or abs(event.duration) > LARGEST_AMOUNT:
        raise UnstorableEventError(f"An event's revenue and duration are at most {LARGEST_AMOUNT}.")
    if not 0 <= event.project <= _LARGEST_PROJECT:
        raise UnstorableEventError("The event's project has no valid number.")
    if not math.isfinite((event.longitude or 0) + (event.latitude or 0)):
        raise UnstorableEventError("The event's coordinates are not numbers.")
