"""Which answers browsers of other origins may read.

Credentials travel in headers and never in cookies, so every origin may ask; a project's own
list of origins decides which of them may track without a secret.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.errors import Problem, answer_problem, plain_envelope
from app.http.responses import RATE_HEADERS

METHODS: Final = "GET,HEAD,POST,PUT,PATCH,DELETE"
MAX_AGE_SECONDS: Final = 604_800

CLIENT_HEADERS: Final = (
    "openpanel-client-id",
    "openpanel-client-secret",
    "openpanel-sdk-name",
    "openpanel-sdk-version",
    "openpanel-client-ip",
)
"""What the official clients send beyond the headers that need no permission."""

_EXPOSED: Final = ", ".join((*RATE_HEADERS, "retry-after", "x-request-id"))
_ALLOWED_BY_DEFAULT: Final = ", ".join(("content-type", *CLIENT_HEADERS))
_HEADER_LIST: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}", re.ASCII)

_PUBLIC_PATH: Final = re.compile(
    r"/*(?:api/+)?(?:graphql|track|event|profile|import|export|insights|engage|groups|2\.0|query)"
    r"(?:/|$)"
)


def is_public_path(path: str) -> bool:
    """Whether the path belongs to the families that browsers may use from anywhere."""
    return _PUBLIC_PATH.match(path) is not None


class Cors:
    """Answers preflights and marks answers as readable on the public paths."""

    def __init__(self, app: ASGIApp, is_public: Callable[[str], bool] = is_public_path) -> None:
        self._app = app
        self._is_public = is_public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http" or not self._is_public(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await _answer_preflight(Headers(scope=scope))(scope, receive, send)
            return

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["access-control-allow-origin"] = "*"
                headers["access-control-expose-headers"] = _EXPOSED
            await send(message)

        await self._app(scope, receive, mark)


def _answer_preflight(headers: Headers) -> Response:
    if "origin" not in headers or "access-control-request-method" not in headers:
        problem = Problem(HTTPStatus.BAD_REQUEST, "Invalid Preflight Request")
        return answer_problem(problem, plain_envelope)
    wanted = headers.get("access-control-request-headers", "")
    return Response(
        status_code=HTTPStatus.NO_CONTENT,
        headers={
            "access-control-allow-origin": "*",
            "access-control-allow-methods": METHODS,
            "access-control-allow-headers": (
                wanted if _HEADER_LIST.fullmatch(wanted) else _ALLOWED_BY_DEFAULT
            ),
            "access-control-max-age": str(MAX_AGE_SECONDS),
            "vary": "access-control-request-headers",
        },
    )
