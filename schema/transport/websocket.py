"""GraphQL over WebSocket. Source: the protocol graphql-transport-ws, and its close codes."""

import asyncio
from collections import deque
from contextlib import suppress
from enum import IntEnum
from typing import Any, Final, cast

import orjson
from graphql import OperationType
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.analytics.errors import DomainError, UnauthenticatedError
from app.http.errors import log_unexpected
from app.kit.ids import time_ordered_id
from schema.context import Context
from schema.errors import MASKED, Code, coded, domain_error
from schema.service import GraphQLService, NotBegunError, errors_body
from schema.transport.admission import admit_connection
from schema.transport.hub import Feed
from schema.transport.requests import (
    Operation,
    RefusedOperationError,
    RequestError,
    operation_of,
)

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
        await _Conversation(socket, self._service).run()


class _Conversation:
    """One connection: what was asked over it, and what waits to be sent."""

    def __init__(self, socket: WebSocket, service: GraphQLService) -> None:
        self._socket = socket
        self._service = service
        self._context: Context | None = None
        self._id = time_ordered_id()
        self._wake = asyncio.Event()
        self._sent = 0
        self._replies: deque[bytes] = deque()
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._feeds: dict[str, tuple[object, Feed]] = {}

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
            for task in self._starting.values():
                task.cancel()
            for key, feed in self._feeds.values():
                self._service.hub.leave(key, feed)
            await asyncio.gather(writing, *self._starting.values(), return_exceptions=True)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                while self._context is None:
                    await self._heed(await self._socket.receive_text())
        except TimeoutError:
            message = "Connection initialisation timeout"
            raise _ClosedError(Close.INIT_TIMEOUT, message) from None
        while True:
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
                self._stop(str(message.get("id")))
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
        if self._context is None:
            raise _ClosedError(Close.UNAUTHORIZED, "Unauthorized")
        name = message.get("id")
        if not isinstance(name, str) or not name:
            raise _ClosedError(Close.BAD_REQUEST, "Invalid message")
        if name in self._feeds or name in self._starting:
            raise _ClosedError(Close.DUPLICATE, f"Subscriber for {name} already exists")
        try:
            operation = operation_of(message.get("payload"))
        except RequestError as error:
            raise _ClosedError(Close.BAD_REQUEST, error.message[:120]) from None
        most = self._service.settings.graphql_subscriptions_per_connection
        # One that has just begun is among both for a moment.
        if len(self._feeds.keys() | self._starting.keys()) >= most:
            refusal = coded(f"A connection has at most {most} subscriptions.", Code.BAD_REQUEST)
            self._reply({"id": name, "type": "error", "payload": [refusal.formatted]})
            return
        task = asyncio.create_task(self._start(name, operation, self._context))
        self._starting[name] = task
        task.add_done_callback(lambda _: self._starting.pop(name, None))

    async def _start(self, name: str, operation: Operation, context: Context) -> None:
        try:
            prepared = self._service.prepare(operation, context)
            if prepared.kind is OperationType.SUBSCRIPTION:
                feed = Feed(self._wake)
                self._feeds[name] = (await self._service.follow(prepared, context, feed), feed)
                self._wake.set()
                return
            body = await self._service.answer(prepared, context)
        except (RefusedOperationError, NotBegunError, DomainError) as error:
            self._reply({"id": name, "type": "error", "payload": _told(error, self._id)})
        except Exception as error:  # noqa: BLE001 — this is where errors become messages.
            log_unexpected(error, self._id)
            masked = coded(MASKED, Code.INTERNAL_SERVER_ERROR).formatted
            self._reply({"id": name, "type": "error", "payload": [masked]})
        else:
            self._reply({"id": name, "type": "next", "payload": body})
            self._reply({"id": name, "type": "complete"})

    def _stop(self, name: str) -> None:
        if name in self._starting:
            self._starting[name].cancel()
        if name in self._feeds:
            self._service.hub.leave(*self._feeds.pop(name))

    def _reply(self, message: dict[str, Any]) -> None:
        self._replies.append(orjson.dumps(message))
        self._wake.set()

    async def _write(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._wake.wait()
                self._wake.clear()
                while await self._write_round():
                    pass

    async def _write_round(self) -> bool:
        """Sends what waits, of each subscription one result; whether there was anything."""
        is_busy = False
        while self._replies:
            await self._send(self._replies.popleft())
            is_busy = True
        for name, (_, feed) in list(self._feeds.items()):
            frame = feed.take()
            if frame is not None:
                await self._send(b'{"id":%b,"type":"next","payload":%b}' % (_json(name), frame))
                is_busy = True
            elif feed.is_closed and name in self._feeds:
                del self._feeds[name]
                await self._send(b'{"id":%b,"type":"complete"}' % _json(name))
        return is_busy

    async def _send(self, message: bytes) -> None:
        await self._socket.send_text(message.decode())
        self._sent += 1
        if self._sent % _SENT_IN_A_ROW == 0:
            # Sending waits for nothing while the reader keeps up, and requests have to go on.
            await asyncio.sleep(0)


def _json(text: str) -> bytes:
    return orjson.dumps(text)


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


def _told(
    error: RefusedOperationError | NotBegunError | DomainError, request_id: str
) -> list[object]:
    match error:
        case RefusedOperationError():
            errors: list[object] = errors_body(error.errors, request_id)["errors"]
            return errors
        case NotBegunError():
            errors = error.body["errors"]
            return errors
        case _:
            return [domain_error(error).formatted]
