"""`/api/2.0/export-upload`: events as files in a bucket of a real S3-compatible server."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import anyio
import httpx
import pytest
from starlette.types import Message

from tests.compat.mixpanel.world import World, basic, open_world
from tests.support.buckets import BucketServer, s3_server

pytestmark = pytest.mark.anyio

UPLOAD: Final = "/api/2.0/export-upload"
DAYS: Final = {"from_date": "2025-03-08", "to_date": "2025-03-10"}
S3: Final = {"s3_bucket": "lake", "s3_region": "eu-north-1"}
GCS: Final = {"gcs_bucket": "lake"}
BUCKETS: Final = ("s3://lake", "gs://lake", "s3://missing")


@pytest.fixture(scope="module")
def bucket() -> Iterator[BucketServer]:
    """A server with the bucket `lake`."""
    with s3_server("lake") as server:
        yield server


@pytest.fixture(scope="module")
async def shared(
    bucket: BucketServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A server of ours that may write to the bucket."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bucket.variables.items():
            patch.setenv(name, value)
        opened = open_world(
            "duckdb", tmp_path_factory.mktemp("lake"), mixpanel_upload_buckets=BUCKETS
        )
        async for world in opened:
            yield world


@pytest.fixture
def lake(shared: World, bucket: BucketServer) -> World:
    """The server, and nothing in the bucket."""
    bucket.clear("lake")
    return shared


async def send(world: World, **params: str) -> httpx.Response:
    """The answer to an upload of three days, unless others are given."""
    headers = basic(f"{world.secret}:")
    return await world.http.post(UPLOAD, data=DAYS | params, headers=headers)


def lines_of(content: bytes) -> list[bytes]:
    return gzip.decompress(content).splitlines(keepends=True)


@pytest.mark.parametrize("cloud", [S3, GCS], ids=["s3", "gcs"])
async def test_each_day_becomes_an_object(
    lake: World, bucket: BucketServer, cloud: dict[str, str]
) -> None:
    field = "s3_prefix" if cloud is S3 else "gcs_prefix"
    answer = await send(lake, **cloud, **{field: "/nightly/run7/"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"status": "ok", "prefix": "nightly/run7"}
    days = ["2025-03-08", "2025-03-09", "2025-03-10"]
    assert bucket.names("lake") == [f"nightly/run7/{day}.json.gz" for day in days]
    for day in days:
        exported = await lake.get(from_date=day, to_date=day)
        content = bucket.content("lake", f"nightly/run7/{day}.json.gz")
        assert b"".join(lines_of(content)) == exported.content


async def test_without_a_prefix_the_answer_has_an_empty_one(
    lake: World, bucket: BucketServer
) -> None:
    for prefix in ({}, {"s3_prefix": ""}, {"s3_prefix": "/"}):
        answer = await send(lake, **S3, **prefix)
        assert answer.json() == {"status": "ok", "prefix": ""}
    assert bucket.names("lake")[0] == "2025-03-08.json.gz"


async def test_an_upload_takes_the_parameters_of_an_export(
    lake: World, bucket: BucketServer
) -> None:
    narrowed = {"where": 'properties["n"] > 1', "event": '["server"]', "time_in_ms": "true"}
    assert (await send(lake, **S3, **narrowed)).status_code == 200
    assert bucket.names("lake") == ["2025-03-09.json.gz"]
    (line,) = lines_of(bucket.content("lake", "2025-03-09.json.gz"))
    assert json.loads(line)["properties"]["time"] == 1_741_478_430_000


async def test_a_limit_counts_through_all_days(lake: World, bucket: BucketServer) -> None:
    assert (await send(lake, **S3)).status_code == 200
    assert (await send(lake, **S3, limit="3")).status_code == 200
    # The day beyond the limit was there from the upload before.
    assert bucket.names("lake") == ["2025-03-08.json.gz", "2025-03-09.json.gz"]
    whole = await lake.get(**DAYS, limit="3")
    found = [bucket.content("lake", name) for name in bucket.names("lake")]
    assert b"".join(b"".join(lines_of(each)) for each in found) == whole.content


async def test_what_an_earlier_upload_left_of_an_empty_day_goes(
    lake: World, bucket: BucketServer
) -> None:
    assert (await send(lake, **S3)).status_code == 200
    assert (await send(lake, **S3, where='event["$event_name"] == "after"')).status_code == 200
    assert bucket.names("lake") == ["2025-03-10.json.gz"]


async def test_an_upload_of_nothing_is_done(lake: World, bucket: BucketServer) -> None:
    answer = await send(lake, **S3, event='["nothing"]')
    assert answer.json() == {"status": "ok", "prefix": ""}
    assert bucket.names("lake") == []


async def test_an_interrupted_upload_goes_on_behind_the_last_whole_day(
    lake: World, bucket: BucketServer
) -> None:
    with bucket.failing_puts(after=2):
        failed = await send(lake, **S3, s3_prefix="x")
    assert failed.status_code == 503
    assert int(failed.headers["retry-after"]) > 0
    (mark,) = [name for name in bucket.names("lake") if "_upload-" in name]
    assert json.loads(bucket.content("lake", mark))["through"] == "2025-03-08"
    # What tells that the first day is not written again.
    bucket.put("lake", "x/2025-03-08.json.gz", b"untouched")
    assert (await send(lake, **S3, s3_prefix="x")).status_code == 200
    assert bucket.names("lake") == [f"x/2025-03-{day}.json.gz" for day in ("08", "09", "10")]
    assert bucket.content("lake", "x/2025-03-08.json.gz") == b"untouched"
    # A whole upload is no longer gone on with.
    assert (await send(lake, **S3, s3_prefix="x")).status_code == 200
    assert len(lines_of(bucket.content("lake", "x/2025-03-08.json.gz"))) == 1


async def test_a_caller_who_leaves_stops_the_upload(lake: World, bucket: BucketServer) -> None:
    left = anyio.Event()
    name, value = next(iter(basic(f"{lake.secret}:").items()))
    body = b"from_date=2025-03-08&to_date=2025-03-10&s3_bucket=lake&s3_region=x"
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": "POST",
        "path": UPLOAD,
        "raw_path": UPLOAD.encode(),
        "query_string": b"",
        "headers": [
            (name.encode(), value.encode()),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ],
        "client": ("127.0.0.1", 5),
        "server": ("rosetta.test", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        left.set()
        return {"type": "http.disconnect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    with bucket.stalling(), anyio.fail_after(30):
        await lake.app(scope, receive, send)
    assert left.is_set()
    assert sent == []
    assert lake.services.slots.taken(f"mixpanel-export:{lake.demo.number}") == 0
    assert bucket.names("lake") == []


WRONG: list[tuple[dict[str, str], int, str]] = [
    ({}, 400, "Exactly one of s3_bucket and gcs_bucket"),
    (S3 | GCS, 400, "Exactly one of s3_bucket and gcs_bucket"),
    ({"s3_bucket": "lake"}, 400, "Missing required parameter: s3_region"),
    ({"s3_bucket": "lake", "s3_region": "a.b/c"}, 400, "s3_region is no region"),
    ({"gcs_bucket": "a/b"}, 400, "gcs_bucket is no name of a bucket"),
    (S3 | {"s3_prefix": "a/../b"}, 400, "s3_prefix must be a path"),
    (S3 | {"s3_prefix": ".."}, 400, "s3_prefix must be a path"),
    (S3 | {"s3_prefix": "a//b"}, 400, "s3_prefix must be a path"),
    (S3 | {"s3_prefix": "a\\b"}, 400, "s3_prefix must be a path"),
    (S3 | {"s3_prefix": "a\nb"}, 400, "s3_prefix must be a path"),
    (S3 | {"s3_prefix": "a" * 901}, 400, "at most 900 bytes"),
    (GCS | {"gcs_prefix": "../x"}, 400, "gcs_prefix must be a path"),
    (S3 | {"where": "1 and true"}, 400, "position 0: operand of 'and'"),
    (S3 | {"from_date": ""}, 400, "Missing required parameter: from_date"),
    (S3 | {"cursor": "x"}, 400, "send the same request again"),
    (S3 | {"s3_bucket": "missing"}, 400, "s3_bucket: there is no bucket 'missing'"),
    (S3 | {"s3_bucket": "others"}, 403, "s3://others is not open for uploads"),
    ({"gcs_bucket": "others"}, 403, "gs://others is not open for uploads"),
]


@pytest.mark.parametrize(("params", "status", "error"), WRONG)
async def test_what_is_wrong_is_told(
    lake: World, params: dict[str, str], status: int, error: str
) -> None:
    answer = await send(lake, **params)
    assert answer.status_code == status
    assert list(answer.json()) == ["request", "error"]
    assert error in answer.json()["error"]
    assert "test" not in answer.json()["error"]


async def test_a_bucket_that_refuses_the_servers_keys_is_a_403(
    lake: World, bucket: BucketServer
) -> None:
    with bucket.refusing():
        answer = await send(lake, **S3)
    assert answer.status_code == 403
    assert answer.json()["error"] == "The server may not write to the bucket 'lake'"


async def test_other_methods_and_callers_are_refused(lake: World) -> None:
    headers = basic(f"{lake.secret}:")
    assert (await lake.http.get(UPLOAD, headers=headers)).status_code == 405
    assert (await lake.http.post(UPLOAD, data=DAYS | S3)).status_code == 401


async def test_uploads_count_as_exports(tmp_path: Path, bucket: BucketServer) -> None:
    bucket.clear("lake")
    opened = open_world(
        "sqlite", tmp_path, mixpanel_exports_per_hour=1, mixpanel_upload_buckets=BUCKETS
    )
    async for world in opened:
        assert (await world.get()).status_code == 200
        refused = await send(world, **S3)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
    assert bucket.names("lake") == []
