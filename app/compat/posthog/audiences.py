"""Trends of people whom a bucket alone can't tell: the active of a week, the new ones."""

from typing import Final

from app.analytics.audiences import (
    Audience,
    AudiencesQuery,
    FirstTime,
    InBucket,
    Presence,
    SinceStart,
    Trailing,
)
from app.analytics.curves import Cumulative, Curve
from app.analytics.periods import WeekStart
from app.compat.posthog.dates import comparison_of, interval_of, range_of
from app.compat.posthog.nodes import Node
from app.compat.posthog.properties import conditions
from app.compat.posthog.series import series_condition, series_label

_PRESENCES: Final[dict[str, Presence]] = {
    "weekly_active": Trailing(7),
    "monthly_active": Trailing(30),
    "first_time_for_user": FirstTime(),
}
"""What makes a trend one of people; unique users may stand beside these."""


def audiences(node: Node, project: int, curve: Curve) -> AudiencesQuery | None:
    """The question, where any series is such a one; raises InvalidQueryError beside others."""
    series = list(node.children("series"))
    maths = [each.choice("math", "total") for each in series]
    is_running = isinstance(curve, Cumulative) and "dau" in maths
    if not is_running and not any(math in _PRESENCES for math in maths):
        return None
    shown = node.child("trendsFilter")
    if not isinstance(curve, Cumulative):
        shown.refuse_beside("smoothingIntervals", 1)
    elif not is_running:
        raise shown.wrong("display", "Only unique users and events can be cumulated.")
    shown.refuse("formula", "formulas", "formulaNodes")
    broken = node.child("breakdownFilter")
    broken.refuse("breakdown", "breakdowns")
    return AudiencesQuery(
        project=project,
        audiences=tuple(_audience(each, is_running=is_running) for each in series),
        range=range_of(node.child("dateRange")),
        interval=interval_of(node),
        filter=conditions(node),
        compare=comparison_of(node.child("compareFilter")),
        week_start=WeekStart.SUNDAY,
    )


def _audience(node: Node, *, is_running: bool) -> Audience:
    math = node.choice("math", "total")
    presence = _PRESENCES.get(math)
    if math == "dau":
        presence = SinceStart() if is_running else InBucket()
    elif is_running:
        presence = None
    if presence is None:
        raise node.wrong("math", f"{math} can't be told in one chart with the other series.")
    return Audience(presence, series_condition(node), series_label(node))
