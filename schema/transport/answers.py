"""Answers as HTTP responses: in one piece, compressed and tagged where that pays."""

import asyncio
import hashlib
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response

from schema.service import Body
from schema.transport.negotiation import MediaType

VARY: Final = "Accept, Accept-Encoding"

_COMPRESSED_FROM_BYTES: Final = 1_400
"""Smaller bodies fit into one packet as they are."""

_IN_THREAD_FROM_BYTES: Final = 100_000
_LEVEL: Final = 1
_GZIP: Final = 16 + zlib.MAX_WBITS


def headers_of(media_type: MediaType) -> dict[str, str]:
    """The headers of every answer of that form."""
    return {
        "content-type": f"{media_type}; charset=utf-8",
        "vary": VARY,
        "cache-control": "no-store",
    }


def plain_answer(
    body: Body | list[Body],
    media_type: MediaType,
    status: int,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The body as it is."""
    return Response(orjson.dumps(body), status, {**headers_of(media_type), **(headers or {})})


async def answer(
    body: Body | list[Body], media_type: MediaType, status: int, asked: Headers
) -> Response:
    """The body, compressed for callers who take that."""
    content = await _compressed(orjson.dumps(body), asked)
    return Response(content[0], status, {**headers_of(media_type), **content[1]})


async def tagged_answer(body: Body, media_type: MediaType, asked: Headers) -> Response:
    """The body of a GET, or that the caller has the same already."""
    content = orjson.dumps(body)
    tag = f'W/"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
    headers = headers_of(media_type) | {"etag": tag, "cache-control": "private, no-cache"}
    if tag in (one.strip() for one in asked.get("if-none-match", "").split(",")):
        del headers["content-type"]
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    content, encoding = await _compressed(content, asked)
    return Response(content, HTTPStatus.OK, headers | encoding)


async def _compressed(content: bytes, asked: Headers) -> tuple[bytes, dict[str, str]]:
    if len(content) < _COMPRESSED_FROM_BYTES or not _takes_gzip(asked.get("accept-encoding", "")):
        return content, {}
    if len(content) < _IN_THREAD_FROM_BYTES:
        return _gzip(content), {"content-encoding": "gzip"}
    return await asyncio.to_thread(_gzip, content), {"content-encoding": "gzip"}


def _gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(content) + packer.flush()


def _takes_gzip(accept_encoding: str) -> bool:
    for one in accept_encoding.lower().split(","):
        name, _, weight = one.strip().partition(";")
        if name.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
