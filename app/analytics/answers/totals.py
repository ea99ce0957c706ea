"""Totals: one number per metric."""

from dataclasses import replace

from app.analytics.answers.steps import Steps
from app.analytics.compute import values_of
from app.analytics.optimize import aggregate_of
from app.analytics.queries import Moment, TotalsQuery
from app.analytics.resolve import resolve_totals
from app.analytics.results import MetricValue, TotalsResult
from app.analytics.sql.build import prepared_aggregate


def answer_totals(query: TotalsQuery, moment: Moment) -> Steps[TotalsResult]:
    """The metrics over the range, and over the one that it is compared with."""
    totals = resolve_totals(query, moment)
    plan = aggregate_of(totals.scope, totals.metrics)
    plans = [plan]
    if totals.previous is not None:
        plans.append(replace(plan, range=totals.previous))
    answers = yield tuple(prepared_aggregate(each) for each in plans)
    values, *before = (values_of(each, rows[0]) for each, rows in zip(plans, answers, strict=True))
    previous = before[0] if before else (None,) * len(values)
    return TotalsResult(
        totals.scope.range,
        totals.scope.zone,
        tuple(
            MetricValue(metric, value, old)
            for metric, value, old in zip(totals.metrics, values, previous, strict=True)
        ),
        totals.previous,
    )
