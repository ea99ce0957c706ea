"""`rosetta import`."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from app.analytics.records import Json
from app.cli.answers import AsJson, answer, form_of, note, read_settings, run
from app.cli.opening import IMPORT, open_control, store_all
from app.cli.progress import progress_bar, work_in_bulk
from app.importer.service import (
    SHOWN_BAD_LINES,
    BadLines,
    BadLinesError,
    ImportOrder,
    ImportReport,
    Repetition,
    Strictness,
    import_file,
)
from app.ingest.log import EventLog
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class _Wanted:
    path: Path
    project: str
    strictness: Strictness
    repetition: Repetition


def import_events(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    project: Annotated[str, typer.Option(help="The project's id or number.")],
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Read the file first; refuse it if a line is bad."),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Add all events once more if they were imported.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import events from newline-delimited JSON, plain or gzip.

    Lines are OpenPanel's event rows or Mixpanel's raw export, told apart line by line. Lines
    without an event are reported and left out. An import that was broken off goes on where it
    was when the same command is run again; a file that was imported is not imported twice.
    Sessions are made from the devices, as for tracked events. A server may be running.
    """
    form = form_of(as_json)
    settings = read_settings(form)
    wanted = _Wanted(
        file,
        project,
        Strictness.REFUSE if strict else Strictness.SKIP,
        Repetition.AGAIN if again else Repetition.ONCE,
    )
    work_in_bulk()
    started = time.monotonic()
    report = run(form, _import(settings, wanted))
    seconds = time.monotonic() - started
    _name_bad_lines(report.bad)
    answer(form, _value(report, seconds), _text(report, seconds))


async def _import(settings: Settings, wanted: _Wanted) -> ImportReport:
    async with open_control(settings) as control:
        project = await control.projects.get_project(wanted.project)
        order = ImportOrder(
            path=wanted.path,
            data_dir=settings.data_dir,
            project=project.number,
            at_ms=control.clock.now_ms(),
            processes=max(1, (os.cpu_count() or 1) - 1),
            strictness=wanted.strictness,
            repetition=wanted.repetition,
        )
        size = wanted.path.stat().st_size
        with progress_bar(f"Importing {wanted.path.name}", size) as (advance, phase):

            async def bring(log: EventLog) -> ImportReport:
                try:
                    return await import_file(log, order, advance)
                except BadLinesError as error:
                    _name_bad_lines(error.bad)
                    raise

            return await store_all(settings, control, IMPORT, bring, phase)


def _name_bad_lines(bad: BadLines) -> None:
    for line in bad.first:
        note(f"line {line.line}: {line.reason}")
    if bad.count > SHOWN_BAD_LINES:
        note(f"… and {bad.count - SHOWN_BAD_LINES} more bad lines.")


def _value(report: ImportReport, seconds: float) -> Json:
    return {
        "imported": report.imported,
        "already": report.already,
        "boundaries": report.boundaries,
        "bad": report.bad.count,
        "badLines": [{"line": one.line, "reason": one.reason} for one in report.bad.first],
        "seconds": round(seconds, 3),
        "eventsPerSecond": round(report.imported / seconds) if seconds else 0,
    }


def _text(report: ImportReport, seconds: float) -> str:
    if not report.imported and report.already:
        return f"The file was imported before, with {report.already:,} events; nothing was added."
    speed = f"{report.imported / seconds:,.0f} events/s" if seconds else ""
    left_out = f" {report.bad.count:,} lines held no event." if report.bad.count else ""
    made_anew = (
        f" {report.boundaries:,} starts and ends of sessions were left out; they are made anew."
        if report.boundaries
        else ""
    )
    earlier = f" {report.already:,} had been imported before." if report.already else ""
    return (
        f"Imported {report.imported:,} events in {seconds:.1f} s ({speed})."
        f"{earlier}{made_anew}{left_out}"
    )
