"""Errors as this API tells them: the request beside what is wrong with it."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Final, TypeAlias

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.analytics.errors import DomainError, UnauthenticatedError
from app.analytics.records import Json
from app.http.errors import UNEXPECTED, Problem, log_unexpected, problem_of, request_id_of
from app.http.services import Services

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

BAD_CREDENTIALS: Final = "Unable to authenticate request"
INVALID_ENDPOINT: Final = "Invalid API endpoint"
_SECRET_PARAMETERS: Final = ("api_key=", "sig=", "token=", "data=")


class MethodError(DomainError):
    """The route exists, but not for this method."""

    code = "METHOD_NOT_ALLOWED"


class BadCallError(DomainError):
    """The call is wrong in a way that has no better name."""

    code = "BAD_USER_INPUT"


def shown_request(request: Request) -> str:
    """The path and the query, without what may be a secret."""
    query = request.scope["query_string"].decode("latin-1")
    if not query:
        return request.url.path
    parts = (part for part in query.split("&") if not part.lower().startswith(_SECRET_PARAMETERS))
    return f"{request.url.path}?{'&'.join(parts)}"


def problem_for(request: Request, error: Exception) -> Problem:
    """What the caller is told of the error."""
    match error:
        case MethodError():
            return Problem(HTTPStatus.METHOD_NOT_ALLOWED, error.message)
        case BadCallError():
            return Problem(HTTPStatus.BAD_REQUEST, error.message)
        case UnauthenticatedError():
            services: Services = request.state.services
            status = HTTPStatus(services.settings.mixpanel_bad_credentials_status)
            return Problem(status, BAD_CREDENTIALS)
        case _:
            problem = problem_of(error)
    if problem is UNEXPECTED:
        log_unexpected(error, request_id_of(request))
    return problem


def answer_to(request: Request, error: Exception) -> Response:
    """The error as a response: `{"request": …, "error": …}`."""
    problem = problem_for(request, error)
    told: dict[str, Json] = {"request": shown_request(request), "error": problem.message}
    return PlainJson(told, problem.status, headers_of(problem))


def headers_of(problem: Problem) -> dict[str, str]:
    """What the headers say of a problem."""
    headers: dict[str, str] = {}
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    if problem.status is HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Basic realm="Rosetta"'
    return headers


class PlainJson(Response):
    """JSON with the bare media type, as this API's clients compare it."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """The bytes of the body."""
        return orjson.dumps(content)


def guarded(endpoint: Endpoint) -> Endpoint:
    """The endpoint with every error in this API's form."""

    @wraps(endpoint)
    async def guard(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (HTTPException, ClientDisconnect):
            raise
        except Exception as error:  # noqa: BLE001 — this is where errors become answers.
            return answer_to(request, error)

    return guard
