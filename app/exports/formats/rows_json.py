"""JSON and NDJSON: a row is an object whose keys are the column names."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from app.exports.formats.base import TableFile
from app.exports.tables import Row, TableColumn


class _TextFile(TableFile):
    """A file of bytes that is closed when it is left."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("wb")
        self._names: list[str] = []

    def close(self) -> None:
        """Ends the last table and lets go of the file."""
        self._file.close()

    def _objects(self, rows: Iterable[Row]) -> Iterable[bytes]:
        names = self._names
        return (orjson.dumps(dict(zip(names, row, strict=True))) for row in rows)


class NdjsonWriter(_TextFile):
    """One object per line; of several tables each row tells its own under `table`."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self._title: str | None = None

    def begin(self, title: str, columns: Sequence[TableColumn], *, of: int) -> None:
        """Starts a table, which is one of `of` tables."""
        self._names = [column.name for column in columns]
        self._title = title if of > 1 else None

    def add(self, rows: Iterable[Row]) -> None:
        """Writes rows of the table that was started last."""
        if self._title is not None:
            title = orjson.dumps(self._title)
            for each in self._objects(rows):
                rest = each[1:] if each == b"{}" else b"," + each[1:]
                self._file.write(b'{"table":' + title + rest + b"\n")
            return
        self._file.writelines(each + b"\n" for each in self._objects(rows))


class JsonWriter(_TextFile):
    """An array of tables, each an object of `title`, `columns` and `rows`; one alone is bare."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self._tables = 0
        self._rows = 0
        self._of = 0

    def begin(self, title: str, columns: Sequence[TableColumn], *, of: int) -> None:
        """Starts a table, which is one of `of` tables."""
        self._end_table()
        self._of = of
        self._names = [column.name for column in columns]
        head = orjson.dumps({"title": title, "columns": self._names})
        before = (b"[" if not self._tables else b",\n") if of > 1 else b""
        self._file.write(before + head[:-1] + b',"rows":[')
        self._tables, self._rows = self._tables + 1, 0

    def add(self, rows: Iterable[Row]) -> None:
        """Writes rows of the table that was started last."""
        for each in self._objects(rows):
            self._file.write((b",\n" if self._rows else b"\n") + each)
            self._rows += 1

    def _end_table(self) -> None:
        if self._tables:
            self._file.write(b"]}")

    def close(self) -> None:
        """Ends the last table and lets go of the file."""
        self._end_table()
        self._file.write(b"]" if self._of > 1 else b"")
        if not self._tables:
            self._file.write(b"[]")
        super().close()
