"""Answers that are sent while they are still being made."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Send

NDJSON: Final = "application/x-ndjson"

_SENT_AT_ONCE: Final = 1 << 20


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
                for place in range(0, len(portion), _SENT_AT_ONCE):
                    part = portion[place : place + _SENT_AT_ONCE]
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
