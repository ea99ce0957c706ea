"""Every number of an analysis is asked for by a test that compares it with the oracle."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    visit,
)

from schema.build import build_schema

HERE: Final = Path(__file__).parent
COMPARING: Final = ("test_parity.py", "test_parity_lists.py")
"""The tests whose documents' answers are compared with the oracle's, field by field."""

TOLD_ELSEWHERE: Final = {
    "ResultInfo", "PageInfo", "Limits", "MetricInfo", "DimensionInfo",
    "Export", "Insight", "Dashboard", "InsightConnection", "DashboardConnection",
    "ExportConnection", "CohortConnection",
}  # fmt: skip
"""Types that tell of questions, of paging, or of what people saved, and nothing of events."""

WORDS: Final = {
    "name",
    "metric",
    "unit",
    "label",
    "labels",
    "columns",
    "cursor",
    "pageInfo",
    "info",
}
"""Fields that repeat the question, or say a value that is compared once more for people."""


SCALARS: Final = {"ID", "String", "Int", "TimeZone"}


def documents() -> Iterator[str]:
    """The selections that comparing tests ask of a project; what they put in stands for itself."""
    for name in COMPARING:
        for node in ast.walk(ast.parse((HERE / name).read_text())):
            match node:
                case ast.Call(func=ast.Attribute(attr="ask"), args=[asked, *_]):
                    yield written(asked)
                case _:
                    pass


def written(asked: ast.expr) -> str:
    """The selection, with a value, an argument or a field wherever the test puts something in."""
    text = ""
    for part in asked.values if isinstance(asked, ast.JoinedStr) else [asked]:
        if isinstance(part, ast.Constant):
            text += str(part.value)
            continue
        match text.rstrip()[-1:]:
            case ":" | '"':
                text += "X"
            case "(" | ",":
                text += "x: X"
            case _:
                text += "__typename"
    return text


def asked_fields(schema: GraphQLSchema) -> set[str]:
    """The fields that comparing tests select, as `Type.field`."""
    found: set[str] = set()
    for text in documents():
        types = TypeInfo(schema)
        selected = Selected(types)
        visit(parse(f"{{ project(id: 1) {{ {text} }} }}"), TypeInfoVisitor(types, selected))
        found |= selected.fields
    return found


class Selected(Visitor):
    """Notes each field that is come by, as `Type.field`."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.fields: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.fields.add(f"{self.types.get_parent_type()}.{node.name.value}")


def numbers_of(schema: GraphQLSchema) -> Iterator[str]:
    """The fields of a project that tell something of events or people, as `Type.field`."""
    seen, left = {*TOLD_ELSEWHERE}, ["Project"]
    node = schema.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    entities = {one.name for one in schema.get_possible_types(node)} - {"Project"}
    while left:
        name = left.pop()
        kind = schema.get_type(name)
        if name in seen or name in entities or not isinstance(kind, GraphQLObjectType):
            continue
        seen.add(name)
        for field, told in kind.fields.items():
            target = f"{told.type}".strip("[]!")
            if name == "Project" and (target in SCALARS or target in entities):
                # The project's own columns, and single things by their ids.
                continue
            if field not in WORDS and target not in TOLD_ELSEWHERE:
                yield f"{name}.{field}"
            left.append(target)


def test_every_number_is_compared_with_the_oracle() -> None:
    schema = build_schema().graphql_schema
    asked, wanted = asked_fields(schema), {*numbers_of(schema)}
    assert len(wanted) > 80
    assert sorted(wanted - asked) == []
