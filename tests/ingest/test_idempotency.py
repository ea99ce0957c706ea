"""Events that are told again: stored once, and answered as the first time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.analytics.records import Event
from app.ingest.encoding import encode_event
from app.ingest.journal import Appended, Journal, Told
from app.ingest.log import EventLog, LogSettings, Ownership
from app.kit.clock import FixedClock
from tests.support.engines import ENGINES, store_url, stored_events
from tests.support.naming import name_session

pytestmark = pytest.mark.anyio

DAY_MS = 24 * 3600 * 1000


def click(identity: str, session: str = "s") -> Event:
    return Event(
        project=1,
        id=identity,
        name="click",
        created_at=0,
        received_at=0,
        device_id="d1",
        session_id=session,
    )


def settings_for(engine: str, directory: Path, clock: FixedClock) -> LogSettings:
    return LogSettings(
        data_dir=directory,
        events_url=store_url(engine, directory),
        naming=name_session,
        clock=clock,
    )


@asynccontextmanager
async def opened(
    engine: str, directory: Path, clock: FixedClock | None = None
) -> AsyncGenerator[EventLog]:
    log = await EventLog.open(settings_for(engine, directory, clock or FixedClock(0)))
    try:
        yield log
    finally:
        await log.close()


async def ids(log: EventLog) -> list[str]:
    await log.settled()
    return [event.id for event in await stored_events(log.store)]


@pytest.mark.parametrize("engine", ENGINES)
async def test_an_event_is_stored_once_across_retries_and_restarts(
    engine: str, tmp_path: Path
) -> None:
    first = Told("1:a", "d1", "first")
    async with opened(engine, tmp_path) as log:
        assert await log.append_once(click("a", "first")) is None
        assert await log.append_once(click("a", "second")) == first
        assert await log.append_once(click("b")) is None
    async with opened(engine, tmp_path) as log:
        assert await log.append_once(click("a", "third")) == first
        assert await ids(log) == ["a", "b"]


@pytest.mark.parametrize("engine", ENGINES)
async def test_of_simultaneous_events_one_is_kept_and_all_hear_of_it(
    engine: str, tmp_path: Path
) -> None:
    async with opened(engine, tmp_path) as log:
        others = [log.append([click(f"other{number}")]) for number in range(10)]
        shared = [log.append_once(click("a", f"s{number}")) for number in range(10)]
        pairs = zip(others, shared, strict=True)
        answers = await asyncio.gather(*(one for pair in pairs for one in pair))
        told = answers[1::2]
        (winner,) = [number for number, earlier in enumerate(told) if earlier is None]
        assert {earlier for earlier in told if earlier} == {Told("1:a", "d1", f"s{winner}")}
        stored = await ids(log)
        assert sorted(stored) == sorted(["a", *(f"other{number}" for number in range(10))])


async def test_another_process_knows_what_was_told(tmp_path: Path) -> None:
    chosen = settings_for("duckdb", tmp_path, FixedClock(0))
    async with opened("duckdb", tmp_path) as owner:
        guest = await EventLog.open(chosen, Ownership.IF_FREE)
        assert await guest.append_once(click("a")) is None
        assert await owner.append_once(click("a")) == Told("1:a", "d1", "s")
        assert await ids(owner) == ["a"]
        await guest.close()


async def test_what_was_told_long_ago_is_forgotten(tmp_path: Path) -> None:
    clock = FixedClock(0)
    async with opened("duckdb", tmp_path, clock) as log:
        await log.append_once(click("a"))
        clock.advance(7 * DAY_MS)
        assert await log.append_once(click("a")) is not None
        clock.advance(1)
        await log.append_once(click("b"))
    async with opened("duckdb", tmp_path, clock) as log:
        assert await log.append_once(click("a")) is None
        assert await log.append_once(click("b")) is not None


async def test_a_batch_without_its_repeated_rows_keeps_the_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    rows = [encode_event(click(identity)) for identity in "abcb"]
    told = {1: Told("b", None, None), 3: Told("b", "d", "s")}
    assert await journal.append_once(rows, (), told) == Appended(1, {3: told[1]})
    assert await journal.append_once(rows[1:2], (), {0: told[3]}) == Appended(0, {0: told[1]})
    assert [batch.rows for batch in await journal.read(0, 9)] == [3]
    await journal.close()


async def test_a_batch_that_fails_leaves_nothing_known(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "test")
    told = {0: Told("a", "d", "s")}
    broken = replace(click("a"), project=2)
    with pytest.raises(Exception, match="fingerprint"):
        await journal.append_once([encode_event(broken)], (object(),), told)  # type: ignore[arg-type]  # Fails after the key is written.
    assert await journal.append_once([encode_event(broken)], (), told) == Appended(1, {})
    await journal.close()
