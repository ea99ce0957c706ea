"""Bodies as this API's clients send them, packed or not."""

import gzip
import zlib
from functools import partial
from io import BytesIO
from typing import Final

import anyio.to_thread
from starlette.requests import Request

from app.analytics.errors import InvalidQueryError, PayloadTooLargeError

LARGEST_BODY: Final = 10_000_000


async def plain_body(request: Request) -> bytes:
    """The request's body as it was before packing, which is undone once.

    Raises InvalidQueryError for damaged ones, PayloadTooLargeError for too large ones.
    """
    kept: bytes | None = getattr(request.state, "plain_body", None)
    if kept is None:
        coding = request.headers.get("content-encoding", "").strip().lower()
        kept = request.state.plain_body = await _unpacked(await request.body(), coding)
    return kept


async def _unpacked(body: bytes, coding: str) -> bytes:
    match coding:
        case "" | "identity":
            plain = body
        case "gzip" | "x-gzip":
            plain = await anyio.to_thread.run_sync(partial(_read_gzip, body))
        case _:
            raise InvalidQueryError.at("content-encoding", message="Only gzip can be unpacked")
    if len(plain) > LARGEST_BODY:
        raise PayloadTooLargeError(f"At most {LARGEST_BODY} bytes fit into one request.")
    return plain


def _read_gzip(body: bytes) -> bytes:
    """What was packed, of which one byte too much is enough."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as packed:
            return packed.read(LARGEST_BODY + 1)
    except (OSError, EOFError, zlib.error):
        raise InvalidQueryError.at("body", message="The body is no valid gzip") from None
