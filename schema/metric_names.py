"""What the schema calls a metric of the core, whichever door it came in by."""

from typing import Final, assert_never

from app.analytics.metrics import (
    BUILT_IN,
    EVENTS_PER_PROFILE,
    LATEST_PER_PROFILE,
    PROFILES,
    Calculated,
    Count,
    Latest,
    Metric,
    Operation,
    Percentile,
    Statistic,
    Unique,
    Unit,
)
from schema.enums import MetricName

SIMPLE: Final = {
    MetricName(metric.slug): metric
    for metric in (*BUILT_IN, EVENTS_PER_PROFILE, LATEST_PER_PROFILE)
}
"""The metrics that are told by their name alone."""

OPERATIONS: Final = {
    MetricName.SUM: Operation.SUM,
    MetricName.AVG: Operation.AVERAGE,
    MetricName.MIN: Operation.MIN,
    MetricName.MAX: Operation.MAX,
}

SHARES: Final = {
    MetricName.MEDIAN: 0.5,
    MetricName.P90: 0.9,
    MetricName.P95: 0.95,
    MetricName.P99: 0.99,
}
"""Of each percentile that has a name, the part of the numbers that don't exceed it."""

_BY_SLUG: Final = {name.value: name for name in SIMPLE}
_BY_OPERATION: Final = {operation: name for name, operation in OPERATIONS.items()}
_BY_SHARE: Final = {share: name for name, share in SHARES.items()}


def metric_name(metric: Metric) -> MetricName:
    """What is measured, in the schema's word."""
    if metric.slug in _BY_SLUG:
        return _BY_SLUG[metric.slug]
    if isinstance(metric.fold, Calculated) or metric.slug.startswith("formula"):
        return MetricName.FORMULA
    if not metric.measures:
        # A line of a funnel over time, or of an audience: profiles, counted when they are active.
        is_rate = metric.unit is Unit.PERCENT
        return MetricName.FORMULA if is_rate else MetricName(PROFILES.slug)
    match metric.measures[0]:
        case Statistic(operation):
            return _BY_OPERATION[operation]
        case Percentile(share):
            return _BY_SHARE.get(share, MetricName.PERCENTILE)
        case Unique():
            return MetricName.UNIQUE
        case Latest():
            return MetricName.LATEST_PER_PROFILE
        case Count():
            return MetricName.EVENTS
        case _:
            assert_never(metric.measures[0])
