"""Conditions on the numbers of a row, once these are known."""

from dataclasses import dataclass
from enum import StrEnum


class Relation(StrEnum):
    """How a number stands to another."""

    GREATER = "greater"
    AT_LEAST = "at_least"
    LESS = "less"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Holds where the metric at `index` stands so to the value; nowhere where it is absent."""

    index: int
    relation: Relation
    value: float
