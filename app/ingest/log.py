"""The event log: durable intake, the event store behind it, and reads of one's own writes."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Final

from app.analytics.errors import OverloadedError
from app.analytics.records import Event
from app.analytics.sessions import SESSION_GAP_MS, SessionNaming
from app.ingest.broadcast import Broadcast
from app.ingest.intake import Intake
from app.ingest.journal import TOLD_FOR_MS, ImportProgress, Journal, Told
from app.ingest.live import LiveSession, LiveSessions
from app.ingest.owners import NoOwners, Owners
from app.ingest.storer import Pace, Storer, Terms
from app.kit.clock import Clock, SystemClock
from app.stores.base import EventStore, ProfileRename, StoreLockedError
from app.stores.lock import DirectoryLock, acquire, try_acquire
from app.stores.open import StoreLimits, open_event_store

_POLL_SECONDS: Final = 0.05


class Ownership(Enum):
    """Whether a process must own the event store of its data directory."""

    REQUIRED = "required"
    IF_FREE = "if_free"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """Where the log lives and how much it takes.

    `naming` gives the ids of sessions; it is called in worker threads too. `owners` knows
    whom events are about. An error of either delays storing until it succeeds.
    `waiting_events` bounds what is not yet durable. Events that may be told again are known
    for `told_for_ms`.
    """

    data_dir: Path
    events_url: str
    naming: SessionNaming
    owners: Owners = field(default_factory=NoOwners)
    source: str = "server"
    waiting_events: int = 20_000
    told_for_ms: int = TOLD_FOR_MS
    pace: Pace = field(default_factory=Pace)
    limits: StoreLimits = field(default_factory=StoreLimits)
    clock: Clock = field(default_factory=SystemClock)


class EventLog:
    """Takes events in, and gives the store in which they can be read.

    What holds:

    - When `append` returns, the events are on disk and survive the process and the system.
      When it raises, none of them was acknowledged.
    - Each acknowledged event gets into the event store exactly once, in the order of
      arrival, whatever crashes in between; its session is the one that the definition gives.
    - After `settled`, the store holds everything that any process had acknowledged before.
    - What can't be stored now is kept and tried again; nothing is dropped.

    One process of a data directory owns the event store. Others may append meanwhile; the
    owner stores what they appended.
    """

    def __init__(self, settings: LogSettings, journal: Journal, owned: "_Owned | None") -> None:
        self._journal = journal
        self._owned = owned
        self._pace = settings.pace
        self.live: Final = owned.live if owned else LiveSessions(settings.naming, settings.clock)
        """The sessions that are going on."""
        self.news: Final = Broadcast()
        """Of events as this process acknowledges them."""
        self._intake = Intake(journal.append_once, self._acknowledged, settings.waiting_events)
        self._resources = AsyncExitStack()
        self._writing = asyncio.create_task(self._intake.run())
        self._storing = asyncio.create_task(owned.storer.run()) if owned else None

    @classmethod
    async def open(
        cls, settings: LogSettings, ownership: Ownership = Ownership.REQUIRED
    ) -> "EventLog":
        """The running log; what was journalled earlier is stored first.

        Raises StoreLockedError when another process owns the data directory and ownership
        is required, and ConfigurationError when the store can't be opened.
        """
        async with AsyncExitStack() as resources:
            lock: DirectoryLock | None
            match ownership:
                case Ownership.REQUIRED:
                    lock = acquire(settings.data_dir)
                case Ownership.IF_FREE:
                    lock = try_acquire(settings.data_dir)
            if lock is not None:
                resources.callback(lock.release)
            journal = Journal(
                settings.data_dir, settings.source, settings.clock, settings.told_for_ms
            )
            resources.push_async_callback(journal.close)
            owned = None
            if lock is not None:
                owned = await _own(settings, journal, resources)
            log = cls(settings, journal, owned)
            log._resources = resources.pop_all()
        try:
            await log._replay()
        except BaseException:
            await log.close()
            raise
        return log

    @property
    def owns_store(self) -> bool:
        """Whether this process has the event store."""
        return self._owned is not None

    @property
    def store(self) -> EventStore:
        """The event store. Raises StoreLockedError when another process owns it."""
        if self._owned is None:
            raise StoreLockedError("The event store is open in another process.")
        return self._owned.store

    async def append(self, events: Sequence[Event], progress: ImportProgress | None = None) -> None:
        """Makes the events durable, together with the progress of their import.

        Raises UnstorableEventError, PayloadTooLargeError, or OverloadedError with the time
        after which another try makes sense.
        """
        await self._intake.submit(events, progress)

    async def append_once(self, event: Event) -> Told | None:
        """Makes an event durable that may be told again; None when it was not told before.

        Else nothing is kept, and it is what was told the first time. An event is known by its
        project and id for `told_for_ms`, in each process and across crashes. Raises what
        `append` raises.
        """
        return (await self._intake.submit_once(event)).earlier

    async def append_encoded(
        self, rows: Sequence[bytes], progress: ImportProgress | None = None
    ) -> None:
        """Makes events of `encode_event` durable, together with the progress of their import.

        For imports: the bounded buffer is passed by, and the sessions that are going on are
        learned when the events are stored, not before. At most `MAX_BATCH_ROWS`.
        """
        await self._journal.append(rows, [progress] if progress else ())
        self._journalled(len(rows))

    async def append_columns(
        self, rows: int, batch: bytes, progress: ImportProgress | None = None
    ) -> int:
        """Makes a batch of `encode_table` durable like `append_encoded`; its position."""
        position = await self._journal.append_columns(rows, batch, [progress] if progress else ())
        self._journalled(rows)
        return position

    def assign_session(self, project: int, device_id: str, at_ms: int) -> str:
        """The id of the session that an event of the device at this instant belongs to."""
        return self.live.assign(project, device_id, at_ms)

    def find_session(self, project: int, device_id: str, at_ms: int) -> LiveSession | None:
        """The device's session that is going on at this instant."""
        return self.live.find(project, device_id, at_ms)

    async def find_progress(self, fingerprint: str, project: int) -> ImportProgress | None:
        """How far that import has come, or None when it never began."""
        return await self._journal.find_progress(fingerprint, project)

    async def settled(self, position: int | None = None) -> None:
        """Returns once everything acknowledged before the call can be read in the store.

        Or all up to the batch at that position. Raises OverloadedError when that takes too
        long.
        """
        target = await self._journal.last_position() if position is None else position
        if self._owned is not None:
            await self._owned.storer.reached(target)
        else:
            await self._stored_elsewhere(target)

    async def rename_profiles(self, renames: Sequence[ProfileRename], sequence: int) -> None:
        """Moves what is stored to other profiles; see the event store's method of that name."""
        if self._owned is None:
            raise StoreLockedError("The event store is open in another process.")
        change = partial(self._owned.store.rename_profiles, renames, sequence)
        await self._owned.storer.between_portions(change)

    async def close(self) -> None:
        """Refuses further events, makes the waiting ones durable, stores them and lets go."""
        self._intake.close()
        await self._writing
        if self._owned is not None and self._storing is not None:
            self._owned.storer.close()
            await self._storing
        await self._resources.aclose()

    def _journalled(self, rows: int) -> None:
        if self._owned is not None:
            self._owned.storer.notify(rows)

    def _acknowledged(self, events: Sequence[Event], position: int) -> None:
        self._journalled(len(events))
        self.live.observe(events, position)
        self.news.tell(events)

    async def _replay(self) -> None:
        """Gives the storer the chance to catch up; a store that fails now may recover later."""
        if self._owned is not None:
            try:
                await self.settled()
            except OverloadedError:
                return

    async def _stored_elsewhere(self, target: int) -> None:
        try:
            async with asyncio.timeout(self._pace.patience_seconds):
                # The owner is another process, which can't wake this one.
                while await self._journal.stored_position() < target:  # noqa: ASYNC110
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise OverloadedError(
                "The process that owns the event store has not stored the newest events yet.",
                retry_after_seconds=5,
            ) from error


@dataclass(frozen=True, slots=True)
class _Owned:
    """What only the owner of the event store has."""

    store: EventStore
    storer: Storer
    live: LiveSessions


async def _own(settings: LogSettings, journal: Journal, resources: AsyncExitStack) -> _Owned:
    store = open_event_store(settings.events_url, settings.limits)
    resources.push_async_callback(store.close)
    await store.migrate()
    await journal.continue_after(await store.last_position())
    live = LiveSessions(settings.naming, settings.clock)
    recent = settings.clock.now_ms() - 4 * SESSION_GAP_MS
    live.settle(await store.sessions_since(recent))
    terms = Terms(settings.naming, settings.owners, settings.pace, settings.clock)
    storer = Storer(journal, store, live.settle, terms)
    return _Owned(store, storer, live)
