"""The library's executor, which shows lists of stored rows in faster ways than its own."""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import Any, Final, TypeAlias

from graphql import GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import DeferUsage, FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue
from graphql.pyutils.path import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.execution.plans import is_streamed, plan_of
from schema.execution.projection import TYPENAME, RefusedError, projection
from schema.execution.rows import Rows, Written

_Kind: TypeAlias = Any
"""A type of the library below, whose own classes are generic and say too little."""

_OF_DRY_RUNS: Final = frozenset({"rateLimit", TYPENAME})
_WORTH_COMPILING: Final = 8
"""Rows from which on a function is made; for fewer it would cost more than it saves."""


class StockExecutor(StrawberryGraphQLCoreExecutionContext):
    """The library's executor as it is."""


class RowsExecutor(StockExecutor):
    """Shows lists of rows by functions, or as the engine wrote them; all else as the library.

    Data and errors are the library's own: what a function does not vouch for is shown again
    from the beginning without it. Source: `tests/schema/test_projection.py` compares.
    """

    def complete_list_value(  # noqa: PLR0913, PLR0917 — the library's signature.
        self,
        return_type: _Kind,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: AsyncIterable[Any] | Iterable[Any],
        position_context: Any,  # noqa: ANN401 — the library's own.
    ) -> AwaitableOrValue[list[Any]]:
        """The list, each item completed."""
        if isinstance(result, Written) or (
            isinstance(result, Rows) and len(result) >= _WORTH_COMPILING
        ):
            shown: list[Any] | None = self._shown(return_type.of_type, field_details_list, result)
            if shown is not None:
                return shown
        alone: Any = super()
        completed: AwaitableOrValue[list[Any]] = alone.complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )
        return completed

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,  # noqa: ANN401 — the library's own.
        grouped_field_set: GroupedFieldSet,
        serially: bool,  # noqa: FBT001 — the library's signature.
        new_defer_usages: Sequence[DeferUsage],
    ) -> AwaitableOrValue[Any]:
        """The fields where the operation begins; in a dry run only the one that asks for it."""
        spending = self.context_value.spending
        if spending is not None and spending.is_dry_run:
            grouped_field_set = {
                name: group
                for name, group in grouped_field_set.items()
                if group[0].node.name.value in _OF_DRY_RUNS
            }
        return super().execute_collected_root_fields(
            root_type, root_value, grouped_field_set, serially, new_defer_usages
        )

    def _shown(
        self, item_type: _Kind, details: FieldDetailsList, rows: Rows[Any] | Written[Any]
    ) -> Any | None:  # noqa: ANN401 — a list, or one that is JSON already.
        plan = plan_of(self.collect_subfields, item_type, details, rows.shape)
        if plan is None or is_streamed(details):
            return None
        if isinstance(rows, Written):
            return rows.json if plan == rows.plan else None
        project = projection(rows.shape, rows.columns, plan)
        if project is None:
            return None
        try:
            return project(rows.values, rows.key)
        except RefusedError:
            return None
