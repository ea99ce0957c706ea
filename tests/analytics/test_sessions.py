"""Sessions: the definition against a brute-force reference, and the incremental form."""

import json
from dataclasses import fields, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.event_row import event_row
from app.analytics.growth import begun, extended, follows
from app.analytics.records import Event, Session
from app.analytics.session_merging import (
    Outcome,
    merge_sessions,
    session_ids,
)
from app.analytics.sessions import (
    OPENING_FACTS,
    SESSION_GAP_MS,
    SessionState,
    merged,
    session_record,
    sessionize,
    takes_part,
)
from tests.support.naming import EVENTS, MINUTE, name_session


def numbered(events: list[Event]) -> list[Event]:
    return [replace(event, position=place + 1) for place, event in enumerate(events)]


ARRIVALS = st.lists(EVENTS, max_size=25).map(numbered)


def view(minute: float, position: int, **changes: object) -> Event:
    event = Event(
        project=1,
        id=f"e{position}",
        name="screen_view",
        created_at=int(minute * MINUTE),
        received_at=0,
        position=position,
        device_id="d1",
        path="/",
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def brute_force(events: list[Event]) -> list[Session]:
    """Sessions by repeatedly joining sets of events that lie near each other."""
    piles = [[event] for event in events if takes_part(event)]
    joined = True
    while joined:
        joined = False
        for i, pile in enumerate(piles):
            for j in range(i + 1, len(piles)):
                if any(_near(a, b) for a in pile for b in piles[j]):
                    pile.extend(piles.pop(j))
                    joined = True
                    break
            if joined:
                break
    return sorted(
        (_session_of(pile) for pile in piles),
        key=lambda session: (session.project, session.device_id, session.created_at),
    )


def _near(a: Event, b: Event) -> bool:
    same_device = (a.project, a.device_id) == (b.project, b.device_id)
    return same_device and abs(a.created_at - b.created_at) <= SESSION_GAP_MS


def _session_of(pile: list[Event]) -> Session:
    in_time = sorted(pile, key=lambda event: (event.created_at, event.position))
    opening, device = in_time[0], in_time[0].device_id or ""
    first_arrived = min(pile, key=lambda event: event.position)
    profile, views, count, revenue = device, 0, 0, 0
    entry: Event | None = None
    last: Event | None = None
    groups: set[str] = set()
    for event in in_time:
        is_view = event.name == "screen_view" and (bool(event.path) or event is opening)
        views += is_view
        count += not is_view
        if event.name == "revenue":
            revenue += event.revenue
        if event.profile_id is not None and event.profile_id != device:
            profile = event.profile_id
        if event.path:
            entry = entry or event
            last = event
        groups |= set(event.groups)
    return Session(
        project=opening.project,
        id=name_session(opening.project, device, first_arrived.created_at),
        device_id=device,
        profile_id=profile,
        created_at=opening.created_at,
        ended_at=in_time[-1].created_at,
        is_bounce=views < 2,
        screen_view_count=views,
        event_count=count,
        revenue=revenue,
        entry_path=entry.path if entry else None,
        entry_origin=entry.origin if entry else None,
        exit_path=last.path if last else None,
        exit_origin=last.origin if last else None,
        country=opening.country,
        longitude=opening.longitude,
        groups=tuple(sorted(groups)),
    )


@given(ARRIVALS)
def test_sessions_equal_the_brute_force_reference(events: list[Event]) -> None:
    states = sessionize(events, name_session)
    assert [session_record(state) for state in states] == brute_force(events)


@given(ARRIVALS)
def test_a_session_has_the_properties_of_its_earliest_event(events: list[Event]) -> None:
    for state in sessionize(events, name_session):
        earliest = min(
            (
                event
                for event in events
                if takes_part(event)
                and (event.project, event.device_id) == (state.project, state.device_id)
                and event.created_at >= state.created_at
            ),
            key=lambda event: (event.created_at, event.position),
        )
        assert json.loads(state.opening.properties) == earliest.properties


@given(ARRIVALS)
def test_rows_of_events_give_the_same_sessions(events: list[Event]) -> None:
    rows = [event_row(event) for event in events]
    states = sessionize(rows, name_session)
    assert states == sessionize(events, name_session)
    outcome = Outcome(states, [], [])
    assert session_ids(rows, outcome) == session_ids(events, outcome)


@given(ARRIVALS, st.randoms(use_true_random=False))
def test_the_order_of_the_given_events_does_not_matter(events: list[Event], random: object) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sessionize(shuffled, name_session) == sessionize(events, name_session)


@given(ARRIVALS, st.lists(st.integers(0, 25), max_size=4))
def test_portions_that_arrive_one_after_another_give_the_defined_sessions(
    events: list[Event], cuts: list[int]
) -> None:
    stored: list[Event] = []
    sessions: dict[tuple[int, str], SessionState] = {}
    bounds = [0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]
    for start, end in pairwise(bounds):
        portion = events[start:end]
        outcome = merge_sessions(sessions.values(), sessionize(portion, name_session))
        for key in outcome.dropped:
            del sessions[key.project, key.id]
        sessions |= {(state.project, state.id): state for state in outcome.states}
        stored = relabelled(stored, outcome) + [
            replace(event, session_id=session_id)
            for event, session_id in zip(portion, session_ids(portion, outcome), strict=True)
        ]
    definition = sessionize(events, name_session)
    assert sorted(sessions.values(), key=by_time) == sorted(definition, key=by_time)
    assert [event.session_id for event in stored] == defined_ids(events, definition)


def by_time(state: SessionState) -> tuple[int, str, int]:
    return state.project, state.device_id, state.created_at


def relabelled(events: list[Event], outcome: Outcome) -> list[Event]:
    names = {(relabel.project, relabel.old): relabel.new for relabel in outcome.relabelled}
    return [
        replace(event, session_id=names.get((event.project, event.session_id), event.session_id))
        if event.session_id
        else event
        for event in events
    ]


def defined_ids(events: list[Event], states: list[SessionState]) -> list[str | None]:
    return [
        next(
            (
                state.id
                for state in states
                if takes_part(event)
                and (state.project, state.device_id) == (event.project, event.device_id)
                and state.created_at <= event.created_at <= state.ended_at
            ),
            None,
        )
        for event in events
    ]


@given(ARRIVALS)
def test_a_session_that_has_just_begun_is_the_session_of_its_event(events: list[Event]) -> None:
    for event in filter(takes_part, events):
        (alone,) = sessionize([event], name_session)
        assert begun(event, event.device_id or "", event.position, alone.id) == alone


@given(ARRIVALS, EVENTS, st.integers(0, 30))
def test_extending_a_session_is_merging_the_event(
    events: list[Event], event: Event, position: int
) -> None:
    for state in sessionize(events, name_session):
        one = replace(event, project=state.project, device_id=state.device_id, name="click")
        for name in ("click", "screen_view", "revenue"):
            later = replace(one, name=name, created_at=state.ended_at + event.created_at)
            if follows(state, later, position):
                alone = begun(later, state.device_id, position, "another")
                assert extended(state, later, position) == merged(state, alone)


@given(st.lists(EVENTS, min_size=3, max_size=3).map(numbered))
def test_merging_is_associative_and_commutative(events: list[Event]) -> None:
    one = [replace(event, device_id="d1", project=1, name="screen_view") for event in events]
    a, b, c = (sessionize([event], name_session)[0] for event in one)
    assert merged(a, b) == merged(b, a)
    assert merged(merged(a, b), c) == merged(a, merged(b, c))


@pytest.mark.parametrize(
    ("pause_ms", "sessions"),
    [
        (SESSION_GAP_MS, 1),
        (SESSION_GAP_MS + 1, 2),
    ],
)
def test_a_pause_of_more_than_thirty_minutes_begins_a_session(pause_ms: int, sessions: int) -> None:
    events = [view(0, 1), replace(view(0, 2), created_at=pause_ms)]
    assert len(sessionize(events, name_session)) == sessions


def test_a_late_event_opens_the_session_but_keeps_its_name() -> None:
    events = [view(10, 1, country="SE"), view(2, 2, country="DE", path="/late")]
    (state,) = sessionize(events, name_session)
    assert state.id == name_session(1, "d1", 10 * MINUTE)
    assert (state.created_at, state.opening.country) == (2 * MINUTE, "DE")


def test_a_late_event_between_two_sessions_joins_them_under_the_earlier_name() -> None:
    stored = [view(50, 1), view(0, 2)]
    outcome = merge_sessions(
        sessionize(stored, name_session), sessionize([view(25, 3)], name_session)
    )
    assert [state.id for state in outcome.states] == [name_session(1, "d1", 50 * MINUTE)]
    gone = name_session(1, "d1", 0)
    assert [key.id for key in outcome.dropped] == [gone]
    assert [(relabel.old, relabel.new) for relabel in outcome.relabelled] == [
        (gone, outcome.states[0].id)
    ]


def test_an_event_that_borrows_a_session_follows_its_new_name() -> None:
    existing = sessionize([view(50, 1), view(0, 2)], name_session)
    borrowed = view(1, 4, device_id=None, session_id=name_session(1, "d1", 0))
    arrived = [view(25, 3), borrowed]
    outcome = merge_sessions(existing, sessionize(arrived, name_session))
    kept = name_session(1, "d1", 50 * MINUTE)
    assert session_ids(arrived, outcome) == [kept, kept]


@pytest.mark.parametrize(
    ("events", "views", "others", "is_bounce"),
    [
        ([view(0, 1)], 1, 0, True),
        ([view(0, 1), view(1, 2)], 2, 0, False),
        ([view(0, 1, path=""), view(1, 2)], 2, 0, False),
        ([view(0, 1), view(1, 2, path=None)], 1, 1, True),
        ([view(0, 1, name="click"), view(1, 2, name="click")], 0, 2, True),
        ([view(0, 1, name="session_start"), view(1, 2)], 1, 0, True),
    ],
)
def test_views_and_other_events_are_counted(
    events: list[Event],
    views: int,
    others: int,
    is_bounce: bool,  # noqa: FBT001 — a column of the table above.
) -> None:
    record = session_record(sessionize(events, name_session)[0])
    assert (record.screen_view_count, record.event_count) == (views, others)
    assert record.is_bounce is is_bounce


def test_an_opening_copies_facts_that_both_records_have() -> None:
    assert {*OPENING_FACTS} < {field.name for field in fields(Event)}
    assert {*OPENING_FACTS} < {field.name for field in fields(Session)}
