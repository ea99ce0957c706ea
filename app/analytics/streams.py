"""Streams: all events of a range in one order, as lines that the engine writes.

A stream is read in portions of time, each of them sorted by itself, so that neither the
engine nor the server ever holds more than a few portions, however long the range is.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from app.analytics.expressions.tree import Expression
from app.analytics.filters import EVERYTHING, Filter
from app.analytics.periods import TimeRange
from app.analytics.queries import Scope
from app.analytics.ranges import RangeSpec
from app.analytics.shapes import Shape

PORTION_EVENTS: Final = 16_000
"""About how many events a portion holds."""


class StreamOrder(StrEnum):
    """The total order of a stream."""

    ARRIVAL = "arrival"
    """By time, and within an instant as the events arrived."""
    NEWEST = "newest"
    """The latest first, and within an instant by id, as events are listed."""


@dataclass(frozen=True, slots=True)
class StreamKey:
    """An event's place in a stream: its instant, and its position or its id by the order."""

    instant: int
    tie: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamQuery:
    """All events of a range, from beyond `after` on."""

    project: int
    range: RangeSpec
    shape: Shape
    filter: Filter = EVERYTHING
    order: StreamOrder = StreamOrder.ARRIVAL
    after: StreamKey | None = None
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of the range, and how many events it held when the stream was planned.

    Only an instant that many events share makes a portion a large one.
    """

    range: TimeRange
    count: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A resolved StreamQuery, cut into portions that stand in the order of the stream.

    `rest` is what must be true of each event besides the filter, and no engine understands.
    """

    scope: Scope
    shape: Shape
    order: StreamOrder
    after: StreamKey | None
    portions: tuple[Portion, ...]
    rest: tuple[Expression, ...] = ()
