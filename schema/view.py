"""GraphQL over HTTP: one endpoint, which is the GraphiQL page for a browser."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from cross_web import AsyncHTTPRequestAdapter
from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.types.execution import ExecutionResult, PreExecutionError

from app.analytics.errors import DomainError, UnauthenticatedError
from app.http.addresses import client_address
from app.http.errors import log_unexpected, problem_of, request_id_of
from app.http.pages import PageConfig, graphiql_page
from app.http.ratelimit import Allowance, Budget
from app.http.responses import rate_headers
from app.http.services import Services
from app.http.throttle import address_of, spend, spend_of_address
from app.ingest.calls import Caller
from app.settings import Settings
from schema.build import Schema, build_schema
from schema.context import Context
from schema.credentials import find_asker
from schema.documents import Documents
from schema.errors import MASKED, Code, coded, domain_extensions, told
from schema.limits import DocumentLimits
from schema.loaders import make_loaders
from schema.negotiation import MediaType, negotiate, prefers_page
from schema.requests import RequestError, read_operation

PATH: Final = "/graphql"

_METHODS: Final = "GET, POST"
_HEADERS: Final = {"vary": "Accept", "cache-control": "no-store"}


def graphql_routes(settings: Settings, page: PageConfig | None = None) -> list[Route]:
    """The route of the endpoint; the page, if that is on, starts with the configuration."""
    schema = build_schema()
    documents = Documents(
        schema.graphql_schema,
        DocumentLimits(depth=settings.graphql_max_depth),
        allows_introspection=settings.graphql_introspection,
    )
    shown = (page or PageConfig()) if settings.graphiql else None
    return [Route(PATH, GraphQLView(schema, documents, shown))]


class GraphQLView(GraphQL[Context, None]):
    """Reads operations from requests, executes them, and answers in the form asked for."""

    def __init__(self, schema: Schema, documents: Documents, page: PageConfig | None) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._documents = documents
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        request = Request(scope, receive)
        response = await self._respond(request)
        allowance: Allowance | None = getattr(request.state, "allowance", None)
        if allowance is not None:
            response.headers.update(rate_headers(allowance))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        media_type = negotiate(request.headers.get("accept"))
        request.state.reply = Response(media_type=media_type or MediaType.JSON)
        try:
            page = self._find_page(request)
            if page is not None:
                return page
            _check_method(request)
            _check_media_type(media_type)
            return await self.run(request)
        except RequestError as error:
            return _failure(request, error.status, coded(error.message, error.code), error.headers)
        except DomainError as error:
            return _domain_failure(request, error)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 — this is where errors become answers.
            log_unexpected(error, request_id_of(request))
            extensions = {"code": Code.INTERNAL_SERVER_ERROR.value, "requestId": _id_of(request)}
            unexpected = GraphQLError(MASKED, extensions=extensions)
            return _failure(request, HTTPStatus.INTERNAL_SERVER_ERROR, unexpected)

    def _find_page(self, request: Request) -> Response | None:
        """The GraphiQL page for a browser that opens the address and asks nothing yet."""
        wants_page = request.method in {"GET", "HEAD"} and "query" not in request.query_params
        if self._page is None or not wants_page:
            return None
        return graphiql_page(self._page) if prefers_page(request.headers.get("accept")) else None

    def should_render_graphql_ide(
        self,
        request: object,  # noqa: ARG002 — the library's signature.
    ) -> bool:
        """False: who gets the page is decided before."""
        return False

    def encode_json(self, data: object) -> bytes:
        """The answer's bytes."""
        return orjson.dumps(data)

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002 — the library's signature.
    ) -> Context:
        """What resolvers are given, once it is known who asks and that they may ask now."""
        assert isinstance(request, Request)  # noqa: S101  Only HTTP is routed here.
        services: Services = request.state.services
        settings = services.settings
        budget = Budget("graphql", settings.graphql_requests_per_10_seconds, 10)
        if settings.rate_limits:
            spend_of_address(request, services.limiter, budget, address_of(request, settings))
        asker = await find_asker(services.verifier, request.headers)
        if settings.rate_limits and asker is not None:
            spend(request, services.limiter, budget, asker.principal.id)
        return Context(
            services=services,
            asker=asker,
            caller=_caller(request, services),
            request_id=_id_of(request),
            loaders=make_loaders(services),
        )

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """The operation of the request; raises RequestError for one without any."""
        operation = await read_operation(request)
        return GraphQLRequestData(
            query=operation.query,
            variables=operation.variables,
            operation_name=operation.name,
            extensions=operation.extensions,
        )

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """The answer in the making: its media type now, its status when that is known."""
        reply: Response = request.state.reply
        return reply

    async def execute_single(  # noqa: PLR0913, PLR0917 — the library's signature.
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,  # noqa: ARG002
        sub_response: Response,  # noqa: ARG002
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """The operation's result, or what keeps it from being executed."""
        document = self._documents.read(request_data.query or "")
        if document.errors:
            return PreExecutionError(data=None, errors=list(document.errors))
        name = request_data.operation_name
        operation = document.find_operation(name)
        if operation is None:
            return PreExecutionError(data=None, errors=[_no_operation(name)])
        if operation.operation is not OperationType.QUERY and request.method == "GET":
            message = "A mutation has to be sent by POST."
            raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, message, headers={"allow": "POST"})
        context.document = document
        return await self.schema.execute(
            request_data.query,
            variable_values=request_data.variables,
            context_value=context,
            root_value=root_value,
            operation_name=name,
            operation_extensions=request_data.extensions,
        )

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        """The answer's body; its status follows from whether the operation was executed."""
        errors: list[object] = [told(error, _id_of(request)) for error in result.errors or ()]
        reply: Response = request.state.reply
        if _was_refused(result):
            if reply.media_type == MediaType.GRAPHQL_RESPONSE:
                reply.status_code = HTTPStatus.BAD_REQUEST
            return {"errors": errors}
        body: GraphQLHTTPResponse = {"data": result.data}
        if errors:
            body["errors"] = errors
        return body

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        """The answer as bytes."""
        return _answer(response_data, sub_response)


