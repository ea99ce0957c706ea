"""Answers as tables.

Columns and their names are those that existing readers of such files look for; totals and
rates follow behind them.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias, assert_never

from app.analytics.curves import sum_of
from app.analytics.journey_results import (
    FunnelResult,
    LifecycleResult,
    PathsResult,
    RetentionResult,
    StickinessResult,
)
from app.analytics.metrics import Number, Unit
from app.analytics.periods import Interval
from app.analytics.plans import Label, Labels
from app.analytics.results import BreakdownResult, Line, SeriesResult, TotalsResult
from app.exports.labels import OTHERS, bucket_labels, day_label, value_label
from app.exports.panels import Panel
from app.exports.tables import Cell, Kind, Row, Table, TableColumn, table_of
from app.projects.insights import Display

Answer: TypeAlias = (
    TotalsResult
    | SeriesResult
    | BreakdownResult
    | FunnelResult
    | RetentionResult
    | PathsResult
    | StickinessResult
    | LifecycleResult
)
"""An answer that fits into a table."""

SINGLE_VALUES: Final = frozenset(
    {Display.NUMBER, Display.PIE, Display.TABLE, Display.BAR_OF_TOTALS}
)
"""Displays that show one number per line: the whole range."""

_SERIES: Final = TableColumn("series", Kind.TEXT)
_TOTAL: Final = TableColumn("Total Sum", Kind.NUMBER)


def tabulate(panel: Panel, answer: Answer) -> Table:
    """The table of the answer to the panel's question."""
    title = panel.title
    match answer:
        case SeriesResult():
            return _series(panel, answer)
        case TotalsResult():
            return _totals(title, answer)
        case BreakdownResult():
            return _breakdown(title, answer)
        case FunnelResult():
            return _funnel(title, answer)
        case RetentionResult():
            return _retention(title, answer)
        case PathsResult():
            return _paths(title, answer)
        case StickinessResult():
            return _stickiness(title, answer)
        case LifecycleResult():
            return _lifecycle(title, answer)
        case _:
            assert_never(answer)


def _values(labels: Labels) -> list[Cell]:
    return [value_label(label) for label in labels]


def _series(panel: Panel, result: SeriesResult) -> Table:
    heads = [_SERIES, *(TableColumn(name, Kind.TEXT) for name in panel.breakdown_names)]
    single = panel.display in SINGLE_VALUES
    buckets = [] if single else bucket_labels(result.buckets, result.interval, result.zone)
    columns = [*heads, *(TableColumn(label, Kind.NUMBER) for label in buckets), _TOTAL]
    rows: list[Row] = []
    for line in result.lines:
        is_compared = line.previous_points is not None
        name = f"{line.metric.label} - current" if is_compared else line.metric.label
        points = () if single else line.points
        total = line.total if single else whole_of(line, result)
        values = [OTHERS] * len(panel.breakdown_names) if line.is_rest else _values(line.labels)
        rows.append([name, *values, *points, total])
        if line.previous_points is not None:
            before = () if single else _fitted(line.previous_points, len(buckets))
            name = f"{line.metric.label} - previous"
            points = line.previous_points
            total = line.previous_total if single else sum_of(points, result.curve)
            rows.append([name, *values, *before, total])
    return table_of(panel.title, columns, rows)


def whole_of(line: Line, result: SeriesResult) -> Number | None:
    """What a line comes to beside its points: their sum, but for shares, which have none."""
    is_share = line.metric.unit is Unit.PERCENT
    return line.total if is_share else sum_of(line.points, result.curve)


def _fitted(points: Sequence[Number | None], width: int) -> list[Number | None]:
    """The points beside the buckets of the range: a month before may have fewer days or more."""
    return [*points[:width], *([None] * (width - len(points)))]


def _totals(title: str, result: TotalsResult) -> Table:
    columns = [_SERIES, _TOTAL]
    if result.previous_range is not None:
        columns.append(TableColumn("Total Sum - previous", Kind.NUMBER))
    rows = [
        [each.metric.label, each.value, each.previous][: len(columns)] for each in result.values
    ]
    return table_of(title, columns, rows)


def _breakdown(title: str, result: BreakdownResult) -> Table:
    columns = [
        *(TableColumn(field.name, Kind.TEXT) for field in result.by),
        *(TableColumn(metric.label, Kind.NUMBER) for metric in result.metrics),
    ]
    return table_of(title, columns, [[*_values(row.labels), *row.values] for row in result.rows])


