"""The sessions that are going on, in memory: what a new event is told about its session.

It follows the same rule as the stored sessions and is fed twice: by each event as it is
acknowledged, and by what the storer made of it. Should the two differ, the stored
sessions are right, and what is known here is joined with them.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Final, Protocol, TypeAlias

from app.analytics.growth import begun, extended, follows
from app.analytics.records import BOUNDARY_EVENTS, Event
from app.analytics.sessions import (
    SESSION_GAP_MS,
    Opening,
    Page,
    SessionNaming,
    SessionState,
    merged,
)
from app.kit.clock import Clock

KEPT_MS: Final = 4 * SESSION_GAP_MS
"""How long ended sessions stay: longer than a pause and any delay that is still live."""

_SWEPT_AT_ONCE: Final = 2
"""Devices that are looked at for each one that is heard of: enough to keep up, and no pause."""

CAPACITY: Final = 100_000
"""Devices whose sessions are kept, unless it is set otherwise; each takes about 800 bytes."""

_Device: TypeAlias = tuple[int, str]


class LiveSession(Protocol):
    """What may be read of a session that an event may join.

    Trap: joining what is known twice adds its counts twice; nobody may read them here.
    """

    @property
    def id(self) -> str:
        """The session's id."""
        ...

    @property
    def device_id(self) -> str:
        """The device that it goes on at."""
        ...

    @property
    def profile_id(self) -> str:
        """Whom it belongs to."""
        ...

    @property
    def created_at(self) -> int:
        """When its first event happened, in milliseconds."""
        ...

    @property
    def ended_at(self) -> int:
        """When its last one did."""
        ...

    @property
    def opening(self) -> Opening:
        """What it has from its first event, but for the properties."""
        ...

    @property
    def exit(self) -> Page | None:
        """The last page."""
        ...


class LiveSessions:
    """The sessions of about the last two hours, by device and by profile.

    Of at most `capacity` devices, those heard of longest ago being forgotten first. Events
    of a forgotten one are told the name of a session that begins, and stored in the right one.
    """

    def __init__(self, naming: SessionNaming, clock: Clock, capacity: int = CAPACITY) -> None:
        self._naming = naming
        self._clock = clock
        self._capacity = capacity
        self._sessions: OrderedDict[_Device, list[SessionState]] = OrderedDict()
        self._devices: dict[_Device, str] = {}

    def find(self, project: int, device_id: str, at_ms: int) -> LiveSession | None:
        """The device's session that an event at this instant would join."""
        for state in self._sessions.get((project, device_id), ()):
            if state.created_at - SESSION_GAP_MS <= at_ms <= state.ended_at + SESSION_GAP_MS:
                return state
        return None

    def find_of_profile(self, project: int, profile_id: str, at_ms: int) -> LiveSession | None:
        """The session that an event of the profile at this instant would belong to."""
        device_id = self._devices.get((project, profile_id))
        return None if device_id is None else self.find(project, device_id, at_ms)

    def assign(self, project: int, device_id: str, at_ms: int) -> str:
        """The id of the session that an event of the device at this instant belongs to."""
        session = self.find(project, device_id, at_ms)
        return self._naming(project, device_id, at_ms) if session is None else session.id

    def observe(self, events: Sequence[Event], position: int) -> None:
        """Takes in acknowledged events; `position` is that of the first."""
        oldest = self._clock.now_ms() - KEPT_MS
        for place, event in enumerate(events, position):
            if event.created_at < oldest:
                # Imports bring many of these, and none of them is live.
                continue
            if event.device_id is not None and event.name not in BOUNDARY_EVENTS:
                self._observe(event, event.device_id, place)
                self._sweep(oldest)

    def settle(self, states: Iterable[SessionState]) -> None:
        """Takes in sessions as they are stored now."""
        oldest = self._clock.now_ms() - KEPT_MS
        for state in states:
            if state.ended_at >= oldest:
                self._join(state)
                self._sweep(oldest)

    def __len__(self) -> int:
        return sum(len(states) for states in self._sessions.values())

    def _observe(self, event: Event, device_id: str, position: int) -> None:
        device = (event.project, device_id)
        states = self._sessions.get(device)
        if states is not None and len(states) == 1 and follows(states[0], event, position):
            state = states[0]
            if event.created_at - state.ended_at <= SESSION_GAP_MS:
                # What nearly every event does: it extends the one session of its device.
                whole = extended(state, event, position)
                if whole.claim is not state.claim:
                    self._know((), states, whole)
                    return
                states[0] = whole
                self._sessions.move_to_end(device)
                return
        session_id = event.session_id or self._naming(event.project, device_id, event.created_at)
        self._join(begun(event, device_id, position, session_id))

    def _join(self, told: SessionState) -> None:
        # Nobody asks here for properties, which may be as long as a request.
        arrived = replace(told, opening=replace(told.opening, properties="{}"))
        device = (arrived.project, arrived.device_id)
        near: list[SessionState] = []
        apart: list[SessionState] = []
        for state in self._sessions.get(device, ()):
            is_near = (
                state.created_at - SESSION_GAP_MS <= arrived.ended_at
                and arrived.created_at - SESSION_GAP_MS <= state.ended_at
            )
            (near if is_near else apart).append(state)
        self._know(apart, near, reduce(merged, near, arrived))

    def _know(
        self, apart: Sequence[SessionState], near: Sequence[SessionState], whole: SessionState
    ) -> None:
        """Puts the whole session in the place of its parts."""
        device = (whole.project, whole.device_id)
        self._disown(near)
        self._sessions[device] = [*apart, whole]
        self._sessions.move_to_end(device)
        if whole.claim is not None:
            self._devices[whole.project, whole.claim.profile_id] = whole.device_id

    def _disown(self, states: Iterable[SessionState]) -> None:
        """Forgets whose sessions these are."""
        for state in states:
            if state.claim is not None:
                profile = (state.project, state.claim.profile_id)
                if self._devices.get(profile) == state.device_id:
                    del self._devices[profile]

    def _sweep(self, oldest: int) -> None:
        """Forgets devices that were heard of longest ago, if it is time."""
        for _ in range(_SWEPT_AT_ONCE):
            device, states = next(iter(self._sessions.items()))
            is_live = any(state.ended_at >= oldest for state in states)
            if is_live and len(self._sessions) <= self._capacity:
                return
            self._disown(states)
            del self._sessions[device]
            if not self._sessions:
                return
