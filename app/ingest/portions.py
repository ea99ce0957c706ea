"""What a portion of journalled events changes in the event store; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

from app.analytics.boundaries import boundary_changes
from app.analytics.event_row import EventRow
from app.analytics.session_merging import (
    Outcome,
    merge_sessions,
    session_ids,
)
from app.analytics.sessions import (
    SESSION_GAP_MS,
    SessionNaming,
    SessionState,
    sessionize,
)
from app.ingest.encoding import decode_batch, holds_columns
from app.ingest.journal import Batch
from app.ingest.owners import owned, sightings_in
from app.ingest.packed import PackedEvents
from app.ingest.touching import labelled, labels_of, touching_of, windows_of
from app.ingest.visits import READ, Visits, visits_in
from app.projects.own_ids import Named
from app.projects.sightings import Sighting
from app.stores.arrow import EventParts, EventTable, compute, give_back
from app.stores.base import Begun, Changes, DeviceWindow


@dataclass(frozen=True, slots=True)
class InRows:
    """Events one by one, and the sessions of these alone."""

    events: Sequence[EventRow]
    sessions: Sequence[SessionState]


@dataclass(frozen=True, slots=True)
class InColumns:
    """Events column by column, the sessions of these alone, and those that the events name."""

    events: PackedEvents
    visits: Visits
    claims: EventTable


@dataclass(frozen=True, slots=True)
class Portion:
    """Some batches in a row: what they tell.

    `position` is that of the last batch, `weight` that of all of them. `windows` tell for each
    device the time within which a stored session could touch one of these, `sightings` by
    project who was there.
    """

    position: int
    weight: int
    told: InRows | InColumns
    windows: Sequence[DeviceWindow]
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

    `weight` is that of the batches. `named` are the profiles that they name, each with its
    project's number.
    """

    position: int
    weight: int
    events: list[EventRow] | PackedEvents
    named: set[Named]


def arrived(batches: Sequence[Batch]) -> Arrived:
    """The events of these batches: columns as soon as one of them holds columns."""
    position, weight = batches[-1].position, sum(batch.weight for batch in batches)
    if any(holds_columns(batch.blob) for batch in batches):
        # What the portion before took is free by now.
        give_back()
        packed = PackedEvents(batches, {})
        return Arrived(position, weight, packed, packed.read(("project", "profile_id")).named())
    rows = [row for batch in batches for row in decode_batch(batch.blob, batch.position)]
    named = {(row.project, row.profile_id) for row in rows if row.profile_id is not None}
    return Arrived(position, weight, rows, named)


def portion_of(came: Arrived, roots: Mapping[Named, str], naming: SessionNaming) -> Portion:
    """The portion that these events are, under the profiles' own ids of `roots`."""
    told: InRows | InColumns
    if isinstance(came.events, PackedEvents):
        told, sightings = _in_columns(replace(came.events, roots=roots), naming)
        windows = windows_of(told.visits.sessions)
    else:
        rows = owned(came.events, roots) if roots else came.events
        told, sightings = InRows(rows, sessionize(rows, naming)), sightings_in(rows)
        windows = _windows(told.sessions)
    return Portion(came.position, came.weight, told, windows, sightings)


def _in_columns(
    packed: PackedEvents, naming: SessionNaming
) -> tuple[InColumns, Mapping[int, Sequence[Sighting]]]:
    table = packed.read(READ)
    visits = visits_in(table, naming, packed.facts)
    claims = EventTable(table.held.select(["project", "session_id"]))
    return InColumns(packed, visits, claims), sightings_in(packed.tracked())


def changes_of(portion: Portion, stored: Stored, journal: str) -> Changes:
    """What storing the portion changes, boundary events included."""
    match portion.told:
        case InRows(events, sessions):
            outcome = merge_sessions(stored.near, sessions)
            ids = session_ids(events, outcome)
            changes = _changes(portion.position, outcome, stored, journal)
            return replace(changes, events=events, session_ids=ids)
        case InColumns(packed, visits, claims):
            touching = touching_of(visits.sessions, stored.near)
            outcome = merge_sessions(stored.near, touching.states)
            labels = labels_of(claims, visits, touching, outcome)
            apart = compute.invert(touching.mask)
            changes = _changes(portion.position, outcome, stored, journal)
            # The engine needs now what making the sessions took.
            give_back()
            return replace(
                changes,
                events=EventParts(
                    len(claims), claims.projects(), partial(labelled, packed, labels)
                ),
                begun=Begun(visits.sessions, apart, stored.closing_before),
            )
        case _:
            assert_never(portion.told)


def _changes(position: int, outcome: Outcome, stored: Stored, journal: str) -> Changes:
    """What becomes of sessions, without the events."""
    touched = {(state.project, state.id) for state in outcome.states}
    touched |= {(key.project, key.id) for key in outcome.dropped}
    replaced = [state for state in stored.near if (state.project, state.id) in touched]
    closed = [state for state in stored.due if (state.project, state.id) not in touched]
    return Changes(
        journal=journal,
        position=position,
        events=(),
        sessions=outcome.states,
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
