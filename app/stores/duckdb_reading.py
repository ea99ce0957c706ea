"""Reading from DuckDB: a connection for each question, and texts as bytes."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, overload

import duckdb
from duckdb_sqlalchemy import ConnectionWrapper
from sqlalchemy import Connection

from app.analytics.sql.kept import Prepared, Statement, parts_of
from app.stores.base import Finish, Lines, Row

_ROWS_AT_ONCE: Final = 2_048
"""Buffers that grow larger are fetched from the system and given back each time."""

_PART_BYTES: Final = 120_000
"""How much of them becomes bytes at once: what the processor's cache and allocators hold well."""


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


def read_lines(
    connection: Connection, asked: Statement | Prepared, most: int | None, finish: Finish
) -> Lines:
    """The texts of the answer's first column, `most` of them at most.

    The bytes lie together in Arrow's buffers already; `finish` copies them out.
    """
    statement, values = parts_of(asked)
    with connection.execute(statement, values or None):
        driver: Any = connection.connection.dbapi_connection
        found = driver.take_arrow(_ROWS_AT_ONCE if most is None else most + 1)
    table = found if most is None else found.slice(0, most)
    count: int = table.num_rows
    if not count:
        return Lines((), 0, ())
    texts, keys = table.column(0), _Keys(table.drop_columns(table.column_names[:1]))
    lines = Lines((), count, keys[count - 1], keys[0], is_whole=texts.null_count == 0)
    if most is not None:
        beyond = _Keys(found)[count][1:] if count < found.num_rows else ()
        lines = replace(lines, beyond=beyond, ends=_ends_of(texts), keys=keys)
    chunks = texts.chunks[::-1]
    # What has been copied out is let go of before the next is.
    del found, table, texts, keys
    parts: list[bytes] = []
    while chunks:
        parts += _parts_of(chunks.pop(), finish)
    return replace(lines, parts=tuple(parts))


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


def _parts_of(texts: Any, finish: Finish) -> Iterator[bytes]:  # noqa: ANN401 — the same.
    """The texts in parts of whole rows, none of them empty."""
    _, ends, held = texts.buffers()
    if held is None:
        return
    offsets = memoryview(ends).cast("q")[texts.offset :][: len(texts) + 1]
    body, start, last = memoryview(held), offsets[0], offsets[-1]
    while start < last:
        place = bisect_right(offsets, start + _PART_BYTES)
        end = offsets[place - 1] if offsets[place - 1] > start else offsets[place]
        yield finish(body[start:end])
        start = end
