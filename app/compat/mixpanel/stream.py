"""Sending an export: lines as they come, packed where that was offered and pays."""

import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractContextManager, ExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.analytics.errors import RateLimitedError
from app.compat.mixpanel.errors import answer_to
from app.http.streaming import while_present
from app.kit.jsonl import ascii_only
from app.projects.streams import EventStream

PACKED_FROM: Final = 1_401
"""Bodies of fewer bytes are never packed."""

CURSOR_HEADER: Final = "x-next-cursor"

_HELD_BYTES: Final = 16 << 20
"""How much of a limited export is held back, so that its end is known when it begins."""

_LEVEL: Final = 1
_GZIP: Final = 16 + zlib.MAX_WBITS
_WORTH_A_THREAD: Final = 1 << 20
"""How much is packed in one go, so that going to a thread and back takes no share of it."""

Chunks = AsyncGenerator[bytes]


async def chunks_of(stream: EventStream, limit: int | None) -> Chunks:
    """The export's lines in ASCII, at most `limit` of them, in chunks of whole lines."""
    left = limit
    async with aclosing(stream.parts(ascii_only)) as parts:
        async for body in parts:
            part = body
            if left is not None:
                count = body.count(b"\n")
                if count > left:
                    part = b"".join(line + b"\n" for line in body.split(b"\n", left)[:left])
                left -= min(count, left)
            yield part
            if left == 0:
                return


def offers_gzip(request: Request) -> bool:
    """Whether the caller takes a packed body."""
    for offer in request.headers.get("accept-encoding", "").split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip().lower() == "gzip":
            return weight.replace(" ", "").lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


@dataclass(frozen=True, slots=True)
class Export:
    """What is sent: the lines, their limit, and the slot that is taken while they are sent."""

    chunks: Chunks
    limit: int | None
    slot: AbstractContextManager[None]


class ExportResponse(Response):
    """An export as a response.

    The status waits for the first lines, so that what fails before them is told as an error.
    A failure after them breaks the connection off: nothing inside the body could tell of it.
    A caller who goes away stops the engine's work.
    """

    def __init__(self, request: Request, export: Export) -> None:
        self._request = request
        self._export = export
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends everything, unless the caller goes away."""
        async with aclosing(self._export.chunks):
            with ExitStack() as held:
                try:
                    held.enter_context(self._export.slot)
                except RateLimitedError as refusal:
                    await answer_to(self._request, refusal)(scope, receive, send)
                    return
                await while_present(receive, partial(self._send, scope, receive, send))

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            held, is_whole = await self._hold()
        except Exception as error:  # noqa: BLE001 — this is where errors become answers.
            await answer_to(self._request, error)(scope, receive, send)
            return
        is_packed = len(held) >= PACKED_FROM and offers_gzip(self._request)
        headers = self._head(held, is_packed=is_packed, is_whole=is_whole)
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        await send(start)
        whole = self._whole(held, is_whole=is_whole)
        async with aclosing(_packed(whole) if is_packed else whole) as body:
            async for chunk in body:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _hold(self) -> tuple[bytes, bool]:
        """The beginning of the body, and whether it is the whole of it."""
        enough = PACKED_FROM if self._export.limit is None else _HELD_BYTES
        held = bytearray()
        async for chunk in self._export.chunks:
            held += chunk
            if len(held) >= enough:
                return bytes(held), False
        return bytes(held), True

    async def _whole(self, held: bytes, *, is_whole: bool) -> Chunks:
        yield held
        if not is_whole:
            async for chunk in self._export.chunks:
                yield chunk

    def _head(self, held: bytes, *, is_packed: bool, is_whole: bool) -> list[tuple[bytes, bytes]]:
        accepts = self._request.headers.get("accept", "")
        media = "application/x-ndjson" if "application/x-ndjson" in accepts else "text/plain"
        headers = {"content-type": f"{media}; charset=utf-8", "vary": "Accept-Encoding"}
        if is_packed:
            headers["content-encoding"] = "gzip"
        elif is_whole:
            headers["content-length"] = str(len(held))
        if is_whole and self._export.limit is not None:
            cursor = _cursor_after(held, self._export.limit)
            headers |= {} if cursor is None else {CURSOR_HEADER: cursor}
        return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


def _cursor_after(body: bytes, limit: int) -> str | None:
    """The cursor that goes on behind a body of as many lines as were asked for."""
    if body.count(b"\n") < limit:
        return None
    last = body[body.rfind(b"\n", 0, -1) + 1 :]
    cursor = orjson.loads(last)["properties"].get("$insert_id")
    return cursor if isinstance(cursor, str) and cursor.isascii() else None


class _Packer(Protocol):
    """What makes a stream smaller, chunk by chunk."""

    def compress(self, data: bytes, /) -> bytes: ...


async def _packed(chunks: Chunks) -> Chunks:
    """The chunks made smaller, in a thread."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    waiting: list[bytes] = []
    # The first of them waits for no other.
    size, enough = 0, 1
    async with aclosing(chunks):
        async for chunk in chunks:
            waiting.append(chunk)
            size += len(chunk)
            if size >= enough:
                body = await anyio.to_thread.run_sync(_pack, packer, waiting)
                waiting, size, enough = [], 0, _WORTH_A_THREAD
                if body:
                    yield body
    yield await anyio.to_thread.run_sync(_pack, packer, waiting) + packer.flush()


def _pack(packer: _Packer, chunks: Sequence[bytes]) -> bytes:
    return b"".join(map(packer.compress, chunks))