def _check_method(request: Request) -> None:
    if request.method not in {"GET", "POST"}:
        message = f"{request.method} is not a method of this endpoint."
        headers = {"allow": _METHODS}
        raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, message, headers=headers)


def _check_media_type(media_type: MediaType | None) -> None:
    if media_type is None:
        forms = " or ".join(MediaType)
        raise RequestError(HTTPStatus.NOT_ACCEPTABLE, f"Answers are {forms}.")


def _caller(request: Request, services: Services) -> Caller:
    headers = request.headers
    socket_address = request.client.host if request.client else None
    return Caller(
        received_at=services.clock.now_ms(),
        ip=client_address(headers, socket_address, services.settings.ip_headers),
        user_agent=headers.get("user-agent") or None,
        sdk_name=headers.get("openpanel-sdk-name") or None,
        sdk_version=headers.get("openpanel-sdk-version") or None,
    )


def _id_of(request: Request) -> str:
    return request_id_of(request) or ""


def _no_operation(name: str | None) -> GraphQLError:
    message = (
        "The document has several operations or none: name one with `operationName`."
        if name is None
        else f"The document has no operation named {name!r}."
    )
    return coded(message, Code.OPERATION_RESOLUTION_FAILURE)


def _was_refused(result: ExecutionResult) -> bool:
    """Whether nothing was executed: the document or its variables were wrong."""
    if isinstance(result, PreExecutionError):
        return True
    return result.data is None and all(error.path is None for error in result.errors or ())


def _domain_failure(request: Request, error: DomainError) -> Response:
    problem = problem_of(error)
    headers: dict[str, str] = {}
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    if isinstance(error, UnauthenticatedError):
        headers["www-authenticate"] = 'Bearer realm="rosetta"'
    told_error = GraphQLError(error.message, extensions=domain_extensions(error))
    return _failure(request, problem.status, told_error, headers)


def _failure(
    request: Request,
    status: HTTPStatus,
    error: GraphQLError,
    headers: Mapping[str, str] | None = None,
) -> Response:
    reply: Response = request.state.reply
    reply.status_code = status
    response = _answer({"errors": [error.formatted]}, reply)
    response.headers.update(headers or {})
    return response


def _answer(body: Any, reply: Response) -> Response:  # noqa: ANN401  The library's own shape.
    return Response(
        orjson.dumps(body),
        reply.status_code,
        {**_HEADERS, "content-type": f"{reply.media_type}; charset=utf-8"},
    )
