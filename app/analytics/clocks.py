"""The clocks of questions: how far local time is ahead of UTC around what they are about."""

from dataclasses import replace
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from app.analytics.fields import ClockPart
from app.analytics.periods import DAY_MS, Stretch, TimeRange, WeekStart, stretches
from app.analytics.queries import Moment
from app.analytics.ranges import AllTime, Between, Relative, resolve_range
from app.kit.trees import nodes_of, rebuilt

Question = TypeVar("Question")

_YEAR_MS: Final = 366 * DAY_MS
_RANGES: Final = (AllTime, Between, Relative, TimeRange)


def with_clocks(question: Question, moment: Moment, zone: ZoneInfo) -> Question:
    """The question with the zone's offsets in each part of its clock.

    They are told from a year before its ranges, or as much as these are long, so that what is
    compared with them has its own; and up to a year from now.
    """
    if not any(isinstance(node, ClockPart) for node in nodes_of(question)):
        return question
    clock = _clock(question, moment, zone)
    return rebuilt(
        question, lambda node: replace(node, clock=clock) if isinstance(node, ClockPart) else node
    )


def _clock(question: object, moment: Moment, zone: ZoneInfo) -> tuple[Stretch, ...]:
    spans = [
        resolve_range(node, moment.now, zone, WeekStart.MONDAY, moment.first_event_at)
        for node in nodes_of(question)
        if isinstance(node, _RANGES)
    ]
    now = moment.now
    starts = (span.start - max(_YEAR_MS, min(span.end, now) - span.start) for span in spans)
    start = max(0, min((now, *starts)))
    first, *others = stretches(TimeRange(start, now + _YEAR_MS), zone)
    # Whatever is before the first of them has its offset, so that ranges which move on agree.
    return replace(first, start=0), *others
