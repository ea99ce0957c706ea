"""Profiles, whose truth is in the control store."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from app.analytics.errors import NotFoundError
from app.analytics.records import Profile
from app.control.repositories import aliases, counters, profiles
from app.control.repositories.counters import Counter
from app.control.repositories.profiles import ProfileKey, ProfileOrder, ProfilePage, Walk, key_of
from app.control.sessions import ReadSession
from app.control.store import ControlStore
from app.projects.arithmetic import Number, with_added
from app.projects.changes import ProfileChange, changed_profile
from app.projects.identity import Identity, merge_identity
from app.projects.sightings import SeenBefore, Sighting, joined, merge_sighting, tells_news

__all__ = ["ProfileDirectory", "ProfileKey", "ProfileOrder", "ProfilePage", "Walk", "key_of"]

Said = TypeVar("Said")

_SIGHTINGS_PER_TRANSACTION: Final = 500


@dataclass(frozen=True, slots=True)
class _Known:
    """Profiles by their own ids, and what stands for them by alias."""

    profiles: dict[str, Profile]
    targets: dict[str, str]

    def root(self, profile_id: str) -> str:
        return self.targets.get(profile_id, profile_id)

    def find(self, profile_id: str) -> Profile | None:
        return self.profiles.get(self.root(profile_id))


async def _at_once() -> None:
    """Waits for nothing."""


class ProfileDirectory:
    """Changes, finds and lists the profiles of projects, which are named by number.

    An alias is as good as the id of the profile that it stands for. `settled` returns once
    everyone was seen whose events were acknowledged before the call.
    """

    def __init__(
        self, store: ControlStore, settled: Callable[[], Awaitable[object]] = _at_once
    ) -> None:
        self._store = store
        self._settled = settled
        self._seen = SeenBefore()

    async def identify(self, project: int, identity: Identity) -> Profile:
        """The profile after joining what is said to what is known; made when it is new."""
        (profile,) = await self.identify_all(project, (identity,))
        return profile

    async def identify_all(self, project: int, identities: Sequence[Identity]) -> list[Profile]:
        """The profiles after each identity in turn, all of them or none.

        One transaction: many identities at once cost one wait for the disk.
        """

        def merged(before: Profile | None, identity: Identity, sequence: int) -> Profile:
            return merge_identity(before, identity, project=project, sequence=sequence)

        said = [(identity.profile_id, identity) for identity in identities]
        return await self._change(project, said, merged)

    async def increment(
        self, project: int, profile_id: str, name: str, by: Number, *, at_ms: int
    ) -> Profile:
        """The profile after `by`, which may be negative, was added to one of its properties.

        Atomic: any number of additions at once adds up. How names and values are read is
        told by `with_added`. Raises NotFoundError for an unknown profile, InvalidQueryError
        for a property that is not a number; then nothing has changed.
        """

        def added(before: Profile | None, amount: Number, sequence: int) -> Profile:
            if before is None:
                raise NotFoundError("Profile not found")
            return replace(
                before,
                last_seen_at=max(before.last_seen_at, at_ms),
                properties=with_added(before.properties, name, amount),
                sequence=sequence,
            )

        said = [(profile_id, by)]
        try:
            (profile,) = await self._change(project, said, added)
        except NotFoundError:
            # Perhaps an event has told of it that is not stored yet.
            await self._settled()
            (profile,) = await self._change(project, said, added)
        return profile

    async def change_all(self, project: int, changes: Sequence[ProfileChange]) -> list[Profile]:
        """The profiles after each change in turn, all of them or none; made when they are new.

        Nothing comes of what takes away from new ones. Raises InvalidQueryError for a change
        that can't be made; then nothing has changed.
        """

        def changed(before: Profile | None, told: ProfileChange, sequence: int) -> Profile | None:
            return changed_profile(before, told, project=project, sequence=sequence)

        return await self._change(project, [(told.profile_id, told) for told in changes], changed)

    async def seen(self, project: int, sightings: Sequence[Sighting]) -> None:
        """Takes in that profiles were seen; those that nobody has told of are made.

        Made for every event that is stored: most calls find in memory that there is
        nothing to do. The last sight of a known profile is stored at most once an hour.
        """
        fresh = [one for one in joined(sightings) if not self._seen.tells_nothing(project, one)]
        for start in range(0, len(fresh), _SIGHTINGS_PER_TRANSACTION):
            await self._see(project, fresh[start : start + _SIGHTINGS_PER_TRANSACTION])

    async def find(self, project: int, profile_id: str) -> Profile | None:
        """The profile with that id or alias."""
        await self._settled()
        async with self._store.read() as session:
            found = await profiles.find(session, project, profile_id)
            if found is None:
                root = await aliases.find(session, project, profile_id)
                found = None if root is None else await profiles.find(session, project, root)
        return found

    async def get_many(self, project: int, ids: Sequence[str]) -> dict[str, Profile]:
        """Those of the profiles that exist, by the id or alias that was asked for."""
        await self._settled()
        async with self._store.read() as session:
            known = await _known(session, project, ids)
        found = ((profile_id, known.find(profile_id)) for profile_id in ids)
        return {profile_id: profile for profile_id, profile in found if profile is not None}

    async def page(self, project: int, wanted: ProfilePage) -> list[Profile]:
        """The profiles of that page, in its order whichever way it is walked."""
        await self._settled()
        async with self._store.read() as session:
            return await profiles.page(session, project, wanted)

    async def count(self, project: int) -> int:
        """How many profiles the project has."""
        await self._settled()
        async with self._store.read() as session:
            return await profiles.count(session, project)

    async def changed_since(self, sequence: int, limit: int) -> list[Profile]:
        """Up to `limit` profiles of all projects that changed after it, the oldest change first.

        A profile that changed twice comes once, with its newest sequence. No change can
        appear later with a smaller sequence than one seen here.
        """
        async with self._store.read() as session:
            return await profiles.changed_since(session, sequence, limit)

    async def _see(self, project: int, sightings: Sequence[Sighting]) -> None:
        async with self._store.read() as session:
            known = await _known(session, project, [one.profile_id for one in sightings])
        news: list[tuple[str, Sighting]] = []
        for sighting in sightings:
            profile = known.find(sighting.profile_id)
            if profile is None or tells_news(sighting, profile):
                news.append((sighting.profile_id, sighting))
            else:
                self._seen.note(sighting, profile)

        def merged(before: Profile | None, sighting: Sighting, sequence: int) -> Profile:
            return merge_sighting(before, sighting, project=project, sequence=sequence)

        for (_, sighting), after in zip(
            news, await self._change(project, news, merged), strict=True
        ):
            self._seen.note(sighting, after)

    async def _change(
        self,
        project: int,
        said: Sequence[tuple[str, Said]],
        merge: Callable[[Profile | None, Said, int], Profile | None],
    ) -> list[Profile]:
        """The profiles after each thing said in turn, in one transaction.

        `said` holds ids with what is said of them. `merge` gives the new profile under
        the id that was said, or none to leave everything as it is; an alias's is stored
        under the profile's own.
        """
        if not said:
            return []
        async with self._store.write() as session:
            # Trap: the number is taken before anything is read. It keeps other writers
            # waiting, so that no change between reading and writing is lost.
            last = await counters.advance(session, Counter.PROFILE_SEQUENCE, len(said))
            known = await _known(session, project, [profile_id for profile_id, _ in said])
            newest = dict(known.profiles)
            steps: list[Profile] = []
            for sequence, (profile_id, one) in enumerate(said, last - len(said) + 1):
                root = known.root(profile_id)
                merged = merge(newest.get(root), one, sequence)
                if merged is None:
                    continue
                after = replace(merged, id=root)
                newest[root] = after
                steps.append(after)
            await profiles.put(session, known.profiles, newest.values())
            return steps


async def _known(session: ReadSession, project: int, ids: Sequence[str]) -> _Known:
    """What is stored under these ids. An alias has no profile of its own."""
    distinct = list(dict.fromkeys(ids))
    found = await profiles.get_many(session, project, distinct)
    missing = [profile_id for profile_id in distinct if profile_id not in found]
    targets = await aliases.targets(session, project, missing)
    behind = [root for root in dict.fromkeys(targets.values()) if root not in found]
    return _Known(found | await profiles.get_many(session, project, behind), targets)
