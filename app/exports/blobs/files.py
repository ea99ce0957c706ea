"""Blobs as files of a folder."""

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from app.exports.blobs.base import Blob, BlobNotFoundError

_PORTION_BYTES: Final = 256 * 1024


class FileBlobs:
    """A folder of the local disk.

    Files come in by being renamed, which is all or nothing, after their bytes are on the disk.
    They must come from the same file system.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, file: Path) -> None:
        """Moves the file to its place."""
        await anyio.to_thread.run_sync(_move_durably, file, self._folder / name)

    async def open(self, name: str) -> Blob:
        """The blob of that name; raises BlobNotFoundError without one."""
        try:
            # Opened here, so that a deletion meanwhile can't cut the answer short.
            file = await anyio.open_file(self._folder / name, "rb")
        except FileNotFoundError as error:
            raise BlobNotFoundError(name) from error
        size = os.fstat(file.wrapped.fileno()).st_size
        return Blob(size, _portions(file))

    async def delete(self, name: str) -> None:
        """Forgets the blob; does nothing without one."""
        await anyio.Path(self._folder / name).unlink(missing_ok=True)

    async def names(self, older_than_ms: int) -> Sequence[str]:
        """The names of all blobs that were put before that instant."""
        return await anyio.to_thread.run_sync(self._names, older_than_ms)

    def _names(self, older_than_ms: int) -> list[str]:
        return [
            path.relative_to(self._folder).as_posix()
            for path in self._folder.rglob("*")
            if path.is_file() and path.stat().st_mtime * 1000 < older_than_ms
        ]


async def _portions(file: anyio.AsyncFile[bytes]) -> AsyncIterator[bytes]:
    async with file:
        while portion := await file.read(_PORTION_BYTES):
            yield portion


def _move_durably(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file:
        os.fsync(file.fileno())
    source.replace(target)
    # Trap: without this, a power cut can undo the renaming that was answered for.
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
