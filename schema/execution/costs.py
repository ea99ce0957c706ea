"""What an operation costs, told from its arguments before anything is executed.

The parts of a document that cost anything are found once, when it is read; for each request
only these are looked at again, with its variables. Fragments are shared, so that neither
step takes longer than the text is long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, assert_never, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    value_from_ast_untyped,
)
from graphql.type import is_interface_type, is_object_type

from schema.paging import MAX_EVENTS, MAX_PAGE_SIZE

ROWS_PER_POINT: Final = 100
_ROWS: Final = frozenset({"nodes", "edges", "rows"})
"""Fields of a list that are its rows; what is beside them is there once."""

_MOST: Final = 10**9
"""Numbers of points and nodes end here, so that no product of arguments grows beyond it."""

_LISTS: Final = {
    "events": 50,
    "sessions": 20,
    "profiles": 50,
    "groups": 50,
    "members": 50,
    "projects": 50,
    "cohorts": 50,
    "insights": 50,
    "dashboards": 50,
    "tiles": 50,
    "exports": 20,
    "breakdown": 50,
}
"""Lists with `first` and `last`, and how many rows they give unless told."""

_MOST_ROWS: Final = {"events": MAX_EVENTS}

_QUESTIONS: Final = {
    "totals": 5,
    "timeseries": 5,
    "breakdown": 5,
    "live": 5,
    "funnel": 15,
    "retention": 20,
    "paths": 20,
    "stickiness": 15,
    "lifecycle": 20,
    "topPaths": 3,
    "countries": 3,
    "eventNames": 3,
    "propertyKeys": 5,
    "Catalog.values": 3,
    "Cohort.size": 3,
    "totalCount": 3,
    "result": 10,
}
"""Questions for numbers by what they take of the engine, for each metric.

