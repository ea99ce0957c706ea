"""Exports survive `kill -9` of their workers, and are never served half."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import anyio
import pytest

from app.analytics.errors import NotFoundError
from app.control.engine import default_url
from app.control.store import ControlStore
from app.exports.blobs.files import FileBlobs
from app.exports.records import Export, ExportOrder, ExportState
from app.exports.service import Bells, ExportService
from app.kit.clock import SystemClock
from app.projects.directory import ProjectDirectory
from tests.support.export_worker import END, PIECE, PIECES, work
from tests.support.servers import working

pytestmark = pytest.mark.anyio

ROUNDS: Final = 10
PATIENCE_SECONDS: Final = 60
WHOLE: Final = PIECE * PIECES + END


@dataclass(frozen=True, slots=True)
class Desk:
    folder: Path
    exports: ExportService
    project: int

    async def order(self) -> Export:
        return await self.exports.create(
            self.project, ExportOrder(format="text/csv", created_by="me")
        )

    async def seen(self, export: Export) -> Export:
        """The export as it is now; its file is whole, or there is none."""
        found = await self.exports.find(self.project, export.number)
        assert found is not None
        assert found.exception is None
        if found.state is ExportState.COMPLETE:
            blob = await self.exports.open(found)
            assert b"".join([portion async for portion in blob.portions]) == WHOLE
        else:
            with pytest.raises(NotFoundError):
                await self.exports.open(found)
        return found

    async def until(self, export: Export, *states: ExportState) -> Export:
        with anyio.fail_after(PATIENCE_SECONDS):
            # Another process changes it, which can't be waited for.
            while (found := await self.seen(export)).state not in states:  # noqa: ASYNC110
                await anyio.sleep(0.03)
        return found

    def worker(self) -> BaseProcess:
        return working(partial(work, self.folder))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    control = ControlStore.open(default_url(tmp_path))
    await control.migrate()
    clock = SystemClock()
    project = (await ProjectDirectory(control, clock).create_project("p")).project.number
    exports = ExportService(control, FileBlobs(tmp_path / "files"), clock, Bells.new())
    yield Desk(tmp_path, exports, project)
    await control.close()


async def test_every_export_ends_complete_once_however_often_workers_are_killed(
    desk: Desk,
) -> None:
    rolled = random.Random(8)
    ordered: list[Export] = []
    for _ in range(ROUNDS):
        export = await desk.order()
        ordered.append(export)
        worker = desk.worker()
        await desk.until(export, ExportState.RUNNING, ExportState.COMPLETE)
        await anyio.sleep(rolled.random() * 0.3)
        worker.kill()
        worker.join(PATIENCE_SECONDS)
        for each in ordered:
            await desk.seen(each)
    worker = desk.worker()
    ended = [await desk.until(export, ExportState.COMPLETE) for export in ordered]
    worker.kill()
    worker.join(PATIENCE_SECONDS)
    assert len({export.blob for export in ended}) == ROUNDS
    # Finished exports are not taken up again: their files stay the same.
    again = [await desk.seen(export) for export in ended]
    assert again == ended
