"""Blobs are whole or not there, in a folder and in an object store."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.exports.blobs.base import BlobNotFoundError, BlobStore
from app.exports.blobs.files import FileBlobs
from app.exports.blobs.objects import ObjectBlobs
from tests.support.buckets import BucketServer, s3_server

pytestmark = pytest.mark.anyio

FOREVER = 2**53


@pytest.fixture(scope="module")
def bucket() -> Iterator[BucketServer]:
    """An S3-compatible server with a bucket `exports`."""
    with s3_server("exports") as server:
        yield server


@pytest.fixture(params=["files", "objects"])
async def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BlobStore]:
    if request.param == "files":
        yield FileBlobs(tmp_path / "files")
        return
    server: BucketServer = request.getfixturevalue("bucket")
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    yield ObjectBlobs.at(f"s3://exports/{tmp_path.name}")


async def content_of(blobs: BlobStore, name: str) -> bytes:
    blob = await blobs.open(name)
    content = b"".join([portion async for portion in blob.portions])
    assert len(content) == blob.size
    return content


async def test_a_blob_comes_back_whole_until_it_is_deleted(
    blobs: BlobStore, tmp_path: Path
) -> None:
    written = bytes(range(256)) * 8_000
    file = tmp_path / "making"
    file.write_bytes(written)
    await blobs.put("7/1-abc", file)
    assert await content_of(blobs, "7/1-abc") == written
    assert list(await blobs.names(FOREVER)) == ["7/1-abc"]
    assert list(await blobs.names(0)) == []
    await blobs.delete("7/1-abc")
    await blobs.delete("7/1-abc")
    with pytest.raises(BlobNotFoundError):
        await blobs.open("7/1-abc")
    assert list(await blobs.names(FOREVER)) == []


async def test_an_unknown_blob_is_not_found(blobs: BlobStore) -> None:
    with pytest.raises(BlobNotFoundError):
        await blobs.open("7/none")
