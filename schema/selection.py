"""Which fields an operation selects below one of its fields."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from schema.context import Info


def selected(info: Info, *paths: Sequence[str]) -> frozenset[str]:
    """The names of the fields selected at any of these paths below the current field.

    Directives are not looked at: what might be left out counts as selected.
    """
    # Strawberry's own list of selected fields is slow, and built anew at each call.
    raw = cast("Any", info)._raw_info  # noqa: SLF001
    names: set[str] = set()
    for path in paths:
        sets = [node.selection_set for node in raw.field_nodes if node.selection_set]
        for step in path:
            sets = [
                node.selection_set
                for node in _fields(sets, raw.fragments)
                if node.name.value == step and node.selection_set
            ]
        names.update(node.name.value for node in _fields(sets, raw.fragments))
    return frozenset(names)


def _fields(
    sets: Sequence[SelectionSetNode], fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields of these selections with their fragments, each fragment once."""
    seen: set[str] = set()
    waiting = list(sets)
    while waiting:
        for selection in waiting.pop().selections:
            match selection:
                case FieldNode():
                    yield selection
                case InlineFragmentNode():
                    waiting.append(selection.selection_set)
                case FragmentSpreadNode(name=name) if name.value not in seen:
                    seen.add(name.value)
                    waiting.append(fragments[name.value].selection_set)
                case _:
                    pass
