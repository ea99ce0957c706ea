"""Which projects' events, sessions, profiles or groups have changed, for whoever keeps answers."""

from collections.abc import Collection

from app.analytics.boundaries import BoundaryChanges
from app.stores.arrow import EventTable
from app.stores.base import Changes


class Generations:
    """A number for each project that grows whenever what can be read of it may have changed."""

    def __init__(self) -> None:
        self._newest = 0
        self._of_all = 0
        self._of: dict[int, int] = {}

    def of(self, project: int) -> int:
        """The project's number."""
        return max(self._of_all, self._of.get(project, 0))

    def advance(self, projects: Collection[int] | None) -> None:
        """Tells of a change that can be read now; None stands for all projects."""
        self._newest += 1
        if projects is None:
            self._of_all = self._newest
        else:
            self._of |= dict.fromkeys(projects, self._newest)


def projects_of(changes: Changes) -> set[int] | None:
    """The projects that the changes are about; None where that can't be told."""
    boundaries = changes.boundaries
    derived = set[int]() if boundaries is None else projects_of_boundaries(boundaries)
    if derived is None:
        return None
    events = changes.events
    return derived.union(
        events.projects() if isinstance(events, EventTable) else {one.project for one in events},
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
