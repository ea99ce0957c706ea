"""Blobs in an object store: the one door to obstore."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

import obstore
from obstore.store import ObjectStore, from_url

from app.exports.blobs.base import Blob, BlobNotFoundError

_PORTION_BYTES: Final = 1 << 20


class ObjectBlobs:
    """A bucket, or a part of one. An object shows when its upload is complete."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def at(cls, url: str) -> "ObjectBlobs":
        """The blobs at a URL such as `s3://bucket/folder`.

        Keys, regions and endpoints come from the variables that the clouds' own tools read.
        """
        return cls(from_url(url))

    async def put(self, name: str, file: Path) -> None:
        """Uploads the file, a large one in parts."""
        await obstore.put_async(self._store, name, file)

    async def open(self, name: str) -> Blob:
        """The blob of that name; raises BlobNotFoundError without one."""
        try:
            found = await obstore.get_async(self._store, name)
        except FileNotFoundError as error:
            raise BlobNotFoundError(name) from error
        return Blob(found.meta["size"], _portions(found.stream(min_chunk_size=_PORTION_BYTES)))

    async def delete(self, name: str) -> None:
        """Forgets the blob; does nothing without one."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, name)

    async def names(self, older_than_ms: int) -> Sequence[str]:
        """The names of all blobs that were put before that instant."""
        return [
            one["path"]
            async for some in _listed(self._store)
            for one in some
            if one["last_modified"].timestamp() * 1000 < older_than_ms
        ]


def _listed(store: ObjectStore) -> "AsyncIterator[Sequence[obstore.ObjectMeta]]":
    # Its other forms need Arrow, which has no types.
    listing = cast("Callable[[ObjectStore], Any]", obstore.list)  # pyright: ignore[reportUnknownMemberType]
    stream: AsyncIterator[Sequence[obstore.ObjectMeta]] = listing(store)
    return stream


async def _portions(stream: "obstore.BytesStream") -> AsyncIterator[bytes]:
    async for portion in stream:
        yield bytes(portion)
