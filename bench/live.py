"""Subscriptions under load: delay of delivery, memory, and what they cost tracking."""

import asyncio
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.server import START_SECONDS, Installation, free_port, wait_for

EVENTS_PER_SECOND: Final = 500
ALONE_SECONDS: Final = 15
TOGETHER_SECONDS: Final = 60
_PER_CONNECTION: Final = 100
_SENDERS: Final = 32
_LIVE: Final = 1_000
_ADDED: Final = 200
_PROTOCOL: Final = Subprotocol("graphql-transport-ws")
_LIVE_QUERY: Final = (
    'subscription { liveChanged(projectId: "live", everySeconds: 5) { visitors events } }'
)
_ADDED_QUERY: Final = (
    'subscription { eventAdded(projectId: "live") { event { name property(key: "at") } dropped } }'
)


@dataclass
class Heard:
    """What the subscribers got."""

    live: int = 0
    added: int = 0
    lost: int = 0
    delays_ms: list[float] = field(default_factory=list[float])


def measure_live(installation: Installation, _: int) -> None:
    """Prints tracking alone, and then beside subscribers."""
    installation.command("project", "create", "live")
    client = installation.command("client", "create", "--project", "live", "--type", "root")
    headers = {
        "openpanel-client-id": client["clientId"],
        "openpanel-client-secret": client["clientSecret"],
    }
    with _server(installation) as (base_url, pid):
        uvloop.run(_measure(base_url, headers, pid))


async def _measure(base_url: str, headers: dict[str, str], pid: int) -> None:
    port = int(base_url.rpartition(":")[2])
    alone = await _track(_Pace(port, headers, ALONE_SECONDS))
    heard = Heard()
    async with AsyncExitStack() as stack:
        for query, count in ((_LIVE_QUERY, _LIVE), (_ADDED_QUERY, _ADDED)):
            for _ in range(count // _PER_CONNECTION):
                await stack.enter_async_context(_subscribed(base_url, headers, query, heard))
        await _track(_Pace(port, headers, 5))
        before = _resident_mb(pid)
        heard.delays_ms.clear()
        heard.live = heard.added = heard.lost = 0
        together = await _track(_Pace(port, headers, TOGETHER_SECONDS))
        after = _resident_mb(pid)
    delays = sorted(heard.delays_ms)
    print(
        f"{_LIVE} liveChanged: {heard.live:,} results; {_ADDED} eventAdded: {heard.added:,} "
        f"events, {heard.lost} lost to slow reading"
    )
    print(
        f"delivery delay: p50 {statistics.median(delays):.1f} ms, "
        f"p99 {delays[len(delays) * 99 // 100]:.1f} ms"
    )
    print(f"memory of the server: {before:.0f} MB, a minute later {after:.0f} MB")
    print(
        f"tracking {EVENTS_PER_SECOND}/s: p50 {_p(alone, 50):.1f} and p99 {_p(alone, 99):.1f} ms "
        f"alone; p50 {_p(together, 50):.1f} and p99 {_p(together, 99):.1f} ms beside them "
        f"({_p(together, 99) / _p(alone, 99):.1f}x)"
    )


@dataclass(frozen=True, slots=True)
class _Pace:
    """Tracking at an even pace over keep-alive connections."""

    port: int
    headers: Mapping[str, str]
    seconds: int

    async def send(self) -> list[float]:
        """The times (ms) of all requests, in order of size."""
        times: list[float] = []
        began = time.perf_counter() + 0.2
        async with asyncio.TaskGroup() as group:
            for place in range(_SENDERS):
                group.create_task(self._sender(place, began, times))
        return sorted(times)

    async def _sender(self, place: int, began: float, times: list[float]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for number in range(place, self.seconds * EVENTS_PER_SECOND, _SENDERS):
            due = began + number / EVENTS_PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            # Trap: counted from when it was due, a slow server can't slow down its own load.
            writer.write(self._request(number))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise ValueError(head)
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            times.append((time.perf_counter() - max(due, began)) * 1000)
        writer.close()

    def _request(self, number: int) -> bytes:
        properties = {"at": time.time(), "__path": "https://live.example/"}
        payload = {"name": "live", "profileId": f"p{number % 500}", "properties": properties}
        body = json.dumps({"type": "track", "payload": payload}).encode()
        told = {**self.headers, "content-type": "application/json", "host": "localhost",
                "content-length": str(len(body))}  # fmt: skip
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return f"POST /track HTTP/1.1\r\n{lines}\r\n".encode() + body


def _run_pace(pace: _Pace) -> list[float]:
    return uvloop.run(pace.send())


async def _track(pace: _Pace) -> list[float]:
    """The pace in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, _run_pace, pace)


@asynccontextmanager
async def _subscribed(
    base_url: str, headers: dict[str, str], query: str, heard: Heard
) -> AsyncGenerator[None]:
    """A connection with many subscriptions, which is read all the time."""
    url = base_url.replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[_PROTOCOL], max_queue=None) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": headers}))
        await socket.recv()
        for number in range(_PER_CONNECTION):
            message = {"id": str(number), "type": "subscribe", "payload": {"query": query}}
            await socket.send(json.dumps(message))
        reading = asyncio.create_task(_read(socket, heard))
        try:
            yield
            if reading.done():
                reading.result()
        finally:
            reading.cancel()


async def _read(socket: ClientConnection, heard: Heard) -> None:
    async for text in socket:
        message = json.loads(text)
        if message["type"] != "next":
            raise ValueError(text)
        payload = message["payload"]
        heard.lost += payload.get("extensions", {}).get("dropped", 0)
        added = payload["data"].get("eventAdded")
        if added is None:
            heard.live += 1
        else:
            heard.added += 1
            heard.delays_ms.append((time.time() - added["event"]["property"]) * 1000)


def _p(times: list[float], share: int) -> float:
    return times[len(times) * share // 100]


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@contextmanager
def _server(installation: Installation) -> Generator[tuple[str, int]]:
    port = free_port()
    arguments = [sys.executable, "-m", "app", "serve", "--port", str(port)]
    environment = {**os.environ, **installation.environment}
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(START_SECONDS)
