"""Opening what exports need, and working on them while the server runs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.control.store import ControlStore
from app.exports.blobs.base import BlobStore
from app.exports.blobs.files import FileBlobs
from app.exports.blobs.objects import ObjectBlobs
from app.exports.maker import FileMaker
from app.exports.panels import SubjectFinder
from app.exports.pictures.drawing import DrawingProcess
from app.exports.pictures.painter import PicturePainter
from app.exports.queue import ExportQueue
from app.exports.service import Bells, ExportService
from app.exports.worker import ExportWorker
from app.kit.clock import Clock
from app.projects.dashboards import DashboardDirectory
from app.projects.directory import ProjectDirectory
from app.projects.insights import InsightDirectory
from app.projects.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """Where exports are made and kept; without a URL of an object store, in the folder."""

    folder: Path
    url: str
    workers: int
    lease_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What exports are made from."""

    control: ControlStore
    clock: Clock
    projects: ProjectDirectory
    insights: InsightDirectory
    dashboards: DashboardDirectory
    reader: Reader


@asynccontextmanager
async def open_exports(settings: ExportSettings, sources: Sources) -> AsyncGenerator[ExportService]:
    """The service, with workers beside it until it is left."""
    blobs = _blobs(settings)
    bells = Bells.new()
    drawing = DrawingProcess()
    worker = ExportWorker(
        store=sources.control,
        queue=ExportQueue(
            sources.control, sources.clock, lease_ms=round(settings.lease_seconds * 1000)
        ),
        blobs=blobs,
        maker=FileMaker(
            sources.projects,
            SubjectFinder(sources.insights, sources.dashboards),
            sources.reader,
            PicturePainter(sources.reader, drawing),
        ),
        clock=sources.clock,
        bells=bells,
        folder=settings.folder / "making",
        lanes=settings.workers,
    )
    task = asyncio.create_task(worker.run())
    try:
        yield ExportService(sources.control, blobs, sources.clock, bells)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await drawing.close()


def _blobs(settings: ExportSettings) -> BlobStore:
    if settings.url:
        return ObjectBlobs.at(settings.url)
    return FileBlobs(settings.folder / "files")
