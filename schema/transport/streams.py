"""Answers in several pieces over HTTP: server-sent events, and multipart.

Sources: GraphQL over Server-Sent Events; incremental delivery over HTTP; Apollo's multipart
subscriptions.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import Final

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from schema.service import Body
from schema.transport.hub import Frame
from schema.transport.negotiation import StreamType

HEARTBEAT_SECONDS: Final = 5.0
"""Silence after which something without meaning is sent, so that nobody takes it for the end."""

_BOUNDARY: Final = b"graphql"
_EVENT_STREAM: Final = "text/event-stream; charset=utf-8"
_NOTHING: Final = b":\n\n"
"""An event without meaning."""

_HEADERS: Final = {
    "cache-control": "no-store",
    "vary": "Accept, Accept-Encoding",
    # Proxies that gather answers would keep the pieces back.
    "x-accel-buffering": "no",
}


class EndedStream(StreamingResponse):
    """A stream that tells when it is over, also when nobody has read any of it."""

    def __init__(
        self, content: AsyncIterator[bytes], content_type: str, end: Callable[[], None]
    ) -> None:
        super().__init__(content, headers={**_HEADERS, "content-type": content_type})
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends what comes."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


def subscription_stream(
    frames: AsyncGenerator[Frame],
    form: StreamType,
    end: Callable[[], None],
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> StreamingResponse:
    """A subscription's results, one after the other; `end` is called behind them."""
    pieces = _with_silence(frames, heartbeat_seconds)
    match form:
        case StreamType.EVENT_STREAM:
            return EndedStream(_events(pieces), _EVENT_STREAM, end)
        case StreamType.MULTIPART:
            content_type = _multipart_type("subscriptionSpec=1.0")
            return EndedStream(_multiparts(_wrapped(pieces)), content_type, end)


def shared_stream(
    events: AsyncGenerator[bytes],
    end: Callable[[], None],
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> StreamingResponse:
    """Events of several operations as they come; `end` is called behind them."""

    async def content() -> AsyncIterator[bytes]:
        yield _NOTHING
        async for event in _with_silence(events, heartbeat_seconds):
            yield _NOTHING if event is None else event

    return EndedStream(content(), _EVENT_STREAM, end)


def single_event(body: Body) -> StreamingResponse:
    """An answer in one piece for a caller who takes only events."""

    async def frames() -> AsyncIterator[Frame | None]:
        yield orjson.dumps(body)

    return _event_stream(_events(frames()))


def deferred_stream(parts: AsyncIterator[Body], form: StreamType) -> StreamingResponse:
    """The first part of an answer, and the deferred ones as they come."""

    async def frames() -> AsyncIterator[Frame | None]:
        async for part in parts:
            yield orjson.dumps(part)

    match form:
        case StreamType.EVENT_STREAM:
            return _event_stream(_events(frames()))
        case StreamType.MULTIPART:
            return _multipart(_multiparts(frames()), "incrementalSpec=v0.2")


async def _with_silence(
    frames: AsyncGenerator[Frame], seconds: float
) -> AsyncGenerator[Frame | None]:
    """The frames, and None whenever there has been none for so long."""
    async with aclosing(frames):
        coming = asyncio.ensure_future(anext(frames))
        try:
            while True:
                done, _ = await asyncio.wait({coming}, timeout=seconds)
                if not done:
                    yield None
                    continue
                try:
                    yield coming.result()
                except StopAsyncIteration:
                    return
                coming = asyncio.ensure_future(anext(frames))
        finally:
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming


async def _events(frames: AsyncIterator[Frame | None]) -> AsyncIterator[bytes]:
    # Lines end with LF alone: some clients look for nothing else.
    yield _NOTHING
    async for frame in frames:
        yield _NOTHING if frame is None else b"event: next\ndata: %b\n\n" % frame
    yield b"event: complete\ndata:\n\n"


async def _wrapped(frames: AsyncIterator[Frame | None]) -> AsyncIterator[Frame | None]:
    async for frame in frames:
        yield b"{}" if frame is None else b'{"payload":%b}' % frame


async def _multiparts(frames: AsyncIterator[Frame | None]) -> AsyncIterator[bytes]:
    yield b"--%b" % _BOUNDARY
    async for frame in frames:
        head = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"
        yield b"%b%b\r\n--%b" % (head, frame or b"{}", _BOUNDARY)
    yield b"--\r\n"


def _event_stream(content: AsyncIterator[bytes]) -> StreamingResponse:
    return StreamingResponse(content, headers={**_HEADERS, "content-type": _EVENT_STREAM})


def _multipart(content: AsyncIterator[bytes], parameter: str) -> StreamingResponse:
    content_type = _multipart_type(parameter)
    return StreamingResponse(content, headers={**_HEADERS, "content-type": content_type})


def _multipart_type(parameter: str) -> str:
    return f'multipart/mixed; boundary="{_BOUNDARY.decode()}"; {parameter}'
