"""What a selection shows of stored rows, told from what the library collects of it."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeAlias, cast

from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetails,
    FieldDetailsList,
    FragmentDetails,
    collect_subfields,
)

from schema.execution.projection import TYPENAME, Plan
from schema.execution.rows import Shape

Kind: TypeAlias = Any
"""A type of the library below, whose own classes are generic and say too little."""

Collect: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]
"""What is selected of an object by these fields; aliases, fragments and directives applied."""

_BESIDE_ROWS: Final = frozenset({"pageInfo", "totalCount", TYPENAME})


def plan_of(collect: Collect, kind: Kind, details: FieldDetailsList, shape: Shape) -> Plan | None:
    """What the fields show of each row of that type; None if that is more than stored values."""
    nullable = _nullable(kind)
    if not isinstance(nullable, GraphQLObjectType):
        return None
    groups = _collected(collect, nullable, details)
    if groups is None:
        return None
    plan: list[tuple[str, Any]] = []
    for response_name, group in groups.items():
        field = _planned(collect, nullable, group, shape)
        if field is None:
            return None
        plan.append((response_name, field))
    return tuple(plan)


def _nullable(kind: Kind) -> Kind:
    return cast("Kind", kind).of_type if isinstance(kind, GraphQLNonNull) else kind


def _planned(
    collect: Collect, kind: GraphQLObjectType, group: FieldDetailsList, shape: Shape
) -> str | tuple[str, Plan] | None:
    if any(one.defer_usage is not None or one.node.arguments for one in group):
        return None
    name = group[0].node.name.value
    if name in shape.inner:
        inner = plan_of(collect, kind.fields[name].type, group, shape.inner[name])
        return None if inner is None else (name, inner)
    return name if name == TYPENAME or name in shape.fields else None


def _collected(
    collect: Collect, kind: GraphQLObjectType, details: FieldDetailsList
) -> dict[str, FieldDetailsList] | None:
    collected = collect(kind, details)
    if collected.new_defer_usages or collected.forbidden_directive_instances:
        return None
    return collected.grouped_field_set


def is_streamed(details: FieldDetailsList) -> bool:
    """Whether the list is asked for one by one."""
    return any(_has_stream(one.node.directives) for one in details)


def _has_stream(directives: Iterable[Any] | None) -> bool:
    return any(directive.name.value == "stream" for directive in directives or ())


def plan_of_rows(
    info: GraphQLResolveInfo[Any], shapes: dict[str, Shape]
) -> tuple[str, Plan] | None:
    """The one list of rows that is selected of the connection of the current field, and its plan.

    `shapes` are those of rows by the names of lists. None where two lists are selected, or one
    that shows more than stored values.
    """
    collect: Collect = partial(
        collect_subfields,
        info.schema,
        {name: FragmentDetails(fragment) for name, fragment in info.fragments.items()},
        info.variable_values,
        info.operation,
    )
    kind = _nullable(cast("Kind", info).return_type)
    groups = _collected(collect, kind, [FieldDetails(node, None) for node in info.field_nodes])
    found: tuple[str, Plan] | None = None
    for group in (groups or {}).values():
        name = group[0].node.name.value
        if name in _BESIDE_ROWS:
            continue
        if found is not None or name not in shapes or is_streamed(group):
            return None
        # A list of rows is never null, and none of its rows.
        plan = plan_of(collect, kind.fields[name].type.of_type.of_type, group, shapes[name])
        if not plan:
            return None
        found = name, plan
    return found
