"""Operations from their texts to what is told of them, whichever way they came in."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson
from graphql import (
    BooleanValueNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
)
from graphql.execution import ExperimentalIncrementalExecutionResults

from app.analytics.errors import PayloadTooLargeError, RateLimitedError
from app.http.ratelimit import TOO_MANY, Budget
from app.settings import Settings
from schema.build import Schema
from schema.context import Context, Spending
from schema.errors import Code, coded, told
from schema.execution.costs import Cost
from schema.execution.documents import Document, Documents, RefusedDocumentError
from schema.execution.limits import DocumentLimits
from schema.execution.operations import Operations, Prepared, log_unexpected_errors
from schema.transport.hub import Feed, Frame, Hub
from schema.transport.persisted import PersistedDocuments
from schema.transport.requests import Operation, RefusedOperationError

Body: TypeAlias = dict[str, Any]
"""An answer, or a part of one, as JSON."""

_MINUTE: Final = 60
_STATES: Final = frozenset({"liveChanged", "insightChanged", "exportChanged"})
"""Subscriptions whose newest frame alone tells how things are."""


@dataclass(frozen=True, slots=True)
class GraphQLService:
    """Executes what requests and connections ask."""

    settings: Settings
    documents: Documents
    persisted: PersistedDocuments
    operations: Operations
    hub: Hub

    @classmethod
    def of(
        cls, schema: Schema, settings: Settings, persisted: PersistedDocuments
    ) -> "GraphQLService":
        """The service of that schema."""
        documents = Documents(
            schema.graphql_schema,
            DocumentLimits(depth=settings.graphql_max_depth),
            allows_introspection=settings.graphql_introspection,
            allows_suggestions=settings.graphql_introspection and settings.graphql_suggestions,
        )
        operations = Operations(
            schema.graphql_schema, hides_suggestions=documents.hides_suggestions
        )
        return cls(settings, documents, persisted, operations, Hub())

    def prepare(self, operation: Operation, context: Context) -> Prepared:
        """The operation, ready to be executed and paid for.

        Raises RefusedOperationError for one that can't be, PayloadTooLargeError for one whose
        body is larger than its kind's may be, and RateLimitedError for one that costs more than
        is left.
        """
        text = self.persisted.text_of(operation)
        try:
            document = self.documents.read(text)
        except RefusedDocumentError as error:
            raise RefusedOperationError(*error.errors) from None
        node = document.find_operation(operation.name)
        if node is None:
            raise RefusedOperationError(_no_operation(operation.name))
        self._check_size(operation, node.operation)
        self.persisted.remember(operation, text)
        prepared = Prepared(document, operation.name, operation.variables, node.operation)
        self._spend(document, node, prepared, context)
        return prepared

    async def answer(self, prepared: Prepared, context: Context) -> Body:
        """The whole answer; `data` is missing from that of an operation that was not executed."""
        try:
            async with asyncio.timeout(self.settings.graphql_timeout_seconds):
                result = await self.operations.execute(prepared, context)
        except TimeoutError:
            raise RefusedOperationError(self._too_slow()) from None
        assert isinstance(result, ExecutionResult)  # noqa: S101  Nothing was deferred.
        return _body_of(result, context)

    async def answer_in_parts(
        self, prepared: Prepared, context: Context
    ) -> Body | AsyncIterator[Body]:
        """The answer, or its first part and then those that were deferred."""
        result = await self.operations.execute(prepared, context, may_defer=True)
        if isinstance(result, ExecutionResult):
            return _body_of(result, context)
        return _parts_of(result, context)

    async def follow(self, prepared: Prepared, context: Context, feed: Feed) -> object:
        """Lets the feed have the subscription's results; the key under which it can leave.

        Raises RefusedOperationError for a subscription that can't begin.
        """
        key = _sharing_key(prepared, context)
        await self.hub.join(
            key,
            lambda: self._begin(prepared, context),
            feed,
            is_state=not _STATES.isdisjoint(_root_fields(prepared)),
        )
        return key

    async def _begin(self, prepared: Prepared, context: Context) -> AsyncIterator[Frame]:
        opened = await self.operations.subscribe(prepared, context)
        if isinstance(opened, ExecutionResult):
            log_unexpected_errors(opened.errors, context.request_id)
            raise NotBegunError(_body_of(opened, context))
        return _frames(opened, context)

    def _check_size(self, operation: Operation, kind: OperationType) -> None:
        settings = self.settings
        is_mutation = kind is OperationType.MUTATION
        most = settings.max_graphql_body_bytes
        most = settings.max_graphql_mutation_body_bytes if is_mutation else most
        if operation.size > most:
            message = f"The body has {operation.size} bytes; one of a {kind.value} may have {most}."
            raise PayloadTooLargeError(message)

    def _spend(
        self,
        document: Document,
        node: OperationDefinitionNode,
        prepared: Prepared,
        context: Context,
    ) -> None:
        settings = self.settings
        cost = document.pricing.cost(prepared.name, prepared.variables)
        if cost.points > settings.graphql_max_cost:
            raise RefusedOperationError(_too_costly(cost, settings.graphql_max_cost))
        is_dry = _is_dry_run(node, prepared.variables)
        budget = Budget("graphql-points", settings.graphql_points_per_minute, _MINUTE)
        allowance = context.services.limiter.spend(
            budget, context.payer, 0 if is_dry or not settings.rate_limits else cost.points
        )
        context.spending = Spending(cost, allowance, is_dry_run=is_dry)
        if allowance.is_exceeded:
            raise RateLimitedError(TOO_MANY, allowance.reset_seconds)

    def _too_slow(self) -> GraphQLError:
        seconds = self.settings.graphql_timeout_seconds
        return coded(f"The operation took longer than {seconds:g} seconds.", Code.TIMEOUT)


class NotBegunError(Exception):
    """A subscription can't begin; `body` tells why, as an answer would."""

    def __init__(self, body: Body) -> None:
        super().__init__("The subscription can't begin.")
        self.body = body


