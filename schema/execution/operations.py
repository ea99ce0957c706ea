"""Running operations: once for an answer, or again and again for a subscription."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, TypeAlias

import structlog
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from graphql.execution import (
    ExperimentalIncrementalExecutionResults,
    experimental_execute_incrementally,  # pyright: ignore[reportUnknownVariableType] # Its types are partial.
    subscribe,  # pyright: ignore[reportUnknownVariableType] # The same.
)
from strawberry.execution.is_awaitable import optimized_is_awaitable

from schema.context import Context
from schema.errors import is_ours
from schema.execution.documents import Document
from schema.execution.executor import RowsExecutor, StockExecutor

_log = structlog.get_logger("rosetta.graphql")

Outcome: TypeAlias = ExecutionResult | ExperimentalIncrementalExecutionResults
"""What an operation gave: all of it, or a first part and the rest as it comes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that may be executed: its document, its name and its variables."""

    document: Document
    name: str | None
    variables: dict[str, Any]
    kind: OperationType


@dataclass(frozen=True, slots=True)
class Operations:
    """Executes operations of one schema. `executor` says how lists are shown."""

    schema: GraphQLSchema
    hides_suggestions: bool = False
    executor: type[StockExecutor] = RowsExecutor

    async def execute(
        self, prepared: Prepared, context: Context, *, may_defer: bool = False
    ) -> Outcome:
        """What the operation gives; in one piece unless parts may be deferred."""
        document = prepared.document
        result = experimental_execute_incrementally(
            self.schema,
            document.tree if may_defer else document.undeferred,
            **self._arguments(prepared, context),
        )
        outcome: Outcome = await result if isawaitable(result) else result
        if isinstance(outcome, ExecutionResult):
            log_unexpected_errors(outcome.errors, context.request_id)
        return outcome

    async def subscribe(
        self, prepared: Prepared, context: Context
    ) -> AsyncIterator[ExecutionResult] | ExecutionResult:
        """A result for each thing that happens; or the one that tells why there are none."""
        stream = subscribe(
            self.schema, prepared.document.undeferred, **self._arguments(prepared, context)
        )
        opened: AsyncIterator[ExecutionResult] | ExecutionResult = (
            await stream if isawaitable(stream) else stream
        )
        return opened

    def _arguments(self, prepared: Prepared, context: Context) -> dict[str, Any]:
        return {
            "context_value": context,
            "variable_values": prepared.variables,
            "operation_name": prepared.name,
            "executor_class": self.executor,
            "is_awaitable": optimized_is_awaitable,
            "hide_suggestions": self.hides_suggestions,
        }


def log_unexpected_errors(errors: list[GraphQLError] | None, request_id: str) -> None:
    """Logs each error that is not the caller's, under the id that the caller is told."""
    for error in errors or ():
        if not is_ours(error):
            _log.error(
                "A field failed unexpectedly.",
                request_id=request_id,
                path=error.path,
                error=type(error.original_error).__name__,
                exc_info=error.original_error,
            )
