"""Arithmetic: from measures to metrics, with gaps filled."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, assert_never

from app.analytics.metrics import Calculated, Metric, Number, Ratio, Value
from app.analytics.plans import Aggregate, Labels

Row = Sequence[Any]

_LARGEST: Final = 2**63 - 1


def folded(metric: Metric, measures: Sequence[Number | None]) -> Number | None:
    """The metric's value, made of its own measures, or those of its parts, in their order."""
    match metric.fold:
        case Value(empty):
            return empty if measures[0] is None else _sized(measures[0])
        case Ratio(scale):
            part, whole = measures
            return (part or 0) / whole * scale if whole else 0
        case Calculated():
            left = iter(measures)
            return _calculated(
                metric.fold,
                [folded(part, [next(left) for _ in part.measures]) for part in metric.fold.parts],
            )
        case _:
            assert_never(metric.fold)


def _sized(number: Number) -> Number:
    """The number as every wire has it: a float where it is larger than 64 bits."""
    return number if abs(number) <= _LARGEST else float(number)


def empty_value(metric: Metric) -> Number | None:
    """The metric's value where nothing happened."""
    match metric.fold:
        case Value(empty):
            return empty
        case Ratio():
            return 0
        case Calculated():
            return _calculated(metric.fold, list(map(empty_value, metric.fold.parts)))
        case _:
            assert_never(metric.fold)


def _calculated(fold: Calculated, values: Sequence[Number | None]) -> Number | None:
    if any(values[index] is None for index in fold.formula.letters):
        return None
    return fold.formula.value([value or 0 for value in values])


def values_of(plan: Aggregate, measures: Sequence[Number | None]) -> tuple[Number | None, ...]:
    """The value of each metric of the plan for one group's measures."""
    return tuple(
        folded(metric, [measures[number] for number in numbers])
        for metric, numbers in zip(plan.metrics, plan.columns, strict=True)
    )


def by_labels(plan: Aggregate, rows: Iterable[Row]) -> dict[Labels, tuple[Number | None, ...]]:
    """The metrics' values by labels, in the rows' order, of a plan without buckets."""
    width = len(plan.keys)
    return {tuple(row[:width]): values_of(plan, row[width:]) for row in rows}


def rolled_up(
    plan: Aggregate, rows: Sequence[Row]
) -> tuple[dict[Labels, tuple[Number | None, ...]], list[Row]]:
    """The metrics' values by labels of the whole, and the rows of buckets, of such a plan."""
    wholes = [row[1:] for row in rows if row[0] is None]
    return by_labels(plan, wholes), [row for row in rows if row[0] is not None]


def by_bucket(
    plan: Aggregate, rows: Iterable[Row], starts: Mapping[int, int]
) -> dict[Labels, dict[int, tuple[Number | None, ...]]]:
    """The metrics' values by labels and bucket start, of a plan with buckets."""
    width = 1 + len(plan.keys)
    found: dict[Labels, dict[int, tuple[Number | None, ...]]] = {}
    for row in rows:
        line = found.setdefault(tuple(row[1:width]), {})
        line[starts[int(row[0])]] = values_of(plan, row[width:])
    return found


def points_of(
    metric: Metric,
    index: int,
    buckets: Sequence[int],
    found: Mapping[int, tuple[Number | None, ...]],
) -> tuple[Number | None, ...]:
    """The metric's value in each bucket, the empty one where nothing was found."""
    empty = empty_value(metric)
    return tuple(found[start][index] if start in found else empty for start in buckets)
