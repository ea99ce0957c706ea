"""Questions, before and after their meaning is settled.

A query says what is asked in the core's words and with the asker's defaults. Resolving
it settles everything that depends on the moment, the project and the limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import TypeAlias
from zoneinfo import ZoneInfo

from app.analytics.audiences import AudiencesQuery
from app.analytics.capabilities import PLAIN, Capabilities
from app.analytics.catalog import PropertyKeysQuery
from app.analytics.charts import ChartSeries, Rank, Reach
from app.analytics.cohorts import Cohort
from app.analytics.curves import RAW, Curve
from app.analytics.fields import Column, Field
from app.analytics.filters import EVERYTHING, Filter
from app.analytics.journeys import JourneyQuery
from app.analytics.metrics import Metric
from app.analytics.periods import Interval, TimeRange, WeekStart
from app.analytics.presence import ActiveQuery, LastSeenQuery, ProfileOrder, StaysQuery
from app.analytics.ranges import ANY_TIME, AutoInterval, Comparison, RangeSpec
from app.analytics.thresholds import Threshold


class Direction(StrEnum):
    """Which end of the order comes first."""

    ASCENDING = "ascending"
    DESCENDING = "descending"


@dataclass(frozen=True, slots=True)
class ByMetric:
    """Order by the metric at `index`."""

    index: int = 0
    direction: Direction = Direction.DESCENDING


@dataclass(frozen=True, slots=True)
class ByLabel:
    """Order by the breakdown field at `index`."""

    index: int = 0
    direction: Direction = Direction.ASCENDING


Order: TypeAlias = ByMetric | ByLabel


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of an ordered answer; of a list, the same one for `each` of a column's values."""

    limit: int
    offset: int = 0
    each: Column | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsQuery:
    """One number per metric over the whole range."""

    project: int
    metrics: tuple[Metric, ...]
    range: RangeSpec
    filter: Filter = EVERYTHING
    compare: Comparison | None = None
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY


class Rest(StrEnum):
    """Whether the rows that have none of the top labels are told too, in a line of their own."""

    HIDDEN = "hidden"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """One number per metric and bucket; with a breakdown, for each of the top labels.

    The top labels are those with the most of the first metric over the whole range. The
    `curve` is made of the points alone: totals stay what they are.
    """

    project: int
    metrics: tuple[Metric, ...]
    range: RangeSpec
    interval: Interval | AutoInterval
    filter: Filter = EVERYTHING
    breakdown: tuple[Field, ...] = ()
    top: int = 10
    rest: Rest = Rest.HIDDEN
    compare: Comparison | None = None
    curve: Curve = RAW
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartQuery:
    """The lines of all series, ranked and sliced.

    Of each series the `top` lines by rank take part. Lines of equal rank stand in the order
    of the series, then by their labels, absent ones last.
    """

    project: int
    series: tuple[ChartSeries, ...]
    range: RangeSpec
    interval: Interval | AutoInterval
    filter: Filter = EVERYTHING
    breakdown: tuple[Field, ...] = ()
    compare: Comparison | None = None
    rank: Rank = Rank.SUM
    reach: Reach = Reach.UNKNOWN
    top: int = 500
    page: Page = Page(10_000)
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownQuery:
    """One number per metric and label; labels are ordered and sliced.

    A label is listed if any of the metrics counts a row of it and all thresholds of `having` hold.
    Labels with equal numbers are ordered by themselves, absent ones last. Which labels there
    are, and their order, is told by the range alone, not by the one that it is compared with.
    """

    project: int
    by: tuple[Field, ...]
    metrics: tuple[Metric, ...]
    range: RangeSpec
    filter: Filter = EVERYTHING
    having: tuple[Threshold, ...] = ()
    order: Order = ByMetric()
    page: Page = Page(50)
    compare: Comparison | None = None
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY


class EventOrder(StrEnum):
    """By time; events of one instant are ordered by id in both orders."""

    NEWEST = "newest"
    OLDEST = "oldest"


class Walk(Enum):
    """Which way a slice extends from its key."""

    FORWARD = auto()
    BACKWARD = auto()


@dataclass(frozen=True, slots=True)
class After:
    """The rows beyond the one with this instant and id, in the direction of the walk."""

    instant: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsQuery:
    """Events themselves, by keyset or by page.

    Walking backward gives the rows before the key, or the last ones without a key, in the
    same order. `columns` names the wanted fields of the record; None means all. The sort
    key always comes along.
    """

    project: int
    range: RangeSpec
    filter: Filter = EVERYTHING
    order: EventOrder = EventOrder.NEWEST
    after: After | None = None
    walk: Walk = Walk.FORWARD
    page: Page = Page(50)
    columns: frozenset[str] | None = None
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsQuery:
    """Sessions themselves, newest or oldest first, by keyset or by page."""

    project: int
    range: RangeSpec
    filter: Filter = EVERYTHING
    order: EventOrder = EventOrder.NEWEST
    after: After | None = None
    walk: Walk = Walk.FORWARD
    page: Page = Page(50)
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesQuery:
    """The pages that were seen most, with what people did there."""

    project: int
    range: RangeSpec
    filter: Filter = EVERYTHING
    page: Page = Page(10)
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilesQuery:
    """Profiles themselves that were first seen in the range, by keyset or by page.

    The filter is made of fields of profiles and their groups, and of what profiles did.
    """

    project: int
    range: RangeSpec = ANY_TIME
    filter: Filter = EVERYTHING
    order: ProfileOrder = ProfileOrder.NEWEST
    after: After | None = None
    walk: Walk = Walk.FORWARD
    page: Page = Page(50)
    zone: ZoneInfo | None = None


