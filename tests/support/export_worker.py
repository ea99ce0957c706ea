"""Works exports off, for a process that is killed in the middle.

Its maker writes each file slowly and in pieces, so that a test can kill it in between.
"""

import asyncio
from pathlib import Path
from typing import Final

from app.control.engine import default_url
from app.control.store import ControlStore
from app.exports.blobs.files import FileBlobs
from app.exports.queue import ExportQueue
from app.exports.records import Export
from app.exports.service import Bells
from app.exports.worker import ExportWorker, Progress
from app.kit.clock import SystemClock

LEASE_MS: Final = 600
PIECES: Final = 12
PIECE: Final = b"x" * 1_000
END: Final = b"end"


class SlowMaker:
    """Writes a dozen pieces and an end."""

    async def make(self, export: Export, file: Path, progress: Progress) -> int:
        """Writes the file; its rows are the pieces."""
        del export
        with file.open("wb") as opened:
            for _ in range(PIECES):
                opened.write(PIECE)
                opened.flush()
                progress.done += 1
                await asyncio.sleep(0.02)
            opened.write(END)
        return PIECES


async def work(folder: Path) -> None:
    """Works until the process is killed."""
    control = ControlStore.open(default_url(folder))
    clock = SystemClock()
    worker = ExportWorker(
        store=control,
        queue=ExportQueue(control, clock, lease_ms=LEASE_MS),
        blobs=FileBlobs(folder / "files"),
        maker=SlowMaker(),
        clock=clock,
        bells=Bells.new(),
        folder=folder / "making",
        lanes=2,
    )
    await worker.run()
