"""Statements: what is cached, what is placed where, and how engines read texts."""

import math
import statistics

import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Select, create_engine, literal_column, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.cache_key import CacheKey

from app.analytics.fields import COLUMNS, Property, Source
from app.analytics.filters import All, Any, Compare, Filter, HasEvent, InSession, Not, Operator
from app.analytics.numbers import parse_number, quantile
from app.analytics.optimize import placed
from app.analytics.properties import property_text
from app.analytics.records import Json
from app.analytics.sql import ops
from app.analytics.sql.build import COMPILED_FOR
from app.analytics.sql.where import events_frame, value_of
from app.analytics.sql.where import property_text as property_expression

PATH = Compare(COLUMNS["path"], Operator.EQUALS, ("/",))
NAME = Compare(COLUMNS["name"], Operator.EQUALS, ("click",))
ENTRY = Compare(COLUMNS["entry_path"], Operator.EQUALS, ("/",))
COUNTRY = Compare(COLUMNS["country"], Operator.EQUALS, ("SE",))


@pytest.mark.parametrize(
    ("condition", "source", "expected"),
    [
        (COUNTRY, Source.SESSIONS, COUNTRY),
        (PATH, Source.SESSIONS, HasEvent(PATH)),
        (ENTRY, Source.EVENTS, InSession(ENTRY)),
        (All((PATH, COUNTRY, NAME)), Source.SESSIONS, All((COUNTRY, HasEvent(All((PATH, NAME)))))),
        (Any((PATH, ENTRY)), Source.SESSIONS, Any((ENTRY, HasEvent(PATH)))),
        (Not(PATH), Source.SESSIONS, HasEvent(Not(PATH))),
        (All((PATH, COUNTRY)), Source.SESSIONS, All((COUNTRY, HasEvent(PATH)))),
        (Not(All((PATH, ENTRY))), Source.SESSIONS, Not(All((ENTRY, HasEvent(PATH))))),
    ],
)
def test_conditions_move_to_the_rows_that_can_answer_them(
    condition: Filter, source: Source, expected: Filter
) -> None:
    assert placed(condition, source) == expected


def _cache_key(statement: Select[str]) -> CacheKey | None:
    return statement._generate_cache_key()  # pyright: ignore[reportPrivateUsage]  # No public way.


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_two_properties_are_two_statements_of_one_cached_form(engine: str) -> None:
    assert len(COMPILED_FOR) == 2
    dialect = (
        create_engine("duckdb:///:memory:").dialect if engine == "duckdb" else sqlite.dialect()
    )
    frame = events_frame(1, 0)
    plan, price = (select(value_of(Property(key), frame)) for key in ("plan", "price"))
    key_of_plan, key_of_price = _cache_key(plan), _cache_key(price)
    assert key_of_plan is not None
    assert key_of_price is not None
    assert key_of_plan.key == key_of_price.key
    values = [
        set(statement.compile(dialect=dialect).params.values()) for statement in (plan, price)
    ]
    assert values[0] != values[1]


NUMERIC_TEXTS = st.one_of(
    st.text("0123456789.eE+-_ \t\nnainf", max_size=8),
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(
        ["1e400", "-0", "0x10", "\u0661", "1,5", "1 2", "Infinity", "true", "1_0", "\x0b1"]
    ),
)


@given(NUMERIC_TEXTS)
def test_engines_read_numbers_as_python_does(text: str) -> None:
    compiled = select(ops.NumberIn(ops.text(text))).compile(
        dialect=create_engine("duckdb:///:memory:").dialect
    )
    (found,) = duckdb.execute(str(compiled), list(_positional(compiled))).fetchone() or (None,)
    expected = parse_number(text)
    assert found == expected or (
        found is not None and expected is not None and math.isclose(found, expected)
    )


@given(st.lists(st.integers(-(2**40), 2**40), max_size=6), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_a_quantile_is_the_same_in_python_and_duckdb(numbers: list[int], share: float) -> None:
    rows = ", ".join(f"({number})" for number in [*numbers, "NULL"])
    engine = create_engine("duckdb:///:memory:")
    compiled = select(ops.Quantile(literal_column("n"), ops.number(share))).compile(
        dialect=engine.dialect
    )
    asked = f"{compiled} FROM (VALUES {rows}) AS numbers (n)"
    (found,) = duckdb.execute(asked, list(_positional(compiled))).fetchone() or (None,)
    expected = quantile(numbers, share)
    assert (found is None) is (expected is None)
    assert found is None or math.isclose(found, expected or 0, abs_tol=1e-3)


def test_the_quantile_in_the_middle_is_the_median() -> None:
    for numbers in ([], [3], [3, 1], [5, 1, 4], [2, 9, 4, 1]):
        expected = statistics.median(numbers) if numbers else None
        assert quantile(numbers, 0.5) == expected


def _positional(compiled: object) -> list[object]:
    params = compiled.params  # type: ignore[attr-defined]
    return [params[name] for name in compiled.positiontup]  # type: ignore[attr-defined]


JSON_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        # Beyond these bounds engines differ in where they begin to write exponents.
        st.floats(-1e15, 1e15).filter(lambda value: value == 0 or abs(value) > 1e-4),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["a", "b", "0", "a.b", 'q"', "~", "/", ""]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["a", "b", "a.b", "a.0", "a.b.0", "a.a", 'q"', "~", "/", "0", "", "a.", "é"])


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "0", "a.b", 'q"', "~", "/", "", "é"]), JSON_VALUES, max_size=4
    ),
    KEYS,
)
def test_duckdb_reads_properties_as_python_does(properties: dict[str, Json], key: str) -> None:
    document = orjson.dumps(properties).decode()
    compiled = select(property_expression(key, ops.text(document))).compile(
        dialect=create_engine("duckdb:///:memory:").dialect
    )
    (found,) = duckdb.execute(str(compiled), list(_positional(compiled))).fetchone() or (None,)
    assert found == property_text(properties, key)
