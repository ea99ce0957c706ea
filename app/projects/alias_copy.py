"""Every alias in memory, as long as there are not too many."""

from collections.abc import Iterable

from app.control.models import AliasRow


class AliasCopy:
    """What aliases stand for, by project and alias, and back; up to `capacity` of them.

    Most servers have few. With more than it may hold it lets go of all of them, for half a
    copy could not tell what is no alias.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._roots: dict[tuple[int, str], str] = {}
        self._names: dict[tuple[int, str], dict[str, None]] = {}
        self.sequence = 0
        """The number of the last change taken in."""
        self.is_whole = True
        """Whether it holds every alias up to that change."""

    def take(self, rows: Iterable[AliasRow]) -> None:
        """Takes in changes, the oldest first."""
        for row in rows:
            self.sequence = row.sequence
            key = (row.project, row.alias)
            before = self._roots.get(key)
            if before is not None:
                self._names[row.project, before].pop(row.alias, None)
            self._roots[key] = row.profile_id
            names = self._names.setdefault((row.project, row.profile_id), {})
            # What changed last stands last, as the store lists them.
            names.pop(row.alias, None)
            names[row.alias] = None
        if len(self._roots) > self._capacity:
            self.is_whole = False
            self._roots.clear()
            self._names.clear()

    def root(self, project: int, profile_id: str) -> str:
        """The id of the profile that the id stands for; itself when it is no alias."""
        return self._roots.get((project, profile_id), profile_id)

    def names(self, project: int, root: str) -> tuple[str, ...]:
        """The aliases of that profile, those changed longest ago first."""
        return tuple(self._names.get((project, root), ()))
