"""Programs that import a file and that own a data directory, until they are killed.

Usage: python -m tests.support.importing import ENGINE FOLDER FILE, or … own ENGINE FOLDER.
Each prints a line once it has begun.
"""

import asyncio
import sys
from pathlib import Path

from app.importer.service import ImportOrder, import_file, wait_stored
from app.ingest.log import EventLog, LogSettings, Ownership
from app.ingest.storer import Pace
from tests.support.engines import store_url
from tests.support.import_lines import START_MS
from tests.support.naming import name_session


def log_settings(engine: str, folder: Path) -> LogSettings:
    """The log in the folder, which stores and trims all the time."""
    return LogSettings(
        data_dir=folder,
        events_url=store_url(engine, folder),
        naming=name_session,
        pace=Pace(interval_seconds=0.02, eager_rows=50),
    )


def order_of(folder: Path, file: Path) -> ImportOrder:
    """The file's import into project 1."""
    return ImportOrder(path=file, data_dir=folder, project=1, at_ms=START_MS, processes=1)


def _tell(_read: int, events: int) -> None:
    print(events, flush=True)  # noqa: T201 — how the parent learns of it.


async def _import(engine: str, folder: Path, file: Path) -> None:
    log = await EventLog.open(log_settings(engine, folder), Ownership.IF_FREE)
    await import_file(log, order_of(folder, file), _tell)
    await wait_stored(log, folder)
    await log.close()


async def _own(engine: str, folder: Path) -> None:
    log = await EventLog.open(log_settings(engine, folder))
    print("open", flush=True)  # noqa: T201
    try:
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await log.close()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["import", engine, folder, file]:
            asyncio.run(_import(engine, Path(folder), Path(file)))
        case ["own", engine, folder]:
            asyncio.run(_own(engine, Path(folder)))
        case _:
            sys.exit(__doc__)
