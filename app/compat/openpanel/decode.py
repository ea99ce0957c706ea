"""From parameters to questions. Each raises InvalidQueryError that names what is wrong."""

from dataclasses import dataclass
from typing import Final

from app.analytics.fields import COLUMNS, Source
from app.analytics.filters import All, Compare, Filter, Operator
from app.analytics.metrics import (
    BOUNCE_RATE,
    PROFILES,
    SCREEN_VIEWS,
    SESSION_DURATION,
    SESSIONS,
    TOTAL_REVENUE,
    VIEWS_PER_SESSION,
    VISITORS,
    Metric,
    Operation,
    Statistic,
    Unit,
)
from app.analytics.periods import Interval, WeekStart
from app.analytics.queries import (
    BreakdownQuery,
    EventsQuery,
    Page,
    PagesQuery,
    SeriesQuery,
    TotalsQuery,
)
from app.analytics.ranges import AutoInterval, Edge, Relative
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.breakdowns import Shape
from app.compat.openpanel.filters import decode_filters
from app.compat.openpanel.ranges import decode_bounds, decode_range
from app.compat.openpanel.selection import Selection, select_keys

OVERVIEW: Final = (
    BOUNCE_RATE,
    VISITORS,
    SESSIONS,
    SESSION_DURATION,
    SCREEN_VIEWS,
    VIEWS_PER_SESSION,
    TOTAL_REVENUE,
)
"""The metrics of the overview, in the order of the answer."""

SESSION_REVENUE: Final = Metric(
    "session_revenue",
    "Revenue of sessions",
    Unit.CURRENCY,
    Source.SESSIONS,
    (Statistic(Operation.SUM, COLUMNS["revenue"]),),
)
"""Sum of the sessions' revenue, in minor currency units."""

ROW_METRICS: Final = (SESSIONS, BOUNCE_RATE, SESSION_DURATION, SCREEN_VIEWS, SESSION_REVENUE)
"""The metrics of a breakdown's row; rows are ordered by the first."""

LIVE: Final = Relative(Edge(-5, Interval.MINUTE), Edge(1, Interval.MINUTE))
"""Five minutes, and the one by which a caller's clock may be ahead."""

_MOST_ROWS: Final = 50
_USUAL_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class EventsRequest:
    """What an export of events asks for: the rows, which page of them, and their keys."""

    query: EventsQuery
    page: int
    selection: Selection


def metrics_query(asked: Admitted) -> SeriesQuery:
    """The overview's metrics in buckets that fit the range; weeks begin on Sunday."""
    query = SeriesQuery(
        project=asked.project.number,
        metrics=OVERVIEW,
        range=decode_range(asked.params, asked.zone),
        interval=AutoInterval(Interval.HOUR),
        filter=decode_filters(asked.params, asked.zone),
        week_start=WeekStart.SUNDAY,
    )
    asked.params.check()
    return query


def live_query(asked: Admitted) -> TotalsQuery:
    """The profiles with an event in the last minutes."""
    return TotalsQuery(project=asked.project.number, metrics=(PROFILES,), range=LIVE)


def pages_query(asked: Admitted) -> PagesQuery:
    """The pages with the most sessions."""
    query = PagesQuery(
        project=asked.project.number,
        range=decode_range(asked.params, asked.zone),
        filter=decode_filters(asked.params, asked.zone),
        page=_page(asked),
    )
    asked.params.check()
    return query


def breakdown_query(asked: Admitted, shape: Shape) -> BreakdownQuery:
    """The values of a field with the most sessions."""
    query = BreakdownQuery(
        project=asked.project.number,
        by=shape.by,
        metrics=ROW_METRICS,
        range=decode_range(asked.params, asked.zone),
        filter=decode_filters(asked.params, asked.zone),
        page=_page(asked),
    )
    asked.params.check()
    return query


def events_request(asked: Admitted) -> EventsRequest:
    """The events of an export, the newest first."""
    params = asked.params
    page = params.page("page", default=1)
    limit = params.page("limit", default=_MOST_ROWS, most=_MOST_ROWS)
    selection = select_keys(params.texts("includes", "include"))
    query = EventsQuery(
        project=asked.project.number,
        range=decode_bounds(params, asked.zone),
        filter=All((*_named(asked), decode_filters(params, asked.zone))),
        page=Page(limit, (page - 1) * limit),
        columns=selection.columns,
    )
    params.check()
    return EventsRequest(query, page, selection)


def _named(asked: Admitted) -> list[Filter]:
    conditions: list[Filter] = []
    names = asked.params.texts("event", "events")
    if names:
        conditions.append(Compare(COLUMNS["name"], Operator.EQUALS, names))
    profile_id = asked.params.text("profileId", "profile_id")
    if profile_id is not None:
        conditions.append(Compare(COLUMNS["profile_id"], Operator.EQUALS, (profile_id,)))
    return conditions


def _page(asked: Admitted) -> Page:
    limit = asked.params.page("limit", default=_USUAL_ROWS, most=_MOST_ROWS)
    cursor = asked.params.page("cursor", default=1)
    return Page(limit, (cursor - 1) * limit)
