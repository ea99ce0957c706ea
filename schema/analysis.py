"""Questions for numbers: asked of the core, and shown as the schema's types."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from app.analytics import metrics as core
from app.analytics import periods, results
from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, Field, Source
from app.analytics.filters import EVERYTHING, All, Case, Compare, Filter, Not, Operator
from app.analytics.metrics import Count, Metric, Number
from app.analytics.periods import EPOCH, TimeRange, to_datetime
from app.analytics.plans import Label, Labels
from app.analytics.properties import as_text
from app.analytics.queries import (
    BreakdownQuery,
    ByLabel,
    Order,
    Page,
    SeriesQuery,
    TotalsQuery,
)
from app.analytics.ranges import ANY_TIME, AutoInterval, Comparison, RangeSpec
from app.kit.paging import CursorKey, encode_cursor
from app.projects.answer_cache import Answered
from app.projects.records import Project
from app.projects.scopes import Scope
from schema import enums
from schema.context import Context
from schema.enums import Fill, Interval, MetricName, Unit
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
_BREAKDOWN_PAGE: Final = 50
_LARGEST_OFFSET: Final = 2**31 - 1
_LONGEST_WINDOW_SECONDS: Final = 86_400
_TOP: Final = 10
_WEEK_STARTS: Final = {
    enums.WeekStart.MONDAY: periods.WeekStart.MONDAY,
    enums.WeekStart.SUNDAY: periods.WeekStart.SUNDAY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What all questions for numbers have in common, in the core's words."""

    metrics: tuple[Metric, ...]
    range: RangeSpec
    filter: Filter = EVERYTHING
    compare: Comparison | None = None
    zone: ZoneInfo | None = None
    week_start: enums.WeekStart = enums.WeekStart.MONDAY


@dataclass(frozen=True, slots=True)
class Asked:
    """One project, and the request that asks about it."""

    context: Context
    project: Project

    async def totals(self, question: Question) -> Totals:
        """One number per metric over the whole range."""
        answered = await self._totals(question)
        answer = answered.result
        values = [
            MetricValue(
                name=one.metric.label,
                metric=MetricName(one.metric.slug),
                unit=Unit(one.metric.unit.value),
                value=one.value,
                previous=one.previous,
            )
            for one in answer.values
        ]
        return Totals(values=values, info=info_of(answered, answer.range, answer.zone))

    async def timeseries(
        self,
        question: Question,
        interval: Interval,
        fill: Fill,
        breakdown: Sequence[Field] = (),
        top: int = 10,
    ) -> Timeseries:
        """One number per metric and bucket, for each of the top values of the breakdown."""
        self.context.demand(Scope.READ_STATS)
        counts = _row_counts(question.metrics) if fill is Fill.NULL else ()
        query = SeriesQuery(
            project=self.project.number,
            metrics=(*question.metrics, *counts),
            range=question.range,
            interval=_interval(interval),
            filter=question.filter,
            breakdown=tuple(breakdown),
            top=top,
            compare=question.compare,
            zone=question.zone,
            week_start=_WEEK_STARTS[question.week_start],
        )
        answered = await self.context.services.reader.answer(query, self.project)
        answer: results.SeriesResult = answered.result
        before = answer.previous_buckets
        return Timeseries(
            interval=Interval(answer.interval.value),
            buckets=[to_datetime(start, answer.zone) for start in answer.buckets],
            previous_buckets=None
            if before is None
            else [to_datetime(start, answer.zone) for start in before],
            series=_all_series(answer.lines, len(question.metrics), counts),
            info=info_of(answered, answer.range, answer.zone),
        )

    async def breakdown(
        self, question: Question, by: Sequence[Field], order: Order, slicing: Slicing
    ) -> BreakdownConnection:
        """One number per metric and value, ranked."""
        self.context.demand(Scope.READ_STATS)
        window = slicing.window(_BREAKDOWN_PAGE, (int,))
        offset = _offset(window.key)
        query = BreakdownQuery(
            project=self.project.number,
            by=tuple(by),
            metrics=question.metrics,
            range=question.range,
            filter=question.filter,
            order=order,
            page=Page(window.limit, offset),
            zone=question.zone,
            week_start=_WEEK_STARTS[question.week_start],
        )
        answered = await self.context.services.reader.answer(query, self.project)
        answer: results.BreakdownResult = answered.result
        totals = Once(lambda: self._sums(question, answer.range))
        return BreakdownConnection(
            offset=offset,
            all_totals=totals,
            columns=[metric.label for metric in answer.metrics],
            rows=[_row(row, totals) for row in answer.rows],
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
        question = Question(metrics=(core.PROFILES, core.EVENTS), range=span)
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
                label=shown(row.labels[0]),
                count=Long(int(row.values[0] or 0)),
            )
            for row in answer.rows
        ]

    async def profiles(self, condition: Filter) -> int:
        """How many profiles have an event that meets the condition, at any time."""
        question = Question(metrics=(core.PROFILES,), range=ANY_TIME, filter=condition)
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

    async def _totals(self, question: Question) -> Answered[results.TotalsResult]:
        self.context.demand(Scope.READ_STATS)
        query = TotalsQuery(
            project=self.project.number,
            metrics=question.metrics,
            range=question.range,
            filter=question.filter,
            compare=question.compare,
            zone=question.zone,
            week_start=_WEEK_STARTS[question.week_start],
        )
        return await self.context.services.reader.answer(query, self.project)

    async def _sums(self, question: Question, span: TimeRange) -> Sequence[Number | None]:
        whole = Question(metrics=question.metrics, range=span, filter=question.filter)
        return [one.value for one in (await self._totals(whole)).result.values]


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


