"""Queries about series of events: trends, stickiness, lifecycle."""

from dataclasses import replace
from typing import Final

from app.analytics.audiences import AudiencesQuery
from app.analytics.charts import Computed, Measured, Visibility
from app.analytics.curves import RAW, Cumulative, Curve, Smoothed
from app.analytics.fields import COLUMNS, GROUP_COLUMNS, Field
from app.analytics.filters import All
from app.analytics.formulas import Formula, parse_formula
from app.analytics.journeys import LifecycleQuery, StickinessQuery
from app.analytics.metrics import (
    EVENTS,
    Metric,
    Operation,
    narrowed,
    percentile_of,
    statistic_of,
    unique_of,
)
from app.analytics.periods import WeekStart
from app.analytics.queries import ChartQuery, Rest, SeriesQuery
from app.compat.posthog.audiences import audiences
from app.compat.posthog.dates import comparison_of, interval_of, range_of
from app.compat.posthog.nodes import Node
from app.compat.posthog.properties import (
    breakdown_fields,
    conditions,
    conditions_of,
    field_of,
)
from app.compat.posthog.series import series_condition, series_label
from app.projects.insights import Display

CUMULATIVE: Final = "ActionsLineGraphCumulative"
"""The display of running totals."""

DISPLAYS: Final = {
    "ActionsLineGraph": Display.LINE,
    CUMULATIVE: Display.LINE,
    "ActionsAreaGraph": Display.AREA,
    "ActionsBar": Display.STACKED_BAR,
    "ActionsStackedBar": Display.STACKED_BAR,
    "ActionsUnstackedBar": Display.BAR,
    "ActionsBarValue": Display.BAR_OF_TOTALS,
    "ActionsPie": Display.PIE,
    "ActionsTable": Display.TABLE,
    "BoldNumber": Display.NUMBER,
    "WorldMap": Display.TABLE,
}
"""How lines are shown, by what that is called here."""

