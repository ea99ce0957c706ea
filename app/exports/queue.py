"""The durable queue of exports: who works on what, and for how long they are believed to."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.control.repositories import exports
from app.control.store import ControlStore
from app.exports.records import Export, export_of
from app.kit.clock import Clock

_MOST_CLAIMS: Final = 50
"""Workers that may vanish over one export before it is given up."""

_MOST_FAILURES: Final = 5
_FIRST_RETRY_MS: Final = 1_000

ABANDONED: Final = (
    "Export failed without throwing an exception. Please try to rerun this export and contact "
    "support if it fails to complete multiple times."
)
"""What is told of an export whose workers vanished again and again."""


class LeaseLostError(Exception):
    """Someone else works on the export now, or it is gone: this worker's result is void."""


@dataclass(frozen=True, slots=True)
class Job:
    """An export that this worker holds; `lease` proves it."""

    export: Export
    lease: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The finished file: its name in the blob store, its bytes, and the rows in it."""

    blob: str
    size: int
    rows: int


class ExportQueue:
    """Hands out exports, the oldest first, each to one worker at a time.

    A lease that is not renewed runs out, and the export is handed out anew: a killed process
    delays an export and never loses it. It is finished once, by whoever holds the lease then.
    """

    def __init__(
        self,
        store: ControlStore,
        clock: Clock,
        *,
        lease_ms: int,
        random_hex: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self._store = store
        self._clock = clock
        self._random_hex = random_hex
        self.lease_ms = lease_ms

    async def claim(self) -> Job | None:
        """The next export to work on; None while there is none."""
        now = self._clock.now_ms()
        lease = self._random_hex(12)
        async with self._store.write() as session:
            row = await exports.claim(session, lease, now, now + self.lease_ms)
            if row is not None and row.claims > _MOST_CLAIMS:
                row.exception, row.finished_at = ABANDONED, now
                return None
            return None if row is None else Job(export_of(row), lease)

    async def due_in_ms(self) -> int | None:
        """Milliseconds until an export can be claimed; None while nothing waits."""
        async with self._store.read() as session:
            due = await exports.next_due(session)
        return None if due is None else max(0, due - self._clock.now_ms())

    async def renew(self, job: Job, done: int, total: int | None) -> None:
        """Keeps the lease and tells how far the work is; raises LeaseLostError."""
        async with self._store.write() as session:
            row = await exports.find_leased(session, job.export.number, job.lease)
            if row is None:
                raise LeaseLostError
            row.done, row.total = done, total
            row.leased_until = self._clock.now_ms() + self.lease_ms

    async def complete(self, job: Job, file: StoredFile) -> None:
        """Makes the file the export's; raises LeaseLostError, and then it is nobody's."""
        async with self._store.write() as session:
            row = await exports.find_leased(session, job.export.number, job.lease)
            if row is None:
                raise LeaseLostError
            row.blob, row.size, row.rows = file.blob, file.size, file.rows
            row.done = row.total = file.rows
            row.finished_at = self._clock.now_ms()
            row.lease = row.leased_until = None

    async def fail(self, job: Job, reason: str) -> None:
        """Ends the export for good, with a reason for its owner."""
        async with self._store.write() as session:
            row = await exports.find_leased(session, job.export.number, job.lease)
            if row is not None:
                row.exception, row.finished_at = reason, self._clock.now_ms()
                row.lease = row.leased_until = None

    async def retry(self, job: Job, reason: str) -> None:
        """Has the export tried again later, each time after twice the time; at last it fails."""
        async with self._store.write() as session:
            row = await exports.find_leased(session, job.export.number, job.lease)
            if row is None:
                return
            row.failures += 1
            row.lease = row.leased_until = None
            now = self._clock.now_ms()
            if row.failures >= _MOST_FAILURES:
                row.exception, row.finished_at = reason, now
            else:
                row.not_before = now + _FIRST_RETRY_MS * 2 ** (row.failures - 1)

    async def release(self, job: Job) -> None:
        """Gives the export back as it was, for whoever comes next."""
        async with self._store.write() as session:
            row = await exports.find_leased(session, job.export.number, job.lease)
            if row is not None:
                row.lease = row.leased_until = None
                row.claims -= 1
