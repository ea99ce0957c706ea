"""Answers as JSON, written by a fast encoder."""

from collections.abc import Mapping
from typing import Final

import orjson
from starlette.responses import Response

from app.http.ratelimit import Allowance


class JsonResponse(Response):
    """A JSON body in UTF-8. Numbers that JSON has no form for become null."""

    media_type = "application/json; charset=utf-8"

    def __init__(
        self, content: object, status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status_code, headers)

    def render(self, content: object) -> bytes:
        """The bytes of the body."""
        return orjson.dumps(content)


RATE_HEADERS: Final = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
_RAW_RATE_HEADERS: Final = tuple(name.encode("ascii") for name in RATE_HEADERS)


def rate_headers(allowance: Allowance) -> dict[str, str]:
    """The headers that tell callers what is left; seconds until the reset."""
    left = (allowance.limit, allowance.remaining, allowance.reset_seconds)
    return {name: str(value) for name, value in zip(RATE_HEADERS, left, strict=True)}


def raw_rate_headers(allowance: Allowance) -> list[tuple[bytes, bytes]]:
    """The same as they are sent, for answers that have none of them yet."""
    left = (allowance.limit, allowance.remaining, allowance.reset_seconds)
    return [(name, b"%d" % value) for name, value in zip(_RAW_RATE_HEADERS, left, strict=True)]
