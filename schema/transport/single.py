"""Many operations over one stream of events, for browsers that open only a few to a server.

A PUT reserves a stream and is told its token; a GET opens it; each operation is asked for by a
request of its own, is accepted, and is answered in the stream; a DELETE ends it. Source: GraphQL
over Server-Sent Events, single connection mode.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.analytics.errors import NotFoundError, OverloadedError, RateLimitedError
from app.projects.errors import ConflictError
from schema.context import Context
from schema.service import GraphQLService, errors_body
from schema.transport.admission import admit
from schema.transport.answers import plain_answer
from schema.transport.conversation import Conversation
from schema.transport.hub import Frame
from schema.transport.negotiation import Forms, MediaType, StreamType
from schema.transport.requests import (
    Operation,
    RefusedOperationError,
    RequestError,
    check_method,
    read_operations,
)
from schema.transport.streams import shared_stream

TOKEN: Final = "x-graphql-event-stream-token"  # noqa: S105  The name of a header.
OPENED_WITHIN_SECONDS: Final = 30.0
"""How long a reservation waits for its stream."""

_MOST_RESERVED: Final = 1_000
_TOKEN_BYTES: Final = 32
_RETRY_SECONDS: Final = 1
_HEADERS: Final = {"cache-control": "no-store"}


class _EventWords:
    """How results are written down as events of the stream."""

    def result(self, name: str, frame: Frame) -> bytes:
        """The event next."""
        return b'event: next\ndata: {"id":%b,"payload":%b}\n\n' % (orjson.dumps(name), frame)

    def failure(self, name: str, errors: list[object]) -> bytes:
        """The event next with the errors, and the end."""
        return self.result(name, orjson.dumps({"errors": errors})) + self.end(name)

    def end(self, name: str) -> bytes:
        """The event complete."""
        return b'event: complete\ndata: {"id":%b}\n\n' % orjson.dumps(name)


_WORDS: Final = _EventWords()


@dataclass(eq=False, slots=True)
class _Reservation:
    """A stream that may be opened once, and what was asked for it."""

    payer: str
    conversation: Conversation
    is_open: bool = False


def is_single(request: Request, forms: Forms) -> bool:
    """Whether the request is about a stream that several operations share.

    One that asks for something and for events as the answer has a stream of its own.
    """
    if request.method in {"PUT", "DELETE"}:
        return True
    is_question = request.method == "POST" or "query" in request.query_params
    if request.method not in {"GET", "POST"} or not _token_of(request):
        return False
    return not (is_question and _wants_events(forms))


class SingleConnections:
    """The streams that were reserved of this process, by their tokens."""

    def __init__(
        self,
        service: GraphQLService,
        make_token: Callable[[int], str] = secrets.token_urlsafe,
        seconds: float = OPENED_WITHIN_SECONDS,
    ) -> None:
        self._service = service
        self._make_token = make_token
        self._seconds = seconds
        self._reserved: dict[str, _Reservation] = {}

    async def respond(self, request: Request, forms: Forms, request_id: str) -> Response:
        """The answer to a request that `is_single`.

        Raises RequestError and DomainError for what can't be done.
        """
        context = await admit(request, request_id)
        match request.method:
            case "PUT":
                return PlainTextResponse(self._reserve(context), HTTPStatus.CREATED, _HEADERS)
            case "DELETE":
                return self._stop(self._find(request, context), request)
            case _ if _wants_events(forms):
                return self._open(_token_of(request))
            case _:
                reservation = self._find(request, context)
                return self._execute(reservation, await _operation_in(request), context, request)

    def _reserve(self, context: Context) -> str:
        payer = context.get_principal().id
        waiting = sum(not one.is_open and one.payer == payer for one in self._reserved.values())
        if waiting >= _MOST_RESERVED:
            raise RateLimitedError("Too many streams are reserved and not open.", _RETRY_SECONDS)
        token = self._make_token(_TOKEN_BYTES)
        conversation = Conversation(self._service, _WORDS, context.request_id)
        self._reserved[token] = _Reservation(payer, conversation)
        asyncio.get_running_loop().call_later(self._seconds, self._expire, token)
        return token

    def _expire(self, token: str) -> None:
        reservation = self._reserved.get(token)
        if reservation is not None and not reservation.is_open:
            self._end(token)

    def _end(self, token: str) -> None:
        self._reserved.pop(token).conversation.close()

    def _open(self, token: str) -> Response:
        """The stream. Its token is enough: browsers' own readers send no credentials."""
        reservation = self._reserved.get(token)
        if reservation is None:
            raise _no_stream()
        if reservation.is_open:
            raise ConflictError("The stream is open already.")
        reservation.is_open = True
        return shared_stream(_events(reservation.conversation), partial(self._end, token))

    def _find(self, request: Request, context: Context) -> _Reservation:
        """The reservation; only of whoever made it."""
        reservation = self._reserved.get(_token_of(request))
        if reservation is None or reservation.payer != context.payer:
            raise _no_stream()
        return reservation

    def _execute(
        self, reservation: _Reservation, operation: Operation, context: Context, request: Request
    ) -> Response:
        conversation, name = reservation.conversation, operation.extensions.get("operationId")
        if not isinstance(name, str) or not name:
            message = "`extensions.operationId` has to name the operation."
            raise RequestError(HTTPStatus.BAD_REQUEST, message)
        self._check_room(conversation, name)
        try:
            prepared = self._service.prepare(operation, context)
        except RefusedOperationError as error:
            body = errors_body(error.errors, context.request_id)
            return plain_answer(body, MediaType.JSON, HTTPStatus.BAD_REQUEST)
        check_method(request.method, prepared.kind)
        conversation.start(name, lambda: prepared, context)
        return Response(status_code=HTTPStatus.ACCEPTED)

    def _check_room(self, conversation: Conversation, name: str) -> None:
        if name in conversation:
            raise ConflictError(f"An operation named {name} goes on already.")
        most = self._service.settings.graphql_subscriptions_per_connection
        if len(conversation) >= most:
            message = f"A stream has at most {most} operations at a time."
            raise RequestError(HTTPStatus.BAD_REQUEST, message)
        if not conversation.room.is_set():
            raise OverloadedError("Earlier answers wait in the stream.", _RETRY_SECONDS)

    def _stop(self, reservation: _Reservation, request: Request) -> Response:
        name = request.query_params.get("operationId")
        if not name:
            raise RequestError(HTTPStatus.BAD_REQUEST, "`operationId` has to name the operation.")
        reservation.conversation.stop(name)
        return Response(status_code=HTTPStatus.OK)


async def _events(conversation: Conversation) -> AsyncGenerator[bytes]:
    while True:
        await conversation.wake.wait()
        conversation.wake.clear()
        for event in conversation.waiting():
            yield event


async def _operation_in(request: Request) -> Operation:
    asked = await read_operations(request, 0)
    assert isinstance(asked, Operation)  # noqa: S101  Lists are refused.
    return asked


def _wants_events(forms: Forms) -> bool:
    return forms.single is None and forms.stream is StreamType.EVENT_STREAM


def _token_of(request: Request) -> str:
    return request.headers.get(TOKEN) or request.query_params.get("token") or ""


def _no_stream() -> NotFoundError:
    return NotFoundError("There is no such stream of events; reserve one by PUT.")
