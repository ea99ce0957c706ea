"""Questions for numbers: asked of the core, and shown as the schema's types."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Generic, TypeVar, cast
from zoneinfo import ZoneInfo

from app.analytics import metrics as core
from app.analytics import results
from app.analytics.audiences import AudiencesQuery
from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, ClockUnit, Field, Source
from app.analytics.filters import EVERYTHING, All, Case, Compare, Filter, Not, Operator
from app.analytics.journeys import FunnelTrendQuery
from app.analytics.metrics import Count, Metric, Number
from app.analytics.periods import EPOCH, TimeRange, to_datetime
from app.analytics.plans import Label, Labels
from app.analytics.properties import as_text
from app.analytics.queries import (
    BreakdownQuery,
    ByLabel,
    ChartQuery,
    Page,
    SeriesQuery,
    TotalsQuery,
)
from app.analytics.ranges import ANY_TIME, RangeSpec
from app.exports.asking import answered as answered_of
from app.kit.paging import CursorKey, encode_cursor
from app.projects.answer_cache import Answered
from app.projects.records import Project
from app.projects.scopes import Scope
from schema.context import Context
from schema.enums import Fill, Interval, Unit
from schema.metric_names import metric_name
from schema.paging import Slicing
from schema.scalars import Long, TimeZone
from schema.types.analysis import (
    BreakdownConnection,
    BreakdownRow,
    DimensionValue,
    Live,
    MetricValue,
    ResultInfo,
    Series,
    Timeseries,
    Totals,
)
from schema.types.connections import PageInfo

T = TypeVar("T")

NOT_SET: Final = "(not set)"
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BREAKDOWN_PAGE: Final = 50
_LARGEST_OFFSET: Final = 2**31 - 1
_LONGEST_WINDOW_SECONDS: Final = 86_400
_TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """One project, and the request that asks about it."""

    context: Context
    project: Project

    async def totals(self, query: TotalsQuery) -> Totals:
        """One number per metric over the whole range."""
        answered = await self._totals(query)
        answer = answered.result
        values = [
            MetricValue(
                name=one.metric.label,
                metric=metric_name(one.metric),
                unit=Unit(one.metric.unit.value),
                value=one.value,
                previous=one.previous,
            )
            for one in answer.values
        ]
        return Totals(values=values, info=info_of(answered, answer.range, answer.zone))

    async def timeseries(self, query: SeriesQuery, fill: Fill = Fill.ZERO) -> Timeseries:
        """One number per metric and bucket, for each of the top values of the breakdown."""
        self.context.demand(Scope.READ_STATS)
        counts = row_counts(query.metrics) if fill is Fill.NULL else ()
        asked = replace(query, metrics=(*query.metrics, *counts))
        answered = await self.context.services.reader.answer(asked, self.project)
        return timeseries_of(answered, len(query.metrics), counts)

    async def lines(self, query: ChartQuery | AudiencesQuery | FunnelTrendQuery) -> Timeseries:
        """The lines of a chart, of audiences or of a funnel, which other doors keep."""
        self.context.demand(Scope.READ_STATS)
        found = await answered_of(self.context.services.reader, query, self.project)
        return timeseries_of(cast("Answered[results.SeriesResult]", found))

    async def breakdown(self, query: BreakdownQuery) -> BreakdownConnection:
        """One number per metric and value, ranked."""
        self.context.demand(Scope.READ_STATS)
        answered = await self.context.services.reader.answer(query, self.project)
        answer: results.BreakdownResult = answered.result
        offset = query.page.offset
        totals = Once(lambda: self._sums(query, answer.range))
        return BreakdownConnection(
            offset=offset,
            all_totals=totals,
            columns=[metric.label for metric in answer.metrics],
            rows=[_row(row, query.by, totals) for row in answer.rows],
            total_count=Long(answer.total_count),
            page_info=_page_info(offset, len(answer.rows), answer.total_count),
            info=info_of(answered, answer.range, answer.zone),
        )

    async def live(self, window_seconds: int) -> Live:
        """Who is here and what happens, within so many seconds up to now."""
        if not 1 <= window_seconds <= _LONGEST_WINDOW_SECONDS:
            message = f"The window has 1 to {_LONGEST_WINDOW_SECONDS} seconds."
            raise InvalidQueryError.at("windowSeconds", message=message)
        now = self.context.services.clock.now_ms()
        span = TimeRange(now - window_seconds * 1000, now + 1)
        question = self._of((core.PROFILES, core.EVENTS), span)
        visitors, events = (one.value for one in (await self._totals(question)).result.values)

        async def top(column: str) -> list[DimensionValue]:
            return await self.values(COLUMNS[column], span, core.PROFILES, limit=_TOP)

        return Live(
            visitors=Long(int(visitors or 0)),
            events=Long(int(events or 0)),
            at=EPOCH + timedelta(milliseconds=now),
            top=top,
        )

    async def values(
        self, field: Field, span: RangeSpec, metric: Metric, *, limit: int, search: str = ""
    ) -> list[DimensionValue]:
        """The values of a field that are there, the ones with the most of the metric first."""
        self.context.demand(Scope.READ_STATS)
        there: list[Filter] = [Not(Compare(field, Operator.IS_EMPTY))]
        if search:
            there.append(Compare(field, Operator.CONTAINS, (search,), Case.INSENSITIVE))
        query = BreakdownQuery(
            project=self.project.number,
            by=(field,),
            metrics=(metric,),
            range=span,
            filter=All(tuple(there)),
            page=Page(limit),
        )
        answer = await self.context.services.reader.ask(query, self.project)
        return [
            DimensionValue(
                value=text_of(row.labels[0]),
                label=shown(row.labels[0], field),
                count=Long(int(row.values[0] or 0)),
            )
            for row in answer.rows
        ]

    async def profiles(self, condition: Filter) -> int:
        """How many profiles have an event that meets the condition, at any time."""
        question = self._of((core.PROFILES,), ANY_TIME, condition)
        return int((await self._totals(question)).result.values[0].value or 0)

    async def ranked(
        self, field: Field, condition: Filter, limit: int, offset: int
    ) -> tuple[list[str], int]:
        """The values of a field by themselves, and how many there are in all slices."""
        query = BreakdownQuery(
            project=self.project.number,
            by=(field,),
            metrics=(core.EVENTS,),
            range=ANY_TIME,
            filter=All((condition, Not(Compare(field, Operator.IS_EMPTY)))),
            order=ByLabel(),
            page=Page(limit, offset),
        )
        answer = await self.context.services.reader.ask(query, self.project)
        return [text_of(row.labels[0]) or "" for row in answer.rows], answer.total_count

    def _of(
        self, metrics: tuple[Metric, ...], span: RangeSpec, condition: Filter = EVERYTHING
    ) -> TotalsQuery:
        number = self.project.number
        return TotalsQuery(project=number, metrics=metrics, range=span, filter=condition)

    async def _totals(self, query: TotalsQuery) -> Answered[results.TotalsResult]:
        self.context.demand(Scope.READ_STATS)
        return await self.context.services.reader.answer(query, self.project)

    async def _sums(self, query: BreakdownQuery, span: TimeRange) -> Sequence[Number | None]:
        whole = self._of(query.metrics, span, query.filter)
        return [one.value for one in (await self._totals(whole)).result.values]


def page_of(slicing: Slicing) -> Page:
    """The slice of a ranking; raises InvalidQueryError for a cursor that is none of it."""
    window = slicing.window(_BREAKDOWN_PAGE, (int,))
    return Page(window.limit, _offset(window.key))


def info_of(answered: Answered[object], span: TimeRange, zone: ZoneInfo) -> ResultInfo:
    """What is said about an answer over that range."""
    return ResultInfo(
        computed_at=EPOCH + timedelta(milliseconds=answered.computed_at),
        cached=answered.is_cached,
        from_=to_datetime(span.start, zone),
        to=to_datetime(span.end, zone),
        timezone=TimeZone(zone),
    )


class Once(Generic[T]):
    """Asks when it is first called, and gives everyone that one answer."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._asking: asyncio.Future[T] | None = None

    async def __call__(self) -> T:
        """The answer; callers who come while it is being made wait for it."""
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        return await self._asking


