"""Where the sessions of a table of events touch stored ones: few do, and these are merged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.analytics.session_merging import (
    Outcome,
    session_at,
    sessions_by_device,
)
from app.analytics.sessions import (
    SESSION_GAP_MS,
    SessionState,
)
from app.ingest.packed import PackedEvents
from app.ingest.visits import Visits
from app.stores.arrow import EventTable, arrow, compute
from app.stores.base import DeviceWindow
from app.stores.session_table import SessionTable


@dataclass(frozen=True, slots=True)
class Touching:
    """The sessions of devices that have stored ones near.

    `mask` tells which of the table they are, `states` are these one by one, in its order.
    """

    mask: Any
    states: Sequence[SessionState]


def touching_of(sessions: SessionTable, near: Sequence[SessionState]) -> Touching:
    """Which of the sessions may belong together with those near ones."""
    mask = sessions.of_devices({(state.project, state.device_id) for state in near})
    return Touching(mask, sessions.where(mask).states())


def labels_of(claims: EventTable, visits: Visits, touching: Touching, outcome: Outcome) -> Any:  # noqa: ANN401 — Arrow has no types.
    """The ids of the events' sessions, as `session_ids` gives them; `claims` are their own."""
    ids = visits.sessions.column("id")
    if touching.states:
        held = sessions_by_device(outcome)
        merged = [
            session_at(held[state.project, state.device_id], state.created_at).id
            for state in touching.states
        ]
        ids = compute.replace_with_mask(ids, touching.mask, arrow.array(merged, arrow.string()))
    claimed = claims.held.column("session_id").combine_chunks()
    if outcome.relabelled:
        renamed = {(relabel.project, relabel.old): relabel.new for relabel in outcome.relabelled}
        pairs = zip(claims.values("project"), claimed.to_pylist(), strict=True)
        claimed = arrow.array([renamed.get(pair, pair[1]) for pair in pairs], arrow.string())
    return compute.coalesce(ids.take(visits.places), claimed)


def labelled(events: PackedEvents, labels: Any) -> Iterator[EventTable]:  # noqa: ANN401 — the same.
    """The events batch by batch, with the ids of their sessions."""
    start = 0
    for part in events.parts():
        yield part.replaced("session_id", labels.slice(start, len(part)))
        start += len(part)


def windows_of(sessions: SessionTable) -> list[DeviceWindow]:
    """For each device the time within which a stored session could touch one of these."""
    spans = sessions.held.group_by(["project", "device_id"], use_threads=False).aggregate(
        [("created_at", "min"), ("ended_at", "max")]
    )
    columns = {
        "project": spans.column("project"),
        "device_id": spans.column("device_id"),
        "start": compute.subtract(spans.column("created_at_min"), SESSION_GAP_MS),
        "end": compute.add(spans.column("ended_at_max"), SESSION_GAP_MS),
    }
    told = zip(*(column.to_pylist() for column in columns.values()), strict=True)
    return [DeviceWindow(*of_device) for of_device in told]
