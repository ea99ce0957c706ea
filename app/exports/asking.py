"""Asking the questions that can be kept."""

from collections.abc import Mapping
from typing import TypeAlias, assert_never

from app.analytics.chart_results import ChartLine, ChartResult
from app.analytics.charts import ChartSeries, Computed, Measured
from app.analytics.codec import Question
from app.analytics.errors import InvalidQueryError
from app.analytics.fields import Source
from app.analytics.metrics import Metric, Number, Unit
from app.analytics.queries import ChartQuery, EventsQuery, TotalsQuery
from app.analytics.results import Line, SeriesResult
from app.exports.tabulate import Answer
from app.projects.answer_cache import Answered
from app.projects.reader import Reader
from app.projects.records import Project


async def ask(reader: Reader, question: Question, project: Project) -> Answer:
    """The answer; raises InvalidQueryError for a question about events themselves.

    The lines of a chart come as those of a series. Where a chart has a breakdown, the totals of
    its lines are unknown.
    """
    return (await answered(reader, question, project)).result


async def answered(reader: Reader, question: Question, project: Project) -> Answered[Answer]:
    """The answer as `ask` gives it, and when it was computed."""
    match question:
        case ChartQuery():
            totals = await _totals(reader, question, project)
            found: Answered[ChartResult] = await reader.answer(question, project)
            shown = _as_series(question, found.result, totals)
            return Answered(shown, found.computed_at, found.is_cached)
        case EventsQuery():
            raise InvalidQueryError.at("kind", message="Events themselves have no such answer.")
        case _:
            return await reader.answer(question, project)


Totals: TypeAlias = Mapping[int, tuple[Number | None, Number | None]]
"""By the index of a series: its number over the whole range, and over the one before."""


async def _totals(reader: Reader, question: ChartQuery, project: Project) -> Totals:
    """What each series comes to over the whole range; of none where lines are split."""
    if question.breakdown:
        return {}
    measured = [each.metric for each in question.series if isinstance(each, Measured)]
    asked = TotalsQuery(
        project=question.project,
        metrics=tuple(measured),
        range=question.range,
        filter=question.filter,
        compare=question.compare,
        zone=question.zone,
        week_start=question.week_start,
    )
    values = iter((await reader.ask(asked, project)).values)
    totals: dict[int, tuple[Number | None, Number | None]] = {}
    for place, series in enumerate(question.series):
        match series:
            case Measured():
                value = next(values)
                totals[place] = (value.value, value.previous)
            case Computed(formula):
                parts = [totals[at] for at in range(place)]
                now, before = ([side or 0 for side in sides] for sides in zip(*parts, strict=True))
                has_before = question.compare is not None
                totals[place] = (formula.value(now), formula.value(before) if has_before else None)
            case _:
                assert_never(series)
    return totals


def _as_series(question: ChartQuery, result: ChartResult, totals: Totals) -> SeriesResult:
    metrics = [_metric(series, place) for place, series in enumerate(question.series)]
    return SeriesResult(
        result.range,
        result.zone,
        result.interval,
        result.buckets,
        tuple(
            _line(line, metrics[line.series], result, totals.get(line.series, (None, None)))
            for line in result.lines
        ),
        result.previous_range,
        result.previous_buckets,
    )


def _metric(series: ChartSeries, place: int) -> Metric:
    match series:
        case Measured(metric):
            return metric
        case Computed(formula):
            label = f"Formula ({formula.text})"
            return Metric(f"formula_{place}", label, Unit.NUMBER, Source.EVENTS, ())
        case _:
            assert_never(series)


def _line(
    line: ChartLine,
    metric: Metric,
    result: ChartResult,
    totals: tuple[Number | None, Number | None],
) -> Line:
    points = line.now.points
    if result.previous_buckets is None:
        return Line(metric, line.labels, points, totals[0])
    # Without such a line in the range before, nothing happened there.
    nothing = (0,) * len(result.previous_buckets)
    before = nothing if line.previous is None else line.previous.points
    return Line(metric, line.labels, points, totals[0], before, totals[1])
