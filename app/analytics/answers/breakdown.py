"""Breakdowns: one number per metric and label."""

from dataclasses import replace

from app.analytics.answers.steps import Steps
from app.analytics.compute import by_labels
from app.analytics.optimize import aggregate_of
from app.analytics.queries import BreakdownQuery, Moment, Page
from app.analytics.resolve import resolve_breakdown
from app.analytics.results import BreakdownResult, BreakdownRow
from app.analytics.sql.build import aggregate_statement


def answer_breakdown(query: BreakdownQuery, moment: Moment) -> Steps[BreakdownResult]:
    """The slice of the ordered labels that was asked for, and how many there are in all."""
    breakdown = resolve_breakdown(query, moment)
    scope = breakdown.scope
    plan = aggregate_of(scope, breakdown.metrics, breakdown.by)
    # One row more than none, so that an empty slice still brings the count along.
    page = replace(breakdown.page, limit=max(breakdown.page.limit, 1))
    plan = replace(plan, order=breakdown.order, page=page)
    (rows,) = yield (aggregate_statement(plan),)
    total = int(rows[0][-1]) if rows else 0
    if not rows and page.offset:
        (first,) = yield (aggregate_statement(replace(plan, page=Page(1))),)
        total = int(first[0][-1]) if first else 0
    found = list(by_labels(plan, rows).items())[: breakdown.page.limit]
    return BreakdownResult(
        scope.range,
        scope.zone,
        breakdown.by,
        breakdown.metrics,
        tuple(BreakdownRow(labels, values) for labels, values in found),
        total,
    )
