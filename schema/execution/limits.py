"""How large an operation is, told in one walk over its document before anything is executed.

Fragments are measured once and remembered. A document of n fragments that each spread the
next one twice has 2ⁿ paths; walking each path would make a few hundred bytes take minutes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
)

from schema.execution.overlaps import overlapping

_INTROSPECTION: Final = frozenset({"__schema", "__type"})
"""Fields whose depth a validation rule of their own bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """What one document may hold. `value_depth` bounds lists and objects inside arguments.

    `spreads` bounds the places that name a fragment, each of which validation looks up anew.
    `overlapping_fields` bounds the pairs of fields that stand for one place of the answer,
    and `visited_selections` what is looked at to count them.
    """

    depth: int
    tokens: int = 1_200
    source_characters: int = 20_000
    comments: int = 200
    aliases: int = 30
    directives: int = 50
    root_fields: int = 20
    definitions: int = 50
    value_depth: int = 40
    variables: int = 100
    spreads: int = 200
    overlapping_fields: int = 1_000
    visited_selections: int = 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a selection with its fragments spread out.

    `depth` counts nested fields; `fields` are those of the outermost level.
    """

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    value_depth: int = 0

    def beside(self, other: "Size") -> "Size":
        """The size of both next to each other."""
        return Size(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.fields + other.fields,
            max(self.value_depth, other.value_depth),
        )


@dataclass(slots=True)
class Measurer:
    """Measures the operations of one document.

    `visited` counts the selections looked at, `spreads` those of them that name a fragment.
    """

    document: DocumentNode
    visited: int = 0
    spreads: int = 0
    _fragments: dict[str, FragmentDefinitionNode] = field(
        default_factory=dict[str, FragmentDefinitionNode]
    )
    _sizes: dict[str, Size] = field(default_factory=dict[str, Size])

    def measure(self) -> Size:
        """The largest size of any operation, part by part."""
        self._fragments = {
            definition.name.value: definition
            for definition in self.document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        sizes = [
            self._selections(definition.selection_set).beside(
                Size(directives=len(definition.directives or ()))
            )
            for definition in self.document.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
        return Size(
            depth=max((size.depth for size in sizes), default=0),
            aliases=max((size.aliases for size in sizes), default=0),
            directives=max((size.directives for size in sizes), default=0),
            fields=max((size.fields for size in sizes), default=0),
            value_depth=max((size.value_depth for size in sizes), default=0),
        )

    def _selections(self, selection_set: SelectionSetNode | None) -> Size:
        size, leaves = Size(), 0
        for selection in selection_set.selections if selection_set else ():
            self.visited += 1
            if isinstance(selection, FieldNode) and _is_leaf(selection):
                leaves += 1
            else:
                size = size.beside(self._selection(selection))
        return size.beside(Size(depth=1, fields=leaves)) if leaves else size

    def _selection(self, selection: SelectionNode) -> Size:
        own = Size(directives=len(selection.directives or ()))
        match selection:
            case FieldNode():
                return own.beside(self._field(selection))
            case FragmentSpreadNode():
                self.spreads += 1
                return own.beside(self._fragment(selection.name.value))
            case InlineFragmentNode():
                return own.beside(self._selections(selection.selection_set))
            case _:
                return own

    def _field(self, node: FieldNode) -> Size:
        inner = self._selections(node.selection_set)
        is_introspection = node.name.value in _INTROSPECTION
        return Size(
            depth=1 if is_introspection else 1 + inner.depth,
            aliases=inner.aliases + (1 if node.alias else 0),
            directives=inner.directives,
            fields=1,
            value_depth=max(inner.value_depth, _deepest(a.value for a in node.arguments or ())),
        )

    def _fragment(self, name: str) -> Size:
        known = self._sizes.get(name)
        if known is not None:
            return known
        # A fragment that contains itself is refused by validation; here it must only end.
        self._sizes[name] = Size()
        fragment = self._fragments.get(name)
        size = self._selections(fragment.selection_set) if fragment else Size()
        self._sizes[name] = size
        return size


def _is_leaf(node: FieldNode) -> bool:
    """Whether the field is no more than a name."""
    return not (node.selection_set or node.alias or node.arguments or node.directives)


def excess(document: DocumentNode, limits: DocumentLimits) -> str | None:
    """A sentence about the first limit that the document exceeds; None when it keeps all."""
    if len(document.definitions) > limits.definitions:
        return f"The document has {len(document.definitions)} definitions; {limits.definitions} are allowed."  # noqa: E501
    measurer = Measurer(document)
    size = measurer.measure()
    checks = (
        ("number of variables", _variables(document), limits.variables),
        ("number of fragment spreads", measurer.spreads, limits.spreads),
        ("depth", size.depth, limits.depth),
        ("number of aliases", size.aliases, limits.aliases),
        ("number of directives", size.directives, limits.directives),
        ("number of root fields", size.fields, limits.root_fields),
        ("depth of argument values", size.value_depth, limits.value_depth),
    )
    for name, found, most in checks:
        if found > most:
            return f"The operation's {name} {found} exceeds {most}."
    # Counted last, because it takes longer than all of the others.
    overlaps = overlapping(document, limits.overlapping_fields, limits.visited_selections)
    if overlaps > limits.overlapping_fields:
        return "The operation selects the same fields too many times."
    return None


def _variables(document: DocumentNode) -> int:
    return max(
        (
            len(one.variable_definitions or ())
            for one in document.definitions
            if isinstance(one, OperationDefinitionNode)
        ),
        default=0,
    )


def _deepest(values: Iterable[ValueNode]) -> int:
    """How deep lists and objects nest in these values; each node is looked at once."""
    deepest, level = 0, list(values)
    while level:
        containers = [v for v in level if isinstance(v, ListValueNode | ObjectValueNode)]
        if not containers:
            break
        deepest += 1
        level = [
            inner
            for container in containers
            for inner in (
                container.values
                if isinstance(container, ListValueNode)
                else [member.value for member in container.fields]
            )
        ]
    return deepest
