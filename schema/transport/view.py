"""GraphQL over HTTP: one endpoint, which is the GraphiQL page for a browser."""

import asyncio
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.analytics.errors import DomainError, UnauthenticatedError
from app.http.errors import log_unexpected, problem_of, request_id_of
from app.http.pages import PageConfig, graphiql_page
from app.http.ratelimit import Allowance
from app.http.responses import rate_headers
from schema.context import Context, Spending
from schema.errors import MASKED, Code, coded, domain_error
from schema.execution.operations import Prepared
from schema.service import Body, GraphQLService, NotBegunError, errors_body
from schema.transport.admission import admit
from schema.transport.answers import answer, plain_answer, tagged_answer
from schema.transport.hub import Feed
from schema.transport.negotiation import Forms, MediaType, StreamType, forms_of, prefers_page
from schema.transport.requests import (
    Operation,
    RefusedOperationError,
    RequestError,
    check_method,
    read_operations,
)
from schema.transport.single import SingleConnections, is_single
from schema.transport.statuses import status_of
from schema.transport.streams import deferred_stream, single_event, subscription_stream

_METHODS: Final = "GET, POST, PUT, DELETE"


class GraphQLView:
    """Reads operations from requests, executes them, and answers in the form asked for."""

    def __init__(self, service: GraphQLService, page: PageConfig | None) -> None:
        self._service = service
        self._page = page
        self._single = SingleConnections(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        request = Request(scope, receive)
        response = await self._respond(request)
        allowance: Allowance | None = getattr(request.state, "allowance", None)
        if allowance is not None:
            response.headers.update(rate_headers(allowance))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        forms = forms_of(request.headers.get("accept"))
        form = forms.single or MediaType.JSON
        try:
            if is_single(request, forms):
                return await self._single.respond(request, forms, _id_of(request))
            page = self._find_page(request)
            if page is not None:
                return page
            _check_method(request)
            _check_forms(forms)
            return await self._answer(request, forms)
        except RequestError as error:
            return _failure(form, error.status, coded(error.message, error.code), error.headers)
        except DomainError as error:
            return _domain_failure(form, error)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 — this is where errors become answers.
            log_unexpected(error, request_id_of(request))
            extensions = {"code": Code.INTERNAL_SERVER_ERROR.value, "requestId": _id_of(request)}
            unexpected = GraphQLError(MASKED, extensions=extensions)
            return _failure(form, HTTPStatus.INTERNAL_SERVER_ERROR, unexpected)

    def _find_page(self, request: Request) -> Response | None:
        """The GraphiQL page for a browser that opens the address and asks nothing yet."""
        wants_page = request.method in {"GET", "HEAD"} and not (
            request.query_params.keys() & {"query", "documentId", "doc_id", "extensions"}
        )
        if self._page is None or not wants_page:
            return None
        return graphiql_page(self._page) if prefers_page(request.headers.get("accept")) else None

    async def _answer(self, request: Request, forms: Forms) -> Response:
        context = await admit(request, _id_of(request))
        asked = await read_operations(request, self._service.settings.graphql_batch_operations)
        if isinstance(asked, list):
            bodies = await asyncio.gather(*(self._one_of_several(one, context) for one in asked))
            return await answer(
                list(bodies), forms.single or MediaType.JSON, HTTPStatus.OK, request.headers
            )
        try:
            prepared = self._service.prepare(asked, context)
            check_method(request.method, prepared.kind)
            return await self._execute(request, prepared, context, forms)
        except RefusedOperationError as error:
            body = errors_body(error.errors, context.request_id)
        except NotBegunError as error:
            body = error.body
        if forms.single is None:
            return single_event(body)
        return plain_answer(body, forms.single, self._status(body, forms.single))

    async def _execute(
        self, request: Request, prepared: Prepared, context: Context, forms: Forms
    ) -> Response:
        service, form = self._service, forms.single
        if prepared.kind is OperationType.SUBSCRIPTION:
            return await self._follow(prepared, context, forms)
        if forms.stream is not None and prepared.document.can_defer:
            parts = await service.answer_in_parts(prepared, context)
            if not isinstance(parts, dict):
                return deferred_stream(parts, forms.stream)
            body = parts
        else:
            body = await service.answer(prepared, context)
        if request.headers.get("graphql-cost"):
            body["extensions"] = {"cost": _cost_of(context.spending)}
        if form is None or (forms.prefers_stream and forms.stream is StreamType.EVENT_STREAM):
            return single_event(body)
        status = self._status(body, form)
        if request.method == "GET" and status == HTTPStatus.OK and "errors" not in body:
            return await tagged_answer(body, form, request.headers)
        return await answer(body, form, status, request.headers)

    async def _follow(self, prepared: Prepared, context: Context, forms: Forms) -> Response:
        if forms.stream is None:
            kinds = " or ".join(StreamType)
            message = f"Subscriptions are answered as {kinds}, or over a WebSocket."
            raise RequestError(HTTPStatus.NOT_ACCEPTABLE, message)
        feed = Feed()
        key = await self._service.follow(prepared, context, feed)
        leave = partial(self._service.hub.leave, key, feed)
        return subscription_stream(feed.frames(), forms.stream, leave)

    def _status(self, body: Body, form: MediaType) -> int:
        return status_of(body, form, is_draft=self._service.settings.graphql_draft_statuses)

    async def _one_of_several(self, operation: Operation, context: Context) -> Body:
        try:
            prepared = self._service.prepare(operation, context)
            if prepared.kind is OperationType.SUBSCRIPTION:
                message = "A list of operations holds no subscriptions."
                return errors_body((coded(message, Code.BAD_REQUEST),), context.request_id)
            return await self._service.answer(prepared, context)
        except RefusedOperationError as error:
            return errors_body(error.errors, context.request_id)


def _check_method(request: Request) -> None:
    if request.method not in {"GET", "POST"}:
        message = f"{request.method} is not a method of this endpoint."
        headers = {"allow": _METHODS}
        raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, message, headers=headers)


def _check_forms(forms: Forms) -> None:
    if forms.single is None and forms.stream is None:
        known = " or ".join(MediaType)
        raise RequestError(HTTPStatus.NOT_ACCEPTABLE, f"Answers are {known}.")


def _cost_of(spending: Spending | None) -> dict[str, int]:
    assert spending is not None  # noqa: S101  Nothing is executed before it is priced.
    allowance = spending.allowance
    return {
        "requestedQueryCost": spending.cost.points,
        "nodeCount": spending.cost.nodes,
        "maximumAvailable": allowance.limit,
        "currentlyAvailable": allowance.remaining,
        "resetSeconds": allowance.reset_seconds,
    }


def _id_of(request: Request) -> str:
    return request_id_of(request) or ""


def _domain_failure(form: MediaType, error: DomainError) -> Response:
    problem = problem_of(error)
    headers: dict[str, str] = {}
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    if isinstance(error, UnauthenticatedError):
        headers["www-authenticate"] = 'Bearer realm="rosetta"'
    return _failure(form, problem.status, domain_error(error), headers)


def _failure(
    form: MediaType,
    status: HTTPStatus,
    error: GraphQLError,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return plain_answer({"errors": [error.formatted]}, form, status, headers)
