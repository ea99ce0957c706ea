"""What a REST route promises, said where the route is made.

A route that carries an `Operation` stands in the OpenAPI document; one that is another
spelling of a documented route says which. The kinds are those of pydantic, so that the
schemas of the document are the models that requests are read with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from starlette.routing import Route
from starlette.types import ASGIApp

from app.http.errors import Endpoint

Kind: TypeAlias = Any
"""A type that pydantic has a schema for, such as a model, `str` or an `Annotated` one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of the query string, the path or the headers.

    With `is_json` its text is JSON of that kind.
    """

    name: str
    says: str
    kind: Kind = str
    place: Literal["query", "path", "header"] = "query"
    required: bool = False
    default: Any = None
    example: Any = None
    is_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent with the request."""

    kind: Kind
    says: str = ""
    media_type: str = "application/json"
    example: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One way of answering; without a kind the body is not described."""

    status: int
    says: str
    kind: Kind = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    example: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How callers prove who they are: security schemes that are needed together, by name."""

    schemes: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one route takes and answers. `family` groups the operations of the document."""

    id: str
    family: str
    title: str
    says: str = ""
    parameters: Sequence[Parameter] = ()
    body: Body | None = None
    replies: Sequence[Reply] = ()
    credentials: Credentials | None = None


class OperationRoute(Route):
    """A route with what it promises; `is_alias` marks another spelling of a documented one."""

    def __init__(
        self, path: str, endpoint: Endpoint | ASGIApp, operation: Operation, method: str = "GET"
    ) -> None:
        """`endpoint` is a function of a request, or an ASGI application of its own."""
        super().__init__(path, endpoint, methods=[method])
        self.operations: Mapping[str, Operation] = {method: operation}
        self.is_alias = False

    @classmethod
    def by_method(
        cls,
        path: str,
        endpoint: Endpoint | ASGIApp,
        operations: Mapping[str, Operation],
        methods: Sequence[str] = (),
    ) -> "OperationRoute":
        """The route of an endpoint that tells methods apart, and may take others to refuse them."""
        (method, operation), *_ = operations.items()
        route = cls(path, endpoint, operation, method)
        route.operations = operations
        route.methods = {*operations, *methods, *(("HEAD",) if "GET" in operations else ())}
        return route

    def alias(self, path: str) -> "OperationRoute":
        """The same route under another path, which the document passes over."""
        methods = sorted(self.methods or ())
        other = OperationRoute.by_method(path, self.endpoint, self.operations, methods)
        other.is_alias = True
        return other


def named(operation: Operation, id_: str, title: str, says: str = "") -> Operation:
    """The operation under another name, for routes that differ in little else."""
    return replace(operation, id=id_, title=title, says=says or operation.says)
