"""Processes that are killed in the middle of their work lose nothing and double nothing."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random

import pytest

from app.analytics.boundaries import boundaries
from app.analytics.sessions import SessionState, sessionize
from app.ingest.log import EventLog
from app.stores.base import EventStore
from tests.support.appending import log_settings, main
from tests.support.engines import ENGINES, stored_boundaries, stored_events
from tests.support.naming import name_session
from tests.support.servers import speaking

pytestmark = pytest.mark.anyio

ROUNDS = 3


def run_and_kill(engine: str, directory: Path, prefix: str, acknowledgements: int) -> set[str]:
    """The ids that two appending processes told of before both were killed."""
    told: set[str] = set()
    with ExitStack() as stack:
        speakers = [
            stack.enter_context(speaking(partial(main, engine, directory, prefix + side)))
            for side in ("a", "b")
        ]
        for speaker in speakers:
            while len(told) < acknowledgements and (line := speaker.stdout.readline()):
                told.add(line.strip())
            speaker.process.kill()
            # A line that was cut short tells of nothing.
            told |= {line.strip() for line in speaker.stdout if line.endswith("\n")}
    return told


@pytest.mark.parametrize("engine", ENGINES)
async def test_every_acknowledged_event_is_there_exactly_once(engine: str, tmp_path: Path) -> None:
    random = Random(f"{tmp_path}")
    told: set[str] = set()
    for number in range(ROUNDS):
        told |= run_and_kill(engine, tmp_path, f"round{number}", random.randrange(50, 1000))
        log = await EventLog.open(log_settings(engine, tmp_path))
        await log.settled()
        await assert_complete(log.store, told)
        await log.close()


async def assert_complete(store: EventStore, told: set[str]) -> None:
    events = await stored_events(store)
    ids = [event.id for event in events]
    assert len(ids) == len(set(ids))
    assert {line.partition(" ")[0] for line in told} <= set(ids)
    # Whoever told a shared event was answered with the same first teller.
    tellers = dict(line.split() for line in told if " " in line)
    assert len(tellers) == sum(" " in line for line in told)
    assert tellers
    defined = sessionize(events, name_session)
    assert sorted(await store.sessions_since(-(2**53)), key=_by_time) == defined
    closed_before = await store.closed_before()
    derived = [one for state in defined for one in boundaries(state, closed_before)]
    held = await stored_boundaries(store)
    assert held == sorted(derived, key=lambda one: one.position)
    spans = {state.id: (state.device_id, state.created_at, state.ended_at) for state in defined}
    for event in events:
        device_id, start, end = spans[event.session_id or ""]
        assert event.device_id == device_id
        assert start <= event.created_at <= end


def _by_time(state: SessionState) -> tuple[int, str, int]:
    return state.project, state.device_id, state.created_at