def _interval(interval: Interval) -> periods.Interval | AutoInterval:
    return AutoInterval() if interval is Interval.AUTO else periods.Interval(interval.value)


def _row_counts(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """For each source of the metrics, how many rows of it there are."""
    sources = [source for source in Source if any(one.source is source for one in metrics)]
    return tuple(
        Metric(source.value, source.value, core.Unit.COUNT, source, (Count(),))
        for source in sources
    )


def _all_series(
    lines: Sequence[results.Line], wanted: int, counts: Sequence[Metric]
) -> list[Series]:
    """The wanted lines of each label; those of the counts behind them tell what is a gap."""
    width = wanted + len(counts)
    made: list[Series] = []
    for start in range(0, len(lines), width):
        present = {line.metric.source: line for line in lines[start + wanted : start + width]}
        made += [
            _series(line, present.get(line.metric.source)) for line in lines[start : start + wanted]
        ]
    return made


def _series(line: results.Line, present: results.Line | None) -> Series:
    before = line.previous_points
    if present is not None:
        before = before and _without_gaps(before, present.previous_points or ())
    return Series(
        name=line.metric.label,
        metric=MetricName(line.metric.slug),
        unit=Unit(line.metric.unit.value),
        key=[text_of(label) for label in line.labels],
        points=list(line.points if present is None else _without_gaps(line.points, present.points)),
        previous_points=None if before is None else list(before),
        total=line.total,
        previous_total=line.previous_total,
    )


def _without_gaps(
    points: Sequence[Number | None], present: Sequence[Number | None]
) -> tuple[Number | None, ...]:
    return tuple(point if count else None for point, count in zip(points, present, strict=True))


def _row(
    row: results.BreakdownRow, totals: Callable[[], Awaitable[Sequence[Number | None]]]
) -> BreakdownRow:
    async def first_total() -> Number | None:
        return (await totals())[0]

    return BreakdownRow(
        key=texts_of(row.labels),
        labels=[shown(label) for label in row.labels],
        values=list(row.values),
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


def shown(label: Label) -> str:
    """The label for people."""
    text = text_of(label)
    return NOT_SET if text is None else text
