"""Thresholds of the numbers of rows: what they mean, and generated ones."""

from collections.abc import Sequence

from hypothesis import strategies as st

from app.analytics.metrics import Metric, Number, Unit
from app.analytics.thresholds import Relation, Threshold


def stands(threshold: Threshold, values: Sequence[Number | None]) -> bool:
    """Whether the number that the threshold is about stands so."""
    value = values[threshold.index]
    if value is None:
        return False
    return {
        Relation.GREATER: value > threshold.value,
        Relation.AT_LEAST: value >= threshold.value,
        Relation.LESS: value < threshold.value,
        Relation.AT_MOST: value <= threshold.value,
    }[threshold.relation]


def thresholds(metrics: Sequence[Metric]) -> st.SearchStrategy[tuple[Threshold, ...]]:
    """Up to two thresholds of the metrics; usually none.

    Only counts may be equal to a threshold: others are sums in an order that the engine chooses.
    """
    one = st.one_of(
        [
            st.builds(
                Threshold,
                st.just(index),
                st.sampled_from(Relation),
                st.sampled_from([0, 1, 2] if metric.unit is Unit.COUNT else [0.37, 1.13, 41.7]),
            )
            for index, metric in enumerate(metrics)
        ]
    )
    return st.one_of(st.just(()), st.lists(one, min_size=1, max_size=2).map(tuple))
