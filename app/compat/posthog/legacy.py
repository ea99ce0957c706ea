"""Insights as older clients write them: `filters` instead of a query."""

from typing import Final

from app.analytics.records import Json
from app.compat.posthog.nodes import Node

_KINDS: Final = {
    "TRENDS": "TrendsQuery",
    "FUNNELS": "FunnelsQuery",
    "RETENTION": "RetentionQuery",
    "PATHS": "PathsQuery",
    "STICKINESS": "StickinessQuery",
    "LIFECYCLE": "LifecycleQuery",
}
_OPTIONS: Final = {
    "TRENDS": ("trendsFilter", {"display": "display", "formula": "formula"}),
    "FUNNELS": (
        "funnelsFilter",
        {
            "funnel_viz_type": "funnelVizType",
            "funnel_order_type": "funnelOrderType",
            "funnel_window_interval": "funnelWindowInterval",
            "funnel_window_interval_unit": "funnelWindowIntervalUnit",
        },
    ),
    "RETENTION": (
        "retentionFilter",
        {
            "period": "period",
            "total_intervals": "totalIntervals",
            "retention_type": "retentionType",
            "target_entity": "targetEntity",
            "returning_entity": "returningEntity",
        },
    ),
    "PATHS": (
        "pathsFilter",
        {
            "include_event_types": "includeEventTypes",
            "start_point": "startPoint",
            "end_point": "endPoint",
            "step_limit": "stepLimit",
            "exclude_events": "excludeEvents",
        },
    ),
}
_NODE_PARTS: Final = (
    *("name", "custom_name", "math", "math_property", "math_property_type", "properties"),
)
_BREAKDOWN_PARTS: Final = ("breakdown", "breakdown_type", "breakdowns", "breakdown_limit")


def query_of_filters(filters: Json) -> Json:
    """The query that the filters mean; raises InvalidQueryError for what has no such form."""
    node = Node.of(filters, "filters")
    insight = node.choice("insight", "TRENDS").upper()
    if insight not in _KINDS:
        raise node.wrong("insight", f"Must be one of {', '.join(_KINDS)}.")
    node.refuse("actions", "data_warehouse")
    source: dict[str, Json] = {
        "kind": _KINDS[insight],
        "dateRange": _some(node, "date_from", "date_to"),
    }
    source |= _some(node, "interval", "properties")
    events = list(node.children("events"))
    if events:
        places = sorted(enumerate(events), key=lambda each: _order(each[1], each[0]))
        source["series"] = [_series(event) for _, event in places]
    if node.get("compare") is True:
        source["compareFilter"] = {"compare": True, **_some(node, "compare_to")}
    broken = _some(node, *_BREAKDOWN_PARTS)
    if broken.get("breakdown") or broken.get("breakdowns"):
        source["breakdownFilter"] = broken
    if insight in _OPTIONS:
        name, renamed = _OPTIONS[insight]
        told = {new: node.get(old) for old, new in renamed.items() if node.get(old) is not None}
        source[name] = {**told}
    return {"kind": "InsightVizNode", "source": source}


def _some(node: Node, *names: str) -> dict[str, Json]:
    return {name: node.get(name) for name in names if node.get(name) is not None}


def _order(event: Node, place: int) -> tuple[float, int]:
    told = event.get("order")
    return (told if isinstance(told, int | float) else place, place)


def _series(event: Node) -> Json:
    return {"kind": "EventsNode", "event": event.get("id"), **_some(event, *_NODE_PARTS)}
