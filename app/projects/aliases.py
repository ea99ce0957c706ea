"""Aliases: two ids turn out to be one profile."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import anyio

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Profile
from app.control.models import AliasRow
from app.control.repositories import aliases, counters, profiles
from app.control.repositories.counters import Counter
from app.control.sessions import WriteSession
from app.control.store import ControlStore
from app.kit.clock import Clock
from app.projects.alias_copy import AliasCopy
from app.projects.expiring import Expiring
from app.projects.identity import Identity, merge_identity, merge_profiles

_CACHE_LIFETIME_MS: Final = 5_000
_CACHE_CAPACITY: Final = 100_000
_PORTION: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One alias as it is stored: `profile_id` is a profile's own id, never another alias.

    `sequence` numbers the change; profiles and aliases share one count.
    """

    project: int
    alias: str
    profile_id: str
    sequence: int


class AliasBook:
    """Says which ids are one profile.

    Asked for every event, it answers from a copy in memory that follows the store: at once
    after an alias that this process made, within five seconds after another's. Beyond
    `capacity` aliases it asks the store for each id, and remembers that for as long.
    """

    def __init__(self, store: ControlStore, clock: Clock, capacity: int = 250_000) -> None:
        self._store = store
        self._clock = clock
        self._copy = AliasCopy(capacity)
        self._copying = anyio.Lock()
        # Trap: an answer that was asked for before an alias was made may arrive after it.
        # It counts only under the number that held when it was asked for.
        self._generation = 0
        self._copied: tuple[int, int] | None = None
        self._looked_up = Expiring[tuple[int, int, str], tuple[str, ...]](
            clock, lifetime_ms=_CACHE_LIFETIME_MS, capacity=_CACHE_CAPACITY
        )

    async def alias(self, project: int, profile_id: str, alias: str) -> Profile:
        """The profile, for which `alias` stands from now on; saying so again changes nothing.

        An alias of an alias stands for the profile behind it. What was known of the alias
        as a profile of its own joins the profile, which wins where both know something,
        and the alias's own profile is removed: lists and counts have one profile for one
        person, and the id still finds it. The profile is made when it is new, since naming
        it tells that it exists.

        Raises InvalidQueryError when the alias is the profile itself, when the profile is
        an alias of it, and when it stands for another profile already: events of two
        people that were taken for one can't be told apart again, so the first word counts.
        """
        try:
            async with self._store.write() as session:
                return await self._join(session, project, profile_id, alias)
        finally:
            # Even a failure may have committed.
            self._generation += 1

    async def canonical(self, project: int, profile_id: str) -> str:
        """The id of the profile that the id stands for: itself unless it is an alias."""
        if await self._is_copied():
            return self._copy.root(project, profile_id)
        return (await self._look_up(project, profile_id))[0]

    def recall(self, project: int, profile_id: str) -> str | None:
        """The same at once, from the copy; None when the copy is not up to date now."""
        if self._copy.is_whole and self._is_fresh():
            return self._copy.root(project, profile_id)
        return None

    async def roots(self, named: Iterable[tuple[int, str]]) -> dict[tuple[int, str], str]:
        """The own ids of the profiles behind those of the projects' ids that are aliases."""
        if await self._is_copied():
            known = {key: self._copy.root(*key) for key in named}
        else:
            known = {key: (await self._look_up(*key))[0] for key in named}
        return {key: root for key, root in known.items() if root != key[1]}

    async def all_ids(self, project: int, profile_id: str) -> tuple[str, ...]:
        """Every id of the profile: its own first, then its aliases.

        For an id without aliases, that id alone, whether there is such a profile or not.
        """
        if await self._is_copied():
            root = self._copy.root(project, profile_id)
            return (root, *self._copy.names(project, root))
        return await self._look_up(project, profile_id)

    async def changed_since(self, sequence: int, limit: int) -> list[Alias]:
        """Up to `limit` aliases of all projects that changed after it, the oldest change first.

        No change can appear later with a smaller sequence than one seen here. Whoever keeps
        a copy of profiles removes the one whose id is such an alias.
        """
        async with self._store.read() as session:
            rows = await aliases.changed_since(session, sequence, limit)
        return [
            Alias(
                project=row.project,
                alias=row.alias,
                profile_id=row.profile_id,
                sequence=row.sequence,
            )
            for row in rows
        ]

    async def _is_copied(self) -> bool:
        """Whether the copy is up to date now; false when there are too many aliases for it."""
        if self._copy.is_whole and not self._is_fresh():
            async with self._copying:
                if not self._is_fresh():
                    await self._catch_up()
        return self._copy.is_whole

    def _is_fresh(self) -> bool:
        if self._copied is None:
            return False
        generation, at_ms = self._copied
        # A clock that was set back must not lengthen a life.
        age_ms = self._clock.now_ms() - at_ms
        return generation == self._generation and 0 <= age_ms < _CACHE_LIFETIME_MS

    async def _catch_up(self) -> None:
        started = (self._generation, self._clock.now_ms())
        async with self._store.read() as session:
            while self._copy.is_whole:
                rows = await aliases.changed_since(session, self._copy.sequence, _PORTION)
                self._copy.take(rows)
                if len(rows) < _PORTION:
                    break
        self._copied = started

    async def _look_up(self, project: int, profile_id: str) -> tuple[str, ...]:
        key = (self._generation, project, profile_id)
        ids = self._looked_up.find(key)
        if ids is None:
            async with self._store.read() as session:
                root = await aliases.find(session, project, profile_id) or profile_id
                ids = (root, *await aliases.names_of(session, project, root))
            self._looked_up.keep(key, ids)
        return ids

    async def _join(
        self, session: WriteSession, project: int, profile_id: str, alias: str
    ) -> Profile:
        # The number is taken before anything is read; it keeps other writers waiting.
        first = await counters.advance(session, Counter.PROFILE_SEQUENCE)
        targets = await aliases.targets(session, project, [profile_id, alias])
        root = targets.get(profile_id, profile_id)
        _check(root, profile_id, alias, targets.get(alias))
        known = await profiles.get_many(session, project, [root, alias])
        if alias in targets and root in known:
            return known[root]
        now = self._clock.now_ms()
        if alias not in targets:
            names = await aliases.names_of(session, project, alias)
            await counters.advance(session, Counter.PROFILE_SEQUENCE, 1 + len(names))
            await session.add(
                AliasRow(
                    project=project,
                    alias=alias,
                    profile_id=root,
                    created_at=now,
                    sequence=first + 1,
                )
            )
            await aliases.repoint(session, project, names, root, sequence=first + 2)
        profile = known.get(root) or merge_identity(
            None, Identity(profile_id=root, seen_at=now), project=project, sequence=first
        )
        profile = merge_profiles(profile, known.get(alias, profile), sequence=first)
        await profiles.remove(session, project, alias)
        await profiles.put(session, known, [profile])
        return profile


def _check(root: str, profile_id: str, alias: str, known: str | None) -> None:
    if alias == profile_id:
        raise _refusal("A profile can't be an alias of itself.")
    if alias == root:
        raise _refusal("The profile is an alias of this one already; that would be a circle.")
    if known not in (None, root):
        raise _refusal("The alias stands for another profile already.")


def _refusal(message: str) -> InvalidQueryError:
    return InvalidQueryError.at("payload", "alias", message=message)
