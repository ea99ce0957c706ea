"""How events are shown straight from stored rows, and which columns a selection needs."""

import base64
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Column, Double, Text

from app.analytics.sql.tables import EVENTS
from app.kit.paging import encode_cursor
from schema.context import Info
from schema.execution.rows import Shape, StoredField
from schema.ids import GlobalId
from schema.scalars import LARGEST_WHOLE
from schema.selection import selected

LAST_MOMENT: Final = 4_000_000_000_000
"""Up to here (ms) a float of seconds tells milliseconds apart with room to spare."""

LARGEST_FLOAT: Final = 1.7976931348623157e308
"""The largest number that JSON and a double both hold."""

_NEEDS: Final = {
    "id": ("id",),
    "eventId": ("id",),
    "createdAt": ("created_at",),
    "url": ("origin", "path"),
    "property": ("properties",),
    "profile": ("profile_id",),
    "session": ("session_id",),
}


def camel_case(name: str) -> str:
    """The name of a column's field."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _moment(instant: int) -> datetime:
    return datetime.fromtimestamp(instant / 1000, UTC)


def _global_id(prefix: bytes, own: str) -> str:
    return base64.urlsafe_b64encode(prefix + own.encode()).rstrip(b"=").decode()


def _cursor(instant: int, own: str) -> str:
    return encode_cursor((instant, own))


def event_key(project: int) -> bytes:
    """What the lists of a project's events have in common: how their global ids begin."""
    return GlobalId.prefix("Event", project)


def _stored(column: Column[object]) -> StoredField:
    value = f"{{{column.name}}}"
    kind: Any = column.type
    match kind:
        case BigInteger():
            vouched = f"({value} if -{LARGEST_WHOLE} <= {value} <= {LARGEST_WHOLE} else refuse())"
        case Double():
            within = f"-{LARGEST_FLOAT} <= {value} <= {LARGEST_FLOAT}"
            vouched = f"({value} if {value} is None or {within} else refuse())"
        case _:
            vouched = value
    return StoredField(vouched, (column.name,))


_WITHHELD: Final = frozenset({"id", "groups", "properties"})
_NUMBERS: Final = frozenset({"duration", "revenue"})
_SHOWN: Final = tuple(
    column
    for column in EVENTS.columns
    if column.name in _NUMBERS
    or (isinstance(column.type, Text | Double) and column.name not in _WITHHELD)
)

EVENT_SHAPE: Final = Shape(
    type="Event",
    fields={
        **{camel_case(column.name): _stored(column) for column in _SHOWN},
        "id": StoredField("global_id(key, {id})", ("id",)),
        "eventId": StoredField("{id}", ("id",)),
        "createdAt": StoredField(
            f"(moment({{created_at}}) if 0 <= {{created_at}} <= {LAST_MOMENT} else refuse())",
            ("created_at",),
        ),
        "url": StoredField('({origin} + ({path} or "") if {origin} else None)', ("origin", "path")),
        # What is stored as JSON goes out as it is.
        "groups": StoredField("fragment({groups})", ("groups",)),
        "properties": StoredField("fragment({properties})", ("properties",)),
    },
    inner={},
    names={"moment": _moment, "global_id": _global_id, "fragment": orjson.Fragment},
)
"""Every field of an event that is made of stored values alone."""

EVENT_EDGE_SHAPE: Final = Shape(
    type="EventEdge",
    fields={"cursor": StoredField("cursor({created_at}, {id})", ("created_at", "id"))},
    inner={"node": EVENT_SHAPE},
    names={"cursor": _cursor},
)
"""The same for an event and its place in a list."""

_COLUMNS: Final = frozenset(EVENTS.columns.keys())
_COLUMN_OF: Final = {camel_case(name): name for name in _COLUMNS}


def event_columns(info: Info) -> frozenset[str]:
    """The columns of events that the selection below a connection of events needs."""
    names = selected(info, ("nodes",), ("edges", "node"))
    wanted: set[str] = set()
    for name in names:
        wanted.update(_NEEDS.get(name) or (_COLUMN_OF.get(name, ""),))
    return frozenset(wanted & _COLUMNS)
