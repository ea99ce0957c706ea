"""The schema as others build on it: its text, its words, and the examples that come with it."""

from collections.abc import Iterator
from pathlib import Path

import graphql
import pytest

from app.analytics.fields import CLOCK_PARTS, COLUMNS
from app.analytics.metrics import BUILT_IN
from schema import enums
from schema.build import build_schema, sdl
from schema.execution.documents import Documents
from schema.execution.limits import DocumentLimits

ROOT = Path(__file__).parents[2]
OWN_DIRECTIVES = {"skip", "include", "deprecated", "specifiedBy", "oneOf"}


def _parts() -> Iterator[tuple[str, str | None]]:
    """Everything that can carry a description, by its name."""
    for name, kind in build_schema().graphql_schema.type_map.items():
        if name.startswith("__"):
            continue
        yield name, kind.description
        if isinstance(kind, graphql.GraphQLEnumType):
            for value, definition in kind.values.items():
                yield f"{name}.{value}", definition.description
        if isinstance(
            kind,
            graphql.GraphQLObjectType
            | graphql.GraphQLInterfaceType
            | graphql.GraphQLInputObjectType,
        ):
            for field, told in kind.fields.items():
                yield f"{name}.{field}", told.description
                for argument, said in getattr(told, "args", {}).items():
                    yield f"{name}.{field}({argument})", said.description


def test_committed_schema_is_the_one_that_is_served() -> None:
    assert (ROOT / "schema" / "schema.graphql").read_text() == sdl()


def test_everything_is_described() -> None:
    assert [name for name, description in _parts() if not description] == []


def test_descriptions_are_written_for_callers() -> None:
    for name, description in _parts():
        assert description is not None
        assert "Private" not in description, name
        assert ":class:" not in description, name


def test_schema_is_valid_and_reads_back() -> None:
    again = graphql.build_schema(sdl())
    assert graphql.validate_schema(again) == []


def test_every_tab_of_the_page_is_valid_and_within_the_limits() -> None:
    text = (ROOT / "web" / "src" / "examples.graphql").read_text()
    documents = Documents(build_schema().graphql_schema, DocumentLimits(depth=12))
    tabs = [tab for tab in text.split("\n# ---") if "{" in tab]
    assert len(tabs) > 3
    for tab in tabs:
        assert documents.read("# " + tab).pricing.operations
    whole = graphql.validate(build_schema().graphql_schema, graphql.parse(text))
    assert [error.message for error in whole] == []


@pytest.mark.parametrize("field", list(enums.EventField), ids=str)
def test_every_field_is_a_column_of_the_core(field: enums.EventField) -> None:
    assert field.value in COLUMNS | CLOCK_PARTS
    assert field.name == field.value.upper()


def test_every_metric_of_the_core_can_be_asked_for() -> None:
    assert {metric.slug for metric in BUILT_IN} <= {name.value for name in enums.MetricName}


def test_every_unit_of_the_core_has_a_name() -> None:
    assert {metric.unit.value for metric in BUILT_IN} <= {unit.value for unit in enums.Unit}
    assert {column.type.value for column in COLUMNS.values()} <= {
        kind.value for kind in enums.ValueType
    }
