"""GraphQL over WebSocket. Source: the protocol graphql-transport-ws, and its close codes."""

import asyncio
from contextlib import suppress
from enum import IntEnum
from typing import Any, Final, cast

import orjson
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.analytics.errors import UnauthenticatedError
from app.kit.ids import time_ordered_id
from schema.context import Context
from schema.errors import Code, coded
from schema.service import GraphQLService
from schema.transport.admission import admit_connection
from schema.transport.conversation import Conversation
from schema.transport.hub import Frame
from schema.transport.requests import RequestError, operation_of

PROTOCOL: Final = "graphql-transport-ws"
_INIT_SECONDS: Final = 10
_SENT_IN_A_ROW: Final = 16


class Close(IntEnum):
    """Why a connection is closed by the server."""

    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    INIT_TIMEOUT = 4408
    NO_SUCH_PROTOCOL = 4406
    DUPLICATE = 4409
    TOO_MANY_INITS = 4429


class _ClosedError(Exception):
    """The connection ends with that code and reason."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphQLSocket:
    """Serves connections, each with any number of operations."""

    def __init__(self, service: GraphQLService) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection until it ends."""
        socket = WebSocket(scope, receive, send)
        if PROTOCOL not in scope["subprotocols"]:
            await socket.accept()
            await socket.close(Close.NO_SUCH_PROTOCOL, "Subprotocol not acceptable")
            return
        await socket.accept(PROTOCOL)
        await _Connection(socket, self._service).run()


class _SocketWords:
    """How results are written down for graphql-transport-ws."""

    def result(self, name: str, frame: Frame) -> bytes:
        """A message of the type next."""
        return b'{"id":%b,"type":"next","payload":%b}' % (orjson.dumps(name), frame)

    def failure(self, name: str, errors: list[object]) -> bytes:
        """A message of the type error."""
        return orjson.dumps({"id": name, "type": "error", "payload": errors})

    def end(self, name: str) -> bytes:
        """A message of the type complete."""
        return b'{"id":%b,"type":"complete"}' % orjson.dumps(name)


_WORDS: Final = _SocketWords()


class _Connection:
    """One connection: reads what is asked over it, and writes what becomes of that."""

    def __init__(self, socket: WebSocket, service: GraphQLService) -> None:
        self._socket = socket
        self._service = service
        self._context: Context | None = None
        self._id = time_ordered_id()
        self._conversation = Conversation(service, _WORDS, self._id)
        self._sent = 0

    async def run(self) -> None:
        """Reads and writes until either side ends it."""
        writing = asyncio.create_task(self._write())
        try:
            await self._read()
        except WebSocketDisconnect:
            pass
        except _ClosedError as closed:
            with suppress(RuntimeError):
                await self._socket.close(closed.code, closed.reason)
        finally:
            writing.cancel()
            self._conversation.close()
            await asyncio.gather(writing, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                while self._context is None:
                    await self._heed(await self._socket.receive_text())
        except TimeoutError:
            message = "Connection initialisation timeout"
            raise _ClosedError(Close.INIT_TIMEOUT, message) from None
        while True:
            await self._conversation.room.wait()
            await self._heed(await self._socket.receive_text())

    async def _heed(self, text: str) -> None:
        message = _message_of(text)
        match message.get("type"):
            case "connection_init":
                await self._begin(message.get("payload"))
            case "ping":
                self._reply({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                self._subscribe(message)
            case "complete":
                self._conversation.stop(str(message.get("id")))
            case _:
                raise _ClosedError(Close.BAD_REQUEST, "Invalid message")

    async def _begin(self, payload: object) -> None:
        if self._context is not None:
            raise _ClosedError(Close.TOO_MANY_INITS, "Too many initialisation requests")
        try:
            credentials = {**self._socket.headers, **_credentials_in(payload)}
            self._context = await admit_connection(self._socket, credentials, self._id)
        except UnauthenticatedError:
            raise _ClosedError(Close.FORBIDDEN, "Forbidden") from None
        self._reply({"type": "connection_ack"})

    def _subscribe(self, message: dict[str, Any]) -> None:
        context = self._context
        if context is None:
            raise _ClosedError(Close.UNAUTHORIZED, "Unauthorized")
        name = message.get("id")
        if not isinstance(name, str) or not name:
            raise _ClosedError(Close.BAD_REQUEST, "Invalid message")
        if name in self._conversation:
            raise _ClosedError(Close.DUPLICATE, f"Subscriber for {name} already exists")
        try:
            operation = operation_of(message.get("payload"))
        except RequestError as error:
            raise _ClosedError(Close.BAD_REQUEST, error.message[:120]) from None
        most = self._service.settings.graphql_subscriptions_per_connection
        if len(self._conversation) >= most:
            refusal = coded(f"A connection has at most {most} subscriptions.", Code.BAD_REQUEST)
            self._conversation.say(_WORDS.failure(name, [refusal.formatted]))
            return
        self._conversation.start(name, lambda: self._service.prepare(operation, context), context)

    def _reply(self, message: dict[str, Any]) -> None:
        self._conversation.say(orjson.dumps(message))

    async def _write(self) -> None:
        wake = self._conversation.wake
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await wake.wait()
                wake.clear()
                for message in self._conversation.waiting():
                    await self._send(message)

    async def _send(self, message: bytes) -> None:
        await self._socket.send_text(message.decode())
        self._sent += 1
        if self._sent % _SENT_IN_A_ROW == 0:
            # Sending waits for nothing while the reader keeps up, and requests have to go on.
            await asyncio.sleep(0)


def _message_of(text: str) -> dict[str, Any]:
    try:
        message: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        message = None
    if not isinstance(message, dict):
        raise _ClosedError(Close.BAD_REQUEST, "Invalid message")
    return cast("dict[str, Any]", message)


def _credentials_in(payload: object) -> dict[str, str]:
    """The header-like members of the payload; clients put them there or below `headers`."""
    if not isinstance(payload, dict):
        return {}
    members = cast("dict[str, object]", payload)
    inner = _credentials_in(members.get("headers"))
    return {
        **{name.lower(): told for name, told in members.items() if isinstance(told, str)},
        **inner,
    }
