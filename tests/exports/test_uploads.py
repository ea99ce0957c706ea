"""Uploads are whole days, gone on with where they broke off."""

import gzip
from collections.abc import AsyncGenerator, Callable
from datetime import date
from typing import Final

import obstore
import pytest
from obstore.store import MemoryStore

from app.exports.blobs.objects import ObjectBlobs, ObjectBucket
from app.exports.uploads import Upload, Uploader
from app.kit.clock import FixedClock

pytestmark = pytest.mark.anyio

DAYS: Final = [date(2025, 3, day) for day in (1, 2, 3)]
NOW: Final = 1_741_737_600_000
FOREVER: Final = 2**53


async def lines_of(day: date, limit: int | None) -> AsyncGenerator[bytes]:
    """As many lines as the day has in its name, each a portion of its own."""
    for number in range(day.day if limit is None else min(day.day, limit)):
        yield f"{day.day}.{number}\n".encode()


async def broken_off(day: date, limit: int | None) -> AsyncGenerator[bytes]:
    """The first day's lines; some of the second's."""
    async for line in lines_of(day, limit):
        yield line
        if day.day == 2:
            raise ConnectionError("The store is gone.")


def upload(
    source: Callable[[date, int | None], AsyncGenerator[bytes]] = lines_of,
    limit: int | None = None,
    identity: str = "a",
) -> Upload:
    return Upload(folder="f", days=DAYS, lines_of=source, limit=limit, identity=identity)


class Bucket:
    """A bucket in memory, and what is in it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = FixedClock(NOW)

    async def run(self, work: Upload) -> None:
        await Uploader(ObjectBucket(self.store), self.clock).run(work)

    async def names(self) -> list[str]:
        return sorted(await ObjectBlobs(self.store).names(FOREVER))

    async def mark(self) -> str:
        (name,) = (name for name in await self.names() if "/_upload-" in name)
        return name

    def lines(self, day: date) -> list[str]:
        content = obstore.get(self.store, f"f/{day}.json.gz").bytes()
        return gzip.decompress(bytes(content)).decode().splitlines()


@pytest.fixture
async def interrupted() -> Bucket:
    """A bucket in which an upload broke off on its second day; the first says `kept`."""
    bucket = Bucket()
    with pytest.raises(ConnectionError):
        await bucket.run(upload(broken_off))
    assert await bucket.names() == ["f/2025-03-01.json.gz", await bucket.mark()]
    obstore.put(bucket.store, "f/2025-03-01.json.gz", gzip.compress(b"kept\n"))
    return bucket


async def test_days_are_written_once_and_whole() -> None:
    bucket = Bucket()
    await bucket.run(upload())
    assert await bucket.names() == [f"f/{day}.json.gz" for day in DAYS]
    assert bucket.lines(DAYS[2]) == ["3.0", "3.1", "3.2"]


async def test_a_limit_ends_an_upload_within_a_day() -> None:
    bucket = Bucket()
    await bucket.run(upload())
    await bucket.run(upload(limit=2))
    assert await bucket.names() == [f"f/{day}.json.gz" for day in DAYS[:2]]
    assert bucket.lines(DAYS[1]) == ["2.0"]


async def test_the_same_upload_goes_on_behind_the_last_whole_day(interrupted: Bucket) -> None:
    await interrupted.run(upload())
    assert await interrupted.names() == [f"f/{day}.json.gz" for day in DAYS]
    assert interrupted.lines(DAYS[0]) == ["kept"]
    assert interrupted.lines(DAYS[1]) == ["2.0", "2.1"]


async def test_a_limit_counts_what_was_written_before_the_interruption() -> None:
    bucket = Bucket()
    with pytest.raises(ConnectionError):
        await bucket.run(upload(broken_off, limit=2))
    await bucket.run(upload(limit=2))
    assert await bucket.names() == [f"f/{day}.json.gz" for day in DAYS[:2]]
    assert bucket.lines(DAYS[1]) == ["2.0"]


async def test_another_upload_begins_at_the_beginning(interrupted: Bucket) -> None:
    await interrupted.run(upload(identity="b"))
    assert interrupted.lines(DAYS[0]) == ["1.0"]


async def test_an_old_interruption_is_forgotten(interrupted: Bucket) -> None:
    interrupted.clock = FixedClock(NOW + 25 * 3_600_000)
    await interrupted.run(upload())
    assert interrupted.lines(DAYS[0]) == ["1.0"]
    assert await interrupted.names() == [f"f/{day}.json.gz" for day in DAYS]


@pytest.mark.parametrize(
    "content", [b"{}", b"no JSON", b"[]", b'{"through": "x", "lines": 1, "at": 9000000000000}']
)
async def test_a_foreign_object_under_the_marks_name_means_nothing(
    interrupted: Bucket, content: bytes
) -> None:
    obstore.put(interrupted.store, await interrupted.mark(), content)
    await interrupted.run(upload())
    assert interrupted.lines(DAYS[0]) == ["1.0"]
