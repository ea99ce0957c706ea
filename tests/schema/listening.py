"""The server of a test on a port of loopback, in the test's own loop, and a WebSocket to it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.schema.conftest import Server
from tests.support.servers import free_port

PROTOCOL = Subprotocol("graphql-transport-ws")


@asynccontextmanager
async def listening(server: Server) -> AsyncGenerator[str]:
    """The host and port at which the server answers while inside."""
    port = free_port()
    config = uvicorn.Config(server.app, port=port, lifespan="off", log_config=None)
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 — nobody tells of it.
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        running.should_exit = True
        running.force_exit = True
        await task


class Talk:
    """A connection whose messages are objects."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: object) -> None:
        """Sends one message."""
        await self.socket.send(orjson.dumps(message).decode())

    async def heard(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(20):
            message: dict[str, Any] = orjson.loads(await self.socket.recv())
        return message

    async def subscribe(self, name: str, query: str, **variables: object) -> None:
        """Asks for an operation under that name."""
        await self.say(id=name, type="subscribe", payload={"query": query, "variables": variables})

    async def closed(self) -> int:
        """The code with which the other side has closed."""
        async with asyncio.timeout(20):
            await self.socket.wait_closed()
        return self.socket.close_code or 0


@asynccontextmanager
async def talking(
    address: str, credentials: Mapping[str, str] | None = None
) -> AsyncGenerator[Talk]:
    """A connection; with credentials, one that was acknowledged."""
    async with connect(f"ws://{address}/graphql", subprotocols=[PROTOCOL]) as socket:
        talk = Talk(socket)
        if credentials is not None:
            await talk.say(type="connection_init", payload=dict(credentials))
            assert await talk.heard() == {"type": "connection_ack"}
        yield talk
