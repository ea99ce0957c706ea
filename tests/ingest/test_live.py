"""The sessions that are going on, as new events see them."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.analytics.records import Event
from app.analytics.sessions import sessionize, takes_part
from app.ingest.live import LiveSessions
from app.kit.clock import FixedClock
from tests.support.naming import EVENTS, MINUTE, name_session


def view(minute: int, **changes: object) -> Event:
    event = Event(
        project=1,
        id="e",
        name="screen_view",
        created_at=minute * MINUTE,
        received_at=0,
        device_id="d1",
        path="/",
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def live_at(minute: int = 0) -> LiveSessions:
    return LiveSessions(name_session, FixedClock(minute * MINUTE))


@given(st.lists(EVENTS, max_size=20))
def test_an_event_is_told_the_session_that_the_definition_gives_it(events: list[Event]) -> None:
    live = live_at()
    seen: list[Event] = []
    for position, event in enumerate(events, 1):
        device_id = event.device_id or "-"
        told = live.assign(event.project, device_id, event.created_at)
        seen.append(replace(event, position=position, session_id=told))
        live.observe([seen[-1]], position)
        if takes_part(event):
            assert told in {
                state.id
                for state in sessionize(seen, name_session)
                if state.created_at <= event.created_at <= state.ended_at
            } or is_bridge(seen)


def is_bridge(seen: list[Event]) -> bool:
    """Whether the last event joined sessions: it is told the name of either."""
    before, after = (len(sessionize(part, name_session)) for part in (seen[:-1], seen))
    return after < before


@given(st.lists(EVENTS, max_size=15), st.integers(0, 15))
def test_hearing_of_stored_sessions_again_changes_no_name(events: list[Event], cut: int) -> None:
    numbered = [replace(event, position=position) for position, event in enumerate(events, 1)]
    live = live_at()
    for event in numbered:
        told = live.assign(event.project, event.device_id or "-", event.created_at)
        live.observe([replace(event, session_id=told)], event.position)
    live.settle(sessionize(numbered[:cut], name_session))
    live.settle(sessionize(numbered, name_session))
    for state in sessionize(numbered, name_session):
        found = live.find(state.project, state.device_id, state.created_at)
        assert found is not None
        assert (found.id, found.created_at, found.ended_at) == (
            state.id,
            state.created_at,
            state.ended_at,
        )
        assert (found.profile_id, found.exit, found.opening) == (
            state.profile_id,
            state.exit,
            # Properties, which may be long, are not kept in memory.
            replace(state.opening, properties="{}"),
        )


def test_a_pause_ends_a_session_and_other_devices_have_their_own() -> None:
    live = live_at()
    live.observe([view(0, session_id="s")], 1)
    assert live.assign(1, "d1", 30 * MINUTE) == "s"
    assert live.assign(1, "d1", 30 * MINUTE + 1) == name_session(1, "d1", 30 * MINUTE + 1)
    assert live.find(1, "d2", 0) is None
    assert live.find(2, "d1", 0) is None


def test_an_event_of_a_server_finds_the_session_of_its_profile() -> None:
    live = live_at()
    live.observe([view(0, session_id="s", profile_id="ann", path="/here")], 1)
    found = live.find_of_profile(1, "ann", MINUTE)
    assert found is not None
    assert found.exit is not None
    assert (found.id, found.device_id, found.exit.path) == ("s", "d1", "/here")
    assert live.find_of_profile(1, "bob", MINUTE) is None


def test_sessions_that_ended_long_ago_are_forgotten() -> None:
    clock = FixedClock(0)
    live = LiveSessions(name_session, clock)
    live.observe([view(0, profile_id="ann")], 1)
    clock.advance(121 * MINUTE)
    live.observe([view(121, device_id="d2")], 2)
    assert len(live) == 1
    assert live.find_of_profile(1, "ann", 0) is None
    live.settle(sessionize([view(0)], name_session))
    assert len(live) == 1


def test_the_device_heard_of_longest_ago_is_forgotten_when_there_are_too_many() -> None:
    live = LiveSessions(name_session, FixedClock(0), capacity=3)
    for number in range(5):
        live.observe([view(0, device_id=f"d{number}", profile_id=f"p{number}")], number + 1)
        # Heard of all the time, this one stays.
        live.observe([view(number, device_id="d0", profile_id="p0")], number + 101)
    assert [live.find(1, f"d{number}", 0) is not None for number in range(5)] == [
        True,
        False,
        False,
        True,
        True,
    ]
    assert live.find_of_profile(1, "p1", 0) is None
    assert live.find_of_profile(1, "p4", 0) is not None
    assert len(live) == 3


def test_a_session_is_no_longer_found_by_whoever_it_turned_out_not_to_be() -> None:
    live = live_at()
    live.observe([view(0, profile_id="ann")], 1)
    live.observe([view(1, profile_id="bob")], 2)
    assert live.find_of_profile(1, "ann", MINUTE) is None
    assert live.find_of_profile(1, "bob", MINUTE) is not None


def test_forgetting_many_takes_no_pause() -> None:
    clock = FixedClock(0)
    live = LiveSessions(name_session, clock)
    for number in range(1_000):
        live.observe([view(0, device_id=f"d{number}")], number + 1)
    clock.advance(121 * MINUTE)
    live.observe([view(121, device_id="late")], 2_000)
    # Only a few are looked at with each event.
    assert 900 < len(live) < 1_001
    for number in range(1_000):
        live.observe([view(121, device_id="late")], 2_001 + number)
    assert len(live) == 1
