"""Query nodes of every kind, unwrapped and put into the core's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.analytics.codec import Question
from app.analytics.fields import COLUMNS
from app.analytics.filters import All, Compare, Operator
from app.analytics.queries import EventOrder, EventsQuery
from app.analytics.records import Json
from app.compat.posthog import journeys, trends
from app.compat.posthog.dates import range_between
from app.compat.posthog.nodes import Node
from app.compat.posthog.properties import EVENT_COLUMNS, conditions, event_condition
from app.exports.records import ColumnChoice
from app.projects.insights import Display

WRAPPERS: Final = ("InsightVizNode", "DataTableNode", "DataVisualizationNode")

LISTED_KINDS: Final = {
    "TRENDS": ("SeriesQuery", "ChartQuery", "AudiencesQuery"),
    "FUNNELS": ("FunnelQuery", "FunnelTrendQuery"),
    "RETENTION": ("RetentionQuery",),
    "PATHS": ("PathsQuery",),
    "STICKINESS": ("StickinessQuery",),
    "LIFECYCLE": ("LifecycleQuery",),
}
"""What lists call the kinds of insights, and what the core calls their questions."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A query in the core's words, how its answer is shown, and which columns it wants."""

    question: Question
    display: Display
    columns: tuple[ColumnChoice, ...] | None = None


def unwrapped(query: Json, *path: str | int) -> Node:
    """The query inside what says how it is shown; raises InvalidQueryError for no object."""
    node = Node.of(query, *path)
    while node.choice("kind", "") in WRAPPERS:
        node = node.child("source")
    return node


def decode_query(query: Json, project: int, *path: str | int) -> Decoded:
    """The query of that project; raises InvalidQueryError at the part that can't be asked."""
    node = unwrapped(query, *path)
    kind = node.choice("kind", "")
    match kind:
        case "TrendsQuery":
            return Decoded(*trends.trends(node, project))
        case "FunnelsQuery":
            return Decoded(*journeys.funnel(node, project))
        case "RetentionQuery":
            return Decoded(journeys.retention(node, project), Display.RETENTION)
        case "PathsQuery":
            return Decoded(journeys.paths(node, project), Display.PATHS)
        case "StickinessQuery":
            return Decoded(trends.stickiness(node, project), Display.BAR)
        case "LifecycleQuery":
            return Decoded(trends.lifecycle(node, project), Display.STACKED_BAR)
        case "EventsQuery":
            return _events(node, project)
        case "":
            raise node.wrong("kind", "The kind of the query is missing.")
        case _:
            raise node.wrong("kind", f"{kind} is not supported.")


_WHOLE: Final = (
    ColumnChoice("id", "*.uuid"),
    ColumnChoice("name", "*.event"),
    ColumnChoice("properties", "*.properties"),
    ColumnChoice("created_at", "*.timestamp"),
    ColumnChoice("profile_id", "*.distinct_id"),
)
_NAMES: Final = {
    "uuid": "id",
    "event": "name",
    "timestamp": "created_at",
    "distinct_id": "profile_id",
    "person": "profile_id",
    "person_id": "profile_id",
    "properties": "properties",
}
_PREFIX: Final = "properties."


def _events(node: Node, project: int) -> Decoded:
    node.refuse("where", "actionId", "orderBy_hogql", "fixedProperties")
    columns = _selected(node)
    wanted = [conditions(node), event_condition(node.text("event"))]
    person = node.text("personId")
    if person:
        wanted.append(Compare(COLUMNS["profile_id"], Operator.EQUALS, (person,)))
    order = node.get("orderBy")
    told = [str(each) for each in order] if isinstance(order, list) else []
    oldest = told[:1] in (["timestamp"], ["timestamp ASC"])
    question = EventsQuery(
        project=project,
        range=range_between(
            node.choice("after", "-24h"), node.text("before"), (*node.path, "after")
        ),
        filter=All(tuple(wanted)),
        order=EventOrder.OLDEST if oldest else EventOrder.NEWEST,
        columns=frozenset(choice.name.partition(".")[0] for choice in columns),
    )
    return Decoded(question, Display.TABLE, columns)


def _selected(node: Node) -> tuple[ColumnChoice, ...]:
    told = node.get("select")
    names = [str(each) for each in told] if isinstance(told, list) else ["*"]
    chosen: list[ColumnChoice] = []
    for name in names or ["*"]:
        expression = name.partition("--")[0].strip()
        chosen += _WHOLE if expression == "*" else [_choice(node, expression)]
    return tuple(chosen)


def _choice(node: Node, expression: str) -> ColumnChoice:
    if expression in _NAMES:
        return ColumnChoice(_NAMES[expression], expression)
    if expression.startswith(_PREFIX):
        key = expression.removeprefix(_PREFIX)
        return ColumnChoice(EVENT_COLUMNS.get(key, expression), expression)
    raise node.wrong("select", f"The expression {expression[:80]!r} is not supported.")


def sources_of(path: str) -> Sequence[str]:
    """The parts of an API path, without its host and its parameters."""
    bare = path.partition("?")[0]
    if "://" in bare:
        bare = "/" + bare.partition("://")[2].partition("/")[2]
    return [part for part in bare.split("/") if part]
