"""Sums of whole numbers on each engine: exact within 64 bits, and no failure beyond."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Engine, cast, create_engine, literal, select, union_all

from app.analytics.compute import folded
from app.analytics.metrics import TOTAL_REVENUE
from app.analytics.sql import ops
from app.analytics.sql.build import COMPILED_FOR

LARGEST = 2**63 - 1
ENGINES = {
    "duckdb": create_engine("duckdb:///:memory:"),
    "sqlite": create_engine("sqlite://"),
}


def test_every_engine_is_here() -> None:
    assert len(ENGINES) == len(COMPILED_FOR)


def summed(engine: Engine, numbers: list[int | None]) -> int | float | None:
    """The sum of a column that holds these numbers."""
    rows = (select(cast(literal(one, BigInteger), BigInteger).label("number")) for one in numbers)
    held = union_all(*rows).subquery()
    with engine.connect() as connection:
        found: int | float | None = connection.execute(
            select(ops.WholeSum(held.c.number))
        ).scalar_one()
    return found


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@settings(max_examples=40)
@given(numbers=st.lists(st.integers(-LARGEST - 1, LARGEST) | st.none(), min_size=1, max_size=8))
def test_sums_are_exact_within_64_bits_and_close_beyond(
    engine: Engine, numbers: list[int | None]
) -> None:
    told = [number for number in numbers if number is not None]
    exact, found = sum(told), summed(engine, numbers)
    if not told:
        assert found is None
    elif abs(exact) <= LARGEST:
        assert found == exact
    else:
        assert found == pytest.approx(exact)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_large_revenue_can_be_written_as_json(engine: Engine) -> None:
    revenue = folded(TOTAL_REVENUE, [summed(engine, [LARGEST] * 3)])
    assert orjson.loads(orjson.dumps(revenue)) == pytest.approx(3 * LARGEST)
