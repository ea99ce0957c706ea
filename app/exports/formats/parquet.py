"""Parquet, written by Arrow: the one door to it outside the store."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.exports.tables import Cell, Kind, Row, TableColumn

_TYPES: Final = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: pa.float64(),
    Kind.PERCENT: pa.float64(),
    # One type must hold for all rows, and those to come are not known yet.
    Kind.ANY: pa.string(),
}


class ParquetWriter:
    """One file of one table; of several tables each row tells its own under `table`.

    Columns are then those of the first table that begins, so tables of different columns
    belong into another format.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema = pa.schema([])
        self._kinds: list[Kind] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def begin(self, title: str, columns: Sequence[TableColumn], *, of: int) -> None:
        """Starts the table."""
        del title, of
        fields = [pa.field(column.name, _TYPES[column.kind]) for column in columns]
        self._schema = pa.schema(fields)
        self._kinds = [column.kind for column in columns]
        self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd")

    def add(self, rows: Iterable[Row]) -> None:
        """Writes rows as a group of their own."""
        columns: list[Sequence[Cell]] = [*zip(*rows, strict=True)]
        arrays: list[Any] = [
            pa.array([_typed(cell, kind) for cell in cells], field.type)
            for cells, kind, field in zip(columns, self._kinds, self._schema, strict=True)
        ]
        if self._writer is not None:
            self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))


def _typed(cell: Cell, kind: Kind) -> Cell:
    match cell:
        case None:
            return None
        case str() if kind in (Kind.TEXT, Kind.ANY):
            return cell
        case _ if kind in (Kind.NUMBER, Kind.PERCENT):
            return None if isinstance(cell, str) else float(cell)
        case _:
            return orjson.dumps(cell).decode()
