"""XLSX workbooks: the one door to xlsxwriter."""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook

from app.analytics.errors import InvalidQueryError
from app.exports.formats.base import TableFile
from app.exports.tables import Cell, Kind, Row, TableColumn

MOST_COLUMNS: Final = 16_384
MOST_ROWS: Final = 1_048_576
_LONGEST_CELL: Final = 32_767
_LONGEST_NAME: Final = 31
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
_LARGEST_EXACT: Final = 2**53


class XlsxWriter(TableFile):
    """One workbook with a sheet for each table; a row leaves memory when the next one comes."""

    def __init__(self, file: Path) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "nan_inf_to_errors": False,
            "tmpdir": str(file.parent),
        }
        # The library's own types are holes in places.
        self._book: Any = Workbook(str(file), options)
        self._head = self._book.add_format(
            {"bold": True, "bottom": 1, "bottom_color": "#C9CDD4", "bg_color": "#F3F4F6"}
        )
        self._percent = self._book.add_format({"num_format": '0.0#"%"'})
        self._formats: list[Any] = []
        self._names: set[str] = set()
        self._sheet: Any = None
        self._row = 0

    def close(self) -> None:
        """Ends the last table and lets go of the file."""
        self._book.close()

    def begin(self, title: str, columns: Sequence[TableColumn], *, of: int) -> None:
        """Starts a sheet, named by the title; raises InvalidQueryError for too many columns."""
        del of
        if len(columns) > MOST_COLUMNS:
            raise InvalidQueryError.at(
                "columns",
                message=f"Export exceeds the maximum of {MOST_COLUMNS:,} columns. "
                "Try exporting fewer columns or use CSV format instead.",
            )
        self._sheet = self._book.add_worksheet(self._named(title))
        self._sheet.freeze_panes(1, 0)
        self._formats = []
        for place, column in enumerate(columns):
            width = min(max(len(column.name) + 2, 10), 60)
            self._sheet.set_column(place, place, width)
            self._formats.append(self._percent if column.kind is Kind.PERCENT else None)
        for place, column in enumerate(columns):
            self._sheet.write_string(0, place, _clean(column.name), self._head)
        self._row = 1

    def add(self, rows: Iterable[Row]) -> None:
        """Writes rows of the sheet that was started last; InvalidQueryError beyond its end."""
        for row in rows:
            if self._row >= MOST_ROWS:
                raise InvalidQueryError.at(
                    "rows",
                    message=f"Export exceeds the {MOST_ROWS:,} rows of a sheet. "
                    "Use CSV format instead.",
                )
            for place, cell in enumerate(row):
                self._write(place, cell)
            self._row += 1

    def _write(self, place: int, cell: Cell) -> None:
        form = self._formats[place]
        match cell:
            case None:
                return
            case bool():
                self._sheet.write_boolean(self._row, place, cell, form)
            case int() | float() if math.isfinite(cell) and abs(cell) < _LARGEST_EXACT:
                self._sheet.write_number(self._row, place, cell, form)
            case _:
                # Trap: a larger whole number would lose its last digits as a number.
                self._sheet.write_string(self._row, place, _clean(str(cell)), form)

    def _named(self, title: str) -> str:
        base = _NOT_IN_NAMES.sub(" ", title).strip(" '")[:_LONGEST_NAME].strip(" '") or "Sheet"
        name, number = base, 2
        while name.casefold() in self._names or name.casefold() == "history":
            suffix = f" ({number})"
            name, number = f"{base[: _LONGEST_NAME - len(suffix)]}{suffix}", number + 1
        self._names.add(name.casefold())
        return name


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)[:_LONGEST_CELL]