Query: TypeAlias = (
    TotalsQuery
    | SeriesQuery
    | ChartQuery
    | BreakdownQuery
    | EventsQuery
    | SessionsQuery
    | PagesQuery
    | PropertyKeysQuery
    | StaysQuery
    | ActiveQuery
    | ProfilesQuery
    | LastSeenQuery
    | JourneyQuery
    | AudiencesQuery
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one question may ask for.

    `values` bounds the values of an equality, `alternatives` those of any other comparison.
    `lines` bounds those of a series of a chart; with more `cells` than that the engine
    ranks them before any are read.
    `steps` bounds those of funnels and paths, `grid` the numbers of a cohort grid.
    """

    buckets: int = 5_000
    cells: int = 100_000
    lines: int = 1_000
    metrics: int = 20
    breakdowns: int = 4
    rows: int = 10_000
    filters: int = 100
    values: int = 500
    alternatives: int = 100
    steps: int = 10
    grid: int = 100_000


@dataclass(frozen=True, slots=True)
class Moment:
    """What resolving needs to know of the world: the time, the project's zone, the limits.

    `cohorts` are those that the question mentions, by id; `engine` is what the event store's
    can do. `horizon` is an instant beyond which a slice of events hardly lies; a wrong one
    costs time, and changes no answer.
    """

    now: int
    zone: ZoneInfo
    limits: Limits = Limits()
    first_event_at: int | None = None
    horizon: int | None = None
    cohorts: Mapping[str, Cohort] = field(default_factory=dict[str, Cohort])
    engine: Capabilities = PLAIN


@dataclass(frozen=True, slots=True)
class Scope:
    """A resolved query's common part: whose facts, from when, under which condition.

    Where `range` is only a part of the range asked for, `since` is where that one starts.
    """

    project: int
    range: TimeRange
    zone: ZoneInfo
    filter: Filter
    week_start: WeekStart = WeekStart.MONDAY
    since: int | None = None

    @property
    def reach(self) -> int:
        """The instant from which on a condition looks at a session's events."""
        return self.range.start if self.since is None else self.since


@dataclass(frozen=True, slots=True)
class Totals:
    """A resolved TotalsQuery."""

    scope: Scope
    metrics: tuple[Metric, ...]
    previous: TimeRange | None


@dataclass(frozen=True, slots=True)
class Series:
    """A resolved SeriesQuery; `buckets` are the starts of all buckets in order."""

    scope: Scope
    metrics: tuple[Metric, ...]
    interval: Interval
    buckets: Sequence[int]
    by: tuple[Field, ...]
    top: int
    previous: TimeRange | None
    curve: Curve = RAW


@dataclass(frozen=True, slots=True)
class Chart:
    """A resolved ChartQuery; `buckets` are the starts of all buckets in order."""

    scope: Scope
    series: tuple[ChartSeries, ...]
    interval: Interval
    buckets: tuple[int, ...]
    by: tuple[Field, ...]
    previous: TimeRange | None
    buckets_before: tuple[int, ...]
    rank: Rank
    reach: Reach
    top: int
    page: Page
    most_cells: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A resolved BreakdownQuery."""

    scope: Scope
    by: tuple[Field, ...]
    metrics: tuple[Metric, ...]
    having: tuple[Threshold, ...]
    order: Order
    page: Page
    previous: TimeRange | None


def leads_back(order: EventOrder, walk: Walk) -> bool:
    """Whether that walk through that order leads from newer rows to older ones."""
    return (order is EventOrder.NEWEST) is (walk is Walk.FORWARD)


@dataclass(frozen=True, slots=True)
class Listing:
    """A resolved query for rows themselves; with a `horizon` only for those on this side of it."""

    scope: Scope
    page: Page
    order: EventOrder = EventOrder.NEWEST
    after: After | None = None
    columns: frozenset[str] | None = None
    walk: Walk = Walk.FORWARD
    horizon: int | None = None

    @property
    def goes_back(self) -> bool:
        """Whether the walk leads from newer rows to older ones."""
        return leads_back(self.order, self.walk)

    @property
    def hides_some(self) -> bool:
        """Whether rows of the range may lie beyond the horizon."""
        if self.horizon is None:
            return False
        span = self.scope.range
        return span.start < self.horizon if self.goes_back else self.horizon < span.end - 1
