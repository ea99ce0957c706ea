"""Answers that are sent while they are still being made."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final

import anyio
from starlette.responses import StreamingResponse
from starlette.types import Receive, Send

NDJSON: Final = "application/x-ndjson"

_SENT_AT_ONCE: Final = 1 << 17


class LinesResponse(StreamingResponse):
    """JSON lines, sent in parts that a slow caller can hold back.

    When the caller goes away, what makes the lines is closed too. A failure after the
    first byte breaks the connection: only so can a caller tell that the rest is missing.
    """

    def __init__(
        self, lines: AsyncGenerator[bytes], headers: Mapping[str, str] | None = None
    ) -> None:
        self._lines = lines
        super().__init__(lines, headers=headers, media_type=f"{NDJSON}; charset=utf-8")

    async def stream_response(self, send: Send) -> None:
        """Sends everything, and closes the source however that ends."""
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        async with aclosing(self._lines):
            async for portion in self._lines:
                held = memoryview(portion)
                for place in range(0, len(held), _SENT_AT_ONCE):
                    part = held[place : place + _SENT_AT_ONCE]
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def while_present(receive: Receive, work: Callable[[], Awaitable[None]]) -> None:
    """Does the work until it is done or its caller has gone; raises what the work raises.

    The request's body must have been read.
    """
    failures: list[Exception] = []
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            await work()
        except Exception as error:  # noqa: BLE001 — told below, without a group around it.
            failures.append(error)
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
