"""What happens around every request: ids, the log, headers, limits of bodies, last resorts.

All of it is plain ASGI, so that streams stay streams.
"""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.analytics.errors import PayloadTooLargeError
from app.http.cors import Cors
from app.http.errors import UNEXPECTED, answer_problem, log_unexpected, plain_envelope, problem_of
from app.kit.ids import IdSource, time_ordered_id
from app.settings import Settings

_log = structlog.get_logger("rosetta.access")

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_REQUEST_ID_HEADERS: Final = ("x-request-id", "request-id")

_IMPORT_PATHS: Final = ("/import", "//import", "/api/import", "/api//import")

SECURITY_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Set where the answer does not say otherwise."""


class Correlation:
    """Gives each request an id, and the log one line about it.

    An id that the caller sends in `x-request-id` is kept if it is harmless. The line holds
    the path but neither the query nor any header: both may carry credentials.
    """

    def __init__(self, app: ASGIApp, new_id: IdSource = time_ordered_id) -> None:
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, tell)
            finally:
                _log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    # 0: the connection ended before there was an answer.
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                )

    def _request_id(self, headers: Headers) -> str:
        for name in _REQUEST_ID_HEADERS:
            told = headers.get(name, "")
            if _REQUEST_ID.fullmatch(told):
                return told
        return self._new_id()


class Boundary:
    """Turns what no route answered for into a masked answer, and logs it once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_started = False

        async def watch(message: Message) -> None:
            nonlocal is_started
            is_started = is_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            # Nobody is left to be answered, and nothing is wrong here.
            return
        except Exception as error:
            problem = problem_of(error)
            # Trap: after the first byte the status is out. Only a broken connection tells
            # the caller that the rest is missing.
            if is_started:
                raise
            if problem is UNEXPECTED:
                log_unexpected(error, scope.get("state", {}).get("request_id"))
            await answer_problem(problem, plain_envelope)(scope, receive, send)


class SecurityHeaders:
    """Adds the headers that keep browsers from guessing, framing and telling."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, add)


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The largest bodies in bytes: by the beginning of the path, and for all others."""

    otherwise: int
    by_prefix: Sequence[tuple[str, int]] = ()

    def of(self, path: str) -> int:
        """The largest body of a request for that path."""
        return next(
            (most for start, most in self.by_prefix if path.startswith(start)), self.otherwise
        )


class BodyLimit:
    """Ends the reading of a body that is too large with a PayloadTooLargeError.

    A body that declares its length fails before its first byte is read, any other while it
    comes in. The route's family answers, as it does for every error.
    """

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        counted = _Counted(receive, self._limits.of(scope["path"]), _declared(scope))
        await self._app(scope, counted, send)


class _Counted:
    """Receives messages until their bodies are larger than allowed."""

    def __init__(self, receive: Receive, most: int, declared: int) -> None:
        self._receive = receive
        self._most = most
        self._size = 0
        self._declared = declared

    async def __call__(self) -> Message:
        if self._declared > self._most:
            raise self._too_large()
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > self._most:
                raise self._too_large()
        return message

    def _too_large(self) -> PayloadTooLargeError:
        return PayloadTooLargeError(f"The body is larger than {self._most} bytes.")


def _declared(scope: Scope) -> int:
    with suppress(ValueError):
        return int(Headers(scope=scope).get("content-length", "0"))
    return 0


def middleware_for(
    settings: Settings, is_public: Callable[[str], bool] | None = None
) -> list[Middleware]:
    """The middleware of the server, the outermost first.

    `is_public` tells the paths that browsers of any origin may read.
    """
    # Only who has read it knows whether a body holds a mutation.
    of_graphql = max(settings.max_graphql_body_bytes, settings.max_graphql_mutation_body_bytes)
    limits = BodyLimits(
        otherwise=settings.max_body_bytes,
        by_prefix=(
            ("/graphql", of_graphql),
            *((path, settings.max_import_body_bytes) for path in _IMPORT_PATHS),
        ),
    )
    return [
        Middleware(Correlation),
        Middleware(SecurityHeaders),
        Middleware(Cors, is_public) if is_public else Middleware(Cors),
        Middleware(Boundary),
        Middleware(BodyLimit, limits),
    ]
