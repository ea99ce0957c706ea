"""Sessions column by column, as `EventTable` has events."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Double, Integer, Table, Text

from app.analytics.sessions import SessionState
from app.analytics.sql.tables import SESSIONS
from app.stores.arrow import arrow, compute, stream_of
from app.stores.rows import session_state

_TYPES: Final[Mapping[type[object], Any]] = {
    Integer: arrow.int32(),
    BigInteger: arrow.int64(),
    Boolean: arrow.bool_(),
    Double: arrow.float64(),
    Text: arrow.string(),
}


def schema_of(table: Table) -> Any:  # noqa: ANN401 — Arrow has no types.
    """The table's columns in order, as an Arrow schema."""
    return arrow.schema([(name, _TYPES[type(one.type)]) for name, one in table.columns.items()])


_SCHEMA: Final = schema_of(SESSIONS)
_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class SessionTable:
    """Sessions as columns of `SESSIONS`."""

    held: Any
    """An Arrow table."""

    def __len__(self) -> int:
        count: int = self.held.num_rows
        return count

    def column(self, name: str) -> Any:  # noqa: ANN401 — Arrow has no types.
        """One column in one piece."""
        return self.held.column(name).combine_chunks()

    def where(self, mask: Any) -> "SessionTable":  # noqa: ANN401 — the same.
        """The sessions where the mask is true."""
        return SessionTable(self.held.filter(mask))

    def states(self) -> list[SessionState]:
        """The sessions one by one."""
        columns = [column.to_pylist() for column in self.held.columns]
        return [session_state(row) for row in zip(*columns, strict=True)]

    def parts_where(self, mask: Any) -> Iterator["SessionTable"]:  # noqa: ANN401 — the same.
        """The sessions where the mask is true, some thousands at once."""
        for start in range(0, len(self), _AT_ONCE):
            part = SessionTable(self.held.slice(start, _AT_ONCE))
            yield part.where(mask.slice(start, _AT_ONCE))

    def of_devices(self, devices: Collection[tuple[int, str]]) -> Any:  # noqa: ANN401 — the same.
        """A mask of the sessions of these devices, each with its project's number."""
        names = arrow.array({device_id for _, device_id in devices}, arrow.string())
        mask = compute.is_in(self.column("device_id"), value_set=names)
        # Two projects may have a device of the same name.
        for project in self.projects():
            known = {device_id for number, device_id in devices if number == project}
            if len(known) < len(names):
                own = compute.is_in(
                    self.column("device_id"), value_set=arrow.array(known, arrow.string())
                )
                other = compute.not_equal(self.column("project"), project)
                mask = compute.and_(mask, compute.or_(own, other))
        return mask

    def projects(self) -> set[int]:
        """The numbers of the sessions' projects."""
        return set(self.held.column("project").unique().to_pylist())


def session_table(columns: Mapping[str, Any]) -> SessionTable:
    """The table of these columns, each an Arrow array."""
    arrays = [
        columns[name].cast(kind) for name, kind in zip(_SCHEMA.names, _SCHEMA.types, strict=True)
    ]
    return SessionTable(arrow.Table.from_arrays(arrays, schema=_SCHEMA))


def session_stream(tables: Iterable[SessionTable]) -> Any:  # noqa: ANN401 — Arrow has no types.
    """The sessions of all tables, one after the other, as a stream that is read once."""
    return stream_of(_SCHEMA, (table.held for table in tables))