def _funnel(title: str, result: FunnelResult) -> Table:
    columns = [
        TableColumn("name", Kind.TEXT),
        TableColumn("breakdown_value", Kind.TEXT),
        TableColumn("action_id", Kind.TEXT),
        TableColumn("count", Kind.NUMBER),
        TableColumn("median_conversion_time (seconds)", Kind.NUMBER),
        TableColumn("average_conversion_time (seconds)", Kind.NUMBER),
        TableColumn("conversion_rate (%)", Kind.PERCENT),
        TableColumn("conversion_rate_from_previous_step (%)", Kind.PERCENT),
        TableColumn("dropped_off", Kind.NUMBER),
    ]
    rows: list[Row] = []
    for group in result.groups:
        value = " · ".join(map(value_label, group.labels))
        counts = [step.count for step in group.steps]
        for place, (asked, step) in enumerate(zip(result.steps, group.steps, strict=True)):
            before = counts[place - 1] if place else step.count
            rows.append(
                [
                    asked.label or f"Step {place + 1}",
                    value,
                    asked.label or f"Step {place + 1}",
                    step.count,
                    step.median_seconds,
                    step.average_seconds,
                    percent(step.count, counts[0]),
                    percent(step.count, before),
                    before - step.count,
                ]
            )
    return table_of(title, columns, rows)


def percent(part: float, whole: float) -> float:
    """The part in percent of the whole, to two places; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def _retention(title: str, result: RetentionResult) -> Table:
    width = max((len(c.counts) for g in result.groups for c in g.cohorts), default=0)
    names = [f"{result.interval.capitalize()} {place}" for place in range(width)]
    columns = [
        TableColumn("cohort", Kind.TEXT),
        TableColumn("cohort size", Kind.NUMBER),
        *(TableColumn(name, Kind.NUMBER) for name in names),
        *(TableColumn(f"{name} (%)", Kind.PERCENT) for name in names),
    ]
    if result.breakdown:
        columns.insert(0, TableColumn("breakdown_value", Kind.TEXT))
    rows: list[Row] = []
    for group in result.groups:
        value = [" · ".join(map(value_label, group.labels))] if result.breakdown else []
        for cohort in group.cohorts:
            blank: list[Cell] = [None] * (width - len(cohort.counts))
            rates: list[Cell] = [percent(count, cohort.size) for count in cohort.counts]
            start = _cohort_label(cohort.start, result)
            rows.append([*value, start, cohort.size, *cohort.counts, *blank, *rates, *blank])
    return table_of(title, columns, rows)


def _cohort_label(start: int, result: RetentionResult) -> str:
    if result.interval in (Interval.MINUTE, Interval.HOUR):
        return bucket_labels([start], result.interval, result.zone)[0]
    return day_label(start, result.zone)


def _paths(title: str, result: PathsResult) -> Table:
    columns = [
        TableColumn("source", Kind.TEXT),
        TableColumn("target", Kind.TEXT),
        TableColumn("value", Kind.NUMBER),
        TableColumn("average_conversion_time", Kind.NUMBER),
    ]
    rows: list[Row] = [
        [
            f"{link.step + 1}_{item_label(link.source)}",
            f"{link.step + 2}_{item_label(link.target)}",
            link.count,
            link.average_seconds,
        ]
        for link in result.links
    ]
    return table_of(title, columns, rows)


def item_label(item: Label) -> str:
    """A node's item for people."""
    return OTHERS if item is None else str(item)


def stickiness_labels(result: StickinessResult) -> list[str]:
    """`1 day`, `2 days` and so on."""
    return [
        f"{place} {result.interval}{'' if place == 1 else 's'}"
        for place in range(1, len(result.counts) + 1)
    ]


def _stickiness(title: str, result: StickinessResult) -> Table:
    labels = stickiness_labels(result)
    columns = [_SERIES, *(TableColumn(label, Kind.NUMBER) for label in labels), _TOTAL]
    return table_of(title, columns, [[title, *result.counts, sum(result.counts)]])


def _lifecycle(title: str, result: LifecycleResult) -> Table:
    buckets = bucket_labels(result.buckets, result.interval, result.zone)
    columns = [_SERIES, *(TableColumn(label, Kind.NUMBER) for label in buckets), _TOTAL]
    rows: list[Row] = []
    for status in LIFECYCLE_STATES:
        counts: tuple[int, ...] = getattr(result, status)
        told = [-count for count in counts] if status == "dormant" else [*counts]
        rows.append([f"{title} - {status}", *told, sum(told)])
    return table_of(title, columns, rows)


LIFECYCLE_STATES: Final = ("new", "returning", "resurrecting", "dormant")
"""The parts of a lifecycle; the dormant are counted downwards."""
