"""Pages: what was seen most, where sessions began and ended, and how pages do."""

from functools import partial
from typing import Final

from app.analytics.fields import COLUMNS
from app.analytics.filters import Compare, Not, Operator
from app.analytics.metrics import SCREEN_VIEWS, SESSIONS
from app.analytics.queries import BreakdownQuery, Page, PagesQuery
from app.analytics.records import Json
from app.analytics.results import PageRow as Row
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.answer_wire import EdgeRow, PagePerformance, PageRow
from app.compat.openpanel.encode import rounded
from app.compat.openpanel.insights.asking import filter_of, page_of, range_of
from app.compat.openpanel.insights.breakdowns import SESSION_REVENUE
from app.compat.openpanel.insights.endpoint import Endpoint
from app.compat.openpanel.operations import FILTERS, PAGED, RANGE
from app.http.operations import Parameter

_MOST_PAGES: Final = 10_000
"""Pages among which the performance is looked for, those with the most sessions."""

_HIGH_BOUNCE: Final = 70
_GOOD_BOUNCE: Final = 40
_SHORT_MINUTES: Final = 1
_LONG_MINUTES: Final = 2


async def pages(asked: Admitted, usual: str = "7d") -> Json:
    """The pages that were seen most."""
    query = PagesQuery(
        project=asked.project.number,
        range=range_of(asked, usual),
        filter=filter_of(asked),
        page=page_of(asked),
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    return [_page_row(row) for row in result.rows]


async def entry_exit(asked: Admitted) -> Json:
    """The pages where the most sessions began, or ended."""
    mode = asked.params.choice("mode", ("entry", "exit"))
    origin, path = COLUMNS[f"{mode}_origin"], COLUMNS[f"{mode}_path"]
    query = BreakdownQuery(
        project=asked.project.number,
        by=(origin, path),
        metrics=(SESSIONS, SCREEN_VIEWS, SESSION_REVENUE),
        range=range_of(asked, "30d"),
        filter=Not(Compare(path, Operator.IS_EMPTY)),
        page=page_of(asked),
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    keys = ("sessions", "pageviews", "revenue")
    return [
        {
            "origin": row.labels[0] or "",
            "path": row.labels[1],
            **dict(zip(keys, map(rounded, row.values), strict=True)),
        }
        for row in result.rows
    ]


async def performance(asked: Admitted) -> Json:
    """Pages with what they may do better."""
    search = (asked.params.text("search") or "").lower()
    by = asked.params.choice("sortBy", ("sessions", "pageviews", "bounce_rate", "avg_duration"))
    order = asked.params.choice("sortOrder", ("desc", "asc"))
    limit = asked.params.page("limit", default=50, most=500)
    query = PagesQuery(
        project=asked.project.number, range=range_of(asked, "30d"), page=Page(_MOST_PAGES)
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    found = [_performance(row) for row in result.rows if _mentions(row, search)]
    found.sort(key=lambda row: row[by], reverse=order == "desc")  # type: ignore[arg-type, return-value]
    shown = found[:limit]
    return {"total_pages": len(found), "shown": len(shown), "pages": [*shown]}


def _mentions(row: Row, search: str) -> bool:
    return search in row.path.lower() or search in (row.title or "").lower()


def _page_row(row: Row) -> dict[str, Json]:
    return {
        "title": row.title or "",
        "origin": row.origin or "",
        "path": row.path,
        "sessions": row.sessions,
        "bounce_rate": rounded(row.bounce_rate),
        "avg_duration": rounded(row.seconds),
        "pageviews": row.views,
        "revenue": row.revenue,
    }


def _performance(row: Row) -> dict[str, Json]:
    minutes, bounces = row.seconds / 60, row.bounce_rate or 0
    return {
        "origin": row.origin or "",
        "path": row.path,
        "title": row.title or "",
        "sessions": row.sessions,
        "pageviews": row.views,
        "avg_duration": rounded(minutes),
        "bounce_rate": rounded(bounces),
        "seo_signals": {
            "high_bounce": bounces > _HIGH_BOUNCE,
            "low_engagement": minutes < _SHORT_MINUTES,
            "good_landing_page": bounces < _GOOD_BOUNCE and minutes > _LONG_MINUTES,
        },
    }


ENDPOINTS: Final = (
    Endpoint(
        "pages", pages, "The pages that were seen most", list[PageRow], (*RANGE, FILTERS, *PAGED)
    ),
    Endpoint(
        "pages/top",
        partial(pages, usual="30d"),
        "The pages that were seen most",
        list[PageRow],
        (*RANGE, FILTERS, *PAGED),
    ),
    Endpoint(
        "pages/entry_exit",
        entry_exit,
        "The pages where sessions begin or end",
        list[EdgeRow],
        (*RANGE, *PAGED, Parameter(name="mode", says="`entry` or `exit`.", default="entry")),
    ),
    Endpoint(
        "pages/performance",
        performance,
        "Pages with what they may do better",
        PagePerformance,
        (
            *RANGE,
            Parameter(name="search", says="A part of the path or the title."),
            Parameter(name="sortBy", says="A key of the rows.", default="sessions"),
            Parameter(name="sortOrder", says="`asc` or `desc`.", default="desc"),
            Parameter(name="limit", says="At most 500.", kind=int, default=50),
        ),
        "Durations are in minutes.",
    ),
)
