"""What callers who leave, and failures in the middle, do to an export."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.types import Message, Send

from app.compat.mixpanel.admission import slot_name
from tests.compat.mixpanel.world import EXPORT, World, basic, open_world

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
