"""The incremental form of sessions: what newly arrived events change among stored ones."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from app.analytics.arrivals import Arrival
from app.analytics.records import BOUNDARY_EVENTS
from app.analytics.sessions import SESSION_GAP_MS, SessionState, merged


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Names one session."""

    project: int
    id: str


@dataclass(frozen=True, slots=True)
class Relabel:
    """Two sessions turned out to be one: stored events of `old` now belong to `new`."""

    project: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What newly arrived sessions change: `states` are the ones that hold new events."""

    states: list[SessionState]
    dropped: list[SessionKey]
    relabelled: list[Relabel]


def merge_sessions(existing: Iterable[SessionState], arrived: Iterable[SessionState]) -> Outcome:
    """The incremental form: what summaries of new events change among existing sessions.

    `existing` must hold at least every session within 30 minutes of an arrived one.
    Sessions that are not touched are left out of the outcome.
    """
    outcome = Outcome([], [], [])
    before: defaultdict[tuple[int, str], list[SessionState]] = defaultdict(list)
    for state in existing:
        before[state.project, state.device_id].append(state)
    after: defaultdict[tuple[int, str], list[SessionState]] = defaultdict(list)
    for state in arrived:
        after[state.project, state.device_id].append(state)
    for device in sorted(after):
        known = {id(state) for state in before[device]}
        for chain in _chains(before[device] + after[device]):
            _settle(chain, known, outcome)
    return outcome


def session_ids(events: Iterable[Arrival], outcome: Outcome) -> list[str | None]:
    """The session ids that the outcome gives to the newly arrived events, in their order.

    Events that take no part keep what they claim, unless that session was renamed.
    """
    held = sessions_by_device(outcome)
    renamed = {(relabel.project, relabel.old): relabel.new for relabel in outcome.relabelled}
    answer: list[str | None] = []
    for event in events:
        claimed = event.session_id
        if event.device_id is not None and event.name not in BOUNDARY_EVENTS:
            states = held[event.project, event.device_id]
            answer.append(session_at(states, event.created_at).id)
        elif claimed is not None:
            answer.append(renamed.get((event.project, claimed), claimed))
        else:
            answer.append(None)
    return answer


def sessions_by_device(outcome: Outcome) -> Mapping[tuple[int, str], Sequence[SessionState]]:
    """The outcome's sessions of each project's device, by time."""
    sessions: defaultdict[tuple[int, str], list[SessionState]] = defaultdict(list)
    for state in sorted(outcome.states, key=attrgetter("created_at")):
        sessions[state.project, state.device_id].append(state)
    return sessions


def session_at(states: Sequence[SessionState], at: int) -> SessionState:
    """The one of a device's sessions that a member at that instant (ms) belongs to."""
    place = bisect_right(states, at, key=_begin) if len(states) > 1 else 1
    return states[place - 1]


def _chains(states: list[SessionState]) -> Iterator[list[SessionState]]:
    """The summaries of one device, those that belong to one session together."""
    chain: list[SessionState] = []
    ended_at = 0
    for state in sorted(states, key=attrgetter("created_at")):
        if chain and state.created_at - ended_at > SESSION_GAP_MS:
            yield chain
            chain = []
        ended_at = max(ended_at, state.ended_at) if chain else state.ended_at
        chain.append(state)
    yield chain


def _settle(chain: list[SessionState], known: set[int], outcome: Outcome) -> None:
    if all(id(state) in known for state in chain):
        return
    whole = chain[0]
    for state in chain[1:]:
        whole = merged(whole, state)
    outcome.states.append(whole)
    for state in chain:
        if id(state) in known and state.id != whole.id:
            outcome.dropped.append(SessionKey(state.project, state.id))
            outcome.relabelled.append(Relabel(state.project, state.id, whole.id))


def _begin(state: SessionState) -> int:
    return state.created_at