A name that other types have for what costs nothing stands behind its own type's.
"""

_MUTATION: Final = 10
_ITEMS: Final = {"trackBatch": "events"}
"""Mutations of several things, and the member of their input that lists these: a point each."""

_LIST: Final = 1


@dataclass(frozen=True, slots=True)
class Cost:
    """Points that an operation costs, and rows that it may give."""

    points: int = 0
    nodes: int = 0

    def plus(self, other: "Cost") -> "Cost":
        """Both together."""
        return Cost(min(self.points + other.points, _MOST), min(self.nodes + other.nodes, _MOST))

    def times(self, count: int) -> "Cost":
        """So many of it."""
        return Cost(min(self.points * count, _MOST), min(self.nodes * count, _MOST))


@dataclass(frozen=True, eq=False, slots=True)
class _Priced:
    """A field that costs something, and what is selected below it."""

    name: str
    points: int
    is_list: bool
    arguments: Mapping[str, ValueNode]
    inner: "_Group"


@dataclass(frozen=True, eq=False, slots=True)
class _Repeated:
    """What is selected of each row of the list around it."""

    inner: "_Group"


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """What costs anything in a selection; the same group stands wherever a fragment does."""

    members: "Sequence[_Priced | _Repeated | _Group]" = ()


_Member: TypeAlias = _Priced | _Repeated | _Group
_FREE: Final = _Group()


@dataclass(frozen=True, slots=True)
class Pricing:
    """The prices of a document's operations by their names; the unnamed one's is None."""

    operations: Mapping[str | None, _Group]
    defaults: Mapping[str | None, Mapping[str, Any]]

    def cost(self, operation: str | None, variables: Mapping[str, Any]) -> Cost:
        """What the operation costs with these variables."""
        group = self.operations.get(operation)
        if group is None:
            ((operation, group),) = self.operations.items()
        bill = _Bill({**self.defaults[operation], **variables})
        return Cost(1, 0).plus(bill.group(group))


@dataclass(slots=True)
class _Bill:
    """Adds up what a request costs; each group once for each number of rows around it."""

    variables: Mapping[str, Any]
    known: dict[tuple[int, int], Cost] = field(default_factory=dict[tuple[int, int], Cost])

    def group(self, group: _Group, rows: int = 1) -> Cost:
        """What the group costs as a selection of a list of so many rows."""
        cost = self.known.get((id(group), rows))
        if cost is None:
            cost = Cost()
            for member in group.members:
                cost = cost.plus(self._member(member, rows))
            self.known[id(group), rows] = cost
        return cost

    def _member(self, member: _Member, rows: int) -> Cost:
        match member:
            case _Priced():
                return self._priced(member)
            case _Repeated(inner=inner):
                return self.group(inner).times(rows)
            case _Group():
                return self.group(member, rows)
            case _:
                assert_never(member)

    def _priced(self, one: _Priced) -> Cost:
        points = one.points * max(1, self._length(one, "metrics"))
        if self._given(one, "compare") is not None:
            points *= 2
        points += self._items(one)
        rows = self._rows(one) if one.is_list else 0
        own = Cost(points + rows // ROWS_PER_POINT, rows)
        return own.plus(self.group(one.inner, rows if one.is_list else 1))

    def _rows(self, one: _Priced) -> int:
        for name in ("first", "last"):
            asked = self._given(one, name)
            if isinstance(asked, int):
                return max(0, min(asked, _MOST_ROWS.get(one.name, MAX_PAGE_SIZE)))
        return _LISTS.get(one.name, 50)

    def _length(self, one: _Priced, name: str) -> int:
        value = self._given(one, name)
        return len(cast("list[object]", value)) if isinstance(value, list) else 1

    def _items(self, one: _Priced) -> int:
        """How many things the mutation is of, for one that tells them in a list."""
        told = self._given(one, "input") if one.name in _ITEMS else None
        if not isinstance(told, dict):
            return 0
        items = cast("dict[str, object]", told).get(_ITEMS[one.name])
        return len(cast("list[object]", items)) if isinstance(items, list) else 1

    def _given(self, one: _Priced, name: str) -> Any:  # noqa: ANN401 — any JSON.
        node = one.arguments.get(name)
        if node is None:
            return None
        if isinstance(node, VariableNode):
            return self.variables.get(node.name.value)
        value = value_from_ast_untyped(node, dict(self.variables))
        return None if value is Undefined else value


@dataclass(slots=True)
class _Pricer:
    """Finds what costs anything in one document, which has been validated."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    known: dict[str, _Group] = field(default_factory=dict[str, _Group])

    def selections(self, parent: object, selection_set: SelectionSetNode | None) -> _Group:
        """What costs anything in the selection."""
        members: list[_Member] = []
        for selection in selection_set.selections if selection_set else ():
            match selection:
                case FieldNode():
                    member = self._field(parent, selection)
                case FragmentSpreadNode():
                    member = self._fragment(selection.name.value)
                case InlineFragmentNode(type_condition=condition):
                    kind = self.schema.get_type(condition.name.value) if condition else parent
                    member = self.selections(kind, selection.selection_set)
                case _:
                    continue
            if member is not _FREE:
                members.append(member)
        return _Group(members) if members else _FREE

    def _fragment(self, name: str) -> _Group:
        if name not in self.known:
            fragment = self.fragments[name]
            kind = self.schema.get_type(fragment.type_condition.name.value)
            self.known[name] = self.selections(kind, fragment.selection_set)
        return self.known[name]

    def _field(self, parent: object, node: FieldNode) -> _Member:
        if not (is_object_type(parent) or is_interface_type(parent)):
            return _FREE
        name = node.name.value
        definition = parent.fields.get(name)
        if definition is None:
            return _FREE
        kind: Any = definition.type
        # The library's own type of this function is partial.
        inner_kind: object = cast("Any", get_named_type)(kind)
        inner = self.selections(inner_kind, node.selection_set)
        is_list = "first" in definition.args and name in _LISTS
        qualified = _QUESTIONS.get(f"{parent.name}.{name}", _LIST if is_list else 0)
        points = _QUESTIONS.get(name, qualified)
        if parent is self.schema.mutation_type:
            points = _MUTATION
        if not points:
            is_rows = name in _ROWS and inner is not _FREE
            return _Repeated(inner) if is_rows and _is_connection(parent) else inner
        if is_list and not _is_connection(inner_kind):
            inner = _Group([_Repeated(inner)])
        arguments = {one.name.value: one.value for one in node.arguments or ()}
        return _Priced(name, points, is_list, arguments, inner)


def _is_connection(kind: object) -> bool:
    return (is_object_type(kind) or is_interface_type(kind)) and "pageInfo" in kind.fields


def price(schema: GraphQLSchema, document: DocumentNode) -> Pricing:
    """What the document's operations cost, but for their variables."""
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    pricer = _Pricer(schema, fragments)
    groups: dict[str | None, _Group] = {}
    defaults: dict[str | None, dict[str, Any]] = {}
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            name = one.name.value if one.name else None
            root: GraphQLObjectType | None = schema.get_root_type(one.operation)
            groups[name] = pricer.selections(root, one.selection_set)
            defaults[name] = {
                told.variable.name.value: value_from_ast_untyped(told.default_value)
                for told in one.variable_definitions or ()
                if told.default_value is not None
            }
    return Pricing(groups, defaults)
