"""What is no HTTP request is refused in JSON, over a real socket."""

import asyncio
import json

import pytest
import uvicorn
from starlette.applications import Starlette

from app.http.protocol import JsonProtocol

pytestmark = pytest.mark.anyio

NO_REQUESTS = [
    b"NONSENSE\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
    b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
]


@pytest.mark.parametrize("sent", NO_REQUESTS)
async def test_what_is_no_request_is_refused_in_json(sent: bytes) -> None:
    config = uvicorn.Config(Starlette(), http=JsonProtocol, log_config=None, lifespan="off")
    config.load()
    state = uvicorn.Server(config).server_state

    def protocol() -> asyncio.Protocol:
        return JsonProtocol(config=config, server_state=state, app_state={})

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/json" in head
    told = json.loads(body)
    assert (told["status"], told["error"]) == (400, "Bad Request")
    assert told["message"] == "Invalid HTTP request received."
