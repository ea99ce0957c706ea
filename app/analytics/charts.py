"""Charts: several series over the same buckets, each split by the same breakdown.

A *line* is one series for one tuple of labels. It has a point in every bucket, 0 where
nothing happened. A series has a line for every tuple of labels with at least one row that
the series counts; a formula has one where any of the series that it uses has.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from app.analytics.formulas import Formula
from app.analytics.metrics import Metric


class Visibility(StrEnum):
    """Whether a series is shown, or only used by formulas."""

    SHOWN = "shown"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Measured:
    """A series that the engine measures."""

    metric: Metric
    visibility: Visibility = Visibility.SHOWN


@dataclass(frozen=True, slots=True)
class Computed:
    """A series computed from those before it, bucket by bucket."""

    formula: Formula
    visibility: Visibility = Visibility.SHOWN


ChartSeries: TypeAlias = Measured | Computed


class Rank(StrEnum):
    """What of a line decides its place; the greatest comes first."""

    SUM = "sum"
    AVERAGE = "average"
    """The mean of the points that are not 0."""
    MIN = "min"
    MAX = "max"
    PROFILES = "profiles"
    """How many different profiles the line is of."""


class Reach(StrEnum):
    """Whether the profiles of each line are counted, which takes a pass of its own."""

    COUNTED = "counted"
    UNKNOWN = "unknown"
