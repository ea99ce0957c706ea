"""Read copies in the event store, which follow the control store by its sequence."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar

import anyio

from app.analytics.records import Group, Profile
from app.projects.groups import GroupDirectory
from app.projects.profiles import ProfileDirectory
from app.stores.base import EventStore

_PORTION: Final = 5_000


class Changing(Protocol):
    """A record whose changes are numbered."""

    @property
    def sequence(self) -> int:
        """The number of its last change."""
        ...


Record = TypeVar("Record", bound=Changing)


class CopyFeed(Generic[Record]):
    """Copies changed records into the event store, where questions can join them.

    `changed_since` tells up to so many changes after a number, `copied` the newest number in
    the event store, and `copy` puts records there.
    """

    def __init__(
        self,
        changed_since: Callable[[int, int], Awaitable[Sequence[Record]]],
        copied: Callable[[], Awaitable[int]],
        copy: Callable[[Sequence[Record]], Awaitable[None]],
    ) -> None:
        self._changed_since = changed_since
        self._read_copied = copied
        self._copy = copy
        self._copying = anyio.Lock()
        self._copied: int | None = None

    async def catch_up(self) -> None:
        """Returns once every change made before the call is in the event store."""
        async with self._copying:
            if self._copied is None:
                self._copied = await self._read_copied()
            while changed := await self._changed_since(self._copied, _PORTION):
                await self._copy(changed)
                self._copied = changed[-1].sequence


def profile_feed(profiles: ProfileDirectory, store: EventStore) -> CopyFeed[Profile]:
    """The feed of the read copy of profiles."""
    return CopyFeed(profiles.changed_since, store.profile_sequence, store.copy_profiles)


def group_feed(groups: GroupDirectory, store: EventStore) -> CopyFeed[Group]:
    """The feed of the read copy of groups."""
    return CopyFeed(groups.changed_since, store.group_sequence, store.copy_groups)
