"""Queries about journeys: funnels, retention, paths."""

from typing import Final

from app.analytics.fields import COLUMNS
from app.analytics.filters import All, Compare, Filter, Not, Operator
from app.analytics.journeys import (
    PER_PROFILE,
    PER_SESSION,
    Exclusion,
    FunnelOrder,
    FunnelQuery,
    FunnelStep,
    FunnelTrendQuery,
    PathsQuery,
    RetentionCriterion,
    RetentionQuery,
    RetentionStart,
    RetentionWindow,
)
from app.analytics.metrics import named
from app.analytics.periods import DAY_MS, HOUR_MS, MINUTE_MS, WeekStart
from app.analytics.ranges import Edge, Relative
from app.analytics.records import SCREEN_VIEW
from app.compat.posthog.dates import interval_of, range_of
from app.compat.posthog.nodes import Node
from app.compat.posthog.properties import (
    breakdown_fields,
    conditions,
    conditions_of,
    event_condition,
)
from app.compat.posthog.series import series_condition, series_label
from app.projects.insights import Display

_ORDERS: Final = {
    "ordered": FunnelOrder.INCREASING,
    "strict": FunnelOrder.ADJACENT,
    "unordered": FunnelOrder.ANY,
}
_WINDOW_UNITS: Final = {
    "second": 1_000,
    "minute": MINUTE_MS,
    "hour": HOUR_MS,
    "day": DAY_MS,
    "week": 7 * DAY_MS,
    "month": 30 * DAY_MS,
}
_MOST_LABELS: Final = 100
_TOP_ITEMS: Final = 8


def funnel(node: Node, project: int) -> tuple[FunnelQuery | FunnelTrendQuery, Display]:
    """A FunnelsQuery, per profile: its steps, or how many go all the way over time."""
    asked = node.child("funnelsFilter")
    steps = _funnel(node, project)
    match asked.choice("funnelVizType", "steps"):
        case "steps":
            return steps, Display.FUNNEL
        case "trends":
            trend = FunnelTrendQuery(
                funnel=steps, interval=interval_of(node), week_start=WeekStart.SUNDAY
            )
            return trend, Display.LINE
        case told:
            raise asked.wrong("funnelVizType", f"{told} is not supported.")


def _funnel(node: Node, project: int) -> FunnelQuery:
    asked = node.child("funnelsFilter")
    asked.refuse("funnelAggregateByHogQL")
    if asked.choice("breakdownAttributionType", "first_touch") != "first_touch":
        raise asked.wrong("breakdownAttributionType", "Only first_touch is supported.")
    order = asked.choice("funnelOrderType", "ordered")
    unit = asked.choice("funnelWindowIntervalUnit", "day")
    if order not in _ORDERS:
        raise asked.wrong("funnelOrderType", f"Must be one of {', '.join(_ORDERS)}.")
    if unit not in _WINDOW_UNITS:
        raise asked.wrong("funnelWindowIntervalUnit", f"Must be one of {', '.join(_WINDOW_UNITS)}.")
    steps = tuple(
        FunnelStep(series_condition(each), series_label(each)) for each in node.children("series")
    )
    if len(steps) < 2:
        raise node.wrong("series", "Funnels require at least two steps.")
    broken = node.child("breakdownFilter")
    return FunnelQuery(
        project=project,
        steps=steps,
        range=range_of(node.child("dateRange")),
        filter=conditions_of(node),
        per=PER_PROFILE,
        order=_ORDERS[order],
        window_ms=asked.number("funnelWindowInterval", 14, 1_000) * _WINDOW_UNITS[unit],
        exclusions=tuple(_exclusion(each, len(steps)) for each in asked.children("exclusions")),
        breakdown=breakdown_fields(broken),
        top=broken.number("breakdown_limit", 25, _MOST_LABELS),
    )


def _exclusion(node: Node, steps: int) -> Exclusion:
    first, last = node.get("funnelFromStep"), node.get("funnelToStep")
    if not (isinstance(first, int) and isinstance(last, int) and 0 <= first < last < steps):
        raise node.wrong("funnelFromStep", "An exclusion stands between two steps of the funnel.")
    return Exclusion(series_condition(node), first, last)


def retention(node: Node, project: int) -> RetentionQuery:
    """The cohorts of a RetentionQuery: as many as there are periods."""
    asked = node.child("retentionFilter")
    interval = interval_of(asked, "period")
    total = asked.number("totalIntervals", 8, 100)
    if asked.get("minimumOccurrences") not in (None, 1):
        raise asked.wrong("minimumOccurrences", "Only 1 is supported.")
    window = asked.choice("timeWindowMode", "strict_calendar_dates")
    starting = asked.choice("retentionType", "retention_first_time")
    broken = node.child("breakdownFilter")
    first = Edge(1 - total, interval, interval)
    return RetentionQuery(
        project=project,
        range=Relative(first, Edge(1, interval, interval)),
        interval=interval,
        periods=max(total - 1, 1),
        start=_entity(asked.child("targetEntity")),
        returning=_entity(asked.child("returningEntity")),
        filter=conditions_of(node),
        starting=(
            RetentionStart.FIRST_TIME
            if starting == "retention_first_time"
            else RetentionStart.RECURRING
        ),
        window=(
            RetentionWindow.ROLLING if window == "24_hour_windows" else RetentionWindow.CALENDAR
        ),
        criterion=(
            RetentionCriterion.ON_OR_AFTER if asked.get("cumulative") else RetentionCriterion.ON
        ),
        breakdown=breakdown_fields(broken),
        top=broken.number("breakdown_limit", 25, _MOST_LABELS),
        week_start=WeekStart.SUNDAY,
    )


def _entity(node: Node) -> Filter:
    if node.choice("type", "events") != "events":
        raise node.wrong("type", "Only events are supported.")
    event = node.text("id") or node.text("name") or ("$pageview" if not node.fields else None)
    return All((event_condition(event), conditions(node)))


def paths(node: Node, project: int) -> PathsQuery:
    """The paths of a PathsQuery: through pages, or through other events by their names."""
    asked = node.child("pathsFilter")
    asked.refuse(
        "pathGroupings", "pathsHogQLExpression", "pathReplacements", "localPathCleaningFilters"
    )
    node.refuse("funnelPathsFilter")
    told = asked.get("includeEventTypes")
    kinds = set(map(str, told)) if isinstance(told, list) else set[str]()
    pages = kinds <= {"$pageview", "$screen"}
    if not pages and kinds != {"custom_event"}:
        raise asked.wrong("includeEventTypes", "Pages and custom events can't be mixed.")
    item = COLUMNS["path"] if pages else COLUMNS["name"]
    seen: Filter = named(SCREEN_VIEW) if pages else Not(named(SCREEN_VIEW))
    excluded = asked.get("excludeEvents")
    if isinstance(excluded, list) and excluded:
        out = Compare(item, Operator.EQUALS, tuple(map(str, excluded)))
        seen = All((seen, Not(out)))
    return PathsQuery(
        project=project,
        range=range_of(node.child("dateRange")),
        filter=All((conditions(node), seen)),
        item=item,
        per=PER_SESSION,
        start=_point(asked, "startPoint", item.name),
        end=_point(asked, "endPoint", item.name),
        steps=asked.number("stepLimit", 5, 20),
        top=_TOP_ITEMS,
    )


def _point(node: Node, name: str, column: str) -> Filter | None:
    told = node.text(name)
    return None if not told else Compare(COLUMNS[column], Operator.EQUALS, (told,))
