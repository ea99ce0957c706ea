"""Error bodies of this API: flat, and about the first problem only."""

from collections.abc import Mapping
from functools import wraps
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.analytics.errors import DomainError
from app.analytics.records import Json
from app.http.errors import (
    UNEXPECTED,
    Endpoint,
    Problem,
    log_unexpected,
    problem_of,
    request_id_of,
)
from app.http.responses import JsonResponse

VALIDATION: Final = "validation_error"
INVALID_REQUEST: Final = "invalid_request"
AUTHENTICATION: Final = "authentication_error"


class ApiError(DomainError):
    """A failed request in this API's own words; clients match on them.

    `attr` names the field that is wrong, its parts joined by `__`.
    """

    code = "API_ERROR"

    def __init__(
        self,
        status: HTTPStatus,
        kind: tuple[str, str],
        detail: str,
        attr: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind, self.reason = kind
        self.attr = attr
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The error as an answer."""
        return JsonResponse(
            body(self.kind, self.reason, self.message, self.attr), self.status, self.headers
        )


def body(kind: str, code: str, detail: str, attr: str | None = None) -> dict[str, Json]:
    """The error's JSON."""
    return {"type": kind, "code": code, "detail": detail, "attr": attr}


def invalid(detail: str, attr: str | None = None, code: str = "invalid_input") -> ApiError:
    """A field, or the request as a whole, that can't be accepted."""
    return ApiError(HTTPStatus.BAD_REQUEST, (VALIDATION, code), detail, attr)


def unparsable(detail: str, attr: str | None = None) -> ApiError:
    """A body or a query that can't be read."""
    return ApiError(HTTPStatus.BAD_REQUEST, (INVALID_REQUEST, "parse_error"), detail, attr)


def unauthenticated(detail: str, code: str = "authentication_failed") -> ApiError:
    """Nobody known is asking."""
    headers = {"www-authenticate": "Bearer"}
    return ApiError(HTTPStatus.UNAUTHORIZED, (AUTHENTICATION, code), detail, headers=headers)


def forbidden(detail: str) -> ApiError:
    """Someone known may not do this."""
    return ApiError(HTTPStatus.FORBIDDEN, (AUTHENTICATION, "permission_denied"), detail)


def not_found(detail: str = "Not found.") -> ApiError:
    """There is no such thing, or not for this caller."""
    return ApiError(HTTPStatus.NOT_FOUND, (INVALID_REQUEST, "not_found"), detail)


def not_allowed(method: str) -> ApiError:
    """The path is known and not for this method."""
    return ApiError(
        HTTPStatus.METHOD_NOT_ALLOWED,
        (INVALID_REQUEST, "method_not_allowed"),
        f'Method "{method}" not allowed.',
    )


def throttled(seconds: int) -> ApiError:
    """The caller asked too often."""
    unit = "second" if seconds == 1 else "seconds"
    return ApiError(
        HTTPStatus.TOO_MANY_REQUESTS,
        ("throttled_error", "throttled"),
        f"Request was throttled. Expected available in {seconds} {unit}.",
        headers={"retry-after": str(seconds)},
    )


def guarded(endpoint: Endpoint) -> Endpoint:
    """The endpoint with every error in this API's form."""

    @wraps(endpoint)
    async def guard(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ApiError as error:
            return error.response()
        except (HTTPException, ClientDisconnect):
            raise
        except Exception as error:  # noqa: BLE001 — this is where errors become answers.
            problem = problem_of(error)
            if problem is UNEXPECTED:
                log_unexpected(error, request_id_of(request))
            return _translated(problem)

    return guard


_CODES: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: (VALIDATION, "invalid_input"),
    HTTPStatus.NOT_FOUND: (INVALID_REQUEST, "not_found"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (INVALID_REQUEST, "request_too_large"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("server_error", "unavailable"),
    HTTPStatus.GATEWAY_TIMEOUT: ("server_error", "timeout"),
}


def _translated(problem: Problem) -> Response:
    if problem is UNEXPECTED:
        return JsonResponse(
            body("server_error", "error", "A server error occurred."), problem.status
        )
    kind, code = _CODES.get(problem.status, (INVALID_REQUEST, "invalid"))
    first = problem.issues[0] if problem.issues else None
    attr = "__".join(map(str, first.path)) if first else None
    detail = first.message if first else problem.message
    headers: dict[str, str] = {}
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    return JsonResponse(body(kind, code, detail, attr or None), problem.status, headers)
