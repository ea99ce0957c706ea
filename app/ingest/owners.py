"""Whom stored events are about: aliases are followed, and sightings told, at one place.

Events come in by many doors and from several processes; all of them pass the storer. What
is stored therefore names profiles by their own ids, whenever an alias was made.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from app.analytics.event_row import EventRow
from app.ingest.people import sightings_of
from app.projects.aliases import AliasBook
from app.projects.own_ids import Named
from app.projects.profiles import ProfileDirectory
from app.projects.sightings import Sighting
from app.stores.arrow import EventTable


class Owners(Protocol):
    """Knows the profiles that events belong to."""

    async def roots(self, named: Collection[Named]) -> Mapping[Named, str]:
        """The own ids of the profiles behind those names that are aliases."""
        ...

    async def see(self, sightings: Mapping[int, Sequence[Sighting]]) -> None:
        """Takes in who was there, by project; to be told the same again changes nothing."""
        ...


class NoOwners:
    """Knows nobody."""

    async def roots(self, named: Collection[Named]) -> Mapping[Named, str]:
        """No aliases."""
        del named
        return {}

    async def see(self, sightings: Mapping[int, Sequence[Sighting]]) -> None:
        """Forgets it."""
        del sightings


class ProfileOwners:
    """The profiles and aliases of the control store."""

    def __init__(self, profiles: ProfileDirectory, aliases: AliasBook) -> None:
        self._profiles = profiles
        self._aliases = aliases

    async def roots(self, named: Collection[Named]) -> Mapping[Named, str]:
        """The own ids of the profiles behind those names that are aliases."""
        return await self._aliases.roots(named)

    async def see(self, sightings: Mapping[int, Sequence[Sighting]]) -> None:
        """Makes the profiles that are new, and notes when the others were there."""
        for project, seen in sightings.items():
            await self._profiles.seen(project, seen)


def sightings_in(rows: Iterable[EventRow]) -> dict[int, list[Sighting]]:
    """Who was seen, by project.

    Imported events tell of the past of some other system, whose profiles are brought on
    their own.
    """
    return sightings_of(row for row in rows if row.imported_at is None)


def owned_table(table: EventTable, roots: Mapping[Named, str]) -> EventTable:
    """The events under the profiles' own ids."""
    projects, named = table.values("project"), table.values("profile_id")
    pairs = zip(projects, named, strict=True)
    return table.replaced("profile_id", [roots.get(pair, pair[1]) for pair in pairs])


def owned(rows: Sequence[EventRow], roots: Mapping[Named, str]) -> list[EventRow]:
    """The rows under the profiles' own ids."""
    return [
        row
        if row.profile_id is None or (root := roots.get((row.project, row.profile_id))) is None
        else row._replace(profile_id=root)
        for row in rows
    ]