def row_counts(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """For each source of the metrics, how many rows of it there are."""
    sources = [source for source in Source if any(source in sources_of(one) for one in metrics)]
    return tuple(
        Metric(source.value, source.value, core.Unit.COUNT, source, (Count(),))
        for source in sources
    )


def sources_of(metric: Metric) -> frozenset[Source]:
    """What the metric is made of."""
    return frozenset(part.source for part in core.parts_of(metric))


def timeseries_of(
    answered: Answered[results.SeriesResult], wanted: int = 1, counts: Sequence[Metric] = ()
) -> Timeseries:
    """The answer; so many lines of each label are shown, and the `counts` behind them are not."""
    answer = answered.result
    before = answer.previous_buckets
    return Timeseries(
        interval=Interval(answer.interval.value),
        buckets=[to_datetime(start, answer.zone) for start in answer.buckets],
        previous_buckets=None
        if before is None
        else [to_datetime(start, answer.zone) for start in before],
        series=_all_series(answer.lines, wanted, counts),
        info=info_of(answered, answer.range, answer.zone),
    )


def _all_series(
    lines: Sequence[results.Line], wanted: int, counts: Sequence[Metric]
) -> list[Series]:
    """The wanted lines of each label; those of the counts behind them tell what is a gap."""
    width = wanted + len(counts)
    made: list[Series] = []
    for start in range(0, len(lines), width):
        behind = lines[start + wanted : start + width]
        for line in lines[start : start + wanted]:
            present = [one for one in behind if one.metric.source in sources_of(line.metric)]
            made.append(_series(line, present))
    return made


def _series(line: results.Line, present: Sequence[results.Line]) -> Series:
    points, before = line.points, line.previous_points
    if present:
        points = _without_gaps(points, [one.points for one in present])
        before = before and _without_gaps(before, [one.previous_points or () for one in present])
    return Series(
        name=line.metric.label,
        metric=metric_name(line.metric),
        unit=Unit(line.metric.unit.value),
        key=texts_of(line.labels),
        points=list(points),
        previous_points=None if before is None else list(before),
        total=line.total,
        previous_total=line.previous_total,
    )


def _without_gaps(
    points: Sequence[Number | None], present: Sequence[Sequence[Number | None]]
) -> tuple[Number | None, ...]:
    """The points where anything is present, and None elsewhere."""
    return tuple(
        point if any(there) else None
        for point, there in zip(points, zip(*present, strict=True), strict=True)
    )


def _row(
    row: results.BreakdownRow,
    by: Sequence[Field],
    totals: Callable[[], Awaitable[Sequence[Number | None]]],
) -> BreakdownRow:
    async def first_total() -> Number | None:
        return (await totals())[0]

    return BreakdownRow(
        key=texts_of(row.labels),
        labels=all_shown(row.labels, by),
        values=list(row.values),
        previous=None if row.previous is None else list(row.previous),
        first_total=first_total,
    )


def _page_info(offset: int, count: int, total: int) -> PageInfo:
    return PageInfo(
        has_next_page=offset + count < total,
        has_previous_page=offset > 0,
        start_cursor=encode_cursor((offset + 1,)) if count else None,
        end_cursor=encode_cursor((offset + count,)) if count else None,
    )


def _offset(key: CursorKey | None) -> int:
    offset = key[0] if key else 0
    if not isinstance(offset, int) or not 0 <= offset <= _LARGEST_OFFSET:
        raise InvalidQueryError.at("after", message="The cursor is not one of this ranking.")
    return offset


def texts_of(labels: Labels) -> list[str | None]:
    """The labels as texts; None for absent ones."""
    return [text_of(label) for label in labels]


def text_of(label: Label) -> str | None:
    """The label as a text; None where it is absent."""
    return as_text(label)


def all_shown(labels: Labels, by: Sequence[Field]) -> list[str]:
    """The labels of these fields for people."""
    return [shown(label, field) for label, field in zip(labels, by, strict=True)]


def shown(label: Label, field: Field) -> str:
    """The label of that field for people."""
    if isinstance(label, int) and field.name == ClockUnit.DAY_OF_WEEK:
        return _DAYS[label - 1]
    text = text_of(label)
    return NOT_SET if text is None else text
