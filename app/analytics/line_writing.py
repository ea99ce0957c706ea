"""Rows as lines of JSON without an engine: for the few events that have just come.

Asking an engine for a handful of rows takes it longer to plan than to answer. Whoever holds
the rows as they were stored writes the same lines at once.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

import orjson

from app.analytics.event_row import EventRow
from app.analytics.fields import Column, ValueType
from app.analytics.shapes import (
    Absent,
    Clock,
    Constant,
    Document,
    Instant,
    Member,
    Number,
    Object,
    Opaque,
    Shape,
    Shown,
    Spread,
    Text,
    bounded_fields,
)

Writer: TypeAlias = Callable[[EventRow], bytes | None]
"""The line of a row; None where one of its values exceeds the shape's bounds."""

_Read: TypeAlias = Callable[[EventRow], Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SHAPES_KEPT: Final = 256
_NUMBERS: Final = frozenset({ValueType.NUMBER, ValueType.INSTANT})


@lru_cache(_SHAPES_KEPT)
def line_writer(shape: Shape) -> Writer | None:
    """What writes rows as the engines write them; None for a shape that takes an engine."""
    members, end = _members(shape.parts), shape.end.encode()
    if members is None:
        return None
    bounds = [
        (attrgetter(field.name), within)
        for field, within in bounded_fields(shape)
        # All fields of such a shape are columns.
        if isinstance(field, Column)
    ]

    def write(row: EventRow) -> bytes | None:
        for read, (low, high) in bounds:
            value = read(row)
            if value is not None and not low <= value <= high:
                return None
        return orjson.dumps(_object(members, row)) + end

    return write


def _object(members: Mapping[str, _Read], row: EventRow) -> dict[str, Any]:
    return {key: read(row) for key, read in members.items()}


def _members(parts: tuple[Member | Spread, ...]) -> Mapping[str, _Read] | None:
    members: dict[str, _Read] = {}
    for part in parts:
        if isinstance(part, Spread) or part.absent is not Absent.NULL or part.key in members:
            return None
        read = _value(part.value)
        if read is None:
            return None
        members[part.key] = read
    return members


def _value(shown: Shown) -> _Read | None:
    """What is shown of a row, ready to be made JSON; None for what takes an engine."""
    match shown:
        case Text(field):
            return _column(field, frozenset({ValueType.STRING}))
        case Number(field):
            return _column(field, _NUMBERS)
        case Instant(Column(name), Clock.OFFSET, within) if within is not None:
            return _moment(attrgetter(name))
        case Document("properties"):
            return lambda row: orjson.Fragment(row.properties)
        case Document("groups"):
            return attrgetter("groups")
        case Constant(value):
            return lambda _: value
        case Object(parts):
            members = _members(parts)
            return None if members is None else lambda row: _object(members, row)
        case Opaque(pieces):
            return _opaque(pieces)
        case _:
            return None


def _column(field: object, kinds: frozenset[ValueType] = frozenset(ValueType)) -> _Read | None:
    match field:
        case Column(name, type=kind) if name in EventRow._fields and kind in kinds:
            return attrgetter(name)
        case _:
            return None


def _moment(read: _Read) -> _Read:
    def text(row: EventRow) -> str | None:
        instant = read(row)
        if instant is None:
            return None
        return (_EPOCH + timedelta(milliseconds=instant)).isoformat()

    return text


def _opaque(pieces: tuple[str | Column | Text | Number, ...]) -> _Read | None:
    reads: list[_Read] = []
    for piece in pieces:
        read = _piece(piece)
        if read is None:
            return None
        reads.append(read)

    def text(row: EventRow) -> str:
        whole = b"".join([read(row) for read in reads])
        return urlsafe_b64encode(whole).rstrip(b"=").decode()

    return text


def _piece(piece: str | Column | Text | Number) -> _Read | None:
    if isinstance(piece, str):
        constant = piece.encode()
        return lambda _: constant
    read = _column(piece) if isinstance(piece, Column) else _value(piece)
    if read is None:
        return None
    if isinstance(piece, Column):
        return lambda row: str(read(row)).encode()
    return lambda row: orjson.dumps(read(row))
