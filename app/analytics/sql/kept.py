"""Statements that are kept from one question to the next, which asks the same of another time.

Writing a statement and finding what it was compiled to take an engine's time for a small
answer. Dashboards ask for little else than the same again, up to now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam

from app.analytics.periods import TimeRange
from app.analytics.sql import ops

Statement: TypeAlias = Select[*tuple[Any, ...]]
Value: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class Bounds:
    """The half-open range of time that rows lie in, as expressions."""

    start: ColumnElement[int]
    end: ColumnElement[int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement, and the values of its named parameters."""

    statement: Statement
    values: Mapping[str, Value] = field(default_factory=dict[str, Value])


def bounds_of(span: TimeRange) -> Bounds:
    """The bounds of one range alone."""
    return Bounds(ops.integer(span.start), ops.integer(span.end))


_START, _END = "range_start", "range_end"

ANY_BOUNDS: Final = Bounds(
    bindparam(_START, type_=BigInteger()), bindparam(_END, type_=BigInteger())
)
"""The bounds of whatever range a statement is `prepared` with."""


def parts_of(asked: Statement | Prepared) -> tuple[Statement, Mapping[str, Value]]:
    """The statement, and the values of its named parameters."""
    if isinstance(asked, Prepared):
        return asked.statement, asked.values
    return asked, {}


def prepared(statement: Statement, span: TimeRange, **others: Value) -> Prepared:
    """The statement that was written with `ANY_BOUNDS`, for this range and these other values."""
    return Prepared(statement, {_START: span.start, _END: span.end, **others})
