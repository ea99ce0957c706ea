"""Uploading events to somebody's bucket: an object a day, and going on after an interruption."""

import hashlib
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

import anyio.to_thread
import orjson

from app.exports.blobs.base import Bucket
from app.kit.clock import Clock

Lines: TypeAlias = AsyncGenerator[bytes]

_LEVEL: Final = 1
_GZIP: Final = 16 + zlib.MAX_WBITS
_RESUMED_WITHIN_MS: Final = 24 * 3_600_000
"""For how long an interrupted upload can be gone on with; later its days may have changed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload came: the last day that is whole in the bucket, and its lines so far."""

    through: date
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Days of lines for a folder of a bucket.

    `lines_of` gives a day's lines, at most as many as it is told. `identity` tells one upload
    from another: a later one with the same identity goes on where this one broke off.
    """

    folder: str
    days: Sequence[date]
    lines_of: Callable[[date, int | None], Lines]
    limit: int | None
    identity: str


class Uploader:
    """Carries uploads out.

    While an upload is under way, an object whose name begins with `_upload-` tells how far it
    is. Readers of such folders pass over names with an underscore.
    """

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock

    async def run(self, upload: Upload) -> None:
        """Writes `<day>.json.gz` for each day with lines; what an earlier one left there goes.

        Raises BucketRefusedError.
        """
        mark = _mark_of(upload)
        done = await self._progress(mark)
        lines = 0 if done is None else done.lines
        for day in upload.days:
            if done is not None and day <= done.through:
                continue
            left = None if upload.limit is None else upload.limit - lines
            lines += await self._write_day(upload, day, left)
            await self._keep(mark, Progress(day, lines))
        await self._bucket.delete(mark)

    async def _write_day(self, upload: Upload, day: date, left: int | None) -> int:
        name = _named(upload.folder, f"{day.isoformat()}.json.gz")
        if left == 0:
            await self._bucket.delete(name)
            return 0
        async with aclosing(upload.lines_of(day, left)) as lines:
            counted = _Counted(lines)
            async with aclosing(counted.packed()) as packed:
                first = await anext(packed, None)
                if first is None:
                    await self._bucket.delete(name)
                    return 0
                await self._bucket.write(name, _behind(first, packed))
        return counted.lines

    async def _progress(self, mark: str) -> Progress | None:
        """How far an upload of this identity came that broke off lately."""
        content = await self._bucket.read(mark)
        if content is None:
            return None
        try:
            told = orjson.loads(content)
            progress = Progress(date.fromisoformat(told["through"]), int(told["lines"]))
            age_ms = self._clock.now_ms() - int(told["at"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            # Somebody else's object of that name says nothing.
            return None
        return progress if age_ms < _RESUMED_WITHIN_MS else None

    async def _keep(self, mark: str, progress: Progress) -> None:
        told = {
            "through": progress.through.isoformat(),
            "lines": progress.lines,
            "at": self._clock.now_ms(),
        }
        await self._bucket.write(mark, _only(orjson.dumps(told)))


class _Counted:
    """Lines on their way: packed, and counted."""

    def __init__(self, lines: Lines) -> None:
        self._source = lines
        self.lines = 0

    async def packed(self) -> AsyncGenerator[bytes]:
        """The lines as gzip; nothing at all without any."""
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        async for portion in self._source:
            self.lines += portion.count(b"\n")
            body = await anyio.to_thread.run_sync(packer.compress, portion)
            if body:
                yield body
        if self.lines:
            yield packer.flush()


def _mark_of(upload: Upload) -> str:
    digest = hashlib.sha256(upload.identity.encode()).hexdigest()[:16]
    return _named(upload.folder, f"_upload-{digest}.json")


def _named(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


async def _behind(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for portion in rest:
        yield portion


async def _only(content: bytes) -> AsyncIterator[bytes]:
    yield content
