"""Carrying aliases into the past: what was stored under an alias becomes its profile's."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio

from app.analytics.records import Profile
from app.projects.aliases import AliasBook
from app.stores.base import EventStore, ProfileRename

_PORTION: Final = 1_000

Rename = Callable[[Sequence[ProfileRename], int], Awaitable[None]]
"""Renames profiles in the event store and keeps the sequence, all of it or nothing."""


class AliasFeed:
    """Renames stored profiles after their aliases, in the order in which those were made.

    `all_stored` returns once every event whose alias was not followed when it came in can
    be found in the store; `rename` changes the store.
    """

    def __init__(
        self,
        aliases: AliasBook,
        store: EventStore,
        all_stored: Callable[[], Awaitable[None]],
        rename: Rename,
    ) -> None:
        self._aliases = aliases
        self._store = store
        self._all_stored = all_stored
        self._rename = rename
        self._following = anyio.Lock()
        self._followed: int | None = None

    async def alias(self, project: int, profile_id: str, alias: str) -> Profile:
        """The profile, for which `alias` stands from now on; refusals as `AliasBook.alias`."""
        profile = await self._aliases.alias(project, profile_id, alias)
        await self.catch_up()
        return profile

    async def catch_up(self) -> None:
        """Returns once every alias made before the call is true of everything stored."""
        async with self._following:
            if self._followed is None:
                self._followed = await self._store.alias_sequence()
            while changed := await self._aliases.changed_since(self._followed, _PORTION):
                await self._all_stored()
                renames = [
                    ProfileRename(each.project, each.alias, each.profile_id) for each in changed
                ]
                await self._rename(renames, changed[-1].sequence)
                self._followed = changed[-1].sequence
