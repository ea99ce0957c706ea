"""The starts and ends of sessions: always those of the sessions that are stored."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.analytics.boundaries import END_DELAY_MS, START_LEAD_MS, boundaries
from app.analytics.event_row import event_rows
from app.analytics.records import Event
from app.analytics.sessions import SESSION_GAP_MS
from app.ingest.encoding import encode_event, encode_table
from app.ingest.log import EventLog, LogSettings
from app.ingest.storer import Pace
from app.kit.clock import FixedClock
from app.stores.arrow import event_table
from tests.support.engines import ENGINES, store_url, stored_boundaries
from tests.support.naming import EVENTS as SOME_EVENTS
from tests.support.naming import MINUTE, name_session

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("engine", ENGINES)]

AT_REQUEST = Pace(interval_seconds=60, patience_seconds=5)
ALWAYS = replace(AT_REQUEST, interval_seconds=0.01, closing_seconds=0)


@asynccontextmanager
async def opened(
    engine: str, directory: Path, clock: FixedClock, pace: Pace = AT_REQUEST
) -> AsyncGenerator[EventLog]:
    log = await EventLog.open(
        LogSettings(
            data_dir=directory,
            events_url=store_url(engine, directory),
            naming=name_session,
            pace=pace,
            clock=clock,
        )
    )
    try:
        yield log
    finally:
        await log.close()


def view(minute: float, **changes: object) -> Event:
    event = Event(
        project=1,
        id="e",
        name="screen_view",
        created_at=int(minute * MINUTE),
        received_at=0,
        device_id="d1",
        path="/",
    )
    return replace(event, **changes)  # type: ignore[arg-type]


async def derived(log: EventLog) -> list[tuple[str, int]]:
    """Names and instants of the boundaries, in the order of time."""
    held = await stored_boundaries(log.store)
    return [(one.name, one.created_at) for one in sorted(held, key=lambda one: one.created_at)]


def start_of(minute: int) -> tuple[str, int]:
    return "session_start", minute * MINUTE - START_LEAD_MS


def end_of(minute: int) -> tuple[str, int]:
    return "session_end", minute * MINUTE + END_DELAY_MS


async def test_a_visit_starts_with_its_facts_and_ends_with_its_figures(
    engine: str, tmp_path: Path
) -> None:
    clock = FixedClock(0)
    async with opened(engine, tmp_path, clock) as log:
        first = view(0, path="/a", origin="https://a.test", country="SE", utm_term="t")
        await log.append([replace(first, properties={"plan": "pro", "seats": {"used": 2}})])
        second = view(0.5, path="/b", origin="https://b.test", profile_id="ann")
        await log.append([replace(second, properties={"plan": "free"})])
        await log.settled()
        (start,) = await stored_boundaries(log.store)
        assert (start.name, start.created_at) == ("session_start", -100)
        assert (start.path, start.origin) == ("/a", "https://a.test")
        assert (start.country, start.utm_term) == ("SE", "t")
        assert start.properties == '{"plan":"pro","seats":{"used":2}}'
        assert (start.device_id, start.profile_id) == ("d1", "ann")
        assert start.session_id == name_session(1, "d1", 0)
        clock.advance(31 * MINUTE)
        await log.append([view(31)])
        await log.settled()
        same, end, _ = sorted(await stored_boundaries(log.store), key=lambda one: one.created_at)
        assert same == start
        assert (end.name, end.created_at, end.duration) == ("session_end", 31_000, 30_000)
        assert (end.path, end.origin) == ("/b", "https://b.test")
        assert end.properties == '{"__bounce":"false"}'
        assert (end.session_id, end.profile_id) == (start.session_id, "ann")
        assert len({start.id, end.id}) == 2


async def test_a_session_ends_by_itself_when_nothing_comes(engine: str, tmp_path: Path) -> None:
    clock = FixedClock(0)
    async with opened(engine, tmp_path, clock, ALWAYS) as log:
        await log.append([view(0)])
        await log.settled()
        clock.advance(SESSION_GAP_MS)
        await asyncio.sleep(0.1)
        assert await derived(log) == [start_of(0)]
        clock.advance(1)
        async with asyncio.timeout(5):
            while len(await derived(log)) < 2:  # noqa: ASYNC110 — the storer tells no test.
                await asyncio.sleep(0.01)
        _, end = await stored_boundaries(log.store)
        assert end.properties == '{"__bounce":"true"}'


async def test_a_session_that_ended_while_the_server_was_down_is_closed_at_the_start(
    engine: str, tmp_path: Path
) -> None:
    clock = FixedClock(0)
    async with opened(engine, tmp_path, clock) as log:
        await log.append([view(0)])
    clock.advance(60 * MINUTE)
    async with opened(engine, tmp_path, clock) as log, asyncio.timeout(5):
        while len(await derived(log)) < 2:  # noqa: ASYNC110 — the same.
            await asyncio.sleep(0.01)
        assert await derived(log) == [start_of(0), end_of(0)]


async def test_a_late_event_moves_the_end_and_the_start(engine: str, tmp_path: Path) -> None:
    clock = FixedClock(200 * MINUTE)
    async with opened(engine, tmp_path, clock) as log:
        for minute, start, end in ((50, 50, 50), (60, 50, 60), (30, 30, 60), (40, 30, 60)):
            await log.append([view(minute)])
            await log.settled()
            assert await derived(log) == [start_of(start), end_of(end)]


async def test_a_late_event_gives_the_start_its_properties(engine: str, tmp_path: Path) -> None:
    async with opened(engine, tmp_path, FixedClock(200 * MINUTE)) as log:
        told = [(50, "pro", "pro"), (60, "free", "pro"), (40, "trial", "trial"), (40, "x", "trial")]
        for minute, plan, of_the_start in told:
            await log.append([view(minute, properties={"plan": plan})])
            await log.settled()
            start, _ = await stored_boundaries(log.store)
            assert start.properties == f'{{"plan":"{of_the_start}"}}'


async def test_an_event_that_makes_a_closed_session_live_takes_its_end_away(
    engine: str, tmp_path: Path
) -> None:
    clock = FixedClock(31 * MINUTE)
    async with opened(engine, tmp_path, clock) as log:
        await log.append([view(0)])
        await log.settled()
        assert await derived(log) == [start_of(0), end_of(0)]
        await log.append([view(20)])
        await log.settled()
        assert await derived(log) == [start_of(0)]


async def test_sessions_that_are_joined_have_one_start_and_one_end(
    engine: str, tmp_path: Path
) -> None:
    clock = FixedClock(500 * MINUTE)
    async with opened(engine, tmp_path, clock) as log:
        await log.append([view(50), view(0)])
        await log.settled()
        assert len(await derived(log)) == 4
        await log.append([view(25)])
        await log.settled()
        held = await stored_boundaries(log.store)
        assert [one.name for one in held] == ["session_start", "session_end"]
        assert {one.session_id for one in held} == {name_session(1, "d1", 50 * MINUTE)}


Pass: TypeAlias = Literal["nothing", "read", "reopen"] | int
Step: TypeAlias = tuple[list[Event], Pass]

STEPS = st.lists(
    st.tuples(
        st.lists(SOME_EVENTS, max_size=4),
        st.sampled_from(["nothing", "read", "reopen"]) | st.integers(0, 90),
    ),
    max_size=8,
)


@dataclass
class Story:
    """A log that lives through events, reads, restarts and passing time."""

    engine: str
    directory: Path
    clock: FixedClock

    async def live(self, steps: Sequence[Step]) -> None:
        rest = list(steps)
        while rest:
            async with opened(self.engine, self.directory, self.clock, ALWAYS) as log:
                await self.live_until_restart(log, rest)
        async with opened(self.engine, self.directory, self.clock) as log:
            await self.check(log)

    async def live_until_restart(self, log: EventLog, rest: list[Step]) -> None:
        while rest:
            events, then = rest.pop(0)
            match len(events) % 3:
                case 0:
                    await log.append_encoded([encode_event(event) for event in events])
                case 1:
                    await log.append(events)
                case _:
                    await log.append_columns(
                        len(events), encode_table(event_table(event_rows(events)))
                    )
            match then:
                case "nothing":
                    continue
                case "reopen":
                    return
                case "read":
                    await log.settled()
                    await self.check(log)
                case minutes:
                    self.clock.advance(int(minutes) * MINUTE)

    async def check(self, log: EventLog) -> None:
        async with asyncio.timeout(5):
            while True:
                # The storer may close sessions between two questions; then they are repeated.
                closed_before = await log.store.closed_before()
                held = await stored_boundaries(log.store)
                sessions = await log.store.sessions_since(-(2**53))
                if closed_before == await log.store.closed_before():
                    break
        defined = [one for state in sessions for one in boundaries(state, closed_before)]
        assert held == sorted(defined, key=lambda one: one.position)
        assert len({one.id for one in held}) == len(held)
        assert len({one.position for one in held}) == len(held)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_the_boundaries_are_those_of_the_stored_sessions(
    engine: str, tmp_path_factory: pytest.TempPathFactory, steps: Sequence[Step]
) -> None:
    story = Story(engine, tmp_path_factory.mktemp("log"), FixedClock(60 * MINUTE))
    asyncio.run(story.live(steps))
