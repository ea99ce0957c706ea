"""What a chart must be, in plain Python, series by series."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from app.analytics.charts import Measured, Rank, Visibility
from app.analytics.fields import COLUMNS
from app.analytics.metrics import Metric, Percentile, Statistic, Value, unique_of
from app.analytics.periods import Interval, TimeRange, bucket_start, buckets
from app.analytics.plans import Labels
from app.analytics.queries import ChartQuery, SeriesQuery
from app.analytics.ranges import AutoInterval, interval_for
from app.analytics.resolve import previous_range
from tests.support.oracle import Oracle

Points: TypeAlias = list[float]
Key: TypeAlias = tuple[int, Labels]


@dataclass(frozen=True)
class Drawn:
    """The lines of one range, in no order, with the profiles of the measured ones."""

    starts: list[int]
    lines: dict[Key, Points]
    profiles: dict[Key, int]


@dataclass(frozen=True)
class Expected:
    """The ranked lines that are shown, all slices together, and those of the range before."""

    now: Drawn
    order: list[Key]
    before: Drawn | None


def chart(oracle: Oracle, query: ChartQuery) -> Expected:
    """The whole answer."""
    span, zone = oracle.span(query), query.zone or oracle.moment.zone
    interval = query.interval
    if isinstance(interval, AutoInterval):
        interval = interval_for(span, zone, interval)
    now = _drawn(oracle, query, span, interval)
    taking_part = [
        key
        for index, series in enumerate(query.series)
        if isinstance(series, Measured)
        for key in _ordered(query, now, [key for key in now.lines if key[0] == index])[: query.top]
    ]
    shown = taking_part + _formulas(query, now, taking_part)
    shown = [key for key in shown if query.series[key[0]].visibility is Visibility.SHOWN]
    previous = previous_range(query.compare, span, zone, oracle.moment, query.week_start)
    before = None
    if previous is not None:
        before = _drawn(oracle, query, previous, interval)
        _formulas(query, before, list(before.lines))
    return Expected(now, _ordered(query, now, shown), before)


def _drawn(oracle: Oracle, query: ChartQuery, span: TimeRange, interval: Interval) -> Drawn:
    zone = query.zone or oracle.moment.zone
    starts = list(buckets(span, interval, zone, query.week_start))

    def cut(instant: int) -> int:
        return bucket_start(instant, interval, zone, query.week_start)

    drawn = Drawn(starts, {}, {})
    for index, series in enumerate(query.series):
        if not isinstance(series, Measured):
            continue
        metric = series.metric
        cells = _cells(oracle, query, metric, span, cut)
        telling = cells
        if isinstance(metric.measures[0], Statistic | Percentile):
            # A line of numbers is one where there are any, whatever is made of them.
            numbers = replace(metric, measures=metric.measures[:1], fold=Value(None))
            numbered = _cells(oracle, query, numbers, span, cut)
            telling = {place: value for place, value in numbered.items() if value is not None}
        shown = {labels for labels, start in telling if start in starts}
        for labels in dict.fromkeys(labels for labels, _ in cells if labels in shown):
            found = [cells.get((labels, start)) for start in starts]
            drawn.lines[index, labels] = [value or 0 for value in found]
        people = unique_of(COLUMNS["profile_id"], series.metric.measures[0].where)
        people = Metric("p", "P", people.unit, series.metric.source, people.measures)
        for (labels, _), value in _cells(oracle, query, people, span, lambda _: None).items():
            drawn.profiles[index, labels] = int(value or 0)
    return drawn


def _cells(
    oracle: Oracle,
    query: ChartQuery,
    metric: Metric,
    span: TimeRange,
    cut: Callable[[int], int | None],
) -> dict[tuple[Labels, int | None], float | None]:
    alone = SeriesQuery(
        project=query.project,
        metrics=(metric,),
        range=query.range,
        interval=query.interval,
        filter=query.filter,
    )
    return {
        place: values[0]
        for place, values in oracle.cells(alone, query.breakdown, span, cut).items()
    }


def _formulas(query: ChartQuery, drawn: Drawn, taking_part: list[Key]) -> list[Key]:
    made: list[Key] = []
    for index, series in enumerate(query.series):
        if isinstance(series, Measured):
            continue
        used = series.formula.letters or set(range(index))
        for labels in dict.fromkeys(key[1] for key in taking_part + made if key[0] in used):
            nothing = [0.0] * len(drawn.starts)
            inputs = [drawn.lines.get((other, labels), nothing) for other in range(index)]
            drawn.lines[index, labels] = [
                series.formula.value([points[place] for points in inputs])
                for place in range(len(drawn.starts))
            ]
            made.append((index, labels))
    return made


def rank_value(query: ChartQuery, drawn: Drawn, key: Key) -> float:
    """What decides the place of a line."""
    points = drawn.lines[key]
    telling = [point for point in points if point]
    match query.rank:
        case Rank.SUM:
            return sum(points)
        case Rank.AVERAGE:
            return sum(telling) / len(telling) if telling else 0
        case Rank.MIN:
            return min(points, default=0)
        case Rank.MAX:
            return max(points, default=0)
        case Rank.PROFILES:
            return drawn.profiles.get(key, 0)


def _ordered(query: ChartQuery, drawn: Drawn, keys: list[Key]) -> list[Key]:
    by_label = sorted(keys, key=lambda key: [(label is None, label or "") for label in key[1]])
    by_series = sorted(by_label, key=lambda key: key[0])
    return sorted(by_series, key=lambda key: rank_value(query, drawn, key), reverse=True)
