"""Arithmetic of charts: from measured cells to ranked lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from app.analytics.chart_results import Summary, summary_of
from app.analytics.charts import Computed, Measured, Rank
from app.analytics.formulas import Formula
from app.analytics.metrics import Count, Metric, Number, Percentile, Statistic, Value
from app.analytics.plans import Labels
from app.analytics.queries import Chart

Values: TypeAlias = tuple[Number | None, ...]
"""The values of the plan's metrics: for each measured series its metric and its presence."""

Cells: TypeAlias = Mapping[Labels, Mapping[int, Values]]
"""Values by labels and the start of their bucket."""

LineKey: TypeAlias = tuple[int, Labels]
"""The index of a series, and labels."""

Lines: TypeAlias = Mapping[LineKey, tuple[Number, ...]]
"""The points of lines."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A measured series: its index, its metric, and where its values stand in a cell."""

    series: int
    metric: Metric
    value: int

    @property
    def presence(self) -> int:
        """Where the cell tells whether the series counted anything."""
        return self.value + 1


def slots_of(chart: Chart) -> tuple[Slot, ...]:
    """The measured series of the chart, in order."""
    measured = [
        (index, series.metric)
        for index, series in enumerate(chart.series)
        if isinstance(series, Measured)
    ]
    return tuple(Slot(index, metric, 2 * place) for place, (index, metric) in enumerate(measured))


def presence_of(metric: Metric) -> Metric:
    """The metric that tells whether `metric` counts any row: absent or 0 if it does not."""
    first = metric.measures[0]
    measure = first if isinstance(first, Statistic | Percentile) else Count(first.where)
    return Metric("presence", "Presence", metric.unit, metric.source, (measure,), Value(None))


def is_present(metric: Metric, value: Number | None) -> bool:
    """Whether a value of `presence_of(metric)` tells of a row."""
    if isinstance(metric.measures[0], Statistic | Percentile):
        return value is not None
    return bool(value)


def lines_of(chart: Chart, cells: Cells, starts: Sequence[int]) -> dict[LineKey, Any]:
    """The points of every measured line."""
    found: dict[LineKey, tuple[Number, ...]] = {}
    for slot in slots_of(chart):
        for labels, by_start in cells.items():
            if any(is_present(slot.metric, row[slot.presence]) for row in by_start.values()):
                found[slot.series, labels] = tuple(
                    (by_start[start][slot.value] or 0) if start in by_start else 0
                    for start in starts
                )
    return found


def with_formulas(
    chart: Chart, lines: Lines, taking_part: Iterable[LineKey], size: int
) -> dict[LineKey, tuple[Number, ...]]:
    """The lines that take part, and those that formulas make of them.

    A formula reads the true points of every series that it uses, also of lines that don't
    take part themselves.
    """
    shown = {key: lines[key] for key in taking_part}
    known = dict(lines)
    nothing = (0,) * size
    for index, series in enumerate(chart.series):
        match series:
            case Measured():
                continue
            case Computed(formula):
                used = formula.letters or frozenset(range(index))
                for labels in dict.fromkeys(key[1] for key in shown if key[0] in used):
                    inputs = [known.get((place, labels), nothing) for place in range(index)]
                    shown[index, labels] = known[index, labels] = _computed(formula, inputs, size)
            case _:
                assert_never(series)
    return shown


def _computed(
    formula: Formula, inputs: Sequence[Sequence[Number]], size: int
) -> tuple[Number, ...]:
    return tuple(formula.value([points[place] for points in inputs]) for place in range(size))


@dataclass(frozen=True, slots=True)
class Ranking:
    """How lines are ordered: by what, with the profiles of each where they are known."""

    rank: Rank
    profiles: Mapping[LineKey, int]

    def ordered(self, lines: Lines) -> list[LineKey]:
        """The keys of the lines, the highest rank first."""
        return sorted(lines, key=lambda key: (-self._value(key, lines[key]), *_place(key)))

    def _value(self, key: LineKey, points: Sequence[Number]) -> Number:
        if self.rank is Rank.PROFILES:
            return self.profiles.get(key, 0)
        summary = summary_of(points)
        match self.rank:
            case Rank.SUM:
                return summary.sum
            case Rank.AVERAGE:
                return summary.average
            case Rank.MIN:
                return summary.min
            case Rank.MAX:
                return summary.max
            case _:
                assert_never(self.rank)

    def highest(self, chart: Chart, lines: Lines) -> list[LineKey]:
        """The lines that take part: of each measured series those of the highest rank."""
        return [
            key
            for slot in slots_of(chart)
            for key in self.ordered({key: lines[key] for key in lines if key[0] == slot.series})[
                : chart.top
            ]
        ]


def _place(key: LineKey) -> tuple[Any, ...]:
    series, labels = key
    return (series, [(label is None, "" if label is None else label) for label in labels])


def summary_of_lines(lines: Iterable[Sequence[Number]]) -> Summary:
    """What the points of all these lines come to."""
    return summary_of([point for points in lines for point in points])
