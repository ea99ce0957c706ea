"""What callers who leave, and failures in the middle, do to an export."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.types import Message, Send

from app.compat.mixpanel.admission import slot_name
from app.stores.base import Changes
from tests.compat.mixpanel.world import DAY, EXPORT, World, basic, listening, open_world

pytestmark = pytest.mark.anyio

_QUERY = b"from_date=2025-03-09&to_date=2025-03-09"


def _scope(world: World) -> dict[str, Any]:
    (name, value) = next(iter(basic(f"{world.secret}:").items()))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": "GET",
        "path": EXPORT,
        "raw_path": EXPORT.encode(),
        "query_string": _QUERY,
        "headers": [(name.encode(), value.encode())],
        "client": ("127.0.0.1", 5),
        "server": ("rosetta.test", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }


async def test_a_caller_who_leaves_frees_the_slot(own: World) -> None:
    left = anyio.Event()
    body: list[bytes] = []

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            body.append(message["body"])
            assert own.services.slots.taken(slot_name(own.demo)) == 1
            left.set()
            await anyio.sleep_forever()

    with anyio.fail_after(30):
        await own.app(_scope(own), receive, send)
    assert body
    assert own.services.slots.taken(slot_name(own.demo)) == 0


async def _never() -> Message:
    await anyio.sleep_forever()
    raise AssertionError


def _waiting(sending: anyio.Event, done: anyio.Event) -> Send:
    """Takes nothing before it is told to."""

    async def send(_: Message) -> None:
        sending.set()
        await done.wait()

    return send


async def _serve(world: World, send: Send) -> None:
    await world.app(_scope(world), _never, send)


async def test_slots_of_a_project_are_counted(tmp_path: Path) -> None:
    async for world in open_world("sqlite", tmp_path, mixpanel_exports_at_once=1):
        sending, done = anyio.Event(), anyio.Event()

        async with anyio.create_task_group() as group:
            group.start_soon(_serve, world, _waiting(sending, done))
            await sending.wait()
            refused = await world.get()
            assert refused.status_code == 429
            assert (
                refused.json()["error"] == "too many export requests in progress for this project"
            )
            assert int(refused.headers["retry-after"]) >= 1
            done.set()
        assert (await world.get()).status_code == 200


async def test_a_failure_after_the_first_byte_breaks_the_connection(own: World) -> None:
    """The engine is stopped under a running export: what was sent stays without an end."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)
        if message["type"] == "http.response.body":
            raise OSError("The connection broke.")

    with pytest.raises(OSError, match="connection broke"):
        await own.app(_scope(own), _never, send)
    assert [message["type"] for message in messages] == [
        "http.response.start",
        "http.response.body",
    ]
    assert own.services.slots.taken(slot_name(own.demo)) == 0


async def _crowd(world: World, count: int) -> None:
    """Stores so many events behind those of the day, each larger than a chunk's share."""
    event = world.stored[-2]
    many = [
        replace(
            event,
            id=f"crowd-{number}",
            position=1_000 + number,
            created_at=DAY + 43_200_000 + number,
        )
        for number in range(count)
    ]
    store = world.services.reader._store  # pyright: ignore[reportPrivateUsage] # The server's own.
    changes = Changes(journal="crowd", position=1_000, events=many, sessions=())
    await store.apply(changes)


def _break_rows(world: World, condition: str) -> None:
    """Makes the properties of such events something that no engine can read."""
    store: Any = world.services.reader._store  # pyright: ignore[reportPrivateUsage] # The server's own.
    with store._writer.transaction():
        store._writer.run(f"""UPDATE events SET properties = '{{"__x' WHERE {condition}""")  # noqa: S608 — ours.


async def _received(port: int, world: World) -> bytes:
    """All that comes through a socket, whichever way the connection ends."""
    name, value = next(iter(basic(f"{world.secret}:").items()))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {EXPORT}?{_QUERY.decode()} HTTP/1.1\r\nhost: x\r\n{name}: {value}\r\n\r\n"
    writer.write(request.encode())
    body = b""
    with contextlib.suppress(ConnectionError):
        while part := await asyncio.wait_for(reader.read(1 << 16), 60):
            body += part
            if body.endswith(b"0\r\n\r\n"):
                break
    writer.close()
    return body


async def test_a_query_that_fails_later_cuts_the_connection(own: World) -> None:
    """A row that can't be read fails the engine's statement, after others have been sent."""
    await _crowd(own, 900)
    async with listening(own.app) as port:
        whole = await _received(port, own)
        assert whole.startswith(b"HTTP/1.1 200")
        assert whole.endswith(b"0\r\n\r\n")
        _break_rows(own, "id = 'crowd-899'")
        cut = await _received(port, own)
    assert cut.startswith(b"HTTP/1.1 200")
    assert b'"event":"screen_view"' in cut
    assert b"crowd-899" not in cut
    assert not cut.endswith(b"0\r\n\r\n")
    assert own.services.slots.taken(slot_name(own.demo)) == 0


async def test_a_query_that_fails_at_once_is_told(own: World) -> None:
    _break_rows(own, "project > 0")
    answer = await own.get()
    assert answer.status_code == 500
    assert list(answer.json()) == ["request", "error"]
    assert answer.json()["error"] == "Internal server error"


async def test_a_caller_who_hangs_up_frees_the_slot(own: World) -> None:
    await _crowd(own, 5_000)
    slot = slot_name(own.demo)
    name, value = next(iter(basic(f"{own.secret}:").items()))
    request = f"GET {EXPORT}?{_QUERY.decode()} HTTP/1.1\r\nhost: x\r\n{name}: {value}\r\n\r\n"
    async with listening(own.app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
        writer.write(request.encode())
        assert (await reader.read(100)).startswith(b"HTTP/1.1 200")
        assert own.services.slots.taken(slot) == 1
        writer.transport.abort()
        with anyio.fail_after(30):
            while own.services.slots.taken(slot):  # noqa: ASYNC110 — nobody is told.
                await anyio.sleep(0.01)