_OPERATIONS: Final = {
    "sum": Operation.SUM,
    "avg": Operation.AVERAGE,
    "min": Operation.MIN,
    "max": Operation.MAX,
}
_PERCENTILES: Final = {"median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_MOST_LABELS: Final = 100
_MOST_SMOOTHED: Final = 90


def _metric(node: Node, place: int) -> Metric:
    where = series_condition(node)
    math = node.choice("math", "total")
    node.refuse("math_hogql")
    match math:
        case "total":
            metric = narrowed(EVENTS, where)
        case "dau":
            metric = unique_of(COLUMNS["profile_id"], where)
        case "unique_session":
            metric = unique_of(COLUMNS["session_id"], where)
        case "unique_group":
            metric = unique_of(GROUP_COLUMNS["id"], where)
        case _ if math in _PERCENTILES:
            metric = percentile_of(_PERCENTILES[math], _measured(node), where)
        case _ if math in _OPERATIONS:
            metric = statistic_of(_OPERATIONS[math], _measured(node), where)
        case _:
            raise node.wrong("math", f"{math} is not supported.")
    return replace(metric, slug=f"series_{place}", label=series_label(node))


def _measured(node: Node) -> Field:
    key = node.text("math_property")
    if not key:
        raise node.wrong("math_property", "The property to calculate with is missing.")
    return field_of(
        key, node.choice("math_property_type", "event").removesuffix("_properties"), node
    )


def trends(node: Node, project: int) -> tuple[SeriesQuery | ChartQuery | AudiencesQuery, Display]:
    """The lines of a TrendsQuery."""
    shown = node.child("trendsFilter")
    node.refuse("aggregation_group_type_index")
    told = shown.choice("display", "ActionsLineGraph")
    if told not in DISPLAYS:
        raise shown.wrong("display", f"{told} is not supported.")
    curve = _curve(shown, told)
    found = audiences(node, project, curve)
    if found is not None:
        return found, DISPLAYS[told]
    return _series(node, project, curve), DISPLAYS[told]


def _curve(shown: Node, display: str) -> Curve:
    buckets = shown.number("smoothingIntervals", 1, _MOST_SMOOTHED)
    if display == CUMULATIVE:
        return Cumulative()
    return RAW if buckets == 1 else Smoothed(buckets)


def _series(node: Node, project: int, curve: Curve) -> SeriesQuery | ChartQuery:
    shown, broken = node.child("trendsFilter"), node.child("breakdownFilter")
    metrics = tuple(_metric(each, place) for place, each in enumerate(node.children("series")))
    if not metrics:
        raise node.wrong("series", "At least one series is needed.")
    formulas = _formulas(shown)
    question = SeriesQuery(
        project=project,
        metrics=metrics,
        range=range_of(node.child("dateRange")),
        interval=interval_of(node),
        filter=conditions_of(node),
        breakdown=breakdown_fields(broken),
        top=broken.number("breakdown_limit", 25, _MOST_LABELS),
        rest=_rest(broken),
        compare=comparison_of(node.child("compareFilter")),
        curve=curve,
        week_start=WeekStart.SUNDAY,
    )
    if formulas and curve != RAW:
        raise shown.wrong("formula", "Formulas can't be cumulated or smoothed.")
    return _chart(question, formulas) if formulas else question


def _rest(broken: Node) -> Rest:
    is_hidden = broken.get("breakdown_hide_other_aggregation") is True
    has_fields = broken.get("breakdown") or broken.get("breakdowns")
    return Rest.HIDDEN if is_hidden or not has_fields else Rest.SHOWN


def _formulas(shown: Node) -> tuple[Formula, ...]:
    """The formulas of each of the three spellings."""
    found: list[Formula] = []
    lone = shown.text("formula")
    if lone:
        found.append(parse_formula(lone, *shown.path, "formula"))
    several = shown.get("formulas")
    if isinstance(several, list):
        places = enumerate(several)
        found += [parse_formula(str(each), *shown.path, "formulas", at) for at, each in places]
    for node in shown.children("formulaNodes"):
        found.append(parse_formula(node.choice("formula", ""), *node.path, "formula"))
    return tuple(dict.fromkeys(found))


def _chart(lines: SeriesQuery, formulas: tuple[Formula, ...]) -> ChartQuery:
    """The chart of the formulas alone, over the series."""
    measured = tuple(Measured(metric, Visibility.HIDDEN) for metric in lines.metrics)
    return ChartQuery(
        project=lines.project,
        series=(*measured, *map(Computed, formulas)),
        range=lines.range,
        interval=lines.interval,
        filter=lines.filter,
        breakdown=lines.breakdown,
        top=lines.top,
        compare=lines.compare,
        week_start=lines.week_start,
    )


def stickiness(node: Node, project: int) -> StickinessQuery:
    """The bars of a StickinessQuery, which has one series here."""
    asked = node.child("stickinessFilter")
    if asked.choice("computedAs", "non_cumulative") != "non_cumulative":
        raise asked.wrong("computedAs", "Only non_cumulative is supported.")
    node.refuse("intervalCount")
    criteria = asked.child("stickinessCriteria")
    if criteria.choice("operator", "gte") != "gte":
        raise criteria.wrong("operator", "Only gte is supported.")
    return StickinessQuery(
        project=project,
        range=range_of(node.child("dateRange")),
        interval=interval_of(node),
        filter=All((conditions(node), series_condition(_only_series(node)))),
        at_least=criteria.number("value", 1, 1_000_000),
        week_start=WeekStart.SUNDAY,
    )


def lifecycle(node: Node, project: int) -> LifecycleQuery:
    """The bars of a LifecycleQuery."""
    return LifecycleQuery(
        project=project,
        range=range_of(node.child("dateRange")),
        interval=interval_of(node),
        filter=All((conditions(node), series_condition(_only_series(node)))),
        week_start=WeekStart.SUNDAY,
    )


def _only_series(node: Node) -> Node:
    found = list(node.children("series"))
    if len(found) != 1:
        raise node.wrong("series", "Exactly one series is supported here.")
    return found[0]
