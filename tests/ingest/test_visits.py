"""Sessions and their boundaries as columns are those of the definitions."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.boundaries import boundaries
from app.analytics.event_row import EventRow, event_rows
from app.analytics.records import Event
from app.analytics.sessions import SessionState, sessionize
from app.ingest.encoding import encode_batch, encode_event, encode_table, first_position
from app.ingest.journal import Batch
from app.ingest.packed import PackedEvents
from app.ingest.visits import READ, Visits, visits_in
from app.stores.arrow import event_table
from app.stores.marks import boundaries_in
from tests.support.naming import EVENTS, MINUTE, name_session

BATCHES = st.lists(
    st.tuples(st.lists(EVENTS, min_size=1, max_size=12), st.booleans()), min_size=1, max_size=3
)


def told(batches: Sequence[tuple[list[Event], bool]]) -> tuple[PackedEvents, list[Event]]:
    """The batches, some of them columns, and their events with the positions they have there."""
    packed: list[Batch] = []
    numbered: list[Event] = []
    for position, (events, are_columns) in enumerate(batches, 1):
        blob = (
            encode_table(event_table(event_rows(events)))
            if are_columns
            else encode_batch([encode_event(event) for event in events])
        )
        packed.append(Batch(position, len(events), blob))
        first = first_position(position)
        numbered += [replace(event, position=first + at) for at, event in enumerate(events)]
    return PackedEvents(packed, {}), numbered


def visits_of(packed: PackedEvents) -> Visits:
    return visits_in(packed.read(READ), name_session, packed.facts)


def by_time(states: Sequence[SessionState]) -> list[SessionState]:
    return sorted(states, key=lambda state: (state.project, state.device_id, state.created_at))


@settings(max_examples=150, deadline=None)
@given(BATCHES)
def test_sessions_are_the_defined_ones(batches: list[tuple[list[Event], bool]]) -> None:
    packed, events = told(batches)
    visits = visits_of(packed)
    sessions = visits.sessions.states()
    assert by_time(sessions) == sessionize(events, name_session)
    places: list[int | None] = visits.places.to_pylist()
    for event, place in zip(events, places, strict=True):
        if place is None:
            assert event.device_id is None or event.name == "session_start"
        else:
            session = sessions[place]
            assert (session.project, session.device_id) == (event.project, event.device_id)
            assert session.created_at <= event.created_at <= session.ended_at


@settings(max_examples=150, deadline=None)
@given(BATCHES, st.integers(0, 250))
def test_boundaries_are_the_defined_ones(
    batches: list[tuple[list[Event], bool]], closed_before: int
) -> None:
    packed, events = told(batches)
    closed = closed_before * MINUTE
    found = list(boundaries_in(visits_of(packed).sessions, closed).rows())
    expected = [
        one for state in sessionize(events, name_session) for one in boundaries(state, closed)
    ]
    assert sorted(found, key=_position) == sorted(expected, key=_position)


def _position(row: EventRow) -> int:
    return row.position


def test_lines_that_pack_well_weigh_what_they_unpack_to() -> None:
    row = event_rows([Event(project=1, id="e", name="click", created_at=0, received_at=0)])[0]
    long = row._replace(properties=f'{{"text":"{"a" * 1_000_000}"}}')
    blobs = [encode_table(event_table(rows)) for rows in ([row], [row] * 100, [long])]
    assert len(blobs[2]) < 50_000
    weights = [Batch(1, rows, blob).weight for rows, blob in zip((1, 100, 1), blobs, strict=True)]
    assert weights[:2] == [1, 10]
    assert weights[2] > 100
