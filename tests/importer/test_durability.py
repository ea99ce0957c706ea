"""Imports that are killed, and imports beside the process that owns the event store."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import select

from app.analytics.records import BOUNDARY_EVENTS
from app.analytics.sql.tables import EVENTS, SESSIONS
from app.importer.service import import_file, wait_stored
from app.ingest.log import EventLog, Ownership
from tests.support.engines import ENGINES
from tests.support.import_lines import numbered_row, write_lines
from tests.support.importing import log_settings, order_of

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
EVENTS_IN_FILE = 8_000
ROUNDS = 3


@contextmanager
def program(*arguments: str) -> Generator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.importing", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def big_file(path: Path) -> Path:
    """About six portions, so that there is a middle to be killed in."""
    rows = (numbered_row(n) | {"title": "t" * 700} for n in range(EVENTS_IN_FILE))
    return write_lines(path, rows)


async def everything_once(log: EventLog) -> bool:
    await log.settled()
    told = select(EVENTS.c.id).where(EVENTS.c.name.not_in(BOUNDARY_EVENTS))
    ids = [str(row[0]) for row in await log.store.fetch(told, 10)]
    expected = {f"event-{n}" for n in range(EVENTS_IN_FILE)}
    return len(ids) == EVENTS_IN_FILE and set(ids) == expected


@pytest.mark.parametrize("engine", ENGINES)
async def test_killed_import_goes_on_with_every_event_exactly_once(
    tmp_path: Path, engine: str
) -> None:
    folder, file = tmp_path / "data", big_file(tmp_path / "events.ndjson")
    dice = random.Random(7)
    for _ in range(ROUNDS):
        with program("import", engine, str(folder), str(file)) as process:
            pipe(process.stdout).readline()
            await asyncio.sleep(dice.random() * 0.15)
            process.kill()
    log = await EventLog.open(log_settings(engine, folder))
    try:
        report = await import_file(log, order_of(folder, file), lambda _read, _events: None)
        assert report.already > 0
        assert report.imported + report.already == EVENTS_IN_FILE
        assert await everything_once(log)
    finally:
        await log.close()


async def test_import_beside_the_owner_is_stored_by_it(tmp_path: Path) -> None:
    folder, file = tmp_path / "data", big_file(tmp_path / "events.ndjson")
    with program("own", "duckdb", str(folder)) as owner:
        assert pipe(owner.stdout).readline() == "open\n"
        log = await EventLog.open(log_settings("duckdb", folder), Ownership.IF_FREE)
        assert not log.owns_store
        report = await import_file(log, order_of(folder, file), lambda _read, _events: None)
        await wait_stored(log, folder)
        await log.close()
        assert report.imported == EVENTS_IN_FILE
        pipe(owner.stdin).close()
        owner.wait(20)
    log = await EventLog.open(log_settings("duckdb", folder))
    try:
        assert await everything_once(log)
        assert len(await log.store.fetch(select(SESSIONS.c.id), 10)) == 7
    finally:
        await log.close()
