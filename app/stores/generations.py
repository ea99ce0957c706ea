"""Which projects' events, sessions, profiles or groups have changed, for whoever keeps answers."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.analytics.boundaries import BoundaryChanges
from app.analytics.event_row import EventRow, event_rows
from app.analytics.records import Event
from app.stores.arrow import EventParts
from app.stores.base import Changes

_STEPS: Final = 64
_INSTANTS: Final = 4_096
"""Steps of a project, and instants of events in them, that are remembered."""

_NEWCOMERS: Final = 256
_MOST_AT_ONCE: Final = 64
_MOST_TEXT: Final = 8_192
"""Events of all projects that are remembered themselves, those of one change, and the
characters of one; where many come, whoever wants them had better read them."""

Arrivals: TypeAlias = Mapping[int, Sequence[int]]
"""The instants (ms) of the events that came, by their projects."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What made the project's number this one: events that came at these instants, no more.

    None stands for anything else.
    """

    number: int
    came: Sequence[int] | None


class Generations:
    """A number for each project that grows whenever what can be read of it may have changed."""

    def __init__(self) -> None:
        self._newest = 0
        self._of_all = 0
        self._of: dict[int, int] = {}
        # Trap: one thread tells of changes, and others look. What they look at never changes.
        self._steps: dict[int, tuple[_Step, ...]] = {}
        self._newcomers: tuple[tuple[int, EventRow], ...] = ()

    def of(self, project: int) -> int:
        """The project's number."""
        return max(self._of_all, self._of.get(project, 0))

    def advance(
        self,
        projects: Collection[int] | None,
        arrivals: Arrivals | None = None,
        newcomers: Sequence[EventRow] = (),
    ) -> None:
        """Tells of a change that can be read now; None stands for all projects.

        With `arrivals` nothing else became of any events. `newcomers` are some of those that
        came, as they are stored.
        """
        self._newest += 1
        if projects is None:
            self._of_all = self._newest
            self._steps = {}
            self._newcomers = ()
            return
        for project in projects:
            came = None if arrivals is None else arrivals.get(project, ())
            step = _Step(self._newest, came)
            self._steps[project] = _remembered((*self._steps.get(project, ()), step))
        # Trap: they come after the steps that they are counted by, never before.
        few = newcomers[:_MOST_AT_ONCE]
        known = [(self._newest, row) for row in few if _is_short(row)]
        self._newcomers = (*self._newcomers, *known)[-_NEWCOMERS:]
        self._of |= dict.fromkeys(projects, self._newest)

    def arrivals(self, project: int, since: int) -> list[int] | None:
        """The instants (ms) of the project's events that came since it had that number.

        None where more has become of its events, and where that is not known any more.
        """
        if since < self._of_all:
            return None
        came: list[int] = []
        for step in reversed(self._steps.get(project, ())):
            if step.number <= since:
                break
            if step.came is None:
                return None
            came += step.came
        return came

    def newcomers(self, project: int, since: int) -> list[EventRow] | None:
        """The events of `arrivals` themselves; None where they aren't all remembered."""
        came = self.arrivals(project, since)
        found = [
            row for number, row in self._newcomers if number > since and row.project == project
        ]
        return found if came is not None and len(found) == len(came) else None


def _remembered(steps: Sequence[_Step]) -> tuple[_Step, ...]:
    """The newest of them; of all before nothing is known but that they were."""
    room = _INSTANTS
    for place in range(len(steps) - 1, -1, -1):
        room -= len(steps[place].came or ())
        if room < 0 or len(steps) - place > _STEPS:
            return _Step(steps[place].number, None), *steps[place + 1 :]
    return tuple(steps)


def arrivals_of(changes: Changes) -> Arrivals | None:
    """When the events happened that the changes bring; None if others change, or very many come."""
    events, derived = changes.events, changes.boundaries
    if changes.relabelled or isinstance(events, EventParts):
        return None
    if derived is None:
        return _instants(events)
    return None if derived.withdrawn else _instants((*events, *derived.added))


def arrivals_of_boundaries(changes: BoundaryChanges) -> Arrivals | None:
    """The same for boundary events alone."""
    return None if changes.withdrawn else _instants(changes.added)


def newcomers_of(changes: Changes) -> list[EventRow]:
    """The events that the changes bring, as they are stored, if they are few."""
    events, derived = changes.events, changes.boundaries
    if isinstance(events, EventParts) or len(events) > _MOST_AT_ONCE:
        return []
    rows = event_rows(events)
    if changes.session_ids is not None:
        named = zip(rows, changes.session_ids, strict=True)
        rows = [row._replace(session_id=session_id) for row, session_id in named]
    return rows if derived is None else [*rows, *derived.added]


def _is_short(row: EventRow) -> bool:
    return sum(len(value) for value in row if isinstance(value, str)) <= _MOST_TEXT


def _instants(events: Sequence[Event | EventRow]) -> Arrivals:
    came = defaultdict[int, list[int]](list)
    for event in events:
        came[event.project].append(event.created_at)
    return came


def projects_of(changes: Changes) -> set[int] | None:
    """The projects that the changes are about; None where that can't be told."""
    boundaries = changes.boundaries
    derived = set[int]() if boundaries is None else projects_of_boundaries(boundaries)
    if derived is None:
        return None
    # Sessions that begin are those of the events.
    events = changes.events
    return derived.union(
        events.projects if isinstance(events, EventParts) else {one.project for one in events},
        (state.project for state in changes.sessions),
        (key.project for key in changes.dropped),
        (relabel.project for relabel in changes.relabelled),
    )


def projects_of_boundaries(changes: BoundaryChanges) -> set[int] | None:
    """The same for boundary events alone.

    Those that go are known by their positions; whose they are, only if another comes there.
    """
    comes = {row.position for row in changes.added}
    return {row.project for row in changes.added} if comes.issuperset(changes.withdrawn) else None
