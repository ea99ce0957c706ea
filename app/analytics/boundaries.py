"""The events that mark where sessions begin and end: facts derived from sessions.

`boundaries` is the definition. At any time a store holds exactly these events for the
sessions that it holds and the instant up to which sessions are closed. Whatever changes a
session therefore replaces the boundaries that are no longer true.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.analytics.records import SESSION_END, SESSION_START, Event
from app.analytics.sessions import OPENING_FACTS, Page, SessionState
from app.kit.ids import derived_id

START_LEAD_MS: Final = 100
"""How long before its earliest event a session starts."""

END_DELAY_MS: Final = 1000
"""How long after its latest event a session ends."""

START_OFFSET: Final = 2**18
END_OFFSET: Final = 2**19
"""What a boundary's position has more than that of its session's anchor.

No event that arrived has these bits: batches are smaller, and are numbered above them.
A session's anchor is its alone, so positions of boundaries are unique as well.
"""

NONE_CLOSED: Final = -(2**53)
"""Up to which instant sessions are closed when none is."""


@dataclass(frozen=True, slots=True)
class BoundaryChanges:
    """What keeps a store's boundary events true.

    `withdrawn` are positions of boundary events that go, before `added` come. From then on
    the sessions that ended before `closed_before` (ms) are the closed ones.
    """

    withdrawn: list[int]
    added: list[Event]
    closed_before: int


def boundaries(state: SessionState, closed_before: int) -> list[Event]:
    """The boundary events of a session: its start, and its end if it is closed.

    Closed are the sessions whose last event happened before `closed_before` (ms).
    """
    start = _start(state)
    return [start] if state.ended_at >= closed_before else [start, _end(state)]


def boundary_changes(
    before: Iterable[SessionState],
    after: Iterable[SessionState],
    closed_before: int,
    closing_before: int,
) -> BoundaryChanges:
    """What changes when sessions do, and as the closed ones reach up to `closing_before`.

    `before` are the stored forms of all sessions that are replaced, dropped or closed,
    `after` what becomes of them, and the new sessions.
    """
    held = _by_position(before, closed_before)
    wanted = _by_position(after, closing_before)
    return BoundaryChanges(
        [position for position, event in held.items() if wanted.get(position) != event],
        [event for position, event in wanted.items() if held.get(position) != event],
        closing_before,
    )


def _by_position(states: Iterable[SessionState], closed_before: int) -> Mapping[int, Event]:
    return {event.position: event for state in states for event in boundaries(state, closed_before)}


def _start(state: SessionState) -> Event:
    """The start, with what is known of the session's earliest event."""
    at = state.created_at - START_LEAD_MS
    entry = state.entry
    page = entry if entry and entry.position == state.opening.position else None
    return Event(
        id=derived_id(str(state.project), state.id, SESSION_START),
        name=SESSION_START,
        created_at=at,
        received_at=at,
        position=state.anchor_position + START_OFFSET,
        **_shared(state, page),
    )


def _end(state: SessionState) -> Event:
    """The end, on the page that was seen last. Bounces are told as text, as everywhere."""
    at = state.ended_at + END_DELAY_MS
    return Event(
        id=derived_id(str(state.project), state.id, SESSION_END),
        name=SESSION_END,
        created_at=at,
        received_at=at,
        position=state.anchor_position + END_OFFSET,
        duration=state.ended_at - state.created_at,
        properties={"__bounce": "true" if state.is_bounce else "false"},
        **_shared(state, state.exit),
    )


def _shared(state: SessionState, page: Page | None) -> dict[str, Any]:
    opening = state.opening
    return {
        "project": state.project,
        "profile_id": state.profile_id,
        "device_id": state.device_id,
        "session_id": state.id,
        "path": page.path if page else None,
        "origin": page.origin if page else None,
        "groups": state.groups,
        **{fact: getattr(opening, fact) for fact in OPENING_FACTS},
    }
