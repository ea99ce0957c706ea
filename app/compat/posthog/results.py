"""Answers in this API's shapes: the `result` of an insight."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from app.analytics.curves import sum_of
from app.analytics.journey_results import (
    FunnelResult,
    LifecycleResult,
    PathsResult,
    RetentionResult,
    StickinessResult,
)
from app.analytics.journeys import FunnelTrendQuery
from app.analytics.metrics import Number, Unit
from app.analytics.periods import Interval, to_datetime
from app.analytics.records import Json
from app.analytics.results import BreakdownResult, Line, SeriesResult, TotalsResult
from app.exports.labels import bucket_labels, value_label
from app.exports.panels import Panel
from app.exports.tabulate import (
    LIFECYCLE_STATES,
    SINGLE_VALUES,
    Answer,
    item_label,
    stickiness_labels,
)

Part: TypeAlias = dict[str, Json]

_NOTHING: Final = "$$_posthog_breakdown_null_$$"
_OTHERS: Final = "$$_posthog_breakdown_other_$$"


def encode_answer(panel: Panel, answer: Answer, nodes: Sequence[Json]) -> Json:
    """The answer to the panel's question; `nodes` are the series as the client wrote them."""
    match answer:
        case SeriesResult():
            return _trends(panel, answer, nodes)
        case FunnelResult():
            return _funnel(answer)
        case RetentionResult():
            return _retention(answer)
        case PathsResult():
            return _paths(answer)
        case StickinessResult():
            return _stickiness(panel, answer, nodes)
        case LifecycleResult():
            return _lifecycle(panel, answer, nodes)
        case TotalsResult():
            return [
                {"label": each.metric.label, "count": each.value, "aggregated_value": each.value}
                for each in answer.values
            ]
        case BreakdownResult():
            return [
                {"breakdown_value": _told(row.labels), "values": [*row.values]}
                for row in answer.rows
            ]
        case _:
            assert_never(answer)


def _told(labels: Sequence[Json]) -> Json:
    """One value alone, several as a list; an absent one is the word that clients know."""
    told: list[Json] = [_NOTHING if each is None else each for each in labels]
    return told[0] if len(told) == 1 else told


def action_of(nodes: Sequence[Json], place: int, label: str) -> Part:
    """What a result says about the series that it is of."""
    node = nodes[place] if place < len(nodes) else None
    fields = node if isinstance(node, dict) else {}
    return {
        "id": fields.get("event") or label,
        "type": "events",
        "order": place,
        "name": fields.get("name") or fields.get("event") or label,
        "custom_name": fields.get("custom_name"),
        "math": fields.get("math"),
        "math_property": fields.get("math_property"),
        "properties": fields.get("properties") or [],
    }


def _days(
    starts: Sequence[int], interval: Interval, zone_result: SeriesResult | LifecycleResult
) -> list[Json]:
    form = "%Y-%m-%d"
    if interval in (Interval.MINUTE, Interval.HOUR):
        form = "%Y-%m-%d %H:%M:%S"
    return [to_datetime(start, zone_result.zone).strftime(form) for start in starts]


