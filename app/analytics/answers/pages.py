"""Pages: what was seen most, for how long, and how visits that began there went."""

from collections.abc import Sequence
from dataclasses import replace

from app.analytics.answers.steps import Rows, Steps
from app.analytics.compute import by_labels
from app.analytics.fields import COLUMNS, Field
from app.analytics.filters import All, Compare, Not, Operator
from app.analytics.metrics import BOUNCE_RATE, PAGEVIEWS, TOTAL_REVENUE, Metric, named, unique_of
from app.analytics.optimize import aggregate_of
from app.analytics.plans import Aggregate, Labels
from app.analytics.queries import ByMetric, Moment, PagesQuery, Scope
from app.analytics.records import SCREEN_VIEW
from app.analytics.resolve import resolve_listing
from app.analytics.results import PageRow, PagesResult
from app.analytics.sql.build import (
    PAGE,
    aggregate_statement,
    time_on_page_statement,
    titles_statement,
)

_ENTRY = (COLUMNS["entry_origin"], COLUMNS["entry_path"])
_ON_A_PAGE = All((named(SCREEN_VIEW), Not(Compare(COLUMNS["path"], Operator.IS_EMPTY))))
_SESSIONS_THERE = unique_of(COLUMNS["session_id"])


def answer_pages(query: PagesQuery, moment: Moment) -> Steps[PagesResult]:
    """The slice of the pages, those with the most sessions first."""
    listing = resolve_listing(query, moment)
    scope = listing.scope
    seen = replace(scope, filter=All((_ON_A_PAGE, scope.filter)))
    top = aggregate_of(seen, (_SESSIONS_THERE, PAGEVIEWS), PAGE)
    top = replace(top, order=ByMetric(0), page=listing.page)
    (ranked,) = yield (aggregate_statement(top),)
    pages = by_labels(top, ranked)
    if not pages:
        return PagesResult(scope.range, ())
    labels = tuple(pages)
    entered = _about(scope, BOUNCE_RATE, _ENTRY, labels)
    earned = _about(scope, TOTAL_REVENUE, PAGE, labels)
    bounces, revenues, times, titles = yield (
        aggregate_statement(entered),
        aggregate_statement(earned),
        time_on_page_statement(scope, labels),
        titles_statement(scope, labels),
    )
    bounce_rates, revenue = by_labels(entered, bounces), by_labels(earned, revenues)
    seconds, title = _third_column(times), _third_column(titles)
    rows = (
        PageRow(
            origin=_text(page[0]),
            path=str(page[1]),
            title=_text(title.get(page)),
            sessions=int(sessions or 0),
            views=int(views or 0),
            revenue=int(revenue.get(page, (0,))[0] or 0),
            bounce_rate=_number(bounce_rates.get(page, (None,))[0]),
            seconds=(_number(seconds.get(page)) or 0) / 1000,
        )
        for page, (sessions, views) in pages.items()
    )
    return PagesResult(scope.range, tuple(rows))


def _about(
    scope: Scope, metric: Metric, page: Sequence[Field], labels: tuple[Labels, ...]
) -> Aggregate:
    return replace(aggregate_of(scope, (metric,), page), only=labels)


def _third_column(rows: Rows) -> dict[Labels, object]:
    return {(row[0], row[1]): row[2] for row in rows}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
