"""Tables: what a file holds, whatever its format."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

from app.exports.records import ColumnChoice

Cell: TypeAlias = str | int | float | bool | None
Row: TypeAlias = Sequence[Cell]
Portions: TypeAlias = AsyncIterator[Sequence[Row]]
"""The rows of a table, some at a time, to be read once."""


class Kind(StrEnum):
    """What the cells of a column are, so that a typed file can say so."""

    TEXT = "text"
    NUMBER = "number"
    PERCENT = "percent"
    """A share of a hundred, written as 12.5 for 12.5 %."""
    ANY = "any"
    """Whatever each cell is by itself."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: what its head says, and what its cells are."""

    name: str
    kind: Kind = Kind.ANY


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table whose rows come in portions; `total` tells how many, if that is known."""

    title: str
    columns: tuple[TableColumn, ...]
    portions: Portions
    total: int | None = None


EMPTY_NOTE: Final = "No data available or unable to format for export."


def table_of(title: str, columns: Sequence[TableColumn], rows: Sequence[Row]) -> Table:
    """The table of rows that are at hand."""
    return Table(title, tuple(columns), _at_once(rows), len(rows))


async def _at_once(rows: Sequence[Row]) -> Portions:
    if rows:
        yield rows


def chosen(table: Table, choices: Sequence[ColumnChoice] | None) -> Table:
    """The table with these columns only, in this order; None or nothing keeps all.

    A name stands for the columns under it (`name.…`) and then for the one of that name; one
    that is unknown becomes an empty column.
    """
    if not choices:
        return table
    places: list[int | None] = []
    heads: list[TableColumn] = []
    for choice in choices:
        under = f"{choice.name}."
        columns = [*enumerate(table.columns)]
        found = [(place, column) for place, column in columns if column.name.startswith(under)]
        found += [(place, column) for place, column in columns if column.name == choice.name]
        places += [place for place, _ in found] or [None]
        heads += [
            replace(column, name=choice.head + column.name.removeprefix(choice.name))
            for _, column in found
        ] or [TableColumn(choice.head)]
    return replace(table, columns=tuple(heads), portions=_chosen(table.portions, places))


async def _chosen(portions: Portions, places: Sequence[int | None]) -> Portions:
    async for portion in portions:
        yield [[None if place is None else row[place] for place in places] for row in portion]


def long_form(title: str, tables: Sequence[Table]) -> Table:
    """Tables of different columns as one: a row for each cell, with where it was."""
    columns = (
        TableColumn("table", Kind.TEXT),
        TableColumn("row", Kind.NUMBER),
        TableColumn("column", Kind.TEXT),
        TableColumn("text", Kind.TEXT),
        TableColumn("number", Kind.NUMBER),
    )
    return Table(title, columns, _cells(tables))


async def _cells(tables: Sequence[Table]) -> Portions:
    for table in tables:
        number = 0
        async for portion in table.portions:
            cells: list[Row] = []
            for number, row in enumerate(portion, start=number + 1):  # noqa: B020 — Counted on.
                cells += (
                    [table.title, number, column.name, *_text_and_number(cell)]
                    for column, cell in zip(table.columns, row, strict=True)
                )
            yield cells


def _text_and_number(cell: Cell) -> tuple[Cell, Cell]:
    match cell:
        case bool():
            return str(cell), None
        case int() | float():
            return None, cell
        case _:
            return cell, None