def _trends(panel: Panel, result: SeriesResult, nodes: Sequence[Json]) -> list[Json]:
    metrics = list(dict.fromkeys(line.metric for line in result.lines))
    # The steps of a funnel are no series of its lines.
    nodes = () if isinstance(panel.question, FunnelTrendQuery) else nodes
    parts: list[Json] = []
    for line in result.lines:
        action = action_of(nodes, metrics.index(line.metric), line.metric.label)
        whole = _Stretch(line.points, line.total, result.buckets)
        now = _points(panel, result, line, action, whole)
        if line.previous_points is None or result.previous_buckets is None:
            parts.append(now)
            continue
        parts.append({**now, "compare": True, "compare_label": "current"})
        earlier = _Stretch(line.previous_points, line.previous_total, result.previous_buckets)
        before = _points(panel, result, line, action, earlier)
        parts.append({**before, "compare": True, "compare_label": "previous"})
    return parts


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The points of a line in one range: the asked one, or that it is compared with."""

    points: Sequence[Number | None]
    total: Number | None
    starts: Sequence[int]


def _points(panel: Panel, result: SeriesResult, line: Line, action: Part, part: _Stretch) -> Part:
    name, is_share = line.metric.label, line.metric.unit is Unit.PERCENT
    others: list[Json] = [_OTHERS] * len(panel.breakdown_names) if line.is_rest else []
    values = _OTHERS if line.is_rest else " - ".join(map(value_label, line.labels))
    label = f"{name} - {values}" if values and len(panel.question_metrics) > 1 else values or name
    told: Part = {
        "action": action,
        "label": label,
        # Clients know the sum of the points under this name; the true total is another number.
        "count": part.total if is_share else sum_of(part.points, result.curve),
        "data": [*part.points],
        "labels": [*bucket_labels(part.starts, result.interval, result.zone)],
        "days": _days(part.starts, result.interval, result),
    }
    if line.labels or others:
        told["breakdown_value"] = _told(line.labels or others)
    if panel.display in SINGLE_VALUES:
        told |= {"aggregated_value": part.total, "data": [], "labels": [], "days": []}
    return told


def _funnel(result: FunnelResult) -> list[Json]:
    groups: list[Json] = []
    for group in result.groups:
        steps: list[Json] = []
        for place, (asked, step) in enumerate(zip(result.steps, group.steps, strict=True)):
            told: Part = {
                "action_id": asked.label,
                "name": asked.label,
                "custom_name": None,
                "order": place,
                "type": "events",
                "count": step.count,
                "people": [],
                "average_conversion_time": step.average_seconds,
                "median_conversion_time": step.median_seconds,
            }
            if group.labels:
                value = [value_label(label) for label in group.labels]
                told |= {"breakdown": [*value], "breakdown_value": [*value]}
            steps.append(told)
        groups.append(steps)
    is_broken_down = bool(result.breakdown)
    first = groups[0] if groups else []
    return groups if is_broken_down else first if isinstance(first, list) else []


def _retention(result: RetentionResult) -> list[Json]:
    rows: list[Json] = []
    for group in result.groups:
        for place, cohort in enumerate(group.cohorts):
            row: Part = {
                "label": f"{result.interval.capitalize()} {place}",
                "date": to_datetime(cohort.start, result.zone).isoformat().replace("+00:00", "Z"),
                "values": [{"count": count} for count in cohort.counts],
            }
            if group.labels:
                row["breakdown_value"] = _told(group.labels)
            rows.append(row)
    return rows


def _paths(result: PathsResult) -> list[Json]:
    return [
        {
            "source": f"{link.step + 1}_{item_label(link.source)}",
            "target": f"{link.step + 2}_{item_label(link.target)}",
            "value": link.count,
            # Milliseconds here, as clients show them.
            "average_conversion_time": link.average_seconds * 1000,
        }
        for link in result.links
    ]


def _stickiness(panel: Panel, result: StickinessResult, nodes: Sequence[Json]) -> list[Json]:
    label = str(action_of(nodes, 0, panel.title)["name"])
    return [
        {
            "action": action_of(nodes, 0, panel.title),
            "label": label,
            "count": sum(result.counts),
            "data": [*result.counts],
            "labels": [*stickiness_labels(result)],
            "days": [*range(1, len(result.counts) + 1)],
        }
    ]


def _lifecycle(panel: Panel, result: LifecycleResult, nodes: Sequence[Json]) -> list[Json]:
    action = action_of(nodes, 0, panel.title)
    parts: list[Json] = []
    for status in LIFECYCLE_STATES:
        counts: tuple[int, ...] = getattr(result, status)
        told = [-count for count in counts] if status == "dormant" else [*counts]
        parts.append(
            {
                "action": action,
                "label": f"{action['name']} - {status}",
                "status": status,
                "count": sum(told),
                "data": [*told],
                "labels": [*bucket_labels(result.buckets, result.interval, result.zone)],
                "days": _days(result.buckets, result.interval, result),
            }
        )
    return parts


def resolved_range(answer: Answer) -> Part:
    """The instants that the answer is about."""
    return {
        "date_from": to_datetime(answer.range.start, answer.zone).isoformat(),
        "date_to": to_datetime(answer.range.end - 1, answer.zone).isoformat(),
    }
