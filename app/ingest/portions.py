"""What a portion of journalled events changes in the event store; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.analytics.boundaries import boundary_changes
from app.analytics.event_row import EventRow
from app.analytics.sessions import (
    SESSION_GAP_MS,
    SessionNaming,
    SessionState,
    merge_sessions,
    session_ids,
    sessionize,
)
from app.ingest.encoding import decode_batch
from app.ingest.journal import Batch
from app.ingest.owners import owned, sightings_in
from app.projects.own_ids import Named
from app.projects.sightings import Sighting
from app.stores.base import Changes, DeviceWindow


@dataclass(frozen=True, slots=True)
class Portion:
    """Some batches in a row: their events and the sessions of these alone.

    `position` is that of the last batch. `windows` tell for each device the time within
    which a stored session could touch one of these, `sightings` by project who was there.
    """

    position: int
    rows: list[EventRow]
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
    rows: list[EventRow]
    named: set[Named]


def arrived(batches: Sequence[Batch]) -> Arrived:
    """The events of these batches."""
    rows = [row for batch in batches for row in decode_batch(batch.blob, batch.position)]
    named = {(row.project, row.profile_id) for row in rows if row.profile_id is not None}
    return Arrived(batches[-1].position, rows, named)


def portion_of(told: Arrived, roots: Mapping[Named, str], naming: SessionNaming) -> Portion:
    """The portion that these events are, under the profiles' own ids of `roots`."""
    rows = owned(told.rows, roots) if roots else told.rows
    sessions = sessionize(rows, naming)
    return Portion(told.position, rows, sessions, _windows(sessions), sightings_in(rows))


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
        events=portion.rows,
        sessions=outcome.states,
        session_ids=session_ids(portion.rows, outcome),
        dropped=outcome.dropped,
        relabelled=outcome.relabelled,
        boundaries=boundary_changes(
            replaced + closed,
            outcome.states + closed,
            stored.closed_before,
            stored.closing_before,
        ),
    )


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
