"""What a portion of journalled events changes in the event store; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.analytics.arrivals import Arrival
from app.analytics.boundaries import boundary_changes
from app.analytics.event_row import EventRow
from app.analytics.sessions import (
    SESSION_GAP_MS,
    SessionNaming,
    SessionState,
    merge_sessions,
    session_ids,
    sessionize,
    sessions_of,
)
from app.ingest.encoding import decode_batch, decode_table, holds_columns
from app.ingest.journal import Batch
from app.ingest.owners import owned, owned_table, sightings_in
from app.ingest.visits import openings_in, visits_in
from app.projects.own_ids import Named
from app.projects.sightings import Sighting
from app.stores.arrow import EventTable, event_table, joined_tables
from app.stores.base import Changes, DeviceWindow


@dataclass(frozen=True, slots=True)
class Portion:
    """Some batches in a row: their events and the sessions of these alone.

    `position` is that of the last batch. `arrivals` are the events as sessions read them.
    `windows` tell for each device the time within which a stored session could touch one of
    these, `sightings` by project who was there.
    """

    position: int
    events: Sequence[EventRow] | EventTable
    arrivals: Sequence[Arrival]
    sessions: list[SessionState]
    windows: list[DeviceWindow]
    sightings: Mapping[int, Sequence[Sighting]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store holds that a portion may change.

    `near` are the sessions in the portion's windows. Sessions that ended before
    `closed_before` (ms) are closed already; `due` are the others that ended before
    `closing_before`, up to which they are closed now.
    """

    near: Sequence[SessionState]
    due: Sequence[SessionState]
    closed_before: int
    closing_before: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """The events of some batches in a row, the last of which is at `position`.

    `named` are the profiles that they name, each with its project's number.
    """

    position: int
    events: list[EventRow] | EventTable
    named: set[Named]


def arrived(batches: Sequence[Batch]) -> Arrived:
    """The events of these batches: columns as soon as one of them holds columns."""
    position = batches[-1].position
    if any(holds_columns(batch.blob) for batch in batches):
        table = joined_tables([_table_of(batch) for batch in batches])
        return Arrived(position, table, table.named())
    rows = [row for batch in batches for row in _rows_of(batch)]
    named = {(row.project, row.profile_id) for row in rows if row.profile_id is not None}
    return Arrived(position, rows, named)


def portion_of(told: Arrived, roots: Mapping[Named, str], naming: SessionNaming) -> Portion:
    """The portion that these events are, under the profiles' own ids of `roots`."""
    if isinstance(told.events, EventTable):
        table = owned_table(told.events, roots) if roots else told.events
        visits = visits_in(table)
        sessions = sessions_of(visits, naming, openings_in(table))
        seen = (row for rows in table.tracked().parts() for row in rows)
        windows, sightings = _windows(sessions), sightings_in(seen)
        return Portion(told.position, table, visits, sessions, windows, sightings)
    rows = owned(told.events, roots) if roots else told.events
    sessions = sessionize(rows, naming)
    windows, sightings = _windows(sessions), sightings_in(rows)
    return Portion(told.position, rows, rows, sessions, windows, sightings)


def changes_of(portion: Portion, stored: Stored, journal: str) -> Changes:
    """What storing the portion changes, boundary events included."""
    outcome = merge_sessions(stored.near, portion.sessions)
    touched = {(state.project, state.id) for state in outcome.states}
    touched |= {(key.project, key.id) for key in outcome.dropped}
    replaced = [state for state in stored.near if (state.project, state.id) in touched]
    closed = [state for state in stored.due if (state.project, state.id) not in touched]
    return Changes(
        journal=journal,
        position=portion.position,
        events=portion.events,
        sessions=outcome.states,
        session_ids=session_ids(portion.arrivals, outcome),
        dropped=outcome.dropped,
        relabelled=outcome.relabelled,
        boundaries=boundary_changes(
            replaced + closed,
            outcome.states + closed,
            stored.closed_before,
            stored.closing_before,
        ),
    )


def _rows_of(batch: Batch) -> list[EventRow]:
    return decode_batch(batch.blob, batch.position)


def _table_of(batch: Batch) -> EventTable:
    if holds_columns(batch.blob):
        return decode_table(batch.blob, batch.position)
    return event_table(_rows_of(batch))


def _windows(arrived: Sequence[SessionState]) -> list[DeviceWindow]:
    spans: dict[tuple[int, str], tuple[int, int]] = {}
    for state in arrived:
        device = (state.project, state.device_id)
        start, end = spans.get(device, (state.created_at, state.ended_at))
        spans[device] = (min(start, state.created_at), max(end, state.ended_at))
    return [
        DeviceWindow(project, device_id, start - SESSION_GAP_MS, end + SESSION_GAP_MS)
        for (project, device_id), (start, end) in spans.items()
    ]
