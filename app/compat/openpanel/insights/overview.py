"""The overview: its metrics whole and in buckets, of the site or of pages, and who is here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.analytics.fields import COLUMNS, Source
from app.analytics.filters import All, Filter
from app.analytics.metrics import (
    BOUNCE_RATE,
    PROFILES,
    SCREEN_VIEWS,
    SESSION_DURATION,
    SESSIONS,
    TOTAL_REVENUE,
    VIEWS_PER_SESSION,
    VISITORS,
    Count,
    Metric,
    Number,
    Ratio,
    Unique,
    Unit,
    named,
    narrowed,
)
from app.analytics.periods import Interval, WeekStart
from app.analytics.presence import ActiveQuery, StaysQuery
from app.analytics.queries import SeriesQuery, TotalsQuery
from app.analytics.ranges import AutoInterval, Edge, PreviousPeriod, Relative
from app.analytics.records import SCREEN_VIEW, Json
from app.analytics.results import Line, SeriesResult
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.answer_wire import ActiveUsers, Live, Metrics, Overview
from app.compat.openpanel.encode import rounded
from app.compat.openpanel.filters import named_filters
from app.compat.openpanel.insights.asking import filter_of, range_of
from app.compat.openpanel.insights.dates import local_date
from app.compat.openpanel.insights.endpoint import Endpoint
from app.compat.openpanel.operations import FILTERS, RANGE
from app.http.operations import Parameter
from app.kit.trees import rebuilt

OVERVIEW: Final[Mapping[str, Metric]] = {
    "bounce_rate": BOUNCE_RATE,
    "unique_visitors": VISITORS,
    "total_sessions": SESSIONS,
    "avg_session_duration": SESSION_DURATION,
    "total_screen_views": SCREEN_VIEWS,
    "views_per_session": VIEWS_PER_SESSION,
    "total_revenue": TOTAL_REVENUE,
}
"""The metrics by the key of each, in the order of the answer."""

LIVE: Final = Relative(Edge(-5, Interval.MINUTE), Edge(1, Interval.MINUTE))
"""Five minutes, and the one by which a caller's clock may be ahead."""

_PATH: Final = "path"
_INTERVALS: Final = ("day", "hour", "week", "month")
_MOST_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class _Pages:
    """The conditions of a request that is about pages: of its views, and of entries there."""

    views: Filter
    entries: Filter


async def metrics(asked: Admitted) -> Json:
    """The overview's metrics; of views of pages where a filter names a path."""
    compare = PreviousPeriod.PERIOD if asked.params.flag("previous") else None
    pages = _pages(asked)
    if pages is not None:
        return await _page_metrics(asked, pages, compare)
    query = SeriesQuery(
        project=asked.project.number,
        metrics=tuple(OVERVIEW.values()),
        range=range_of(asked),
        interval=AutoInterval(Interval.HOUR),
        filter=filter_of(asked),
        compare=compare,
        week_start=WeekStart.SUNDAY,
    )
    asked.params.check()
    return encode_metrics(await asked.services.reader.ask(query, asked.project))


def _pages(asked: Admitted) -> _Pages | None:
    told = named_filters(asked.params, asked.zone)
    if all(wire.name != _PATH for wire, _ in told):
        return None
    conditions = All(tuple(condition for _, condition in told))

    def entered(node: object) -> object:
        return COLUMNS["entry_path"] if node == COLUMNS[_PATH] else node

    return _Pages(conditions, rebuilt(conditions, entered))


def _metrics_of(pages: _Pages) -> tuple[Metric, ...]:
    """The metrics of views of pages, in the order of the overview; stays are told apart."""
    views = All((named(SCREEN_VIEW), pages.views))
    sessions = Unique(COLUMNS["session_id"], views)
    per_session = (Count(views), sessions)
    source, count = Source.EVENTS, Unit.COUNT
    return (
        narrowed(BOUNCE_RATE, pages.entries),
        Metric("visitors", "", count, source, (Unique(COLUMNS["profile_id"], views),)),
        Metric("sessions", "", count, source, (sessions,)),
        Metric("views", "", count, source, (Count(views),)),
        Metric("views_per_session", "", Unit.NUMBER, source, per_session, Ratio()),
        narrowed(TOTAL_REVENUE, pages.views),
    )


async def _page_metrics(asked: Admitted, pages: _Pages, compare: PreviousPeriod | None) -> Json:
    query = SeriesQuery(
        project=asked.project.number,
        metrics=_metrics_of(pages),
        range=range_of(asked),
        interval=AutoInterval(Interval.HOUR),
        compare=compare,
        week_start=WeekStart.SUNDAY,
    )
    asked.params.check()
    reader, project = asked.services.reader, asked.project
    result = await reader.ask(query, project)
    spans = [span for span in (result.range, result.previous_range) if span is not None]
    stays = [
        await reader.ask(
            StaysQuery(
                project=project.number,
                range=span,
                interval=result.interval,
                filter=pages.views,
                week_start=WeekStart.SUNDAY,
            ),
            project,
        )
        for span in spans
    ]
    return encode_page_metrics(result, [each.seconds for each in stays])


