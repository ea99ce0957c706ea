"""The events that mark where sessions begin and end: facts derived from sessions.

`boundaries` is the definition. At any time a store holds exactly these events for the
sessions that it holds and the instant up to which sessions are closed. Whatever changes a
session therefore replaces the boundaries that are no longer true.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from app.analytics.event_row import EventRow
from app.analytics.records import SESSION_END, SESSION_START
from app.analytics.sessions import OPENING_FACTS, Opening, Page, SessionState
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

END_PROPERTIES: Final = {True: '{"__bounce":"true"}', False: '{"__bounce":"false"}'}
"""The properties of an end, by whether the session is a bounce: told as text, as everywhere."""

_facts_of: Final[Callable[[Opening], tuple[Any, ...]]] = attrgetter(*OPENING_FACTS)


@dataclass(frozen=True, slots=True)
class BoundaryChanges:
    """What keeps a store's boundary events true.

    `withdrawn` are positions of boundary events that go, before `added` come. From then on
    the sessions that ended before `closed_before` (ms) are the closed ones.
    """

    withdrawn: list[int]
    added: list[EventRow]
    closed_before: int


def boundaries(state: SessionState, closed_before: int) -> list[EventRow]:
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


def _by_position(states: Iterable[SessionState], closed_before: int) -> Mapping[int, EventRow]:
    return {event.position: event for state in states for event in boundaries(state, closed_before)}


def _start(state: SessionState) -> EventRow:
    """The start, with what is known of the session's earliest event, its properties too."""
    entry = state.entry
    return _boundary(
        state,
        name=SESSION_START,
        at=state.created_at - START_LEAD_MS,
        offset=START_OFFSET,
        page=entry if entry and entry.position == state.opening.position else None,
        properties=state.opening.properties,
    )


def _end(state: SessionState) -> EventRow:
    """The end, on the page that was seen last."""
    return _boundary(
        state,
        name=SESSION_END,
        at=state.ended_at + END_DELAY_MS,
        offset=END_OFFSET,
        page=state.exit,
        duration=state.ended_at - state.created_at,
        properties=END_PROPERTIES[state.is_bounce],
    )


def _boundary(  # noqa: PLR0913 — what the two ends of a session have apart.
    state: SessionState,
    *,
    name: str,
    at: int,
    offset: int,
    page: Page | None,
    properties: str,
    duration: int = 0,
) -> EventRow:
    values = (
        state.project,
        state.anchor_position + offset,
        derived_id(str(state.project), state.id, name),
        name,
        at,
        at,
        None,
        state.profile_id,
        state.device_id,
        state.id,
        *((page.path, page.origin) if page else (None, None)),
        None,
        # Rows hold the facts of an opening side by side and in the same order.
        *_facts_of(state.opening),
        None,
        None,
        duration,
        0,
        state.groups,
        properties,
    )
    return EventRow._make(values)
