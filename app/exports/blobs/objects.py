"""Blobs in an object store: the one door to obstore."""

from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import GCSStore, ObjectStore, S3Store, from_url

from app.exports.blobs.base import Blob, BlobNotFoundError, BucketRefusedError, Refusal

if TYPE_CHECKING:
    from obstore.store import RetryConfig

_PORTION_BYTES: Final = 1 << 20

_PART_BYTES: Final = 8 << 20
_PARTS_AT_ONCE: Final = 3
"""How many parts of an upload are under way, and so in memory, at the same time."""

_RETRIES: Final["RetryConfig"] = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}


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


class ObjectBucket:
    """A bucket that a request names; keys and endpoints come from the environment."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def of_s3(cls, name: str, region: str) -> "ObjectBucket":
        """The bucket of that name in Amazon's S3, or in what `AWS_ENDPOINT` stands for."""
        return cls(S3Store(name, region=region, retry_config=_RETRIES))

    @classmethod
    def of_gcs(cls, name: str) -> "ObjectBucket":
        """The bucket of that name in Google's Cloud Storage."""
        return cls(GCSStore(name, retry_config=_RETRIES))

    async def write(self, name: str, portions: AsyncIterator[bytes]) -> None:
        """Uploads what comes, in parts; nothing is left of it when it breaks off."""
        with _refusals():
            await obstore.put_async(
                self._store,
                name,
                portions,
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )

    async def read(self, name: str) -> bytes | None:
        """The object's content; None without one, or without the bucket."""
        with _refusals():
            try:
                found = await obstore.get_async(self._store, name)
            except FileNotFoundError:
                return None
            return bytes(await found.bytes_async())

    async def delete(self, name: str) -> None:
        """Removes the object; does nothing without one."""
        with _refusals(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, name)


@contextmanager
def _refusals() -> Generator[None]:
    """Tells the library's errors apart, and keeps what they quote to itself."""
    try:
        yield
    except FileNotFoundError:
        raise BucketRefusedError(Refusal.MISSING) from None
    except (PermissionDeniedError, UnauthenticatedError, PermissionError):
        raise BucketRefusedError(Refusal.FORBIDDEN) from None
    except BaseError:
        raise BucketRefusedError(Refusal.UNREACHABLE) from None


def _listed(store: ObjectStore) -> "AsyncIterator[Sequence[obstore.ObjectMeta]]":
    # Its other forms need Arrow, which has no types.
    listing = cast("Callable[[ObjectStore], Any]", obstore.list)  # pyright: ignore[reportUnknownMemberType]
    stream: AsyncIterator[Sequence[obstore.ObjectMeta]] = listing(store)
    return stream


async def _portions(stream: "obstore.BytesStream") -> AsyncIterator[bytes]:
    async for portion in stream:
        yield bytes(portion)
