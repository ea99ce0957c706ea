"""The same events give the same sessions, however they are delivered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.analytics.records import Event, Session
from app.analytics.sessions import session_record, sessionize
from app.ingest.log import EventLog, LogSettings
from app.ingest.storer import Pace
from app.kit.clock import FixedClock
from tests.support.engines import ENGINES, store_url, stored_events
from tests.support.naming import EVENTS, name_session


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that arrives, perhaps not for the first time; perhaps all is stored then."""

    event: Event
    is_stored_next: bool


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Event], list[Delivery]]:
    """Events in order, and how they arrive: shuffled, delayed, and some of them repeatedly.

    No two happen at the same instant: of those, the earlier arrival counts as the earlier.
    """
    chosen = draw(
        st.lists(EVENTS, min_size=1, max_size=12, unique_by=lambda event: event.created_at)
    )
    events = [
        replace(event, id=f"e{number}", session_id=None)
        for number, event in enumerate(sorted(chosen, key=lambda event: event.created_at))
    ]
    repeated = draw(st.lists(st.sampled_from(events), max_size=8))
    arriving = draw(st.permutations([*events, *repeated]))
    return events, [Delivery(event, draw(st.booleans())) for event in arriving]


@pytest.mark.parametrize("engine", ENGINES)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deliveries())
def test_shuffled_delayed_and_repeated_delivery_gives_the_same_sessions(
    engine: str,
    tmp_path_factory: pytest.TempPathFactory,
    told: tuple[list[Event], list[Delivery]],
) -> None:
    events, arriving = told
    chosen = LogSettings(
        data_dir=(directory := tmp_path_factory.mktemp("log")),
        events_url=store_url(engine, directory),
        naming=name_session,
        pace=Pace(interval_seconds=60),
        clock=FixedClock(0),
    )
    sessions, stored = asyncio.run(_deliver(chosen, arriving))
    in_order = [replace(event, position=place) for place, event in enumerate(events, 1)]
    wanted = [session_record(state) for state in sessionize(in_order, name_session)]
    assert sorted(map(_nameless, sessions), key=repr) == sorted(map(_nameless, wanted), key=repr)
    # Each event is there once, in a session that is there.
    assert sorted(event.id for event in stored) == sorted(event.id for event in events)
    takers = {event.session_id for event in stored if event.device_id and _is_active(event)}
    assert takers == {session.id for session in sessions}


async def _deliver(
    chosen: LogSettings, arriving: Sequence[Delivery]
) -> tuple[list[Session], list[Event]]:
    log = await EventLog.open(chosen)
    try:
        for one in arriving:
            await log.append_once(one.event)
            if one.is_stored_next:
                await log.settled()
        await log.settled()
        states = await log.store.sessions_since(-1)
        return [session_record(state) for state in states], await stored_events(log.store)
    finally:
        await log.close()


def _nameless(session: Session) -> Session:
    """The session without its name, which is that of the event that arrived first."""
    return replace(session, id="")


def _is_active(event: Event) -> bool:
    return event.name not in {"session_start", "session_end"}
