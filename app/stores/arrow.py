"""Events column by column, as Arrow tables: what bulk work carries instead of objects."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, TypeAlias

import orjson

from app.analytics.event_row import EventRow

# pyarrow ships no types; whoever needs it takes it from here.
arrow: Final[Any] = import_module("pyarrow")
"""The library."""

compute: Final[Any] = import_module("pyarrow.compute")
"""What it computes of whole columns."""

# Its own allocators keep what was freed, which adds up beside an engine's memory.
arrow.set_memory_pool(arrow.system_memory_pool())

ArrowError: Final[type[Exception]] = arrow.ArrowException
"""What the library raises."""


def give_back() -> None:
    """Gives the pages of what was freed back to the system, which else stay the process's."""
    arrow.default_memory_pool().release_unused()


Columns: TypeAlias = list[Sequence[object]]
"""Values of a table, column by column in the table's order."""

NO_GROUPS: Final = "[]"
"""What a column of groups holds for an event without any."""

_GROUPS: Final = EventRow._fields.index("groups")
_SESSION_ID: Final = EventRow._fields.index("session_id")

_TYPES: Final[Mapping[str, Any]] = {
    "project": arrow.int32(),
    "longitude": arrow.float64(),
    "latitude": arrow.float64(),
    **dict.fromkeys(
        ("position", "created_at", "received_at", "imported_at", "duration", "revenue"),
        arrow.int64(),
    ),
}
_SCHEMA: Final = arrow.schema(
    [(name, _TYPES.get(name, arrow.string())) for name in EventRow._fields]
)
_PACKED: Final = arrow.ipc.IpcWriteOptions(compression="lz4")

_ROWS_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class EventTable:
    """Events as columns of `EVENTS`, groups as JSON: a tenth of what as many rows take."""

    held: Any
    """An Arrow table."""

    def __len__(self) -> int:
        count: int = self.held.num_rows
        return count

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        count: int = self.held.nbytes
        return count

    def values(self, name: str) -> list[Any]:
        """The values of one column as the fields of rows have them; equal texts are shared."""
        column = self.held.column(name).combine_chunks()
        if column.type != arrow.string():
            numbers: list[Any] = column.to_pylist()
            return numbers
        # Making each text once is faster, and spares most of the memory.
        found = column.dictionary_encode()
        texts: list[Any] = found.dictionary.to_pylist()
        if name == "groups":
            texts = [_read_groups(text) for text in texts]
        # What is null becomes place -1, which is the last.
        texts.append(None)
        return [texts[place] for place in found.indices.fill_null(-1).to_pylist()]

    def named(self) -> set[tuple[int, str]]:
        """The profiles that the events name, each with its project's number."""
        pairs = self.held.group_by(["project", "profile_id"]).aggregate([]).to_pydict()
        found = zip(pairs["project"], pairs["profile_id"], strict=True)
        return {(project, name) for project, name in found if name is not None}

    def projects(self) -> set[int]:
        """The numbers of the events' projects."""
        return set(self.held.column("project").unique().to_pylist())

    def tracked(self) -> "EventTable":
        """The events that were not imported."""
        imported_at = self.held.column("imported_at")
        if not imported_at.null_count:
            return EventTable(self.held.slice(0, 0))
        return EventTable(self.held.filter(imported_at.is_null()))

    def named_otherwise(self, names: Sequence[str]) -> "EventTable":
        """The events that have none of these names, in one piece."""
        others = compute.is_in(self.held.column("name"), value_set=arrow.array(names))
        held = (
            self.held
            if not compute.any(others).as_py()
            else self.held.filter(compute.invert(others))
        )
        return EventTable(held.combine_chunks())

    def at(self, places: Sequence[int]) -> "EventTable":
        """The events at these places, in that order."""
        return EventTable(self.held.take(_array(places, arrow.int64())))

    def replaced(self, name: str, values: Sequence[object]) -> "EventTable":
        """The same events with other values in one column."""
        place = self.held.schema.get_field_index(name)
        field = _SCHEMA.field(name)
        return EventTable(self.held.set_column(place, field, _array(values, field.type)))

    def rows(self) -> Iterator[EventRow]:
        """The events as rows."""
        return (row for rows in self.parts() for row in rows)

    def parts(self) -> Iterator[list[EventRow]]:
        """The events as rows, some thousands at once."""
        for start in range(0, len(self), _ROWS_AT_ONCE):
            part = EventTable(self.held.slice(start, _ROWS_AT_ONCE))
            columns = (part.values(name) for name in EventRow._fields)
            yield [EventRow._make(row) for row in zip(*columns, strict=True)]

    def to_bytes(self) -> bytes:
        """The table, packed."""
        sink = arrow.BufferOutputStream()
        with arrow.ipc.new_stream(sink, _SCHEMA, options=_PACKED) as writer:
            writer.write_table(self.held)
        packed: bytes = sink.getvalue().to_pybytes()
        return packed


