"""Rows as lines of JSON, written by the engine."""

import re
from collections.abc import Sequence
from typing import Any, Final, assert_never

import orjson
from sqlalchemy import ColumnElement, and_, case, func, or_

from app.analytics.fields import Column, Field
from app.analytics.records import Json
from app.analytics.shapes import (
    Absent,
    Clock,
    Computed,
    Constant,
    Document,
    Instant,
    LocalTime,
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
from app.analytics.sql import ops, value_ops
from app.analytics.sql.buckets import shifted
from app.analytics.sql.expressions import Rows, json_of
from app.analytics.sql.where import Frame, value_of

_MOST_AT_ONCE: Final = 60
"""Members of an object made at once; engines take two arguments for each, and about 127."""

_STANDS_FOR: Final = {Absent.NULL: "null", Absent.EMPTY: '""'}


def line_expression(shape: Shape, frame: Frame, rows: Rows) -> ColumnElement[str]:
    """The row as a JSON object and the shape's end; NULL where a value exceeds its bounds.

    Expressions read `rows`, fields the frame.
    """
    line = _joined([*_object(shape.parts, frame, rows), shape.end])
    bounds = dict(bounded_fields(shape))
    if not bounds:
        return line
    held = (_is_within(field, *within, frame) for field, within in bounds.items())
    return case((and_(*held), line))


def _is_within(field: Field, low: float, high: float, frame: Frame) -> ColumnElement[bool]:
    value = value_of(field, frame)
    return or_(value.is_(None), value.between(_bound(low), _bound(high)))


def _bound(number: float) -> ColumnElement[Any]:
    return ops.integer(number) if isinstance(number, int) else ops.number(number)


_Piece = str | ColumnElement[str]


def _joined(pieces: Sequence[_Piece]) -> ColumnElement[str]:
    """One text of all pieces; constant ones side by side become one."""
    merged: list[_Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    texts = (ops.constant(piece) if isinstance(piece, str) else piece for piece in merged)
    return ops.Joined(*texts)


def _object(parts: Sequence[Member | Spread], frame: Frame, rows: Rows) -> list[_Piece]:
    whole = _whole(parts, frame, rows)
    if whole is not None:
        return [whole]
    pieces: list[_Piece] = []
    for number, part in enumerate(parts):
        match part:
            case Member():
                pieces += _member(part, "," if number else "{", frame, rows)
            case Spread(hidden, prefix) if hidden or prefix:
                pieces.append(_other_members(hidden, prefix, rows))
            case Spread():
                properties = rows.events.c["properties"]
                inner = func.substr(properties, 2, func.length(properties) - 2)
                filled = ops.Joined(ops.text(","), inner)
                pieces.append(case((properties == ops.text("{}"), ops.text("")), else_=filled))
            case _:
                assert_never(part)
    return [*pieces, "}"]


def _whole(parts: Sequence[Member | Spread], frame: Frame, rows: Rows) -> ColumnElement[str] | None:
    """The object made at once, which is faster; None if a member is more than text or number."""
    if len(parts) > _MOST_AT_ONCE:
        return None
    clauses: list[ColumnElement[Any]] = []
    for part in parts:
        if isinstance(part, Spread):
            return None
        bare = _bare_member(part, frame, rows)
        if bare is None:
            return None
        clauses += [ops.constant(part.key), bare]
    return ops.JsonObject(*clauses)


def _bare_member(member: Member, frame: Frame, rows: Rows) -> ColumnElement[Any] | None:
    bare = _bare(member.value, frame, rows)
    match member.absent, member.value:
        case Absent.NULL, _:
            return bare
        case Absent.EMPTY, Text():
            return func.coalesce(bare, ops.constant(""))
        case _:
            return None


def _bare(value: Shown, frame: Frame, rows: Rows) -> ColumnElement[Any] | None:
    """The value not yet as JSON; None for what is only known as JSON."""
    match value:
        case Text(field) | Number(field):
            return value_of(field, frame)
        case Instant(field, Clock.OFFSET):
            return ops.MomentText(value_of(field, frame))
        case Instant(field, Clock.ISO):
            return ops.InstantText(value_of(field, frame))
        case Constant(str() as text):
            return ops.constant(text)
        case Constant(other):
            return ops.JsonValue(ops.constant(_json(other)))
        case Opaque(pieces):
            return _opaque(pieces, frame, rows)
        case _:
            return None


def _member(member: Member, before: str, frame: Frame, rows: Rows) -> list[_Piece]:
    head = f"{before}{_json(member.key)}:"
    value = _shown(member.value, frame, rows)
    text = value[0]
    if len(value) > 1 or isinstance(text, str):
        return [head, *value]
    if member.absent is Absent.OMITTED:
        return [value_ops.Behind(ops.constant(head), text)]
    return [head, func.coalesce(text, ops.constant(_STANDS_FOR[member.absent]))]


def _shown(value: Shown, frame: Frame, rows: Rows) -> list[_Piece]:
    """The value as JSON; an expression that stands alone is NULL where it is absent."""
    match value:
        case Text(field):
            return [ops.JsonText(value_of(field, frame))]
        case Number(field):
            return [ops.JsonNumber(value_of(field, frame))]
        case Instant(field, clock):
            return [_instant(field, clock, frame)]
        case Document(name):
            return [rows.events.c[name]]
        case Constant(constant):
            return [_json(constant)]
        case Object(parts):
            return _object(parts, frame, rows)
        case Computed(expression, clock):
            return [json_of(expression, rows, clock)]
        case LocalTime(clock, unit_ms):
            return [ops.JsonNumber(shifted(rows.events.c["created_at"], clock, unit_ms))]
        case Opaque(pieces):
            return ['"', _opaque(pieces, frame, rows), '"']
        case _:
            assert_never(value)


def _opaque(
    pieces: Sequence[str | Column | Text | Number], frame: Frame, rows: Rows
) -> ColumnElement[str]:
    texts: list[_Piece] = []
    for piece in pieces:
        match piece:
            case str():
                texts.append(piece)
            case Column():
                texts.append(value_of(piece, frame))
            case _:
                texts += _shown(piece, frame, rows)
    return ops.Base64(_joined(texts))


def _instant(field: Field, clock: Clock, frame: Frame) -> ColumnElement[Any]:
    instant = value_of(field, frame)
    match clock:
        case Clock.ISO:
            return ops.JsonInstant(instant)
        case Clock.OFFSET:
            return ops.JsonText(ops.MomentText(instant))
        case Clock.MILLISECONDS:
            return ops.JsonNumber(instant)
        case Clock.SECONDS:
            return ops.JsonNumber(ops.FloorDivide(instant, ops.integer(1000)))
        case _:
            assert_never(clock)


def _other_members(hidden: frozenset[str], prefix: str, rows: Rows) -> ColumnElement[str]:
    """The properties' members that may be shown; a look at the text tells most rows apart."""
    beginnings = [re.escape(prefix)] if prefix else []
    names = [re.escape(_json(name)[1:]) for name in sorted(hidden)]
    return value_ops.OtherMembers(
        rows.events.c["properties"],
        ops.constant(f'"(?:{"|".join(beginnings + names)})'),
        ops.constant(_json([*sorted(hidden)])),
        ops.constant(prefix),
    )


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()
