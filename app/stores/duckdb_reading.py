"""Reading from DuckDB: a connection for each question, and texts as bytes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, overload

import duckdb
from duckdb_sqlalchemy import ConnectionWrapper
from sqlalchemy import Connection

from app.analytics.sql.kept import Prepared, Statement, parts_of
from app.stores.base import Lines, Row

_ROWS_OF_A_PART: Final = 8_192
"""Buffers that grow larger are fetched from the system and given back each time."""


class DuckDBReader(ConnectionWrapper):
    """A cursor of its own for each question, so that stopping one stops no other."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        super().__init__(cursor)
        self._cursor = cursor

    def interrupt(self) -> None:
        """Stops what this cursor does."""
        # Trap: the wrapper's own way would touch the result that the reading thread holds.
        self._cursor.interrupt()

    def take_arrow(self, rows: int) -> Any:  # noqa: ANN401 — Arrow has no types.
        """The rows of the statement that was run last, as an Arrow table in chunks of so many."""
        cursor: Any = self._cursor
        return cursor.to_arrow_table(rows)


def read_lines(connection: Connection, asked: Statement | Prepared, most: int | None) -> Lines:
    """The texts of the answer's first column, `most` of them at most.

    The bytes lie together in Arrow's buffers already; they are only copied out.
    """
    statement, values = parts_of(asked)
    with connection.execute(statement, values or None):
        driver: Any = connection.connection.dbapi_connection
        found = driver.take_arrow(_ROWS_OF_A_PART if most is None else most + 1)
    table = found if most is None else found.slice(0, most)
    count: int = table.num_rows
    if not count:
        return Lines((), 0, ())
    texts, keys = table.column(0), _Keys(table.drop_columns(table.column_names[:1]))
    lines = Lines(
        tuple(filter(None, map(_bytes_of, texts.chunks))),
        count,
        keys[count - 1],
        keys[0],
        is_whole=texts.null_count == 0,
    )
    if most is None:
        return lines
    beyond = _Keys(found)[count][1:] if count < found.num_rows else ()
    return replace(lines, beyond=beyond, ends=_ends_of(texts), keys=keys)


class _Keys(Sequence[Row]):
    """The rows of a table; few of them are looked at."""

    def __init__(self, table: Any) -> None:  # noqa: ANN401 — Arrow has no types.
        self._table = table

    def __len__(self) -> int:
        count: int = self._table.num_rows
        return count

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            part = self._table[place]
            return list(zip(*(column.to_pylist() for column in part.columns), strict=True))
        return tuple(column[place].as_py() for column in self._table.columns)


def _ends_of(texts: Any) -> list[int]:  # noqa: ANN401 — the same.
    """Where each text ends when they lie one after the other."""
    ends: list[int] = []
    for part in texts.chunks:
        before = ends[-1] if ends else 0
        offsets = memoryview(part.buffers()[1]).cast("q")[part.offset :][: len(part) + 1]
        first = before - offsets[0]
        ends += [first + end for end in offsets[1:]]
    return ends


def _bytes_of(texts: Any) -> bytes:  # noqa: ANN401 — the same.
    _, ends, held = texts.buffers()
    if held is None:
        return b""
    offsets = memoryview(ends).cast("q")
    return bytes(memoryview(held)[offsets[texts.offset] : offsets[texts.offset + len(texts)]])
