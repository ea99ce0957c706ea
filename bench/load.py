"""A bounded load over keep-alive connections of loopback, in a process of its own.

Python clients with all comforts would be slower than the server they measure; this one
writes ready-made requests and reads no more of an answer than its length.
"""

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import uvloop


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent: `bodies` in turn, over `connections`, for `seconds`."""

    port: int
    path: str
    headers: Sequence[tuple[str, str]]
    bodies: Sequence[bytes]
    connections: int = 64
    seconds: float = 8.0
    warm_up_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Answered:
    """How many answers came each second, the share of them that was 200, and their times."""

    per_second: float
    accepted: float
    p50_ms: float
    p99_ms: float


def measure(load: Load) -> Answered:
    """Sends the load from another process and waits for the figures."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measure, (load,))


def _measure(load: Load) -> Answered:
    return uvloop.run(_send(load))


async def _send(load: Load) -> Answered:
    loop = asyncio.get_running_loop()
    requests = [_request(load, body) for body in load.bodies]
    started = loop.time()
    counted_from = started + load.warm_up_seconds
    until = counted_from + load.seconds
    connections = [
        _Connection(requests[index :: load.connections], counted_from, until)
        for index in range(load.connections)
    ]
    for connection in connections:
        await loop.create_connection(partial(_same, connection), "127.0.0.1", load.port)
    await asyncio.gather(*(connection.done for connection in connections))
    times = sorted(t for connection in connections for t in connection.times)
    accepted = sum(connection.accepted for connection in connections)
    return Answered(
        len(times) / load.seconds,
        accepted / len(times),
        statistics.median(times) * 1000,
        times[len(times) * 99 // 100] * 1000,
    )


def _same(connection: "_Connection") -> "_Connection":
    return connection


def _request(load: Load, body: bytes) -> bytes:
    lines = [
        f"POST {load.path} HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in load.headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Connection(asyncio.Protocol):
    """Sends a request, waits for the whole answer, sends the next."""

    def __init__(self, requests: Sequence[bytes], counted_from: float, until: float) -> None:
        self.times: list[float] = []
        self.accepted = 0
        self.done = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._next = 0
        self._counted_from = counted_from
        self._until = until
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends, with an error if the server went away."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        """Takes in a part of the answer."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        now = time.monotonic()
        if now >= self._counted_from and self._sent_at >= self._counted_from:
            self.times.append(now - self._sent_at)
            self.accepted += head.startswith(b"HTTP/1.1 200")
        self._received = b""
        if now < self._until:
            self._send()
        elif self._transport is not None and not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def _send(self) -> None:
        if self._transport is not None:
            self._sent_at = time.monotonic()
            self._transport.write(self._requests[self._next])
            self._next = (self._next + 1) % len(self._requests)


def _length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(b"content-length: ") + 16
    return int(lowered[start : start + 12].split(b"\r\n", 1)[0])


def tracked_bodies(count: int) -> list[bytes]:
    """Bodies of page views, each a little different."""
    return [
        json.dumps(
            {
                "type": "track",
                "payload": {
                    "name": "screen_view",
                    "properties": {
                        "__path": f"https://shop.example/products/{number % 97}?ref={number}",
                        "__title": f"Product {number % 97}",
                        "__referrer": "https://www.google.com/",
                        "plan": "pro",
                        "number": number,
                    },
                },
            }
        ).encode()
        for number in range(count)
    ]
