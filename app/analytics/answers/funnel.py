"""Funnels: how many journeys get how far, and who is behind a step."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from app.analytics.answers.steps import Rows, Steps
from app.analytics.fields import Source
from app.analytics.journey_plans import Funnel
from app.analytics.journey_results import (
    FunnelGroup,
    FunnelProfilesResult,
    FunnelResult,
    StepReached,
)
from app.analytics.journeys import FunnelProfilesQuery, FunnelQuery, FunnelTrendQuery
from app.analytics.metrics import Metric, Unit, Value
from app.analytics.optimize import bucket_key
from app.analytics.periods import TimeRange
from app.analytics.plans import Labels
from app.analytics.queries import Moment
from app.analytics.resolve_journeys import (
    resolve_funnel,
    resolve_funnel_profiles,
    resolve_funnel_trend,
)
from app.analytics.results import Line, SeriesResult
from app.analytics.sql.buckets import starts_by_key
from app.analytics.sql.build import (
    funnel_profiles_statement,
    funnel_statement,
    funnel_trend_statement,
)

CONVERSION: Final = Metric(
    "conversion", "Conversion rate", Unit.PERCENT, Source.EVENTS, (), Value()
)
"""What the lines of a funnel over time are of."""

Reached = tuple[StepReached, ...]


def answer_funnel(query: FunnelQuery, moment: Moment) -> Steps[FunnelResult]:
    """The steps of each group, and what they were in the range that is compared with."""
    funnel = resolve_funnel(query, moment)
    scope = funnel.scope
    plans = [funnel]
    if funnel.previous is not None and not funnel.by:
        plans.append(_before(funnel, funnel.previous))
    rows = yield tuple(funnel_statement(plan) for plan in plans)
    found = _by_labels(funnel, rows[0])
    before = _by_labels(funnel, rows[1]) if len(rows) > 1 else {}
    if funnel.previous is not None and funnel.by and found:
        # Only now it is known which groups there are to compare.
        plan = replace(_before(funnel, funnel.previous), only=tuple(found), top=None)
        (old,) = yield (funnel_statement(plan),)
        before = _by_labels(funnel, old)
    nobody = (StepReached(0),) * len(funnel.steps)
    compared = funnel.previous is not None
    groups = (
        FunnelGroup(labels, steps, before.get(labels, nobody) if compared else None)
        for labels, steps in found.items()
    )
    return FunnelResult(
        scope.range, scope.zone, query.steps, funnel.by, tuple(groups), funnel.previous
    )


def answer_funnel_profiles(
    query: FunnelProfilesQuery, moment: Moment
) -> Steps[FunnelProfilesResult]:
    """A slice of the profiles behind a step."""
    asked = resolve_funnel_profiles(query, moment)
    (rows,) = yield (funnel_profiles_statement(asked),)
    total = int(rows[0][1]) if rows else 0
    if not rows and asked.after is not None:
        (first,) = yield (funnel_profiles_statement(replace(asked, after=None, limit=0)),)
        total = int(first[0][1]) if first else 0
    ids = tuple(str(profile_id) for profile_id, _ in rows[: asked.limit])
    return FunnelProfilesResult(asked.funnel.scope.range, ids, len(rows) > asked.limit, total)


def answer_funnel_trend(query: FunnelTrendQuery, moment: Moment) -> Steps[SeriesResult]:
    """A line for each group of the funnel, those with the most journeys first."""
    trend = resolve_funnel_trend(query, moment)
    funnel, scope = trend.funnel, trend.funnel.scope
    (rows,) = yield (funnel_statement(funnel),)
    whole = _by_labels(funnel, rows)
    found: dict[Labels, dict[int, float]] = {labels: {} for labels in whole}
    if whole and trend.buckets:
        only = tuple(whole) if funnel.by else None
        key = bucket_key(scope, scope.range, trend.interval, trend.buckets)
        plan = replace(funnel, only=only, top=None)
        (begun,) = yield (funnel_trend_statement(plan, key),)
        starts = starts_by_key(key, scope.zone)
        for at, *labels, first, last in begun:
            found[tuple(labels)][starts[int(at)]] = _percent(last, first)
    lines = (
        Line(
            CONVERSION,
            labels,
            tuple(found[labels].get(start, 0) for start in trend.buckets),
            _percent(steps[-1].count, steps[0].count),
        )
        for labels, steps in whole.items()
    )
    return SeriesResult(scope.range, scope.zone, trend.interval, trend.buckets, tuple(lines))


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0


def _before(funnel: Funnel, span: TimeRange) -> Funnel:
    return replace(funnel, scope=replace(funnel.scope, range=span))


def _by_labels(funnel: Funnel, rows: Rows) -> dict[Labels, Reached]:
    width, steps = len(funnel.by), len(funnel.steps)
    return {tuple(row[:width]): _reached(row[width:], steps) for row in rows}


def _reached(numbers: Sequence[Any], steps: int) -> Reached:
    counts, times = numbers[:steps], numbers[steps:]
    first = StepReached(int(counts[0]))
    rest = (
        StepReached(int(count), _seconds(average), _seconds(median))
        for count, average, median in zip(counts[1:], times[::2], times[1::2], strict=True)
    )
    return (first, *rest)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