@dataclass(frozen=True, slots=True)
class EventParts:
    """Events of these projects, column by column, in parts that are made as they are taken."""

    count: int
    projects: Collection[int]
    taken: Callable[[], Iterator[EventTable]]

    def __len__(self) -> int:
        return self.count


def event_columns(events: Sequence[EventRow], session_ids: Sequence[str | None] | None) -> Columns:
    """The events as columns of `EVENTS`; `session_ids` override their own."""
    columns: Columns = list(zip(*events, strict=True))
    columns[_GROUPS] = [
        NO_GROUPS if not groups else orjson.dumps(groups).decode() for groups in columns[_GROUPS]
    ]
    if session_ids is not None:
        columns[_SESSION_ID] = session_ids
    return columns


def event_table(rows: Sequence[EventRow]) -> EventTable:
    """These events as a table."""
    return table_of_columns(event_columns(rows, None) if rows else [() for _ in EventRow._fields])


def table_of_columns(columns: Sequence[Sequence[object]]) -> EventTable:
    """The table of these columns in the order of the fields of rows, with groups as JSON.

    Raises ArrowError where texts or numbers are something else.
    """
    arrays = [_array(values, field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
    return EventTable(arrow.Table.from_arrays(arrays, schema=_SCHEMA))


def repeated(name: str, value: object, count: int) -> Sequence[Any]:
    """The column of that name that holds the value so many times."""
    kind = _SCHEMA.field(name).type
    column: Sequence[Any] = arrow.repeat(arrow.scalar(value, kind), count)
    return column


def read_event_table(packed: bytes | memoryview, names: Sequence[str] | None = None) -> EventTable:
    """The table in the bytes of `to_bytes`, or these columns of it."""
    fields: Mapping[str, int] = {name: place for place, name in enumerate(EventRow._fields)}
    places = None if names is None else sorted(fields[name] for name in names)
    options = arrow.ipc.IpcReadOptions(included_fields=places)
    with arrow.ipc.open_stream(packed, options=options) as reader:
        return EventTable(reader.read_all())


def stream_of(schema: Any, tables: Iterable[Any]) -> Any:  # noqa: ANN401 — Arrow has no types.
    """The rows of Arrow tables, one after the other, as a stream that is read once."""
    batches = (batch for table in tables for batch in table.to_batches())
    return arrow.RecordBatchReader.from_batches(schema, batches)


def event_stream(tables: Iterable[EventTable]) -> Any:  # noqa: ANN401 — the same.
    """The events of all tables, one after the other, as a stream that is read once."""
    return stream_of(_SCHEMA, (table.held for table in tables))


def joined_tables(tables: Sequence[EventTable]) -> EventTable:
    """The events of all tables, one after the other; at least one table."""
    return EventTable(arrow.concat_tables([table.held for table in tables]))


def _array(values: Any, kind: Any) -> Any:  # noqa: ANN401 — the same.
    is_made = isinstance(values, arrow.Array | arrow.ChunkedArray)
    return values if is_made else arrow.array(values, kind)


def _read_groups(text: str) -> tuple[str, ...]:
    return () if text == NO_GROUPS else tuple(orjson.loads(text))