def errors_body(errors: tuple[GraphQLError, ...], request_id: str) -> Body:
    """What is told of an operation that was refused."""
    return {"errors": [told(error, request_id) for error in errors]}


def _body_of(result: ExecutionResult, context: Context) -> Body:
    errors = [told(error, context.request_id) for error in result.errors or ()]
    if result.data is None and all(error.path is None for error in result.errors or ()):
        # Nothing was executed: the variables were wrong.
        return {"errors": errors}
    body: Body = {"data": result.data}
    if errors:
        body["errors"] = errors
    return body


async def _parts_of(
    result: ExperimentalIncrementalExecutionResults, context: Context
) -> AsyncIterator[Body]:
    first: Body = dict(result.initial_result.formatted)
    yield _told_part(first, result.initial_result.errors, context)
    async for part in result.subsequent_results:
        body: Body = dict(part.formatted)
        for kind in ("incremental", "completed"):
            for shown, made in zip(body.get(kind, ()), getattr(part, kind) or (), strict=True):
                _told_part(shown, made.errors, context)
        yield body


def _told_part(body: Body, errors: list[GraphQLError] | None, context: Context) -> Body:
    """The part with its errors as callers may be told them."""
    if errors:
        log_unexpected_errors(errors, context.request_id)
        body["errors"] = [told(error, context.request_id) for error in errors]
    return body


async def _frames(
    results: AsyncIterator[ExecutionResult], context: Context
) -> AsyncIterator[Frame]:
    async for result in results:
        log_unexpected_errors(result.errors, context.request_id)
        yield orjson.dumps(_body_of(result, context))


def _sharing_key(prepared: Prepared, context: Context) -> tuple[object, ...]:
    """Equal for subscriptions that are answered alike: same text, same variables, same rights."""
    principal = context.get_principal()
    variables = orjson.dumps(prepared.variables, option=orjson.OPT_SORT_KEYS)
    text = prepared.document.text
    return (text, prepared.name, variables, principal.projects, principal.scopes)


def _root_fields(prepared: Prepared) -> set[str]:
    node = prepared.document.find_operation(prepared.name)
    selections = node.selection_set.selections if node else ()
    return {one.name.value for one in selections if isinstance(one, FieldNode)}


def _is_dry_run(node: OperationDefinitionNode, variables: Mapping[str, Any]) -> bool:
    """Whether the operation's own `rateLimit` asks for no more than the price."""
    if node.operation is not OperationType.QUERY:
        return False
    for field in node.selection_set.selections:
        if isinstance(field, FieldNode) and field.name.value == "rateLimit":
            for argument in field.arguments or ():
                match argument.value:
                    case BooleanValueNode(value=value):
                        return value
                    case VariableNode(name=name):
                        return variables.get(name.value) is True
                    case _:
                        pass
    return False


def _too_costly(cost: Cost, most: int) -> GraphQLError:
    message = (
        f"The operation costs {cost.points} points; one may cost {most}. "
        "Ask for fewer rows, or for less in one operation."
    )
    extensions = {"code": Code.COST_EXCEEDED.value, "cost": cost.points, "limit": most}
    return GraphQLError(message, extensions=extensions)


def _no_operation(name: str | None) -> GraphQLError:
    message = (
        "The document has several operations or none: name one with `operationName`."
        if name is None
        else f"The document has no operation named {name!r}."
    )
    return coded(message, Code.OPERATION_RESOLUTION_FAILURE)
