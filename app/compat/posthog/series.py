"""Series as queries write them: which events they are of, and what they are called."""

from app.analytics.filters import All, Filter, simplified
from app.compat.posthog.nodes import Node
from app.compat.posthog.properties import conditions, event_condition


def series_condition(node: Node) -> Filter:
    """Which events a series counts."""
    kind = node.choice("kind", "EventsNode")
    if kind != "EventsNode":
        raise node.wrong("kind", f"{kind} is not supported.")
    members = (
        event_condition(node.text("event")),
        conditions(node),
        conditions(node, "fixedProperties"),
    )
    return simplified(All(members))


def series_label(node: Node) -> str:
    """What a series is called."""
    told = node.text("custom_name") or node.text("name") or node.text("event")
    return told or "All events"
