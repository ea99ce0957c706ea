"""What the points of a line are made into, before anyone looks at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, TypeAlias, assert_never

from app.analytics.metrics import Number


@dataclass(frozen=True, slots=True)
class Raw:
    """The points as they are."""


@dataclass(frozen=True, slots=True)
class Cumulative:
    """Each point together with all before it; an absent one adds nothing."""


@dataclass(frozen=True, slots=True)
class Smoothed:
    """The mean of each point and those before it, `buckets` in all as far as there are any.

    Absent points take no part.
    """

    buckets: int


Curve: TypeAlias = Raw | Cumulative | Smoothed

RAW: Final = Raw()
"""No curve at all."""


def curved(points: Sequence[Number | None], curve: Curve) -> tuple[Number | None, ...]:
    """The points of the curve: as many as were given."""
    match curve:
        case Raw():
            return tuple(points)
        case Cumulative():
            return tuple(accumulate(point or 0 for point in points))
        case Smoothed(buckets):
            windows = (points[max(0, at + 1 - buckets) : at + 1] for at in range(len(points)))
            return tuple(map(_mean, windows))
        case _:
            assert_never(curve)


def _mean(points: Sequence[Number | None]) -> float | None:
    told = [point for point in points if point is not None]
    return sum(told) / len(told) if told else None


def sum_of(points: Sequence[Number | None], curve: Curve) -> Number:
    """What the points come to: their sum, or the last one of those that are sums already."""
    told = [point or 0 for point in points]
    return told[-1] if isinstance(curve, Cumulative) and told else sum(told)
