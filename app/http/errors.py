"""Errors on the wire: one table of statuses, and an envelope per family of routes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.analytics.errors import (
    DomainError,
    ForbiddenError,
    InvalidQueryError,
    Issue,
    NotFoundError,
    OverloadedError,
    PayloadTooLargeError,
    QueryTimeoutError,
    RateLimitedError,
    UnauthenticatedError,
)
from app.analytics.records import Json
from app.http.ratelimit import Allowance
from app.http.responses import JsonResponse, raw_rate_headers
from app.ingest.encoding import UnstorableEventError
from app.projects.errors import ConflictError

_log = structlog.get_logger("rosetta.http")

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

STATUSES: Final[Mapping[type[DomainError], HTTPStatus]] = {
    InvalidQueryError: HTTPStatus.BAD_REQUEST,
    UnstorableEventError: HTTPStatus.BAD_REQUEST,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    PayloadTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RateLimitedError: HTTPStatus.TOO_MANY_REQUESTS,
    OverloadedError: HTTPStatus.SERVICE_UNAVAILABLE,
    QueryTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
}
"""What each kind of error is in HTTP; the nearest base class of an unlisted kind decides."""

_PHRASES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Payload Too Large",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A failed request as callers may see it.

    `phrase` is the status in words; `issues` are the wrong parts of the input, if that is
    what is wrong.
    """

    status: HTTPStatus
    message: str
    issues: tuple[Issue, ...] = ()
    retry_after_seconds: int | None = None

    @property
    def phrase(self) -> str:
        """The words that belong to the status."""
        return _PHRASES.get(self.status, self.status.phrase)


Envelope: TypeAlias = Callable[[Problem], dict[str, Json]]
"""The JSON body in which a family of routes tells of a problem."""

UNEXPECTED: Final = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")
"""What callers learn of a fault of the server."""


def problem_of(error: Exception) -> Problem:
    """What callers are told of the error; unknown kinds are masked."""
    for kind in type(error).__mro__:
        status = STATUSES.get(kind)
        if status is not None:
            return _known_problem(error, status)
    return UNEXPECTED


def _known_problem(error: Exception, status: HTTPStatus) -> Problem:
    issues = error.issues if isinstance(error, InvalidQueryError) else ()
    retry_after = (
        error.retry_after_seconds if isinstance(error, RateLimitedError | OverloadedError) else None
    )
    message = error.message if isinstance(error, DomainError) else ""
    return Problem(status, message, issues, retry_after)


def answer_problem(problem: Problem, envelope: Envelope) -> Response:
    """The problem as a response."""
    headers: dict[str, str] = {}
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    return JsonResponse(envelope(problem), problem.status, headers)


def log_unexpected(error: Exception, request_id: str | None) -> None:
    """Tells the log of a fault of the server, with where it came from."""
    _log.error(
        "A request failed unexpectedly.",
        request_id=request_id,
        error=type(error).__name__,
        exc_info=error,
    )


def guarded(endpoint: Endpoint, envelope: Envelope) -> Endpoint:
    """The endpoint with every error in the family's envelope.

    Each answer, good or bad, tells what is left of the caller's budget if one was spent.
    """

    @wraps(endpoint)
    async def guard(request: Request) -> Response:
        try:
            response = await endpoint(request)
        except (HTTPException, ClientDisconnect):
            raise
        except Exception as error:  # noqa: BLE001 — this is where errors become answers.
            problem = problem_of(error)
            if problem is UNEXPECTED:
                log_unexpected(error, request_id_of(request))
            response = answer_problem(problem, envelope)
        allowance: Allowance | None = request.scope.get("state", {}).get("allowance")
        if allowance is not None:
            response.raw_headers += raw_rate_headers(allowance)
        return response

    return guard


def request_id_of(request: Request) -> str | None:
    """The id under which the request is logged."""
    found: Any = getattr(request.state, "request_id", None)
    return found if isinstance(found, str) else None


def route_not_found(method: str, path: str) -> dict[str, Json]:
    """What is said of a path that has no route, or none for that method."""
    return {
        "message": f"Route {method}:{path} not found",
        "error": "Not Found",
        "statusCode": 404,
        "status": 404,
    }


def plain_envelope(problem: Problem) -> dict[str, Json]:
    """The body for routes of no family."""
    return {
        "status": problem.status,
        "statusCode": problem.status,
        "error": problem.phrase,
        "message": problem.message,
    }


async def answer_http_exception(request: Request, exception: Exception) -> Response:
    """What the router refuses: unknown paths and methods, both as a missing route."""
    if not isinstance(exception, HTTPException):
        raise exception
    if exception.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        body = route_not_found(request.method, request.url.path)
        return JsonResponse(body, HTTPStatus.NOT_FOUND)
    problem = Problem(HTTPStatus(exception.status_code), exception.detail)
    response = answer_problem(problem, plain_envelope)
    response.headers.update(exception.headers or {})
    return response
