"""Carrying exports out: claimed one by one, kept alive, finished once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import anyio
import structlog

from app.analytics.errors import DomainError, OverloadedError, QueryTimeoutError
from app.control.repositories import exports
from app.control.store import ControlStore
from app.exports.blobs.base import BlobStore
from app.exports.queue import ExportQueue, Job, LeaseLostError, StoredFile
from app.exports.records import Export
from app.exports.service import Bells, new_blob_name
from app.kit.clock import Clock

_log = structlog.get_logger("rosetta.exports")

_LONGEST_SLEEP_SECONDS: Final = 5.0
_SWEEP_SECONDS: Final = 60.0
_SWEEP_AT_ONCE: Final = 100
_ORPHAN_SWEEP_SECONDS: Final = 3600.0
_ORPHAN_AGE_MS: Final = 3_600_000
_UNEXPECTED: Final = "The export failed unexpectedly; it was tried several times."


@dataclass(slots=True)
class Progress:
    """How far a file is, in rows; `total` is None while unknown. The maker keeps it true."""

    done: int = 0
    total: int | None = None


class Maker(Protocol):
    """Makes the file of an export."""

    async def make(self, export: Export, file: Path, progress: Progress) -> int:
        """Writes the whole file; how many rows it has.

        Raises DomainError, with a message for the export's owner, for what can't be made.
        """
        ...


class ExportWorker:
    """Works the queue off with a few lanes, and sweeps away what has expired."""

    def __init__(  # noqa: PLR0913 — its collaborators, all different and all needed.
        self,
        *,
        store: ControlStore,
        queue: ExportQueue,
        blobs: BlobStore,
        maker: Maker,
        clock: Clock,
        bells: Bells,
        folder: Path,
        lanes: int,
    ) -> None:
        self._store = store
        self._queue = queue
        self._blobs = blobs
        self._maker = maker
        self._clock = clock
        self._bells = bells
        self._folder = folder
        self._lanes = lanes

    async def run(self) -> None:
        """Works until it is cancelled; what is unfinished then is given back."""
        await anyio.Path(self._folder).mkdir(parents=True, exist_ok=True)
        async with anyio.create_task_group() as group:
            for _ in range(self._lanes):
                group.start_soon(_forever, self._work, "An export lane stumbled.")
            group.start_soon(_forever, self._sweep, "Expired exports could not be swept.")
            group.start_soon(_forever, self._sweep_orphans, "Lost files could not be swept.")

    async def _work(self) -> None:
        job = await self._queue.claim()
        if job is not None:
            await self._carry_out(job)
            self._bells.finished.ring()
            return
        due = await self._queue.due_in_ms()
        nap = _LONGEST_SLEEP_SECONDS if due is None else due / 1000 + 0.01
        await self._bells.ordered.wait(min(nap, _LONGEST_SLEEP_SECONDS))

    async def _carry_out(self, job: Job) -> None:
        file = self._folder / f"export-{job.lease}"
        try:
            stored = await self._made(job, file)
            await self._queue.complete(job, stored)
        except LeaseLostError:
            _log.warning("An export was taken over by another worker.", export=job.export.number)
        except (OverloadedError, QueryTimeoutError) as error:
            await self._queue.retry(job, error.message)
        except DomainError as error:
            await self._queue.fail(job, error.message)
        except Exception as error:  # noqa: BLE001 — whatever it is, its owner must learn of it.
            _log.exception(
                "An export failed.", export=job.export.number, error=type(error).__name__
            )
            await self._queue.retry(job, _UNEXPECTED)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._queue.release(job)
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.Path(file).unlink(missing_ok=True)

    async def _made(self, job: Job, file: Path) -> StoredFile:
        progress = Progress()
        stored = StoredFile(new_blob_name(job.export), 0, 0)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._keep_alive, job, progress)
                rows = await self._maker.make(job.export, file, progress)
                size = (await anyio.Path(file).stat()).st_size
                stored = StoredFile(stored.blob, size, rows)
                await self._blobs.put(stored.blob, file)
                group.cancel_scope.cancel()
        except BaseExceptionGroup as several:
            # The first failure stopped the others; it alone tells what went wrong.
            raise several.exceptions[0] from None
        return stored

    async def _keep_alive(self, job: Job, progress: Progress) -> None:
        while True:
            await anyio.sleep(self._queue.lease_ms / 3000)
            await self._queue.renew(job, progress.done, progress.total)

    async def _sweep(self) -> None:
        now = self._clock.now_ms()
        async with self._store.read() as session:
            rows = await exports.expired(session, now, _SWEEP_AT_ONCE)
        # Before the rows, which are hidden already, and outside of any transaction.
        for row in rows:
            if row.blob is not None:
                await self._blobs.delete(row.blob)
        async with self._store.write() as session:
            await exports.delete(session, [row.number for row in rows])
        await anyio.sleep(0 if len(rows) == _SWEEP_AT_ONCE else _SWEEP_SECONDS)

    async def _sweep_orphans(self) -> None:
        """Deletes what workers have left that were killed: unfinished files and unnamed ones."""
        before = self._clock.now_ms() - _ORPHAN_AGE_MS
        async for left in anyio.Path(self._folder).glob("export-*"):
            if (await left.stat()).st_mtime * 1000 < before:
                await left.unlink(missing_ok=True)
        names = await self._blobs.names(before)
        for start in range(0, len(names), _SWEEP_AT_ONCE):
            some = names[start : start + _SWEEP_AT_ONCE]
            async with self._store.read() as session:
                known = await exports.known_blobs(session, some)
            for name in set(some) - known:
                await self._blobs.delete(name)
        await anyio.sleep(_ORPHAN_SWEEP_SECONDS)


async def _forever(step: Callable[[], Awaitable[None]], complaint: str) -> None:
    while True:
        try:
            await step()
        except Exception:  # noqa: BLE001 — the store may be back a moment later.
            _log.exception(complaint)
            await anyio.sleep(1)
