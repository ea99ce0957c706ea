"""Questions about how many different journeys there are, bucket by bucket.

They differ in when a journey counts: in the bucket that it is active in, for some days
after it was, from then on, or only when it is active for the first time. That is more than a
measure of a bucket's rows, because rows of other buckets decide.
"""

from dataclasses import dataclass
from typing import TypeAlias
from zoneinfo import ZoneInfo

from app.analytics.fields import Field
from app.analytics.filters import EVERYTHING, Filter
from app.analytics.journeys import PER_PROFILE
from app.analytics.periods import Interval, WeekStart
from app.analytics.ranges import Comparison, RangeSpec


@dataclass(frozen=True, slots=True)
class InBucket:
    """Journeys with an event in the bucket."""


@dataclass(frozen=True, slots=True)
class Trailing:
    """Journeys with an event in the `days` local days up to the bucket's last day.

    Days before the range count too, and days behind it don't: the last bucket ends with it.
    Buckets must be whole days.
    """

    days: int


@dataclass(frozen=True, slots=True)
class SinceStart:
    """Journeys with an event in the range, up to the end of the bucket."""


@dataclass(frozen=True, slots=True)
class FirstTime:
    """Journeys whose first event of the kind, ever, lies in the bucket."""


Presence: TypeAlias = InBucket | Trailing | SinceStart | FirstTime
"""When a journey counts."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Which events make a journey active, and when it counts; `label` is the asker's name."""

    presence: Presence
    where: Filter = EVERYTHING
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencesQuery:
    """A line per audience. Each line's total is that of the whole range as one bucket."""

    project: int
    audiences: tuple[Audience, ...]
    range: RangeSpec
    interval: Interval
    filter: Filter = EVERYTHING
    per: Field = PER_PROFILE
    compare: Comparison | None = None
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY
