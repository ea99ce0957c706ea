"""Moves journalled batches into the event store, in order, each exactly once.

The store keeps the journal's position in the transaction that stores the batches, and the
storer goes on from that position and from nothing else. So a crash, a failure or an
unknown end of a transaction at worst repeats work; it neither skips nor doubles any.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.analytics.boundaries import NONE_CLOSED, boundary_changes
from app.analytics.errors import OverloadedError
from app.analytics.sessions import SESSION_GAP_MS, SessionNaming, SessionState
from app.ingest.journal import Journal
from app.ingest.owners import Owners
from app.ingest.portions import Portion, Stored, arrived, changes_of, portion_of
from app.kit.clock import Clock
from app.stores.base import EventStore

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
    `longest_pause_seconds`.
    """

    interval_seconds: float = 1.0
    eager_rows: int = 5_000
    portion_rows: int = 20_000
    patience_seconds: float = 10.0
    closing_seconds: float = 60.0
    first_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0


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
        self._failures = 0
        self._portion_rows = terms.pace.portion_rows
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._merging = asyncio.Lock()

    def notify(self, rows: int) -> None:
        """Tells that so many events were journalled by this process."""
        self._unstored_rows += rows
        if self._unstored_rows >= self._pace.eager_rows:
            self._wake.set()

    async def settled(self) -> None:
        """Returns once everything that was acknowledged before the call is stored.

        By whichever process. Raises OverloadedError when that takes too long; the events
        are safe in the journal then, and are stored later.
        """
        target = await self._journal.last_position()
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
        if self._failures:
            pace = self._pace
            pause = pace.first_pause_seconds * 2 ** min(self._failures - 1, 16)
            seconds, awaited = min(pause, pace.longest_pause_seconds), self._closing
        else:
            seconds, awaited = self._pace.interval_seconds, self._wake
        try:
            async with asyncio.timeout(seconds):
                await awaited.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _catch_up(self) -> None:
        if self._failures or not self._stored:
            # What became of the last transaction is known to the store alone.
            self._stored = await self._store.position(self._journal.identity)
            self._closed_before = await self._store.closed_before()
            self._release_waiters()
        read = await self._read(self._stored)
        while read is not None:
            portion, is_full = read
            self._unstored_rows = 0
            # Behind a full portion more waits, which is made ready while the engine stores this
            # one. Behind any other is only what has come since, and that waits its turn: the
            # engine takes as long for a handful of events as for thousands.
            ahead = asyncio.create_task(self._read(portion.position)) if is_full else None
            try:
                await self._store_portion(portion)
            except BaseException:
                if ahead is not None:
                    ahead.cancel()
                    await asyncio.wait({ahead})
                raise
            self._failures = 0
            self._portion_rows = min(self._portion_rows * 4, self._pace.portion_rows)
            read = None if ahead is None else await ahead

    async def _read(self, after: int) -> tuple[Portion, bool] | None:
        """The next portion, and whether it is full; None when nothing is left to store."""
        most = self._portion_rows
        batches = await self._journal.read(after, most)
        if not batches:
            return None
        told = await asyncio.to_thread(arrived, batches)
        roots = await self._owners.roots(told.named)
        portion = await asyncio.to_thread(portion_of, told, roots, self._naming)
        return portion, len(portion.rows) >= most

    async def _store_portion(self, portion: Portion) -> None:
        # Before they are stored: were it cut off in between, it would never be told again.
        await self._owners.see(portion.sightings)
        async with self._merging:
            closing_before = self._closing_before()
            stored = Stored(
                near=await self._store.sessions_near(portion.windows),
                due=await self._store.sessions_ended(self._closed_before, closing_before),
                closed_before=self._closed_before,
                closing_before=closing_before,
            )
            changes = await asyncio.to_thread(changes_of, portion, stored, self._journal.identity)
            await self._store.apply(changes)
        self._stored = portion.position
        self._closed_before = closing_before
        self._release_waiters()
        for start in range(0, len(changes.sessions), _TOLD_AT_ONCE):
            self._tell(changes.sessions[start : start + _TOLD_AT_ONCE])
            # Requests get their turn in between.
            await asyncio.sleep(0)

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
