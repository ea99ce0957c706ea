"""From an export to its file: what it is about is asked, and the answers are written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import anyio.to_thread

from app.analytics.errors import DomainError
from app.analytics.queries import EventsQuery
from app.exports.asking import ask
from app.exports.event_table import event_table
from app.exports.formats.base import TableFile
from app.exports.formats.csv import CsvWriter, ZipWriter
from app.exports.formats.parquet import ParquetWriter
from app.exports.formats.rows_json import JsonWriter, NdjsonWriter
from app.exports.formats.xlsx import XlsxWriter
from app.exports.panels import Panel, Subject, SubjectFinder
from app.exports.records import Export, ExportFormat
from app.exports.tables import EMPTY_NOTE, Table, TableColumn, chosen, long_form
from app.exports.tabulate import tabulate
from app.exports.worker import Progress
from app.projects.directory import ProjectDirectory
from app.projects.reader import Reader
from app.projects.records import Project

Opener: TypeAlias = Callable[[Path], TableFile]

_WRITERS: Final[dict[ExportFormat, Opener]] = {
    ExportFormat.CSV: CsvWriter,
    ExportFormat.XLSX: XlsxWriter,
    ExportFormat.JSON: JsonWriter,
    ExportFormat.NDJSON: NdjsonWriter,
    ExportFormat.PARQUET: ParquetWriter,
    ExportFormat.ZIP: ZipWriter,
}


class UnsupportedExportError(DomainError):
    """The thing can't be had in that format."""

    code = "UNSUPPORTED_EXPORT"


class Painter(Protocol):
    """Draws pictures of subjects."""

    async def paint(self, subject: Subject, project: Project, export: Export) -> bytes:
        """The whole picture in the order's format and theme."""
        ...


@dataclass(frozen=True, slots=True)
class FileMaker:
    """Makes the files of exports."""

    projects: ProjectDirectory
    subjects: SubjectFinder
    reader: Reader
    painter: Painter

    async def make(self, export: Export, file: Path, progress: Progress) -> int:
        """Writes the whole file; how many rows it has.

        Raises DomainError for what can't be made: its message is for the export's owner.
        """
        kind = _format_of(export)
        project = await self.projects.get_project(export.project)
        subject = await self.subjects.subject_of(export)
        if kind.is_picture:
            picture = await self.painter.paint(subject, project, export)
            await anyio.Path(file).write_bytes(picture)
            return 0
        tables = [
            chosen(await self._table(panel, project), export.order.columns)
            for panel in subject.panels
        ]
        if kind is ExportFormat.PARQUET and len(tables) != 1:
            tables = [long_form(subject.title, tables)]
        progress.total = _total(tables)
        return await _write(_WRITERS[kind], file, tables, progress)

    async def _table(self, panel: Panel, project: Project) -> Table:
        if isinstance(panel.question, EventsQuery):
            return await event_table(self.reader, panel.title, panel.question, project)
        return tabulate(panel, await ask(self.reader, panel.question, project))


def _format_of(export: Export) -> ExportFormat:
    try:
        return ExportFormat(export.order.format)
    except ValueError:
        what = "dashboard" if export.order.dashboard else "insights"
        message = f"Export to format {export.order.format} is not supported for {what}"
        raise UnsupportedExportError(message) from None


def _total(tables: Sequence[Table]) -> int | None:
    known = [table.total for table in tables if table.total is not None]
    return sum(known) if len(known) == len(tables) else None


async def _write(opener: Opener, file: Path, tables: Sequence[Table], progress: Progress) -> int:
    threads = anyio.to_thread.run_sync
    writer = await threads(opener, file)
    try:
        for table in tables:
            await _write_table(writer, table, len(tables), progress)
    finally:
        with anyio.CancelScope(shield=True):
            await threads(writer.close)
    return progress.done


async def _write_table(writer: TableFile, table: Table, of: int, progress: Progress) -> None:
    threads = anyio.to_thread.run_sync
    columns = table.columns or (TableColumn("error"),)
    await threads(lambda: writer.begin(table.title, columns, of=of))
    written = 0
    async for rows in table.portions:
        await threads(writer.add, rows)
        written += len(rows)
        progress.done += len(rows)
    if not written and not table.columns:
        await threads(writer.add, [[EMPTY_NOTE]])
