"""From a funnel to JSON."""

from collections.abc import Sequence

from app.analytics.journey_results import FunnelGroup, FunnelResult, StepReached, conversions
from app.analytics.plans import Label
from app.analytics.records import Json
from app.compat.openpanel.funnel_decode import FunnelRequest

_NOT_SET = "Not set"


def encode_funnel(
    wanted: FunnelRequest, whole: FunnelResult, groups: FunnelResult | None
) -> dict[str, Json]:
    """The documented object; the range before and the groups stand beside it if asked for."""
    (everyone,) = whole.groups
    body = _steps(wanted, everyone.steps)
    if everyone.previous is not None:
        body["previous"] = _steps(wanted, everyone.previous)
    if groups is not None:
        body["breakdowns"] = [_group(wanted, group) for group in groups.groups]
    return body


def _group(wanted: FunnelRequest, group: FunnelGroup) -> dict[str, Json]:
    labels = [_label(label) for label in group.labels]
    return {"id": "|".join(labels), "breakdowns": [*labels], **_steps(wanted, group.steps)}


def _label(label: Label) -> str:
    if isinstance(label, bool):
        return "true" if label else "false"
    return _NOT_SET if label is None else str(label)


def _steps(wanted: FunnelRequest, steps: Sequence[StepReached]) -> dict[str, Json]:
    told: list[Json] = []
    before = steps[0].count
    for event, step, rate in zip(wanted.events, steps, conversions(steps), strict=True):
        told.append(
            {
                "event": {**event},
                "count": step.count,
                "percent": rate.from_start * 100,
                "dropoffCount": rate.dropped,
                "dropoffPercent": 100 - rate.from_previous * 100 if rate.dropped else 0,
                "previousCount": before,
                "averageSeconds": step.average_seconds,
                "medianSeconds": step.median_seconds,
            }
        )
        before = step.count
    return {"totalSessions": steps[0].count, "steps": told}
