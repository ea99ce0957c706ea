"""Measures as expressions: what a row adds to each, and how that is put together."""

from typing import Any, assert_never

from sqlalchemy import ColumnElement, Integer, Subquery, and_, case, func, literal_column

from app.analytics.fields import COLUMNS, Source
from app.analytics.filters import EVERYTHING
from app.analytics.metrics import (
    Count,
    Latest,
    Measure,
    Operation,
    Percentile,
    Statistic,
    Unique,
)
from app.analytics.sql import ops
from app.analytics.sql.where import Frame, label_of, number_of, predicate


def measure_input(measure: Measure, frame: Frame) -> ColumnElement[Any] | None:
    """What a row adds to the measure: NULL adds nothing; None if every row counts."""
    match measure:
        case Count(where):
            value: ColumnElement[Any] = literal_column("1")
            if where == EVERYTHING:
                return None
        case Unique(field, where):
            value = label_of(field, frame)
        case Statistic(_, field, where) | Percentile(_, field, where):
            value = number_of(field, frame)
        case Latest():
            return _latest(measure, frame)
        case _:
            assert_never(measure)
    return value if where == EVERYTHING else case((predicate(where, frame), value))


def is_idempotent(measure: Measure) -> bool:
    """Whether the measure stays the same however often it is told the same row."""
    match measure:
        case Unique():
            return True
        case Statistic(operation):
            return operation in {Operation.MIN, Operation.MAX}
        case _:
            return False


def _latest(measure: Latest, frame: Frame) -> ColumnElement[Any]:
    """1 in each profile's newest row that the measure counts, however often it is fanned out."""
    events = frame.tables[Source.EVENTS].c
    profile = label_of(COLUMNS["profile_id"], frame)
    counts = and_(profile.is_not(None), predicate(measure.where, frame))
    place = func.rank().over(
        partition_by=[profile, case((counts, 1), else_=0)],
        order_by=[events["created_at"].desc(), events["position"].desc()],
    )
    return case((and_(counts, place == 1), 1))


def measured(measure: Measure, rows: Subquery, position: int) -> ColumnElement[Any]:
    """The measure over a group of rows with the inputs `v0`… of all measures."""
    value = rows.c.get(f"v{position}")
    if value is None:
        return func.count()
    match measure:
        case Count() | Latest():
            return func.count(value)
        case Unique():
            return func.count(value.distinct())
        case Percentile(share):
            return ops.Quantile(value, ops.number(share))
        case Statistic(operation):
            return _put_together(operation, value)
        case _:
            assert_never(measure)


def _put_together(operation: Operation, value: ColumnElement[Any]) -> ColumnElement[Any]:
    match operation:
        case Operation.SUM:
            is_whole = isinstance(value.type, Integer)
            return ops.WholeSum(value) if is_whole else func.sum(value)
        case Operation.AVERAGE:
            return func.avg(value)
        case Operation.MIN:
            return func.min(value)
        case Operation.MAX:
            return func.max(value)
        case _:
            assert_never(operation)
