"""Charts as they are answered, exact and without any wire's form."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.analytics.metrics import Number
from app.analytics.periods import Interval, TimeRange
from app.analytics.plans import Labels


@dataclass(frozen=True, slots=True)
class Summary:
    """What the points of a line come to; all 0 without points."""

    sum: Number
    average: Number
    min: Number
    max: Number


def summary_of(points: Sequence[Number]) -> Summary:
    """The summary of these points; those that are 0 don't weigh on the average."""
    if not points:
        return Summary(0, 0, 0, 0)
    total = sum(points)
    telling = sum(1 for point in points if point)
    return Summary(total, total / telling if telling else 0, min(points), max(points))


@dataclass(frozen=True, slots=True)
class Points:
    """A line's numbers in one range. `profiles` is None where they were not counted."""

    points: tuple[Number, ...]
    summary: Summary
    profiles: int | None = None


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One series for one tuple of labels.

    `series` is the index in the query. `previous` is None without a comparison, and where
    the range that is compared with has no such line.
    """

    series: int
    labels: Labels
    now: Points
    previous: Points | None = None


@dataclass(frozen=True, slots=True)
class ChartResult:
    """A slice of the ranked lines; `total_count` and `summary` are of those of all slices.

    `previous_buckets` stand beside `buckets` index by index and may be more or fewer.
    """

    range: TimeRange
    zone: ZoneInfo
    interval: Interval
    buckets: tuple[int, ...]
    lines: tuple[ChartLine, ...]
    total_count: int
    summary: Summary
    previous_range: TimeRange | None = None
    previous_buckets: tuple[int, ...] | None = None
