"""Pages: what was seen most, for how long, and how visits that began there went."""

from collections.abc import Sequence
from dataclasses import replace

from app.analytics.answers.steps import Steps
from app.analytics.compute import by_labels
from app.analytics.fields import COLUMNS, Field
from app.analytics.metrics import BOUNCE_RATE, TOTAL_REVENUE, Metric
from app.analytics.optimize import aggregate_of
from app.analytics.plans import Aggregate, Labels
from app.analytics.queries import Moment, PagesQuery, Scope
from app.analytics.resolve import resolve_listing
from app.analytics.results import PageRow, PagesResult
from app.analytics.sql.build import PAGE, pages_statement, prepared_aggregate

_ENTRY = (COLUMNS["entry_origin"], COLUMNS["entry_path"])


def answer_pages(query: PagesQuery, moment: Moment) -> Steps[PagesResult]:
    """The slice of the pages, those with the most sessions first."""
    listing = resolve_listing(query, moment)
    scope = listing.scope
    (pages,) = yield (pages_statement(listing),)
    if not pages:
        return PagesResult(scope.range, ())
    labels = tuple((page[0], page[1]) for page in pages)
    entered = _about(scope, BOUNCE_RATE, _ENTRY, labels)
    earned = _about(scope, TOTAL_REVENUE, PAGE, labels)
    bounces, revenues = yield (prepared_aggregate(entered), prepared_aggregate(earned))
    bounce_rates, revenue = by_labels(entered, bounces), by_labels(earned, revenues)
    rows = (
        PageRow(
            origin=origin,
            path=path,
            title=title,
            sessions=sessions,
            views=views,
            revenue=int(revenue.get((origin, path), (0,))[0] or 0),
            bounce_rate=bounce_rates.get((origin, path), (None,))[0],
            seconds=(stay or 0) / 1000,
        )
        for origin, path, sessions, views, stay, title, _ in pages
    )
    return PagesResult(scope.range, tuple(rows))


def _about(
    scope: Scope, metric: Metric, page: Sequence[Field], labels: tuple[Labels, ...]
) -> Aggregate:
    return replace(aggregate_of(scope, (metric,), page), only=labels)
