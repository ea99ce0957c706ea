"""Questions of pickers: which names are in use."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from app.analytics.expressions.tree import Kind
from app.analytics.filters import EVERYTHING, Filter
from app.analytics.ranges import ANY_TIME, RangeSpec


class Owner(StrEnum):
    """What properties belong to."""

    EVENT = "event"
    PROFILE = "profile"
    GROUP = "group"


PROPERTY_KINDS: Final[tuple[Kind, ...]] = (
    Kind.STRING,
    Kind.NUMBER,
    Kind.BOOLEAN,
    Kind.LIST,
    Kind.OBJECT,
)
"""What values of properties can be; null is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyKeysQuery:
    """The names of properties in use, those that most of their owners have first.

    Of equally frequent ones the names decide. A range and a filter are of events alone.
    """

    project: int
    owner: Owner = Owner.EVENT
    range: RangeSpec = ANY_TIME
    filter: Filter = EVERYTHING
    search: str = ""
    limit: int = 100
    zone: ZoneInfo | None = None
