"""Errors as GraphQL tells them: one code per kind of failure, and nothing that is not the caller's.

Every error has `extensions.code`. A request that can't be served is an error; an expected
outcome of a mutation is a member of its payload instead.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from graphql import GraphQLError, GraphQLSyntaxError

from app.analytics.errors import (
    DomainError,
    InvalidQueryError,
    OverloadedError,
    RateLimitedError,
)
from app.kit.paging import InvalidCursorError


class Code(StrEnum):
    """What went wrong, for programs."""

    PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    PERSISTED_QUERY_REQUIRED = "PERSISTED_QUERY_REQUIRED"
    COST_EXCEEDED = "COST_EXCEEDED"
    TIMEOUT = "TIMEOUT"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


MASKED: Final = "Something went wrong on the server; the request id names it in the log."
"""What a caller is told about a failure that is not theirs."""


def coded(message: str, code: Code) -> GraphQLError:
    """An error of the request as a whole."""
    return GraphQLError(message, extensions={"code": code.value})


def is_ours(error: GraphQLError) -> bool:
    """Whether the error is one that callers may be told, as against an unexpected one."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return True
    return isinstance(cause, DomainError | InvalidCursorError)


def told(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """The error as the answer holds it; an unexpected one is masked and named by the request."""
    if not is_ours(error):
        code = Code.INTERNAL_SERVER_ERROR.value
        extensions: dict[str, Any] = {"code": code, "requestId": request_id}
        return _body(MASKED, error, extensions)
    return _body(error.message, error, extensions_of(error))


def extensions_of(error: GraphQLError) -> dict[str, Any]:
    """The code of an error that callers may be told, and what else helps to act on it."""
    cause = error.original_error
    if isinstance(cause, DomainError):
        return domain_extensions(cause)
    if isinstance(error, GraphQLSyntaxError):
        return {"code": Code.PARSE_FAILED.value}
    # What remains was found wrong with a variable or an argument while it was read.
    return {"code": Code.BAD_USER_INPUT.value, **(error.extensions or {})}


def domain_error(error: DomainError) -> GraphQLError:
    """The error of the request as a whole."""
    return GraphQLError(error.message, extensions=domain_extensions(error))


def domain_extensions(error: DomainError) -> dict[str, Any]:
    """The error's code, and what else helps to act on it."""
    match error:
        case InvalidQueryError(issues=issues):
            found = [{"path": list(issue.path), "message": issue.message} for issue in issues]
            argument: Sequence[str | int] = issues[0].path if issues else ()
            return {"code": error.code, "argument": list(argument), "issues": found}
        case RateLimitedError() | OverloadedError():
            return {"code": error.code, "retryAfter": error.retry_after_seconds}
        case _:
            return {"code": error.code}


def _body(message: str, error: GraphQLError, extensions: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"message": message}
    if error.locations:
        body["locations"] = [place.formatted for place in error.locations]
    if error.path:
        body["path"] = error.path
    body["extensions"] = extensions
    return body
