"""The statement that finds a series' lines of the highest rank where there are too many."""

from typing import Any, assert_never

from sqlalchemy import ColumnElement, case, func, select

from app.analytics.charts import Rank
from app.analytics.metrics import Percentile, Statistic
from app.analytics.plans import Aggregate
from app.analytics.sql import ops
from app.analytics.sql.aggregate import folded_column, merged_rows
from app.analytics.sql.where import Statement


def ranking_statement(plan: Aggregate, value: int, presence: int, rank: Rank) -> Statement:
    """The labels of the plan's metric at index `value`, the highest rank first.

    Only those of which the metric at index `presence` tells that there is a line. The rank
    is of the points where the plan has buckets, else of the only value.
    """
    merged = merged_rows(plan)
    labels = [merged.c[f"k{index}"] for index in range(len(plan.keys))]
    point = func.coalesce(folded_column(plan, value, merged), 0)
    there = folded_column(plan, presence, merged)
    is_number = isinstance(plan.metrics[presence].measures[0], Statistic | Percentile)
    is_there = there.is_not(None) if is_number else there > 0
    buckets = len(plan.bucket.starts) if plan.bucket is not None else 1
    places = [part for label in labels for part in (label.is_(None), label)]
    return (
        select(*labels)
        .group_by(*labels)
        .having(func.max(case((is_there, 1), else_=0)) == 1)
        .order_by(_ranked(point, rank, buckets).desc(), *places)
    )


def _ranked(point: ColumnElement[Any], rank: Rank, buckets: int) -> ColumnElement[Any]:
    # Trap: a sum of whole numbers fails beyond 64 bits on some engines; one of floats can't.
    total = func.sum(point * ops.number(1.0))
    match rank:
        case Rank.SUM | Rank.PROFILES:
            return total
        case Rank.AVERAGE:
            telling = func.nullif(func.sum(case((point != 0, 1), else_=0)), 0)
            return func.coalesce(total / telling, 0)
        case Rank.MIN:
            lowest = func.min(point)
            return case((func.count() == buckets, lowest), (lowest < 0, lowest), else_=0)
        case Rank.MAX:
            highest = func.max(point)
            return case((func.count() == buckets, highest), (highest > 0, highest), else_=0)
        case _:
            assert_never(rank)
