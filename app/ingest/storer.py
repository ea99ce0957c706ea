"""Moves journalled batches into the event store, in order, each exactly once.

The store keeps the journal's position in the transaction that stores the batches, and the
storer goes on from that position and from nothing else. So a crash, a failure or an
unknown end of a transaction at worst repeats work; it neither skips nor doubles any.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from app.analytics.boundaries import NONE_CLOSED, boundary_changes
from app.analytics.errors import OverloadedError
from app.analytics.sessions import SESSION_GAP_MS, SessionNaming, SessionState
from app.ingest.journal import Journal
from app.ingest.live import KEPT_MS
from app.ingest.owners import Owners
from app.ingest.portions import Portion, Stored, arrived, changes_of, portion_of
from app.kit.clock import Clock
from app.stores.base import Changes, EventStore

Settled: TypeAlias = Callable[[Sequence[SessionState]], None]
"""Told of the sessions that were just stored."""

_LOG: Final = logging.getLogger(__name__)

_RETRY_AFTER_SECONDS: Final = 5
_TOLD_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When the storer works. A portion is stored in one transaction.

    It works every `interval_seconds`, earlier when `eager_rows` events wait or somebody
    waits for them; `patience_seconds` bounds how long anybody does. Sessions whose time is
    over are closed with each portion, and every `closing_seconds` when nothing arrives. After
    a failure it pauses, twice as long each time, from `first_pause_seconds` to
    `longest_pause_seconds`. What `reads_ahead` makes the next portion ready while it stores
    one, and has both in memory. With `fitting_rows`, portions are as large as brings the store
    so many events, boundaries of sessions included, if each brings what the one before brought.
    """

    interval_seconds: float = 1.0
    eager_rows: int = 5_000
    portion_rows: int = 20_000
    patience_seconds: float = 10.0
    closing_seconds: float = 60.0
    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0
    reads_ahead: bool = True
    fitting_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the storer goes by: sessions' names, events' owners, when it works, the time."""

    naming: SessionNaming
    owners: Owners
    pace: Pace
    clock: Clock


class Storer:
    """One task that stores; and the barrier for those who want to read what was acknowledged."""

    def __init__(self, journal: Journal, store: EventStore, settled: Settled, terms: Terms) -> None:
        self._journal = journal
        self._store = store
        self._naming = terms.naming
        self._owners = terms.owners
        self._tell = settled
        self._pace = terms.pace
        self._clock = terms.clock
        self._stored = 0
        self._closed_before = NONE_CLOSED
        self._closed_at = -math.inf
        self._trimmed = 0
        self._trimmed_at = time.monotonic()
        self._unstored_rows = 0
        self._is_storing = False
        self._failures = 0
        self._portion_rows = self._most_rows = terms.pace.portion_rows
        self._eager_rows = terms.pace.eager_rows
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._merging = asyncio.Lock()

    def notify(self, rows: int) -> None:
        """Tells that so many events were journalled by this process."""
        self._unstored_rows += rows
        if self._unstored_rows >= self._eager_rows:
            self._wake.set()

    async def reached(self, target: int) -> None:
        """Returns once the batch at that position is stored, and with it all before it.

        Raises OverloadedError when that takes too long; the events are safe in the journal
        then, and are stored later.
        """
        if target <= self._stored:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (target, waiter)
        self._waiters.append(entry)
        self._wake.set()
        try:
            async with asyncio.timeout(self._pace.patience_seconds):
                await waiter
        except TimeoutError as error:
            raise OverloadedError(
                "The newest events are not readable yet; try again in a moment.",
                _RETRY_AFTER_SECONDS,
            ) from error
        finally:
            if entry in self._waiters:
                self._waiters.remove(entry)

    async def run(self) -> None:
        """Stores until it is closed, and then once more what is left."""
        while True:
            is_last = self._closing.is_set()
            try:
                await self._catch_up()
                await self._close_sessions()
                await self._trim(at_once=is_last)
                self._failures = 0
            except Exception:  # noqa: BLE001 — whatever failed is tried again; nothing is skipped.
                self._note_failure()
            if is_last:
                return
            await self._pause()

    async def between_portions(self, change: Callable[[], Awaitable[None]]) -> None:
        """Does what must not happen while sessions are being merged."""
        async with self._merging:
            await change()

    def close(self) -> None:
        """Lets `run` end after it has stored what is journalled."""
        self._closing.set()
        self._wake.set()

    async def _pause(self) -> None:
        """Waits for work, or after a failure for the pause to pass."""
        pace = self._pace
        if self._failures:
            pause = pace.first_pause_seconds * 2 ** min(self._failures - 1, 16)
            seconds, awaited = min(pause, pace.longest_pause_seconds), self._closing.wait()
        else:
            seconds, awaited = pace.interval_seconds, self._due()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await awaited

    async def _due(self) -> Literal[True]:
        """Returns when what is journalled is to be stored now."""
        while not (self._closing.is_set() or await self._is_due(self._stored)):
            await self._wake.wait()
            self._wake.clear()
        return True

    async def _catch_up(self) -> None:
        if self._failures or not self._stored:
            # What became of the last transaction is known to the store alone.
            self._stored = await self._store.position(self._journal.identity)
            self._closed_before = await self._store.closed_before()
            self._release_waiters()
        portion = await self._read(self._stored)
        while portion is not None:
            portion = await self._store_portion(portion)
            if portion is None and self._closing.is_set():
                # Whatever is left, however little.
                portion = await self._read(self._stored)

    async def _is_due(self, after: int) -> bool:
        """Whether there are events after that position that are to be stored now."""
        rows = await self._journal.rows_after(after)
        is_awaited = self._closing.is_set() or any(target > after for target, _ in self._waiters)
        return rows >= (1 if is_awaited else self._eager_rows)

    async def _read(self, after: int) -> Portion | None:
        """The next portion; None when nothing is left to store."""
        batches = await self._journal.read(after, self._portion_rows)
        if not batches:
            return None
        told = await asyncio.to_thread(arrived, batches)
        del batches
        roots = await self._owners.roots(told.named)
        return await asyncio.to_thread(portion_of, told, roots, self._naming)

    async def _store_portion(self, portion: Portion) -> Portion | None:
        """Stores the portion; the next one, if there are enough events for it by then."""
        # Before they are stored: were it cut off in between, it would never be told again.
        await self._owners.see(portion.sightings)
        async with self._merging:
            changes, closing_before = await self._merged(portion)
            async with self._reading_ahead(portion.position) as ahead:
                await self._store.apply(changes)
        self._stored = portion.position
        self._closed_before = closing_before
        self._failures = 0
        self._fit(portion.weight, changes)
        self._portion_rows = min(self._portion_rows * 4, self._most_rows)
        self._release_waiters()
        await self._tell_in_turns(changes.sessions)
        if changes.begun is not None:
            # Of the past there may be many, and nobody asks for them.
            since = self._clock.now_ms() - KEPT_MS
            for part in changes.begun.parts_since(since):
                await self._tell_in_turns(await asyncio.to_thread(part.states))
        following = await ahead
        await self._trim(at_once=False)
        return following

    async def _tell_in_turns(self, sessions: Sequence[SessionState]) -> None:
        for start in range(0, len(sessions), _TOLD_AT_ONCE):
            self._tell(sessions[start : start + _TOLD_AT_ONCE])
            # Requests get their turn in between.
            await asyncio.sleep(0)

    def _fit(self, weight: int, changes: Changes) -> None:
        """Makes the portions to come as large as they should be, if they are like this one."""
        if self._pace.fitting_rows is None or not changes.event_count:
            return
        factor = self._pace.fitting_rows / changes.event_count
        factor = min(factor, self._pace.portion_rows / weight)
        self._most_rows = max(1, round(weight * factor))
        self._eager_rows = max(1, round(len(changes.events) * factor))

    async def _merged(self, portion: Portion) -> tuple[Changes, int]:
        """What storing the portion changes, and up to which instant that closes sessions."""
        closing_before = self._closing_before()
        stored = Stored(
            near=await self._store.sessions_near(portion.windows),
            due=await self._store.sessions_ended(self._closed_before, closing_before),
            closed_before=self._closed_before,
            closing_before=closing_before,
        )
        identity = self._journal.identity
        return await asyncio.to_thread(changes_of, portion, stored, identity), closing_before

    @asynccontextmanager
    async def _reading_ahead(self, after: int) -> AsyncGenerator["asyncio.Task[Portion | None]"]:
        """Makes the next portion ready while the engine stores this one inside.

        Not earlier, when both would only wait for the interpreter.
        """
        self._unstored_rows = await self._journal.rows_after(after)
        self._is_storing = True
        ahead = asyncio.create_task(self._read_ahead(after))
        try:
            yield ahead
        except BaseException:
            ahead.cancel()
            await asyncio.wait({ahead})
            raise
        finally:
            self._is_storing = False
            self._wake.set()

    async def _read_ahead(self, after: int) -> Portion | None:
        """The next portion as soon as it is worth its transaction, or somebody waits for it.

        None when it was not yet so when the present one was stored: the engine takes as long
        for a handful of events as for thousands.
        """
        if not self._pace.reads_ahead:
            return None
        while not await self._is_due(after):
            if not self._is_storing:
                return None
            await self._wake.wait()
            self._wake.clear()
        return await self._read(after)

    async def _close_sessions(self) -> None:
        """Closes the sessions whose time is over, now and then."""
        if time.monotonic() - self._closed_at < self._pace.closing_seconds:
            return
        async with self._merging:
            closing_before = self._closing_before()
            due = await self._store.sessions_ended(self._closed_before, closing_before)
            if due:
                await self._store.apply_boundaries(
                    boundary_changes(due, due, self._closed_before, closing_before)
                )
                self._closed_before = closing_before
        self._closed_at = time.monotonic()

    def _closing_before(self) -> int:
        """An event that comes now can't join a session that ended before this instant."""
        return max(self._closed_before, self._clock.now_ms() - SESSION_GAP_MS)

    def _release_waiters(self) -> None:
        for target, waiter in self._waiters:
            if target <= self._stored and not waiter.done():
                waiter.set_result(None)

    async def _trim(self, *, at_once: bool) -> None:
        is_due = time.monotonic() - self._trimmed_at >= self._pace.interval_seconds
        if self._stored > self._trimmed and (is_due or at_once):
            await self._journal.trim(self._stored)
            self._trimmed = self._stored
            self._trimmed_at = time.monotonic()

    def _note_failure(self) -> None:
        self._failures += 1
        # A single batch at first: what precedes a bad batch still gets stored.
        self._portion_rows = 1
        if self._failures == 1:
            _LOG.exception(
                "Journalled events can't be stored after batch %d; they are kept and tried again.",
                self._stored,
            )
