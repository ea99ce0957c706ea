"""Files of real exports, read by the programs that people read them with."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.compat.posthog.world import TRENDS, Json, World

pytestmark = pytest.mark.anyio

# Loaded like this because it has no types.
openpyxl: Any = __import__("openpyxl")

CSV, NDJSON, PARQUET = "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
VIEW, JOINED = {"event": "$pageview"}, {"event": "sign_up"}
SPAN = {"dateRange": {"date_from": "-3d"}}
SOURCES: list[Json] = [
    {**TRENDS, "breakdownFilter": {"breakdown": "$browser"}},
    {**TRENDS, "compareFilter": {"compare": True}},
    {"kind": "FunnelsQuery", "series": [VIEW, JOINED], **SPAN},
    {"kind": "RetentionQuery", "retentionFilter": {"period": "Day", "totalIntervals": 3}},
    {"kind": "PathsQuery", **SPAN},
    {"kind": "StickinessQuery", "series": [VIEW], **SPAN},
    {"kind": "LifecycleQuery", "series": [VIEW], **SPAN},
    {"kind": "EventsQuery", "select": ["event", "timestamp", "properties.seats"], "after": "-7d"},
    {"kind": "EventsQuery", "after": "-7d"},
]


def sheets_of(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """The values of each sheet, by its name."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [*sheet.iter_rows(values_only=True)] for sheet in book.worksheets}


def parquet_of(content: bytes, folder: Path) -> list[tuple[Any, ...]]:
    """The rows of the file, below a row of its columns' names."""
    file = folder / "read.parquet"
    file.write_bytes(content)
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT * FROM read_parquet('{file}')")  # noqa: S608 — of this test.
        return [tuple(found.columns), *found.fetchall()]


def plain(cells: Sequence[Any]) -> list[Any]:
    """The cells alike in every format: nothing is empty, and numbers are numbers."""
    return [_plain(cell) for cell in cells]


def _plain(cell: object) -> object:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    text = str(cell)
    try:
        return float(text)
    except ValueError:
        return {"True": "true", "False": "false"}.get(text, text)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source["kind"]))
async def test_every_format_holds_the_same_rows(world: World, source: Json, tmp_path: Path) -> None:
    made = {
        kind: await world.content(export_format=kind, export_context={"source": source})
        for kind in (CSV, XLSX, PARQUET, NDJSON)
    }
    rows = [*map(plain, csv.reader(io.StringIO(made[CSV].decode())))]
    assert len(rows) > 1
    (sheet,) = sheets_of(made[XLSX]).values()
    assert [*map(plain, sheet)] == rows
    assert [*map(plain, parquet_of(made[PARQUET], tmp_path))] == rows
    lines = [json.loads(line) for line in made[NDJSON].splitlines()]
    assert [plain([*line.values()]) for line in lines] == rows[1:]
    assert plain([*lines[0]]) == rows[0]


async def test_a_workbook_has_typed_cells_and_no_formulas(world: World) -> None:
    node = {**VIEW, "custom_name": '=HYPERLINK("http://x","y")'}
    source = {"kind": "FunnelsQuery", "series": [node, {**JOINED, "custom_name": "@sum"}], **SPAN}
    content = await world.content(export_format=XLSX, export_context={"source": source})
    (sheet,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    rows: list[Any] = [*sheet.iter_rows(min_row=2)]
    first, second = rows
    # A formula would be of type f.
    assert [first[0].data_type, second[0].data_type] == ["s", "s"]
    assert first[0].value == '=HYPERLINK("http://x","y")'
    assert [cell.data_type for cell in second[3:]] == ["n"] * 6
    assert second[3].value == 1
    assert second[6].number_format != "General"
    written = await world.content(export_format=CSV, export_context={"source": source})
    assert written.decode().splitlines()[2].startswith("'@sum,,'@sum,1,")


async def test_a_dashboards_workbook_has_a_sheet_per_insight(world: World) -> None:
    board = await world.made("/dashboards/", {"name": "Sheets"})
    for name in ("Views", "Views", "A/B: [test]?"):
        await world.insight(name, dashboards=[board["id"]])
    content = await world.content(export_format=XLSX, dashboard=board["id"])
    sheets = sheets_of(content)
    assert list(sheets) == ["Views", "Views (2)", "A B   test"]
    assert all(rows[1] == ("$pageview", 0, 0, 5, 0, 5) for rows in sheets.values())
