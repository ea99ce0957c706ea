"""Profiles, whose truth is in the control store."""

from collections.abc import Sequence

from app.analytics.records import Profile
from app.control.repositories import counters, profiles
from app.control.repositories.counters import Counter
from app.control.repositories.profiles import ProfileKey, ProfileOrder, ProfilePage, Walk, key_of
from app.control.store import ControlStore
from app.projects.identity import Identity, merge_identity

__all__ = ["ProfileDirectory", "ProfileKey", "ProfileOrder", "ProfilePage", "Walk", "key_of"]


class ProfileDirectory:
    """Changes, finds and lists the profiles of projects, which are named by number."""

    def __init__(self, store: ControlStore) -> None:
        self._store = store

    async def identify(self, project: int, identity: Identity) -> Profile:
        """The profile after joining what is said to what is known; made when it is new."""
        (profile,) = await self.identify_all(project, (identity,))
        return profile

    async def identify_all(self, project: int, identities: Sequence[Identity]) -> list[Profile]:
        """The profiles after each identity in turn, all of them or none.

        One transaction: many identities at once cost one wait for the disk.
        """
        if not identities:
            return []
        async with self._store.write() as session:
            # Trap: the number is taken before anything is read. It keeps other writers
            # waiting, so that no change between reading and writing is lost.
            last = await counters.advance(session, Counter.PROFILE_SEQUENCE, len(identities))
            ids = list({identity.profile_id for identity in identities})
            known = await profiles.get_many(session, project, ids)
            newest = dict(known)
            steps: list[Profile] = []
            for sequence, identity in enumerate(identities, last - len(identities) + 1):
                before = newest.get(identity.profile_id)
                after = merge_identity(before, identity, project=project, sequence=sequence)
                newest[after.id] = after
                steps.append(after)
            await profiles.put(session, known, newest.values())
            return steps

    async def find(self, project: int, profile_id: str) -> Profile | None:
        """The profile with that id."""
        async with self._store.read() as session:
            return await profiles.find(session, project, profile_id)

    async def get_many(self, project: int, ids: Sequence[str]) -> dict[str, Profile]:
        """Those of the profiles that exist, by id."""
        async with self._store.read() as session:
            return await profiles.get_many(session, project, ids)

    async def page(self, project: int, wanted: ProfilePage) -> list[Profile]:
        """The profiles of that page, in its order whichever way it is walked."""
        async with self._store.read() as session:
            return await profiles.page(session, project, wanted)

    async def count(self, project: int) -> int:
        """How many profiles the project has."""
        async with self._store.read() as session:
            return await profiles.count(session, project)

    async def changed_since(self, sequence: int, limit: int) -> list[Profile]:
        """Up to `limit` profiles of all projects that changed after it, the oldest change first.

        A profile that changed twice comes once, with its newest sequence. No change can
        appear later with a smaller sequence than one seen here.
        """
        async with self._store.read() as session:
            return await profiles.changed_since(session, sequence, limit)
