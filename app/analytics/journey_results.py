"""Answers about journeys, exact and without any wire's form."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.analytics.fields import Field
from app.analytics.journeys import FunnelStep
from app.analytics.periods import Interval, TimeRange
from app.analytics.plans import Label, Labels


@dataclass(frozen=True, slots=True)
class StepReached:
    """How many journeys reached a step, and how long that took since the step before.

    The seconds are None at the first step and where nobody reached the step.
    """

    count: int
    average_seconds: float | None = None
    median_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a step compares with the first one and with the one before it.

    The first step is compared with itself. The rates are shares from 0 to 1; 0 of nothing.
    `dropped` is how many journeys of the step before did not reach this one.
    """

    from_start: float
    from_previous: float
    dropped: int


def conversions(steps: Sequence[StepReached]) -> tuple[Conversion, ...]:
    """The conversion of each step."""
    counts = [step.count for step in steps]
    return tuple(
        Conversion(
            from_start=count / counts[0] if counts[0] else 0,
            from_previous=count / before if before else 0,
            dropped=before - count,
        )
        for before, count in zip([*counts[:1], *counts], counts, strict=False)
    )


@dataclass(frozen=True, slots=True)
class FunnelGroup:
    """The steps of a funnel for one tuple of labels, in order.

    `previous` are those of the range that is compared with, if there is one.
    """

    labels: Labels
    steps: tuple[StepReached, ...]
    previous: tuple[StepReached, ...] | None = None


@dataclass(frozen=True, slots=True)
class FunnelResult:
    """A funnel's groups, those with the most journeys first.

    Without a breakdown there is exactly one group, without labels. With one, the groups
    are those of the range itself.
    """

    range: TimeRange
    zone: ZoneInfo
    steps: tuple[FunnelStep, ...]
    breakdown: tuple[Field, ...]
    groups: tuple[FunnelGroup, ...]
    previous_range: TimeRange | None = None


@dataclass(frozen=True, slots=True)
class FunnelProfilesResult:
    """A slice of the profiles' ids; `total_count` counts those of all slices."""

    range: TimeRange
    profile_ids: tuple[str, ...]
    has_more: bool
    total_count: int


@dataclass(frozen=True, slots=True)
class RetentionCohort:
    """Those who began in the interval from `start` (ms), and how many of them came back.

    `counts` has an entry for each period that the range has an interval for; the first is
    `size`.
    """

    start: int
    size: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RetentionGroup:
    """One cohort per interval of the range for one tuple of labels, in order.

    `average` tells for each period the share (0 to 1) of the members who came back, over
    all cohorts that have the period; None where these are empty.
    """

    labels: Labels
    cohorts: tuple[RetentionCohort, ...]
    average: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """A cohort grid per group, the groups with the most members first.

    Without a breakdown there is exactly one group, without labels.
    """

    range: TimeRange
    zone: ZoneInfo
    interval: Interval
    breakdown: tuple[Field, ...]
    groups: tuple[RetentionGroup, ...]


@dataclass(frozen=True, slots=True)
class PathNode:
    """How many paths have the item at that step, counted from 0.

    The item None stands for all that have no node of their own at the step.
    """

    step: int
    item: Label
    count: int


@dataclass(frozen=True, slots=True)
class PathLink:
    """How many paths go from `source` at `step` to `target` at the next one.

    `average_seconds` is the mean time between the two events.
    """

    step: int
    source: Label
    target: Label
    count: int
    average_seconds: float


@dataclass(frozen=True, slots=True)
class PathsResult:
    """Nodes by step, links by step; the most frequent first, then by their items.

    `paths` is how many paths there are. Paths of which only the end was asked for are
    aligned there: their last item stands at the last step.
    """

    range: TimeRange
    zone: ZoneInfo
    paths: int
    nodes: tuple[PathNode, ...]
    links: tuple[PathLink, ...]


@dataclass(frozen=True, slots=True)
class StickinessResult:
    """How many journeys were active in exactly one interval, in two, and so on.

    `counts` has one entry per interval of the range.
    """

    range: TimeRange
    zone: ZoneInfo
    interval: Interval
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LifecycleResult:
    """Journeys by what they are in each bucket, index by index beside `buckets`.

    New: the first matching event ever lies in the bucket. Returning: active in the bucket
    and in the one before. Resurrecting: active again after a bucket without. Dormant:
    active in the bucket before, and not in this one.
    """

    range: TimeRange
    zone: ZoneInfo
    interval: Interval
    buckets: tuple[int, ...]
    new: tuple[int, ...]
    returning: tuple[int, ...]
    resurrecting: tuple[int, ...]
    dormant: tuple[int, ...]