async def overview(asked: Admitted) -> Json:
    """The overview's metrics in buckets of the interval that is asked for."""
    interval = asked.params.choice("interval", _INTERVALS)
    query = SeriesQuery(
        project=asked.project.number,
        metrics=tuple(OVERVIEW.values()),
        range=range_of(asked, "30d"),
        interval=Interval(interval),
        filter=filter_of(asked),
        week_start=WeekStart.SUNDAY,
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    period = _period(_tables(result, _PLAIN), result)
    return {
        "summary": period["metrics"],
        "series": period["series"],
        "interval": interval,
        "startDate": local_date(result.range.start, Interval.MINUTE, result.zone),
        "endDate": local_date(result.range.end, Interval.MINUTE, result.zone),
    }


async def live(asked: Admitted) -> Json:
    """How many profiles are active now."""
    query = TotalsQuery(project=asked.project.number, metrics=(PROFILES,), range=LIVE)
    result = await asked.services.reader.ask(query, asked.project)
    return {"visitors": rounded(result.values[0].value)}


async def active_users(asked: Admitted) -> Json:
    """How many profiles were active in the days up to each day."""
    days = asked.params.page("days", default=7, most=_MOST_DAYS)
    query = ActiveQuery(project=asked.project.number, range=range_of(asked, "30d"), days=days)
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    series: list[Json] = [
        {"date": local_date(day, Interval.DAY, result.zone)[:10], "users": users}
        for day, users in zip(result.days, result.profiles, strict=True)
    ]
    label = {1: "DAU", 7: "WAU", 30: "MAU"}.get(days, f"{days}d active")
    return {"window_days": days, "label": label, "series": series}


@dataclass(frozen=True, slots=True)
class _Table:
    """The numbers of one metric under its key: whole, and in buckets."""

    key: str
    total: Number | None
    points: Sequence[Number | None]


_PLAIN: Final = tuple(OVERVIEW)
_OF_PAGES: Final = tuple(key for key in OVERVIEW if key != "avg_session_duration")


def encode_metrics(result: SeriesResult) -> dict[str, Json]:
    """One number per metric, one per metric and bucket, and the same of the period before."""
    told = _period(_tables(result, _PLAIN), result)
    if result.previous_buckets is None:
        return told
    return {**told, "previous": _period(_before(result, _PLAIN), result, result.previous_buckets)}


def encode_page_metrics(result: SeriesResult, stays: Sequence[Sequence[float]]) -> dict[str, Json]:
    """As `encode_metrics`, with the stays of the range and of the one before."""
    told = _period(_with_stays(_tables(result, _OF_PAGES), stays[0]), result)
    if result.previous_buckets is None:
        return told
    before = _with_stays(_before(result, _OF_PAGES), stays[1])
    return {**told, "previous": _period(before, result, result.previous_buckets)}


def _tables(result: SeriesResult, keys: Sequence[str]) -> list[_Table]:
    lines = zip(keys, result.lines, strict=True)
    return [_Table(key, line.total, line.points) for key, line in lines]


def _before(result: SeriesResult, keys: Sequence[str]) -> list[_Table]:
    def table(key: str, line: Line) -> _Table:
        return _Table(key, line.previous_total, line.previous_points or ())

    return [table(key, line) for key, line in zip(keys, result.lines, strict=True)]


def _with_stays(tables: list[_Table], seconds: Sequence[float]) -> list[_Table]:
    """The tables in the overview's order; over the whole range, rates are means of buckets."""
    found = {table.key: table for table in tables}
    views = found["views_per_session"]
    found["views_per_session"] = _Table(views.key, _mean(views.points), views.points)
    stay = "avg_session_duration"
    found[stay] = _Table(stay, _mean(seconds), seconds)
    return [found[key] for key in OVERVIEW]


def _mean(points: Sequence[Number | None]) -> float:
    """The mean over the buckets that have a number other than 0."""
    there = [point for point in points if point]
    return sum(there) / len(there) if there else 0


def _period(
    tables: Sequence[_Table], result: SeriesResult, buckets: Sequence[int] | None = None
) -> dict[str, Json]:
    starts = result.buckets if buckets is None else buckets
    series: list[Json] = [
        {
            "date": local_date(start, result.interval, result.zone),
            **{table.key: rounded(table.points[place]) for table in tables},
        }
        for place, start in enumerate(starts)
    ]
    return {"metrics": {table.key: rounded(table.total) for table in tables}, "series": series}


ENDPOINTS: Final = (
    Endpoint(
        "metrics",
        metrics,
        "The overview's metrics, whole and in buckets",
        Metrics,
        (
            *RANGE,
            FILTERS,
            Parameter(name="previous", says="Also the period before.", kind=bool, default=False),
        ),
        "With a filter on `path`, the numbers are those of views of such pages.",
    ),
    Endpoint("live", live, "How many are here now", Live, ()),
    Endpoint(
        "overview",
        overview,
        "The overview's metrics in buckets of one size",
        Overview,
        (
            *RANGE,
            FILTERS,
            Parameter(name="interval", says=f"One of {', '.join(_INTERVALS)}.", default="day"),
        ),
    ),
    Endpoint(
        "active_users",
        active_users,
        "How many profiles were active up to each day",
        ActiveUsers,
        (
            *RANGE,
            Parameter(name="days", says="How many days; 1 to 90.", kind=int, default=7),
        ),
    ),
)
