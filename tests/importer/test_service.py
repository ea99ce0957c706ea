"""Importing files into a log with its own event store."""

import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import ColumnElement, select

from app.analytics.records import BOUNDARY_EVENTS, Event
from app.analytics.sessions import session_record, sessionize
from app.analytics.sql.tables import EVENTS, SESSIONS
from app.importer import openpanel
from app.importer.rows import Circumstances
from app.importer.service import (
    BadLinesError,
    ImportOrder,
    ImportReport,
    Repetition,
    Strictness,
    import_file,
)
from app.ingest.log import EventLog, LogSettings
from app.kit.jsonl import DamagedFileError
from tests.support.engines import ENGINES, store_url
from tests.support.import_lines import START_MS, numbered_row, write_lines
from tests.support.naming import name_session

pytestmark = pytest.mark.anyio

NOW = START_MS + 10**9


@pytest.fixture(params=ENGINES)
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventLog]:
    folder = tmp_path / "data"
    settings = LogSettings(
        data_dir=folder, events_url=store_url(request.param, folder), naming=name_session
    )
    opened = await EventLog.open(settings)
    yield opened
    await opened.close()


@pytest.fixture
def order(tmp_path: Path) -> ImportOrder:
    return ImportOrder(
        path=write_lines(tmp_path / "events.ndjson", map(numbered_row, range(500))),
        data_dir=tmp_path / "data",
        project=1,
        at_ms=NOW,
        processes=1,
    )


async def imported(log: EventLog, order: ImportOrder) -> tuple[int, int, int]:
    report = await import_file(log, order, lambda _read, _events: None)
    await log.settled()
    return report.imported, report.already, report.bad.count


async def stored(log: EventLog, *columns: ColumnElement[Any]) -> list[Any]:
    """The columns of what is stored, without the events that the store makes of sessions."""
    await log.settled()
    wanted = select(*columns)
    if EVENTS in wanted.get_final_froms():
        wanted = wanted.where(EVENTS.c.name.not_in(BOUNDARY_EVENTS))
    return [tuple(row) for row in await log.store.fetch(wanted, 10)]


async def test_every_line_becomes_an_event_once(log: EventLog, order: ImportOrder) -> None:
    assert await imported(log, order) == (500, 0, 0)
    rows = await stored(log, EVENTS.c.id, EVENTS.c.created_at, EVENTS.c.imported_at)
    assert sorted(rows) == sorted((f"event-{n}", START_MS + n * 60_000, NOW) for n in range(500))


async def test_sessions_are_those_of_the_definition(log: EventLog, order: ImportOrder) -> None:
    await imported(log, order)
    here = Circumstances(1, "f", NOW)
    events: list[Event] = [
        replace(openpanel.event_of(numbered_row(n), n, here), position=n + 1) for n in range(500)
    ]
    expected = [session_record(state) for state in sessionize(events, name_session)]
    table = SESSIONS.c
    rows = await stored(
        log, table.id, table.device_id, table.created_at, table.ended_at, table.screen_view_count
    )
    assert sorted(rows) == sorted(
        (one.id, one.device_id, one.created_at, one.ended_at, one.screen_view_count)
        for one in expected
    )


async def test_file_is_imported_once_unless_told_otherwise(
    log: EventLog, order: ImportOrder
) -> None:
    assert await imported(log, order) == (500, 0, 0)
    assert await imported(log, order) == (0, 500, 0)
    assert await imported(log, replace(order, repetition=Repetition.AGAIN)) == (500, 0, 0)
    assert await imported(log, order) == (0, 500, 0)
    assert await imported(log, replace(order, project=2)) == (500, 0, 0)
    assert len(await stored(log, EVENTS.c.id)) == 1500


async def test_packed_file_is_read(log: EventLog, order: ImportOrder) -> None:
    order.path.write_bytes(gzip.compress(order.path.read_bytes()))
    assert await imported(log, order) == (500, 0, 0)


class BrokenOffError(Exception):
    pass


async def test_import_that_was_broken_off_goes_on(log: EventLog, order: ImportOrder) -> None:
    rows = (numbered_row(n) | {"properties": {"padding": "x" * 20_000}} for n in range(500))
    write_lines(order.path, rows)

    def break_off(_read: int, events: int) -> None:
        if events >= 200:
            raise BrokenOffError

    with pytest.raises(BrokenOffError):
        await import_file(log, order, break_off)
    report: ImportReport = await import_file(log, order, lambda _read, _events: None)
    assert report.already >= 200
    assert report.imported + report.already == 500
    ids = await stored(log, EVENTS.c.id)
    assert sorted(ids) == sorted((f"event-{n}",) for n in range(500))


async def test_bad_lines_are_counted_and_the_first_are_named(
    log: EventLog, order: ImportOrder
) -> None:
    with order.path.open("ab") as file:
        file.write(b"nonsense\n" * 30)
    report = await import_file(log, order, lambda _read, _events: None)
    assert (report.imported, report.bad.count) == (500, 30)
    assert [bad.line for bad in report.bad.first] == list(range(501, 521))


async def test_strict_import_of_a_bad_file_keeps_nothing(log: EventLog, order: ImportOrder) -> None:
    with order.path.open("ab") as file:
        file.write(orjson.dumps({"name": "x"}) + b"\n")
    strict = replace(order, strictness=Strictness.REFUSE)
    with pytest.raises(BadLinesError, match="line 501: The event has no time"):
        await imported(log, strict)
    assert await stored(log, EVENTS.c.id) == []
    assert await imported(log, order) == (500, 0, 1)


async def test_strict_import_of_a_good_file_is_like_any(log: EventLog, order: ImportOrder) -> None:
    assert await imported(log, replace(order, strictness=Strictness.REFUSE)) == (500, 0, 0)


async def test_nothing_of_a_damaged_file_is_kept(log: EventLog, order: ImportOrder) -> None:
    whole = gzip.compress(order.path.read_bytes())
    order.path.write_bytes(whole[:-30])
    with pytest.raises(DamagedFileError):
        await imported(log, order)
    assert await stored(log, EVENTS.c.id) == []
    order.path.write_bytes(whole)
    assert await imported(log, order) == (500, 0, 0)
