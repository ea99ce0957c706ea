"""Lists of events as JSON that the engine writes: no row of them is seen by Python.

The plan of a selection becomes the shape of a line. What a line can't hold as the library
would show it (an address put together, a number beyond what clients read exactly) makes the
list one of rows, as `event_shape` shows them.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import orjson

from app.analytics import shapes
from app.analytics.fields import COLUMNS
from app.analytics.shapes import Clock, Constant, Document, Instant, Member, Object, Opaque
from app.analytics.sql.tables import EVENTS
from schema.context import Info
from schema.execution.plans import plan_of_rows
from schema.execution.projection import TYPENAME, Plan
from schema.execution.rows import Shape
from schema.scalars import LARGEST_WHOLE
from schema.types.event_shape import (
    EVENT_EDGE_SHAPE,
    EVENT_SHAPE,
    LARGEST_FLOAT,
    LAST_MOMENT,
    camel_case,
)

WORTH_WRITING: Final = 100
"""Rows asked for from which on the engine writes them; a statement of its own costs a little."""

ROW_SHAPES: Final = {"nodes": EVENT_SHAPE, "edges": EVENT_EDGE_SHAPE}
"""The shapes of rows by the names of the lists that hold them."""

_WHOLE: Final = (-LARGEST_WHOLE, LARGEST_WHOLE)
_FLOAT: Final = (-LARGEST_FLOAT, LARGEST_FLOAT)
_NUMBERS: Final = {"duration": _WHOLE, "revenue": _WHOLE, "longitude": _FLOAT, "latitude": _FLOAT}

_CURSOR: Final = Opaque(
    ("[", shapes.Number(COLUMNS["created_at"]), ",", shapes.Text(COLUMNS["id"]), "]")
)
_OWN: Final[Mapping[str, shapes.Shown]] = {
    "eventId": shapes.Text(COLUMNS["id"]),
    "createdAt": Instant(COLUMNS["created_at"], Clock.OFFSET, (0, LAST_MOMENT)),
    "cursor": _CURSOR,
    "groups": Document("groups"),
    "properties": Document("properties"),
}


def _shown(column: str) -> shapes.Shown:
    within = _NUMBERS.get(column)
    field = COLUMNS[column]
    return shapes.Text(field) if within is None else shapes.Number(field, within)


_SHOWN: Final[Mapping[str, shapes.Shown]] = {
    **{
        camel_case(name): _shown(name)
        for name in EVENTS.columns.keys()  # noqa: SIM118 — they iterate over columns, not names.
        if name in COLUMNS and camel_case(name) in EVENT_SHAPE.fields and name != "id"
    },
    **_OWN,
}


def planned_lines(info: Info, key: bytes) -> "tuple[str, Plan, shapes.Shape] | None":
    """The list of events below the current field, its plan, and the shape of its lines.

    `key` is how the events' global ids begin. None for lists that can't be written.
    """
    raw = cast("Any", info)._raw_info  # noqa: SLF001 — Strawberry's own has less.
    found = plan_of_rows(raw, ROW_SHAPES)
    if found is None:
        return None
    name, plan = found
    parts = _members(plan, ROW_SHAPES[name], key.decode())
    return None if parts is None else (name, plan, shapes.Shape(parts, ","))


def fragment_of(body: bytes) -> orjson.Fragment:
    """The list of the lines, which each end with a comma."""
    return orjson.Fragment(b"".join((b"[", memoryview(body)[:-1], b"]")))


def _members(plan: Plan, shape: Shape, key: str) -> tuple[Member, ...] | None:
    members: list[Member] = []
    for name, what in plan:
        value = _value(what, shape, key)
        if value is None:
            return None
        members.append(Member(name, value))
    return tuple(members)


def _value(what: str | tuple[str, Plan], shape: Shape, key: str) -> shapes.Shown | None:
    if not isinstance(what, str):
        name, inner = what
        parts = _members(inner, shape.inner[name], key)
        return Object(parts) if parts else None
    if what == TYPENAME:
        return Constant(shape.type)
    if what == "id":
        return Opaque((key, COLUMNS["id"]))
    return _SHOWN.get(what)
