"""What becomes of an export: its file, its failure, its end."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from app.analytics.errors import InvalidQueryError
from app.control.engine import default_url
from app.control.store import ControlStore
from app.exports.blobs.files import FileBlobs
from app.exports.queue import ExportQueue
from app.exports.records import Export, ExportOrder, ExportState
from app.exports.service import Bells, ExportService
from app.exports.worker import ExportWorker, Progress
from app.kit.clock import FixedClock
from app.projects.directory import ProjectDirectory

pytestmark = pytest.mark.anyio

FOREVER = 2**53


class FormatMaker:
    """Does what the format says: a file, a refusal, a fault."""

    async def make(self, export: Export, file: Path, progress: Progress) -> int:
        """Writes the file of two rows, if the format is no error's name."""
        match export.order.format:
            case "refusal":
                raise InvalidQueryError.at("series", message="It can't be asked.")
            case "fault":
                raise OSError("the disk is full")
            case _:
                await anyio.Path(file).write_bytes(b"content")
                progress.done = 2
                return 2


@dataclass(frozen=True, slots=True)
class Desk:
    exports: ExportService
    blobs: FileBlobs
    clock: FixedClock
    project: int
    run: Callable[[], Coroutine[Any, Any, None]]

    async def order(self, kind: str, expires_at: int | None = None) -> Export:
        order = ExportOrder(format=kind, created_by="me", expires_at=expires_at)
        return await self.exports.create(self.project, order)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    control = ControlStore.open(default_url(tmp_path))
    await control.migrate()
    clock, bells = FixedClock(1_741_000_000_000), Bells.new()
    project = (await ProjectDirectory(control, clock).create_project("p")).project.number
    blobs = FileBlobs(tmp_path / "files")
    worker = ExportWorker(
        store=control,
        queue=ExportQueue(control, clock, lease_ms=60_000),
        blobs=blobs,
        maker=FormatMaker(),
        clock=clock,
        bells=bells,
        folder=tmp_path / "making",
        lanes=2,
    )
    yield Desk(ExportService(control, blobs, clock, bells), blobs, clock, project, worker.run)
    await control.close()


async def test_an_export_becomes_a_file_or_a_failure_that_says_why(desk: Desk) -> None:
    ended = [await desk.order(kind) for kind in ("file", "refusal")]
    async with anyio.create_task_group() as group:
        group.start_soon(desk.run)
        ended = [await desk.exports.wait(export, 30) for export in ended]
        group.cancel_scope.cancel()
    made, refused = ended
    assert (made.state, made.rows, made.size) == (ExportState.COMPLETE, 2, 7)
    blob = await desk.exports.open(made)
    assert b"".join([portion async for portion in blob.portions]) == b"content"
    assert (refused.state, refused.exception) == (ExportState.FAILED, "It can't be asked.")


async def test_a_fault_is_tried_again_and_then_told(desk: Desk) -> None:
    export = await desk.order("fault")
    async with anyio.create_task_group() as group:
        group.start_soon(desk.run)
        while export.state is not ExportState.FAILED:
            desk.clock.advance(20_000)
            # The lanes look for what has become due every few seconds, or when an order comes.
            await desk.order("file")
            export = await desk.exports.wait(export, 0.2)
        group.cancel_scope.cancel()
    assert export.exception == "The export failed unexpectedly; it was tried several times."


async def test_what_is_interrupted_is_given_back(desk: Desk) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(desk.run)
        await desk.exports.wait(await desk.order("file"), 30)
        group.cancel_scope.cancel()
    waiting = await desk.order("file")
    assert (await desk.exports.wait(waiting, 0)).state is ExportState.WAITING


async def test_expired_exports_leave_with_their_files(desk: Desk) -> None:
    export = await desk.order("file", expires_at=desk.clock.now_ms() + 1_000)
    async with anyio.create_task_group() as group:
        group.start_soon(desk.run)
        await desk.exports.wait(export, 30)
        group.cancel_scope.cancel()
    assert len(await desk.blobs.names(FOREVER)) == 1
    desk.clock.advance(1_000)
    assert await desk.exports.find(desk.project, export.number) is None
    async with anyio.create_task_group() as group:
        group.start_soon(desk.run)
        with anyio.fail_after(30):
            while await desk.blobs.names(FOREVER):  # noqa: ASYNC110 — there is no event for it.
                await anyio.sleep(0.02)
        group.cancel_scope.cancel()
