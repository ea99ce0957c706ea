"""CSV, alone or in a ZIP: UTF-8 without a mark, commas, CRLF, quotes only where needed."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TextIO

from app.exports.formats.base import TableFile
from app.exports.tables import Cell, Row, TableColumn

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_NOT_IN_NAMES: Final = re.compile(r"[^\w.]+")


class CsvWriter(TableFile):
    """One file; tables after the first one follow after an empty line and their title."""

    def __init__(self, file: Path) -> None:
        # Made once and closed by __exit__.
        self._file = file.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._tables = 0

    def close(self) -> None:
        """Ends the last table and lets go of the file."""
        self._file.close()

    def begin(self, title: str, columns: Sequence[TableColumn], *, of: int) -> None:
        """Starts a table, which is one of `of` tables."""
        if self._tables:
            self._writer.writerow([])
        if of > 1:
            self._writer.writerow([guarded(title)])
        self._tables += 1
        self._writer.writerow([guarded(column.name) for column in columns])

    def add(self, rows: Iterable[Row]) -> None:
        """Writes rows of the table that was started last."""
        self._writer.writerows([_written(cell) for cell in row] for row in rows)


class ZipWriter(TableFile):
    """An archive with a CSV for each table, numbered and named by its title."""

    def __init__(self, file: Path) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._member: TextIO | None = None
        self._writer = csv.writer(io.StringIO(), lineterminator="\r\n")
        self._tables = 0

    def close(self) -> None:
        """Ends the last table and lets go of the file."""
        self._end_member()
        self._archive.close()

    def begin(self, title: str, columns: Sequence[TableColumn], *, of: int) -> None:
        """Starts a file."""
        del of
        self._end_member()
        self._tables += 1
        name = f"{self._tables:02}-{_NOT_IN_NAMES.sub('-', title).strip('-.')[:80] or 'table'}.csv"
        # A member larger than 2 GiB has to be announced.
        member = self._archive.open(name, "w", force_zip64=True)
        self._member = io.TextIOWrapper(member, encoding="utf-8", newline="")
        self._writer = csv.writer(self._member, lineterminator="\r\n")
        self._writer.writerow([guarded(column.name) for column in columns])

    def add(self, rows: Iterable[Row]) -> None:
        """Writes rows of the file that was started last."""
        self._writer.writerows([_written(cell) for cell in row] for row in rows)

    def _end_member(self) -> None:
        if self._member is not None:
            self._member.close()
            self._member = None


def guarded(text: str) -> str:
    """The text, with a mark before it if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _written(cell: Cell) -> Cell:
    # Numbers are no formulas, however they begin.
    return guarded(cell) if isinstance(cell, str) else cell
