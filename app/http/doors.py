"""Endpoints as plain ASGI applications: what each request passes through, kept short."""

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Final, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from app.http.errors import Endpoint, Envelope, guarded

BODY_SECONDS: Final = 120
"""How long a body may take to arrive: the largest one over a slow mobile line."""

T = TypeVar("T")


class Patience:
    """A time within which each of many waits has to end; one timer serves them all.

    A timer for each request would cost more than reading the body, which nearly always is
    there already.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        # In the order of their beginning, and so of their end: all have the same time.
        self._since: dict[asyncio.Task[object], float] = {}
        self._overdue: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def within(self, work: Awaitable[T]) -> T:
        """What the work gives; raises TimeoutError when that takes too long."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("Only a task can wait.")
        loop = task.get_loop()
        self._since[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)
        try:
            return await work
        except asyncio.CancelledError:
            if task in self._overdue and not task.uncancel():
                raise TimeoutError from None
            raise
        finally:
            self._overdue.discard(task)
            del self._since[task]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends the waits that are over, and comes back when the next one is."""
        self._timer = None
        before = loop.time() - self._seconds
        for task, since in self._since.items():
            if since > before:
                self._timer = loop.call_later(since - before, self._look, loop)
                return
            if task not in self._overdue:
                self._overdue.add(task)
                task.cancel()


class PatientRequest(Request):
    """A request that waits for its body for a bounded time."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, patience: Patience) -> None:
        super().__init__(scope, receive, send)
        self._patience = patience

    async def body(self) -> bytes:
        """The whole body. Raises HTTPException for one that takes too long to arrive."""
        if not hasattr(self, "_body"):
            try:
                self._body = await self._patience.within(self._read())
            except TimeoutError:
                raise HTTPException(
                    HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time."
                ) from None
        return self._body

    async def _read(self) -> bytes:
        parts: list[bytes] = []
        while (message := await self._receive())["type"] == "http.request":
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._stream_consumed = True
                return parts[0] if len(parts) == 1 else b"".join(parts)
        self._is_disconnected = True
        raise ClientDisconnect


class Door:
    """An endpoint as a plain ASGI application, with every error in its family's envelope.

    Starlette's own wrapping of endpoints costs more than many of them do.
    """

    def __init__(self, endpoint: Endpoint, envelope: Envelope) -> None:
        self._answer = guarded(endpoint, envelope)
        self._patience = Patience(BODY_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        response = await self._answer(PatientRequest(scope, receive, send, self._patience))
        await response(scope, receive, send)
