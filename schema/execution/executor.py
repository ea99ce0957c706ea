"""The library's executor, which shows lists of stored rows by generated functions."""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import Any, Final, TypeAlias

from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import DeferUsage, FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue
from graphql.pyutils.path import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.execution.projection import TYPENAME, Plan, RefusedError, projection
from schema.execution.rows import Rows, Shape

_Kind: TypeAlias = Any
"""A type of the library below, whose own classes are generic and say too little."""

_OF_DRY_RUNS: Final = frozenset({"rateLimit", TYPENAME})
_WORTH_COMPILING: Final = 8
"""Rows from which on a function is made; for fewer it would cost more than it saves."""


class StockExecutor(StrawberryGraphQLCoreExecutionContext):
    """The library's executor as it is."""


class RowsExecutor(StockExecutor):
    """Shows lists of rows by functions where it can, and leaves all else to the library.

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
        if isinstance(result, Rows) and len(result) >= _WORTH_COMPILING:
            shown = self._shown(return_type.of_type, field_details_list, result)
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
        self, item_type: _Kind, details: FieldDetailsList, rows: Rows[Any]
    ) -> list[dict[str, Any]] | None:
        if any(_is_streamed(one.node.directives) for one in details):
            return None
        plan = self._plan(item_type, details, rows.shape)
        if plan is None:
            return None
        project = projection(rows.shape, rows.columns, plan)
        if project is None:
            return None
        try:
            return project(rows.values, rows.key)
        except RefusedError:
            return None

    def _plan(self, kind: _Kind, details: FieldDetailsList, shape: Shape) -> Plan | None:
        """What the selection shows of each row; None if that is more than stored values."""
        nullable: _Kind = kind.of_type if _is_non_null(kind) else kind
        return self._plan_of(nullable, details, shape)

    def _plan_of(self, kind: _Kind, details: FieldDetailsList, shape: Shape) -> Plan | None:
        if not isinstance(kind, GraphQLObjectType):
            return None
        collected = self.collect_subfields(kind, details)
        if collected.new_defer_usages or collected.forbidden_directive_instances:
            return None
        plan: list[tuple[str, Any]] = []
        for response_name, group in collected.grouped_field_set.items():
            field = self._planned(kind, group, shape)
            if field is None:
                return None
            plan.append((response_name, field))
        return tuple(plan)

    def _planned(
        self, kind: GraphQLObjectType, group: FieldDetailsList, shape: Shape
    ) -> str | tuple[str, Plan] | None:
        if any(one.defer_usage is not None or one.node.arguments for one in group):
            return None
        name = group[0].node.name.value
        if name in shape.inner:
            inner = self._plan(kind.fields[name].type, group, shape.inner[name])
            return None if inner is None else (name, inner)
        return name if name == TYPENAME or name in shape.fields else None


def _is_non_null(kind: object) -> bool:
    return isinstance(kind, GraphQLNonNull)


def _is_streamed(directives: Iterable[Any] | None) -> bool:
    return any(directive.name.value == "stream" for directive in directives or ())
