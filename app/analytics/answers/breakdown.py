"""Breakdowns: one number per metric and label."""

from collections.abc import Sequence
from dataclasses import replace

from app.analytics.answers.steps import Steps
from app.analytics.compute import by_labels, empty_value
from app.analytics.metrics import Number
from app.analytics.optimize import aggregate_of
from app.analytics.plans import Aggregate, Labels
from app.analytics.queries import Breakdown, BreakdownQuery, Moment, Page
from app.analytics.resolve import resolve_breakdown
from app.analytics.results import BreakdownResult, BreakdownRow
from app.analytics.sql.build import prepared_aggregate


def answer_breakdown(query: BreakdownQuery, moment: Moment) -> Steps[BreakdownResult]:
    """The slice of the ordered labels that was asked for, and how many there are in all."""
    breakdown = resolve_breakdown(query, moment)
    scope = breakdown.scope
    whole = aggregate_of(scope, breakdown.metrics, breakdown.by)
    # One row more than none, so that an empty slice still brings the count along.
    page = replace(breakdown.page, limit=max(breakdown.page.limit, 1))
    plan = replace(whole, having=breakdown.having, order=breakdown.order, page=page)
    (rows,) = yield (prepared_aggregate(plan),)
    total = int(rows[0][-1]) if rows else 0
    if not rows and page.offset:
        (first,) = yield (prepared_aggregate(replace(plan, page=Page(1))),)
        total = int(first[0][-1]) if first else 0
    found = dict(list(by_labels(plan, rows).items())[: breakdown.page.limit])
    before = yield from _before(breakdown, whole, tuple(found))
    return BreakdownResult(
        scope.range,
        scope.zone,
        breakdown.by,
        breakdown.metrics,
        tuple(
            BreakdownRow(labels, values, old)
            for (labels, values), old in zip(found.items(), before, strict=True)
        ),
        total,
        breakdown.previous,
    )


def _before(
    breakdown: Breakdown, whole: Aggregate, labels: Sequence[Labels]
) -> Steps[Sequence[tuple[Number | None, ...] | None]]:
    """What the metrics of these labels were in the range that is compared with."""
    if breakdown.previous is None or not labels:
        return [None] * len(labels)
    plan = replace(whole, range=breakdown.previous, only=tuple(labels))
    (rows,) = yield (prepared_aggregate(plan),)
    found = by_labels(plan, rows)
    nothing = tuple(map(empty_value, breakdown.metrics))
    return [found.get(each, nothing) for each in labels]
