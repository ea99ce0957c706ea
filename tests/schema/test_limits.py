"""How large operations may be, and that finding out is cheap."""

import graphql
import pytest

from bench.hostile import REFUSED
from schema.build import build_schema
from schema.execution.documents import Documents, RefusedDocumentError
from schema.execution.limits import DocumentLimits, Measurer, Size, excess
from schema.execution.overlaps import ENDLESS, overlapping

LIMITS = DocumentLimits(depth=6, tokens=200, source_characters=2_000, comments=3, definitions=4)


def size_of(text: str) -> Size:
    return Measurer(graphql.parse(text)).measure()


def documents(limits: DocumentLimits = LIMITS) -> Documents:
    return Documents(build_schema().graphql_schema, limits)


def _totals(span: str) -> str:
    return (
        f'{{ project(id: "x") {{ totals(metrics: [], range: {span}) {{ values {{ value }} }} }} }}'
    )


def refused(text: str, reading: Documents | None = None) -> tuple[graphql.GraphQLError, ...]:
    """What is wrong with the text."""
    with pytest.raises(RefusedDocumentError) as caught:
        (documents() if reading is None else reading).read(text)
    return caught.value.errors


def chained(count: int) -> str:
    """A document of fragments that each spread the next one twice: 2 to the count paths."""
    links = "".join(
        f"fragment F{n} on Project {{ ...F{n + 1} ...F{n + 1} }}\n" for n in range(count)
    )
    return f'{{ project(id: "demo") {{ ...F0 }} }}\n{links}fragment F{count} on Project {{ id }}'


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("{ viewer { client { id } } }", 3),
        ("{ viewer { ... { client { id } } } }", 3),
        ("query { ...A } fragment A on Query { viewer { ...B } } fragment B on Viewer { x }", 2),
        ("query A { a } query B { a { b { c } } }", 3),
        ("{ __schema { types { fields { type { ofType { ofType { name } } } } } } }", 1),
        ("{ a { } }", 1),
        ("{ ...Unknown }", 0),
        ("{ ...A } fragment A on Query { a { ...A } }", 1),
    ],
)
def test_depth_counts_nested_fields(text: str, depth: int) -> None:
    assert size_of(text).depth == depth


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ a: viewer { b: client { id } } }", Size(3, 2, 0, 1, 0)),
        ("{ viewer @skip(if: true) { ... @include(if: true) { id } } }", Size(2, 0, 2, 1, 0)),
        ("{ a b c ...F } fragment F on Query { d e }", Size(1, 0, 0, 5, 0)),
        ("{ a(x: {y: [{z: 1}]}) }", Size(1, 0, 0, 1, 3)),
        ("{ ...F ...F } fragment F on Query { x: a }", Size(1, 2, 0, 2, 0)),
    ],
)
def test_sizes_count_what_fragments_bring(text: str, expected: Size) -> None:
    assert size_of(text) == expected


@pytest.mark.parametrize("count", [18, 200])
def test_work_grows_with_the_text_and_not_with_its_paths(count: int) -> None:
    measurer = Measurer(graphql.parse(chained(count)))
    measurer.measure()
    # Two selections per link, one field in the last one, two in the operation.
    assert measurer.visited == 2 * count + 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{ viewer { projects { nodes { events { nodes { profile { id } } } } } } }",
            "The operation's depth 7 exceeds 6.",
        ),
        (
            "{ " + " ".join(f"a{n}: viewer {{ x }}" for n in range(31)) + " }",
            "The operation's number of aliases 31 exceeds 30.",
        ),
        (
            "{ viewer " + "@skip(if: true) " * 51 + "{ x } }",
            "The operation's number of directives 51 exceeds 50.",
        ),
        (
            "{ " + "...F " * 201 + "} fragment F on Query { a }",
            "The operation's number of fragment spreads 201 exceeds 200.",
        ),
        (
            "{ " + " ".join(f"f{n}" for n in range(21)) + " }",
            "The operation's number of root fields 21 exceeds 20.",
        ),
        (
            "{ a(x: " + "[" * 41 + "]" * 41 + ") }",
            "The operation's depth of argument values 41 exceeds 40.",
        ),
        (
            " ".join(f"query Q{n} {{ a }}" for n in range(5)),
            "The document has 5 definitions; 4 are allowed.",
        ),
    ],
)
def test_excess_is_told_in_one_sentence(text: str, sentence: str) -> None:
    assert excess(graphql.parse(text), LIMITS) == sentence


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ viewer { client { id } } }" + " " * 2_000, "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + "viewer { client { id } } " * 50 + "}", "GRAPHQL_VALIDATION_FAILED"),
        ("#\n#\n#\n#\n{ viewer { client { id } } }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ project(id: "\\u0000") { id } }', "GRAPHQL_VALIDATION_FAILED"),
        ("{" * 100, "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { client { id } }", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { nothing } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
        (
            '{ project(id: "x") { live(windowSeconds: "y") { events } } }',
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            (
                '{ project(id: "x") { events(range: {preset: TODAY, last: {amount: 1, unit: DAY}})'
                " { nodes { id } } } }"
            ),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
)
def test_wrong_documents_carry_their_code(text: str, code: str) -> None:
    (error, *_) = refused(text)
    assert error.extensions == {"code": code}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_hostile_documents_are_refused(text: str, code: str) -> None:
    (error, *_) = refused(text, documents(DocumentLimits(depth=12)))
    assert error.extensions == {"code": code}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("{ a b c }", 0),
        ("{ a a a }", 3),
        ("{ a { x } a { x } }", 2),
        ("{ a: x b: x }", 0),
        ("{ ...F ...F } fragment F on Query { a { x } }", 0),
        ("{ ...F a { x } } fragment F on Query { a { x } }", 2),
        ("{ a { ... { x } x } }", 1),
        ("{ ...A } fragment A on Query { a ...A }", 0),
        ("query A { a } query B { a a }", 1),
    ],
)
def test_overlapping_fields_are_counted_place_by_place(text: str, pairs: int) -> None:
    assert overlapping(graphql.parse(text), 100, 100) == pairs


