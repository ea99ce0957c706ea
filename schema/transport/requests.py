"""An operation as a request tells it, by GET or by POST."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, cast

from graphql import GraphQLError, OperationType
from starlette.requests import Request

from app.analytics.errors import InvalidQueryError
from app.ingest.bodies import read_json
from schema.errors import Code

_DEEPEST_VARIABLES: Final = 40
_MOST_VALUES: Final = 10_000


class RequestError(Exception):
    """The request is no operation that could be executed; `headers` go into the answer."""

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        code: Code = Code.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})


class RefusedOperationError(Exception):
    """The operation is not executed; `errors` tell why and carry their codes."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks to execute: a text, or the id of one."""

    query: str | None = None
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    name: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    document_id: str | None = None
    size: int = 0
    """Bytes of the body that it came in."""


async def read_operations(request: Request, most: int) -> Operation | list[Operation]:
    """The operation in the request, or those of a list of at most so many.

    Raises RequestError for a request without any, and for lists when `most` is 0.
    """
    if request.method == "GET":
        return operation_of(_from_query(request.query_params))
    _check_body_headers(request.headers)
    body = await request.body()
    asked = _json(body, "The body")
    if not isinstance(asked, list):
        return operation_of(asked, len(body))
    several = cast("list[object]", asked)
    if not most:
        raise RequestError(HTTPStatus.BAD_REQUEST, "Send one operation at a time, not a list.")
    if not 1 <= len(several) <= most:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"A list holds 1 to {most} operations.")
    return [operation_of(one, len(body)) for one in several]


def check_method(method: str, kind: OperationType) -> None:
    """Raises RequestError for an operation that may not be asked for by that method."""
    if kind is OperationType.MUTATION and method == "GET":
        message = "A mutation has to be sent by POST."
        raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, message, headers={"allow": "POST"})


def _check_body_headers(headers: Mapping[str, str]) -> None:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.partition("charset=")[2].strip(' "').lower() or "utf-8"
    if media_type.strip().lower() != "application/json" or charset not in {"utf-8", "utf8"}:
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json in UTF-8."
        )
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Compressed bodies are not accepted here."
        )


def _from_query(parameters: Mapping[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if asked.get(name):
            asked[name] = _json(asked[name].encode(), f"The parameter {name}")
        else:
            asked.pop(name, None)
    return asked


def _json(text: bytes, what: str) -> object:
    try:
        return read_json(text)
    except InvalidQueryError:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"{what} is not valid JSON.") from None


def operation_of(asked: object, size: int = 0) -> Operation:
    """The operation that a JSON object of a body tells; raises RequestError for what is none."""
    if not isinstance(asked, dict):
        raise RequestError(HTTPStatus.BAD_REQUEST, "The body has to be a JSON object.")
    told = cast("dict[str, Any]", asked)
    variables = _object(told.get("variables"), "variables")
    _check_size(variables)
    operation = Operation(
        _text(told, "query"),
        variables,
        _text(told, "operationName"),
        _object(told.get("extensions"), "extensions"),
        _text(told, "documentId") or _text(told, "doc_id"),
        size,
    )
    is_named = operation.document_id or "persistedQuery" in operation.extensions
    if not operation.query and not is_named:
        raise RequestError(HTTPStatus.BAD_REQUEST, "The operation's text is missing: send `query`.")
    return operation


def _text(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    if not isinstance(value, str | None):
        raise RequestError(HTTPStatus.BAD_REQUEST, f"`{name}` has to be a text.")
    return value or None


def _object(value: object, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RequestError(HTTPStatus.BAD_REQUEST, f"`{name}` has to be a JSON object.")
    return cast("dict[str, Any]", value)


def _check_size(variables: dict[str, Any]) -> None:
    """Raises RequestError for too much; without recursion, level by level."""
    level: list[object] = [variables]
    values = 0
    for _ in range(_DEEPEST_VARIABLES + 1):
        level = [inner for container in level for inner in _inside(container)]
        values += len(level)
        if values > _MOST_VALUES:
            message = f"Variables have at most {_MOST_VALUES} values together."
            raise RequestError(HTTPStatus.BAD_REQUEST, message, Code.BAD_USER_INPUT)
        if not level:
            return
    message = f"Variables nest at most {_DEEPEST_VARIABLES} levels deep."
    raise RequestError(HTTPStatus.BAD_REQUEST, message, Code.BAD_USER_INPUT)


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []
