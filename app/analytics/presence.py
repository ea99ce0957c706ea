"""Questions about presence: how long people stay, how many are there, and since when not."""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.analytics.filters import EVERYTHING, Filter
from app.analytics.periods import Interval, WeekStart
from app.analytics.ranges import ANY_TIME, AutoInterval, RangeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class StaysQuery:
    """How long people stay with a view: until the next view of the session, in buckets.

    Only views that meet the filter count, and only those that another one follows later.
    """

    project: int
    range: RangeSpec
    interval: Interval | AutoInterval
    filter: Filter = EVERYTHING
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveQuery:
    """How many profiles did something in the `days` local days up to each day of the range."""

    project: int
    range: RangeSpec
    days: int
    filter: Filter = EVERYTHING
    zone: ZoneInfo | None = None


class ProfileOrder(StrEnum):
    """By an instant and, of those of one instant, by id; or by id alone."""

    NEWEST = "newest"
    """First seen last; ids ascend."""
    OLDEST = "oldest"
    """First seen first; ids ascend."""
    FIRST_SEEN = "first_seen"
    """First seen last; ids descend."""
    LAST_SEEN = "last_seen"
    """Last seen last; ids descend."""
    ID = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeenQuery:
    """How many profiles were last seen today, how many yesterday, and so on.

    The filter is as that of `ProfilesQuery`; days are those of the zone.
    """

    project: int
    range: RangeSpec = ANY_TIME
    filter: Filter = EVERYTHING
    zone: ZoneInfo | None = None
