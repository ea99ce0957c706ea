"""The read copy of profiles in the event store, which follows the truth by its sequence."""

from typing import Final

import anyio

from app.projects.profiles import ProfileDirectory
from app.stores.base import EventStore

_PORTION: Final = 5_000


class ProfileFeed:
    """Copies changed profiles into the event store, where questions can join them."""

    def __init__(self, profiles: ProfileDirectory, store: EventStore) -> None:
        self._profiles = profiles
        self._store = store
        self._copying = anyio.Lock()
        self._copied: int | None = None

    async def catch_up(self) -> None:
        """Returns once every change made before the call is in the event store."""
        async with self._copying:
            if self._copied is None:
                self._copied = await self._store.profile_sequence()
            while changed := await self._profiles.changed_since(self._copied, _PORTION):
                await self._store.copy_profiles(changed)
                self._copied = changed[-1].sequence