def test_counting_overlaps_ends_where_there_are_too_many_paths() -> None:
    levels = 9
    doubled = " ".join(
        f"fragment F{n} on Query {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }}"
        for n in range(levels)
    )
    text = f"{{ ...F0 }} {doubled} fragment F{levels} on Query {{ x }}"
    assert overlapping(graphql.parse(text), 100, 500) == ENDLESS
    assert overlapping(graphql.parse(text), 100, 50_000) == 0


def test_no_more_than_five_errors_are_told() -> None:
    assert len(refused("{ a b c d e f g h }")) == 5


def test_the_editors_introspection_is_within_the_limits() -> None:
    text = graphql.get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    assert documents(DocumentLimits(depth=12)).read(text).text == text


def test_without_introspection_neither_the_schema_nor_near_names_are_told() -> None:
    closed = Documents(build_schema().graphql_schema, LIMITS, allows_introspection=False)
    (error, *_) = refused("{ __schema { types { name } } }", closed)
    assert "introspection has been disabled" in error.message
    (error,) = refused("{ view }", closed)
    assert "viewer" not in error.message
    (error,) = refused("{ view }")
    assert "viewer" in error.message


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("{ view }", "viewer"),
        ('{ project(id: "x") { nam } }', "name"),
        ('{ node(id: "x") { ... on Projec { id } } }', "Project"),
        ("query ($r: RangeInpu) { viewer { __typename } }", "RangeInput"),
        (_totals("{preset: TODA}"), "TODAY"),
        (_totals("{prese: TODAY}"), "preset"),
        ('mutation { trac(input: {projectId: "x", name: "y"}) { __typename } }', "track"),
    ],
)
def test_near_names_are_told_only_where_suggestions_are_on(text: str, near: str) -> None:
    schema = build_schema().graphql_schema
    closed = Documents(schema, LIMITS, allows_suggestions=False)
    assert any(near in error.message for error in refused(text))
    assert not any("Did you mean" in error.message for error in refused(text, closed))


def test_valid_documents_are_read_once() -> None:
    reading = documents()
    assert reading.read("{ viewer { client { id } } }") is reading.read(
        "{ viewer { client { id } } }"
    )


def test_wrong_documents_are_not_kept() -> None:
    reading = documents()
    refused("{ nothing }", reading)
    refused("{", reading)
    assert len(reading) == 0


def test_the_oldest_documents_are_forgotten() -> None:
    reading = Documents(build_schema().graphql_schema, LIMITS, capacity=2)
    first = reading.read("query A { viewer { client { id } } }")
    reading.read("query B { viewer { client { id } } }")
    assert reading.read("query A { viewer { client { id } } }") is first
    reading.read("query C { viewer { client { id } } }")
    assert len(reading) == 2
    assert reading.read("query A { viewer { client { id } } }") is first


@pytest.mark.parametrize(("name", "found"), [(None, None), ("A", "A"), ("B", "B"), ("C", None)])
def test_operations_are_found_by_name(name: str | None, found: str | None) -> None:
    text = "query A { viewer { client { id } } } query B { viewer { client { id } } }"
    operation = documents().read(text).find_operation(name)
    assert (operation and operation.name and operation.name.value) == found
