"""Files hold what the table holds, typed where the format has types, and no formulas."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from app.analytics.errors import InvalidQueryError
from app.exports.formats.csv import CsvWriter, ZipWriter, guarded
from app.exports.formats.parquet import ParquetWriter
from app.exports.formats.rows_json import JsonWriter, NdjsonWriter
from app.exports.formats.xlsx import MOST_COLUMNS, XlsxWriter
from app.exports.records import ColumnChoice
from app.exports.tables import Kind, Row, Table, TableColumn, chosen, long_form, table_of

pytestmark = pytest.mark.anyio

COLUMNS = (
    TableColumn("name", Kind.TEXT),
    TableColumn("=head", Kind.NUMBER),
    TableColumn("rate", Kind.PERCENT),
    TableColumn("any"),
)
ROWS: list[Row] = [
    ["=1+1", 1, 12.5, True],
    ["+a", -2, 0.0, None],
    ["plain, with comma", 2.5, 100.0, 'quote " and\nline'],
    ["å☃\x00\x07", None, None, 2**60],
]
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def write(writer: Any, *tables: Sequence[Row], columns: Sequence[TableColumn] = COLUMNS) -> None:  # noqa: ANN401 — any of the writers.
    with writer as opened:
        for number, rows in enumerate(tables, start=1):
            opened.begin(f"Table {number}", columns, of=len(tables))
            opened.add(rows[:1])
            opened.add(rows[1:])


@pytest.mark.parametrize("text", ["=a", "+a", "-a", "@a", "\ta", "\ra"])
def test_texts_that_begin_a_formula_are_marked(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert guarded(f" {text}") == f" {text}"


def test_csv_is_plain_and_its_texts_are_no_formulas(tmp_path: Path) -> None:
    write(CsvWriter(tmp_path / "f"), ROWS)
    content = (tmp_path / "f").read_bytes()
    assert content.startswith(b"name,'=head,rate,any\r\n'=1+1,1,12.5,True\r\n'+a,-2,0.0,\r\n")
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert rows[3] == ["plain, with comma", "2.5", "100.0", 'quote " and\nline']


def test_several_tables_stand_under_their_titles_or_in_files_of_their_own(tmp_path: Path) -> None:
    write(CsvWriter(tmp_path / "f"), ROWS[:1], ROWS[:1])
    lines = (tmp_path / "f").read_text().splitlines()
    assert lines[0] == "Table 1"
    assert lines[3:5] == ["", "Table 2"]
    write(ZipWriter(tmp_path / "z"), ROWS[:1], ROWS[:1])
    with zipfile.ZipFile(tmp_path / "z") as archive:
        assert archive.namelist() == ["01-Table-1.csv", "02-Table-2.csv"]
        assert archive.read("01-Table-1.csv").endswith(b"'=1+1,1,12.5,True\r\n")


def test_json_keeps_types(tmp_path: Path) -> None:
    write(JsonWriter(tmp_path / "f"), ROWS)
    told = json.loads((tmp_path / "f").read_bytes())
    assert told["rows"][0] == {"name": "=1+1", "=head": 1, "rate": 12.5, "any": True}
    assert len(told["rows"]) == 4
    write(JsonWriter(tmp_path / "g"), ROWS, [])
    two = json.loads((tmp_path / "g").read_bytes())
    assert [(table["title"], len(table["rows"])) for table in two] == [
        ("Table 1", 4),
        ("Table 2", 0),
    ]


def test_ndjson_has_a_row_per_line(tmp_path: Path) -> None:
    write(NdjsonWriter(tmp_path / "f"), ROWS)
    lines = (tmp_path / "f").read_bytes().splitlines()
    assert json.loads(lines[1]) == {"name": "+a", "=head": -2, "rate": 0.0, "any": None}
    write(NdjsonWriter(tmp_path / "g"), ROWS[:1], ROWS[:1])
    told = [json.loads(line)["table"] for line in (tmp_path / "g").read_bytes().splitlines()]
    assert told == ["Table 1", "Table 2"]


def sheet_of(file: Path, number: int = 1) -> list[tuple[str | None, str]]:
    """The cells of a sheet: their type and what they hold."""
    with zipfile.ZipFile(file) as archive:
        root = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314 — made by this test.
    return [(cell.get("t"), "".join(cell.itertext())) for cell in root.iter(f"{NAMESPACE}c")]


def test_xlsx_cells_are_typed_and_no_formulas(tmp_path: Path) -> None:
    write(XlsxWriter(tmp_path / "f.xlsx"), ROWS, ROWS)
    cells = sheet_of(tmp_path / "f.xlsx", 2)
    assert ("inlineStr", "=1+1") in cells
    assert (None, "12.5") in cells
    assert ("b", "1") in cells
    assert ("inlineStr", str(2**60)) in cells
    assert ("inlineStr", "å☃") in cells
    with zipfile.ZipFile(tmp_path / "f.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert b'name="Table 2"' in archive.read("xl/workbook.xml")


def test_sheets_of_awkward_titles_have_different_names(tmp_path: Path) -> None:
    with XlsxWriter(tmp_path / "f.xlsx") as writer:
        for title in ("a/b", "a?b", "x" * 50, "x" * 40, "", "History", "'quoted'"):
            writer.begin(title, COLUMNS, of=7)
    with zipfile.ZipFile(tmp_path / "f.xlsx") as archive:
        book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 — made by this test.
    names = [sheet.get("name") for sheet in book.iter(f"{NAMESPACE}sheet")]
    assert names == [
        *("a b", "a b (2)", "x" * 31, "x" * 27 + " (2)", "Sheet", "History (2)", "quoted"),
    ]


def test_a_sheet_refuses_more_columns_than_it_has(tmp_path: Path) -> None:
    columns = [TableColumn(str(number)) for number in range(MOST_COLUMNS + 1)]
    with XlsxWriter(tmp_path / "f.xlsx") as writer, pytest.raises(InvalidQueryError):
        writer.begin("Wide", columns, of=1)


def test_parquet_has_the_types_of_its_columns(tmp_path: Path) -> None:
    # pyarrow is loaded like this because it has no types.
    parquet: Any = __import__("pyarrow.parquet").parquet
    write(ParquetWriter(tmp_path / "f"), ROWS)
    table = parquet.read_table(tmp_path / "f")
    assert [str(kind) for kind in table.schema.types] == ["string", "double", "double", "string"]
    assert table.column("=head").to_pylist() == [1.0, -2.0, 2.5, None]
    assert table.column("any").to_pylist() == ["true", None, 'quote " and\nline', str(2**60)]


async def rows_in(table: Table) -> list[list[object]]:
    return [[*row] async for portion in table.portions for row in portion]


async def test_columns_are_chosen_renamed_and_ordered() -> None:
    columns = [TableColumn(name) for name in ("a", "p.x", "p.y", "b")]
    table = table_of("T", columns, [[1, 2, 3, 4]])
    choices = [ColumnChoice("b", "B"), ColumnChoice("p", "props"), ColumnChoice("no", "no")]
    picked = chosen(table, choices)
    assert [column.name for column in picked.columns] == ["B", "props.x", "props.y", "no"]
    assert await rows_in(picked) == [[4, 2, 3, None]]


async def test_the_long_form_has_a_row_per_cell() -> None:
    columns = [TableColumn("a"), TableColumn("b")]
    one, two = table_of("One", columns, [["x", 1]]), table_of("Two", columns, [[None, True]])
    assert await rows_in(long_form("Both", [one, two])) == [
        ["One", 1, "a", "x", None],
        ["One", 1, "b", None, 1],
        ["Two", 1, "a", None, None],
        ["Two", 1, "b", "True", None],
    ]
