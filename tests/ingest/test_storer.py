"""The event log as a whole: stored once, in order, readable after the barrier."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.analytics.errors import OverloadedError
from app.analytics.event_row import event_row
from app.analytics.records import Event
from app.analytics.sessions import SessionState, sessionize
from app.analytics.sql.tables import EVENTS
from app.ingest.encoding import encode_event, encode_table
from app.ingest.journal import JOURNAL_NAME, ImportProgress, Journal
from app.ingest.log import EventLog, LogSettings, Ownership
from app.ingest.owners import NoOwners
from app.ingest.storer import Pace
from app.kit.clock import FixedClock
from app.projects.sightings import Sighting
from app.stores.arrow import event_table
from app.stores.base import ConfigurationError, StoreLockedError
from tests.support.engines import ENGINES, IS_DERIVED, store_url, stored_events
from tests.support.naming import EVENTS as SOME_EVENTS
from tests.support.naming import MINUTE, name_session

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("engine", ENGINES)]

SLOW = Pace(interval_seconds=60, patience_seconds=5)


def settings_for(engine: str, directory: Path, pace: Pace = SLOW) -> LogSettings:
    return LogSettings(
        data_dir=directory,
        events_url=store_url(engine, directory),
        naming=name_session,
        pace=pace,
        clock=FixedClock(0),
    )


@asynccontextmanager
async def opened(chosen: LogSettings) -> AsyncGenerator[EventLog]:
    log = await EventLog.open(chosen)
    try:
        yield log
    finally:
        await log.close()


def view(minute: int, number: int = 0, **changes: object) -> Event:
    event = Event(
        project=1,
        id=f"e{number}",
        name="screen_view",
        created_at=minute * MINUTE,
        received_at=0,
        device_id="d1",
        path="/",
    )
    return replace(event, **changes)  # type: ignore[arg-type]


async def settled_at_last(log: EventLog) -> None:
    """The barrier of a log with little patience, asked until it holds."""
    for _ in range(100):
        try:
            return await log.settled()
        except OverloadedError:
            continue
    raise AssertionError("The log never settled.")


async def ids(log: EventLog) -> list[object]:
    statement = select(EVENTS.c.id).where(~IS_DERIVED).order_by(EVENTS.c.position)
    return [row[0] for row in await log.store.fetch(statement, 5)]


async def labels(log: EventLog) -> list[object]:
    statement = select(EVENTS.c.session_id).where(~IS_DERIVED).order_by(EVENTS.c.position)
    return [row[0] for row in await log.store.fetch(statement, 5)]


async def test_the_barrier_makes_ones_own_events_readable(engine: str, tmp_path: Path) -> None:
    async with opened(settings_for(engine, tmp_path)) as log:
        for number in range(5):
            await log.append([view(number, number)])
            await log.settled()
            assert len(await ids(log)) == number + 1


class Counting(NoOwners):
    """Counts the portions that are stored."""

    def __init__(self) -> None:
        self.portions = 0

    async def see(self, sightings: Mapping[int, Sequence[Sighting]]) -> None:
        self.portions += 1
        await super().see(sightings)


async def test_what_comes_while_a_portion_is_stored_waits_its_turn(
    engine: str, tmp_path: Path
) -> None:
    owners = Counting()
    async with opened(replace(settings_for(engine, tmp_path), owners=owners)) as log:
        await log.append([view(0)])
        asking = asyncio.create_task(log.settled())
        for number in range(1, 100):
            await log.append([view(number, number)])
        await asking
        # One turn at the start, one for whoever asked, and one if that was in the middle of
        # another; the next is a minute away.
        assert owners.portions <= 3
        await log.settled()
        assert len(await ids(log)) == 100


async def test_sessions_grow_and_join_as_late_events_come(engine: str, tmp_path: Path) -> None:
    async with opened(settings_for(engine, tmp_path)) as log:
        for minute in (50, 0, 25):
            await log.append([view(minute)])
            await log.settled()
        (whole,) = await log.store.sessions_since(0)
        assert (whole.id, whole.activity_count) == (name_session(1, "d1", 50 * MINUTE), 3)
        assert await labels(log) == [whole.id] * 3


async def test_closing_stores_what_was_acknowledged(engine: str, tmp_path: Path) -> None:
    async with opened(settings_for(engine, tmp_path)) as log:
        await asyncio.gather(*(log.append([view(0, number)]) for number in range(20)))
    async with opened(settings_for(engine, tmp_path)) as log:
        assert len(await ids(log)) == 20


async def test_what_was_only_journalled_is_stored_at_the_next_start(
    engine: str, tmp_path: Path
) -> None:
    async with opened(settings_for(engine, tmp_path)) as log:
        await log.append([view(0, 1)])
    journal = Journal(tmp_path, "another process")
    await journal.append([encode_event(view(1, 2))])
    await journal.close()
    async with opened(settings_for(engine, tmp_path)) as log:
        assert await ids(log) == ["e1", "e2"]
        assert log.assign_session(1, "d1", 2 * MINUTE) == name_session(1, "d1", 0)
        found = log.find_session(1, "d1", 2 * MINUTE)
        assert found is not None
        assert found.ended_at == MINUTE


async def test_another_process_appends_and_its_events_are_stored(
    engine: str, tmp_path: Path
) -> None:
    quick = replace(SLOW, interval_seconds=0.05)
    chosen = settings_for(engine, tmp_path, quick)
    step = ImportProgress(fingerprint="f", project=1, offset=10, rows=1, done=True)
    async with opened(chosen) as owner:
        guest = await EventLog.open(chosen, Ownership.IF_FREE)
        assert (owner.owns_store, guest.owns_store) == (True, False)
        with pytest.raises(StoreLockedError):
            _ = guest.store
        with pytest.raises(StoreLockedError):
            await EventLog.open(chosen)
        await guest.append([view(0, 1)], step)
        assert await guest.find_progress("f", 1) == step
        await guest.settled()
        assert await ids(owner) == ["e1"]
        await guest.append([view(0, 2)])
        await owner.settled()
        assert await ids(owner) == ["e1", "e2"]
        await guest.close()
    async with opened(chosen) as log:
        assert len(await ids(log)) == 2


async def test_a_guest_without_an_owner_says_that_it_waits_in_vain(
    engine: str, tmp_path: Path
) -> None:
    chosen = settings_for(engine, tmp_path, replace(SLOW, patience_seconds=0.1))
    async with opened(chosen) as owner:
        guest = await EventLog.open(chosen, Ownership.IF_FREE)
        await owner.close()
        await guest.append([view(0, 1)])
        with pytest.raises(OverloadedError):
            await guest.settled()
        await guest.close()
    async with opened(chosen) as log:
        await settled_at_last(log)
        assert await ids(log) == ["e1"]


def remove_journal(directory: Path) -> None:
    for path in directory.glob(f"{JOURNAL_NAME}*"):
        path.unlink()


async def test_a_new_journal_beside_an_old_store_keeps_the_order(
    engine: str, tmp_path: Path
) -> None:
    async with opened(settings_for(engine, tmp_path)) as log:
        for number in range(3):
            await log.append([view(10, number)])
    remove_journal(tmp_path)
    async with opened(settings_for(engine, tmp_path)) as log:
        await log.append([view(0, 3)])
        await log.settled()
        assert await ids(log) == ["e0", "e1", "e2", "e3"]
        (state,) = await log.store.sessions_since(0)
        assert state.id == name_session(1, "d1", 10 * MINUTE)


@dataclass
class Naming:
    """Fails for one device until it is mended, as an unknown project would make it."""

    broken: str | None

    def __call__(self, project: int, device_id: str, at_ms: int) -> str:
        if device_id == self.broken:
            raise LookupError(device_id)
        return name_session(project, device_id, at_ms)


async def test_a_batch_that_can_not_be_stored_is_kept_and_stored_later(
    engine: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    naming = Naming("bad")
    quick = Pace(interval_seconds=0.02, patience_seconds=0.3, first_pause_seconds=0.01)
    chosen = replace(settings_for(engine, tmp_path, quick), naming=naming)
    async with opened(chosen) as log:
        await log.append([view(0, 1)])
        await log.append([view(0, 2, device_id="bad", session_id="s")])
        await log.append([view(0, 3)])
        with caplog.at_level(logging.ERROR), pytest.raises(OverloadedError):
            await log.settled()
        while not await ids(log):  # noqa: ASYNC110 — the storer tells no test of its steps.
            await asyncio.sleep(0.02)
        assert await ids(log) == ["e1"]
        told = [entry.message for entry in caplog.records if "can't be stored" in entry.message]
        assert len(told) == len(set(told))
        naming.broken = None
        await settled_at_last(log)
        assert await ids(log) == ["e1", "e2", "e3"]


async def test_a_log_that_can_not_store_still_closes_and_goes_on_later(
    engine: str, tmp_path: Path
) -> None:
    naming = Naming("d1")
    quick = Pace(interval_seconds=0.02, patience_seconds=0.1, first_pause_seconds=0.01)
    chosen = replace(settings_for(engine, tmp_path, quick), naming=naming)
    async with opened(chosen) as log:
        await log.append([view(0, 1, session_id="s")])
    async with opened(chosen) as log:
        assert await ids(log) == []
    naming.broken = None
    async with opened(chosen) as log:
        await settled_at_last(log)
        assert await ids(log) == ["e1"]


async def test_a_store_that_can_not_be_opened_leaves_the_directory_free(
    engine: str, tmp_path: Path
) -> None:
    chosen = settings_for(engine, tmp_path)
    wrong = replace(chosen, events_url="postgresql+asyncpg://host/name")
    with pytest.raises(ConfigurationError):
        await EventLog.open(wrong)
    async with opened(chosen) as log:
        assert log.owns_store


async def test_portions_bring_the_store_as_much_as_fits_into_it(
    engine: str, tmp_path: Path
) -> None:
    """Whatever an event brings with it: here each begins a session and thereby brings a start."""
    fitting = Pace(
        interval_seconds=60,
        eager_rows=1_000,
        portion_rows=100,
        fitting_rows=30,
        reads_ahead=False,
    )
    async with opened(settings_for(engine, tmp_path, fitting)) as log:
        await log.append([view(0)])
        await log.settled()
        before = log.store.generation(1)
        for number in range(1, 91):
            await log.append([view(60 * number, number)])
        await log.settled()
        # Fifteen events each time.
        assert log.store.generation(1) - before == 90 / 15


async def test_closing_stores_all_that_is_left_of_bulk_work(engine: str, tmp_path: Path) -> None:
    bulk = Pace(interval_seconds=60, eager_rows=1_000, portion_rows=3, reads_ahead=False)
    async with opened(settings_for(engine, tmp_path, bulk)) as log:
        for number in range(10):
            await log.append([view(number, number)])
    remove_journal(tmp_path)
    async with opened(settings_for(engine, tmp_path)) as log:
        assert len(await ids(log)) == 10


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(SOME_EVENTS, st.booleans(), st.booleans()), max_size=20))
def test_the_stored_sessions_are_the_defined_ones(
    engine: str,
    tmp_path_factory: pytest.TempPathFactory,
    arrivals: Sequence[tuple[Event, bool, bool]],
) -> None:
    asyncio.run(_compare(engine, tmp_path_factory.mktemp("log"), arrivals))


async def _compare(
    engine: str, directory: Path, arrivals: Sequence[tuple[Event, bool, bool]]
) -> None:
    """Events come one by one or as columns; portions of the storer have some of both."""
    async with opened(settings_for(engine, directory)) as log:
        for event, comes_as_columns, is_read_next in arrivals:
            if comes_as_columns:
                await log.append_columns(1, encode_table(event_table([event_row(event)])))
            else:
                await log.append([event])
            if is_read_next:
                await log.settled()
        await log.settled()
        stored = await log.store.sessions_since(-1)
        held = await stored_events(log.store)
    numbered = [
        replace(event, position=stored.position)
        for (event, *_), stored in zip(arrivals, held, strict=True)
    ]
    assert [replace(event, session_id=None) for event in held] == [
        replace(event, session_id=None) for event in numbered
    ]
    assert sorted(stored, key=_by_time) == sessionize(numbered, name_session)


def _by_time(state: SessionState) -> tuple[int, str, int]:
    return state.project, state.device_id, state.created_at
