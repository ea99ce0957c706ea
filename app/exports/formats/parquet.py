"""Parquet, written by Arrow: the one door to it outside the store."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import orjson

from app.exports.formats.base import TableFile
from app.exports.tables import Cell, Kind, Row, TableColumn

# pyarrow ships no types; it is used in this file alone.
_arrow: Final[Any] = import_module("pyarrow")
_parquet: Final[Any] = import_module("pyarrow.parquet")

_TYPES: Final[dict[Kind, Any]] = {
    Kind.TEXT: _arrow.string(),
    Kind.NUMBER: _arrow.float64(),
    Kind.PERCENT: _arrow.float64(),
    # One type must hold for all rows, and those to come are not known yet.
    Kind.ANY: _arrow.string(),
}


class ParquetWriter(TableFile):
    """One file of one table; of several tables each row tells its own under `table`.

    Columns are then those of the first table that begins, so tables of different columns
    belong into another format.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._writer: Any = None
        self._schema: Any = _arrow.schema([])
        self._kinds: list[Kind] = []

    def close(self) -> None:
        """Ends the last table and lets go of the file."""
        if self._writer is not None:
            self._writer.close()

    def begin(self, title: str, columns: Sequence[TableColumn], *, of: int) -> None:
        """Starts the table."""
        del title, of
        fields = [_arrow.field(column.name, _TYPES[column.kind]) for column in columns]
        self._schema = _arrow.schema(fields)
        self._kinds = [column.kind for column in columns]
        self._writer = _parquet.ParquetWriter(self._path, self._schema, compression="zstd")

    def add(self, rows: Iterable[Row]) -> None:
        """Writes rows as a group of their own."""
        columns: list[Sequence[Cell]] = [*zip(*rows, strict=True)]
        arrays: list[Any] = [
            _arrow.array([_typed(cell, kind) for cell in cells], field.type)
            for cells, kind, field in zip(columns, self._kinds, self._schema, strict=True)
        ]
        if self._writer is not None:
            self._writer.write_batch(_arrow.record_batch(arrays, schema=self._schema))


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
