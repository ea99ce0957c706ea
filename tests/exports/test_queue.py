"""The queue hands each export to one worker at a time, and each is finished once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.control.engine import default_url
from app.control.store import ControlStore
from app.exports.blobs.files import FileBlobs
from app.exports.queue import ABANDONED, ExportQueue, Job, LeaseLostError, StoredFile
from app.exports.records import Export, ExportOrder, ExportState
from app.exports.service import Bells, ExportService
from app.kit.clock import FixedClock
from app.projects.directory import ProjectDirectory

pytestmark = pytest.mark.anyio

LEASE_MS = 30_000
FILE = StoredFile("1/1-a", 10, 2)


@dataclass(frozen=True, slots=True)
class Desk:
    queue: ExportQueue
    exports: ExportService
    clock: FixedClock
    project: int

    async def order(self, expires_at: int | None = None) -> Export:
        order = ExportOrder(format="text/csv", created_by="me", expires_at=expires_at)
        return await self.exports.create(self.project, order)

    async def claim(self) -> Job:
        job = await self.queue.claim()
        assert job is not None
        return job

    async def seen(self, export: Export) -> Export:
        found = await self.exports.find(self.project, export.number)
        assert found is not None
        return found


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    control = ControlStore.open(default_url(tmp_path))
    await control.migrate()
    clock = FixedClock(1_741_000_000_000)
    project = (await ProjectDirectory(control, clock).create_project("p")).project.number
    exports = ExportService(control, FileBlobs(tmp_path), clock, Bells.new())
    yield Desk(ExportQueue(control, clock, lease_ms=LEASE_MS), exports, clock, project)
    await control.close()


async def test_exports_are_claimed_in_their_order_and_only_once(desk: Desk) -> None:
    first, second = await desk.order(), await desk.order()
    jobs = [await desk.claim(), await desk.claim()]
    assert [job.export.number for job in jobs] == [first.number, second.number]
    assert await desk.queue.claim() is None
    assert (await desk.seen(first)).state is ExportState.RUNNING


async def test_a_lease_that_ran_out_gives_the_export_to_another(desk: Desk) -> None:
    export = await desk.order()
    lost = await desk.claim()
    assert await desk.queue.due_in_ms() == LEASE_MS
    desk.clock.advance(LEASE_MS)
    taken = await desk.claim()
    with pytest.raises(LeaseLostError):
        await desk.queue.complete(lost, FILE)
    with pytest.raises(LeaseLostError):
        await desk.queue.renew(lost, 1, 2)
    await desk.queue.fail(lost, "too late")
    await desk.queue.retry(lost, "too late")
    await desk.queue.release(lost)
    await desk.queue.complete(taken, FILE)
    seen = await desk.seen(export)
    assert (seen.state, seen.blob, seen.rows, seen.exception) == (
        ExportState.COMPLETE,
        FILE.blob,
        2,
        None,
    )
    with pytest.raises(LeaseLostError):
        await desk.queue.complete(taken, StoredFile("1/1-b", 1, 1))
    assert await desk.queue.claim() is None


async def test_a_renewed_lease_holds_and_tells_progress(desk: Desk) -> None:
    export = await desk.order()
    job = await desk.claim()
    desk.clock.advance(LEASE_MS - 1)
    await desk.queue.renew(job, 7, 20)
    desk.clock.advance(LEASE_MS - 1)
    assert await desk.queue.claim() is None
    seen = await desk.seen(export)
    assert (seen.done, seen.total) == (7, 20)


async def test_transient_faults_are_retried_later_and_later(desk: Desk) -> None:
    export = await desk.order()
    waits: list[int | None] = []
    while (job := await desk.queue.claim()) is not None:
        await desk.queue.retry(job, "the store is away")
        wait = await desk.queue.due_in_ms()
        waits.append(wait)
        desk.clock.advance(wait or 0)
    assert waits == [1_000, 2_000, 4_000, 8_000, None]
    seen = await desk.seen(export)
    assert (seen.state, seen.exception) == (ExportState.FAILED, "the store is away")


async def test_a_worker_that_gives_back_leaves_no_trace(desk: Desk) -> None:
    export = await desk.order()
    for _ in range(200):
        await desk.queue.release(await desk.claim())
    assert (await desk.seen(export)).state is ExportState.WAITING


async def test_an_export_whose_workers_vanish_again_and_again_is_given_up(desk: Desk) -> None:
    export = await desk.order()
    claims = 0
    while await desk.queue.claim() is not None:
        claims += 1
        desk.clock.advance(LEASE_MS)
    assert claims == 50
    assert (await desk.seen(export)).exception == ABANDONED


async def test_what_has_expired_is_not_worked_on(desk: Desk) -> None:
    await desk.order(expires_at=desk.clock.now_ms())
    assert await desk.queue.claim() is None
