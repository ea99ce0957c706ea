"""Too much, too slow, broken off: no client keeps another one from being answered."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
import uvicorn

from tests.compat.openpanel.tracking import exported, send
from tests.compat.openpanel.world import World, application, open_world, with_services

pytestmark = pytest.mark.anyio

EVENT: Final = b'{"type":"track","payload":{"name":"a"}}'


async def test_a_full_buffer_is_a_503_that_says_when_to_come_back(tmp_path: Path) -> None:
    async for world in open_world("duckdb", tmp_path, ingest_buffer_events=1):
        answers = await asyncio.gather(
            *(send(world, "track", {"name": "burst", "properties": {"n": n}}) for n in range(100))
        )
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) == {200, 503}
        assert len(await exported(world, "burst")) == min(statuses[200], 50)
        refused = next(answer for answer in answers if answer.status_code == 503)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["access-control-allow-origin"] == "*"
        told = refused.json()
        assert (told["status"], told["error"]) == (503, "Service Unavailable")
        assert (await send(world, "track", {"name": "after"})).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": "br"}, 415),
        ({"content-encoding": "identity"}, 200),
        ({"content-type": "text/plain"}, 200),
        ({"content-type": "application/x-www-form-urlencoded"}, 200),
        ({"content-type": "application/json; charset=utf-16"}, 200),
    ],
)
async def test_only_compressed_bodies_are_not_read(
    world: World, headers: dict[str, str], status: int
) -> None:
    answer = await world.http.post("/track", content=EVENT, headers={**world.writing, **headers})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/json")


@contextmanager
def listening() -> Generator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server


class Served(uvicorn.Server):
    """A server inside the test, which keeps the signals for itself."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves the process's signals as they are."""
        yield


@pytest.fixture
async def port(fresh: World) -> AsyncIterator[int]:
    """Where the world's application listens on loopback."""
    app = with_services(application(fresh.services.settings), fresh.services)
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
    with listening() as server:
        running = Served(config)
        task = asyncio.create_task(running.serve(sockets=[server]))
        yield server.getsockname()[1]
        running.should_exit = True
        running.force_exit = True
        await task


def head(world: World, length: int) -> bytes:
    lines = [
        "POST /track HTTP/1.1",
        "host: 127.0.0.1",
        f"content-length: {length}",
        *(f"{name}: {value}" for name, value in world.writing.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def track_over(port: int, world: World) -> int:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        return (await http.post("/track", content=EVENT, headers=dict(world.writing))).status_code


async def test_slow_clients_hold_nobody_up(fresh: World, port: int) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
    for _, writer in slow:
        writer.write(head(fresh, len(EVENT)) + EVENT[:10])
        await writer.drain()
    assert [await track_over(port, fresh) for _ in range(5)] == [200] * 5
    for reader, writer in slow:
        writer.write(EVENT[10:])
        assert (await reader.readline()).split()[1] == b"200"
        writer.close()


async def test_clients_that_go_away_leave_no_trace(
    fresh: World, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head(fresh, len(EVENT)) + EVENT[:10])
        await writer.drain()
        writer.transport.abort()
    await asyncio.sleep(0.2)
    assert await track_over(port, fresh) == 200
    assert len(await exported(fresh, "a")) == 1
    said = capsys.readouterr()
    assert "unexpectedly" not in said.out + said.err


BROKEN: Final = [
    b"POST /track HTTP/1.1\r\ncontent-length: abc\r\n\r\n",
    b"POST /track HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"POST /track HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\n" + b"a: " + b"b" * 200_000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("sent", BROKEN, ids=range(len(BROKEN)))
async def test_what_is_no_request_is_refused_and_nothing_else(
    fresh: World, port: int, sent: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    line = await asyncio.wait_for(reader.readline(), 5)
    assert not line or line.split()[1].startswith(b"4")
    writer.close()
    assert await track_over(port, fresh) == 200


async def test_a_body_that_declares_too_much_is_not_waited_for(fresh: World, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head(fresh, 10**12))
    await writer.drain()
    assert (await asyncio.wait_for(reader.readline(), 5)).split()[1] == b"413"
    writer.close()
