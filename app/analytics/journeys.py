"""Questions about what is done one after the other, and again.

A *journey* is all events that share one value of a field: those of a session, of a
profile. Events without that value belong to no journey. Only events of the range that
meet the query's filter take part, unless a query says otherwise. Events that the server
derives from sessions meet a condition only if that or the query's filter mentions the
name of any of them, and stand between no others.

Where a breakdown or an item is a field of which an event has several values (groups), the
first of them counts.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from app.analytics.fields import COLUMNS, Field
from app.analytics.filters import EVERYTHING, Filter, Operand
from app.analytics.periods import DAY_MS, Interval, WeekStart
from app.analytics.ranges import Comparison, RangeSpec

PER_SESSION: Final = COLUMNS["session_id"]
"""The field whose journeys are sessions."""

PER_PROFILE: Final = COLUMNS["profile_id"]
"""The field whose journeys are profiles."""


class FunnelOrder(StrEnum):
    """How the steps of a funnel follow each other."""

    INCREASING = "increasing"
    """Each step is later than the one before; whatever else happens between them.

    Events of one instant don't follow each other, and one event is never two steps.
    """
    ADJACENT = "adjacent"
    """As INCREASING, and no other event of the journey stands between two steps.

    Events of one instant are in their order of arrival.
    """
    ANY = "any"
    """The steps may come in any order, also at one instant; an event is every step it meets."""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """What an event must be to count as the step; `label` is what the asker calls it."""

    where: Filter
    label: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What must not happen after the step at index `after` and before the one at `before`.

    Such an event ends every chain that stands between the two: the steps up to there count,
    and the journey may still try again. At the very instant of one of the two steps it is
    not between them.
    """

    where: Filter
    after: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelQuery:
    """How many journeys get how far through the steps.

    A journey reaches a step if a chain of its events makes all steps up to there, the last
    one at most `window_ms` after the first. Any event of the first step may begin a chain.

    The times of a journey are the earliest at which it reaches each step from one start: the
    start that leads furthest, the first of several.

    With a breakdown, a journey belongs to the values at the first of its events that can
    begin a chain; the `top` labels with the most journeys are told.
    """

    project: int
    steps: tuple[FunnelStep, ...]
    range: RangeSpec
    filter: Filter = EVERYTHING
    per: Field = PER_SESSION
    order: FunnelOrder = FunnelOrder.INCREASING
    window_ms: int = DAY_MS
    exclusions: tuple[Exclusion, ...] = ()
    breakdown: tuple[Field, ...] = ()
    top: int = 10
    compare: Comparison | None = None
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfFunnel:
    """What more can be asked about a funnel: it is about the same facts."""

    funnel: FunnelQuery

    @property
    def project(self) -> int:
        """The funnel's."""
        return self.funnel.project

    @property
    def range(self) -> RangeSpec:
        """The funnel's."""
        return self.funnel.range

    @property
    def filter(self) -> Filter:
        """The funnel's."""
        return self.funnel.filter

    @property
    def zone(self) -> ZoneInfo | None:
        """The funnel's."""
        return self.funnel.zone


class Outcome(StrEnum):
    """What became of a journey at a step."""

    COMPLETED = "completed"
    """It reached the step."""
    DROPPED = "dropped"
    """It reached the step before, and not this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelProfilesQuery(_OfFunnel):
    """The profiles behind a step of a funnel, in the order of their ids.

    A journey's profile is the one of its latest event in the funnel. `labels` keep one
    group of the funnel's breakdown. `after` is the last id of the slice before.
    """

    step: int
    outcome: Outcome = Outcome.COMPLETED
    labels: tuple[Operand | None, ...] | None = None
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelTrendQuery(_OfFunnel):
    """Which share of the journeys that begin in each bucket goes all the way, in percent.

    A journey begins where the start that leads furthest does. Each line's total is that of the
    funnel itself.
    """

    interval: Interval
    week_start: WeekStart = WeekStart.MONDAY

    @property
    def breakdown(self) -> tuple[Field, ...]:
        """The funnel's."""
        return self.funnel.breakdown


class RetentionStart(StrEnum):
    """Which start events put a journey into a cohort."""

    FIRST_TIME = "first_time"
    """The very first one, and it must lie in the range: nothing happened before it, ever."""
    RECURRING = "recurring"
    """The first one of each interval."""


class RetentionWindow(StrEnum):
    """How the periods after a start are cut."""

    CALENDAR = "calendar"
    """At local midnights: the period after a Friday's start is the Saturday."""
    ROLLING = "rolling"
    """From the start itself, in steps of as many hours as a whole interval has; a month is
    thirty days."""


class RetentionCriterion(StrEnum):
    """What counts as a return in a period."""

    ON = "on"
    """A return event in the period."""
    ON_OR_AFTER = "on_or_after"
    """A return event in the period or in any later one of the range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionQuery:
    """How many of those who began in an interval come back in the periods after it.

    There is a cohort for each interval of the range. Period 0 is that of the start itself
    and holds the whole cohort; `periods` more follow, as far as the range has intervals.
    Only events of the range count as returns. An interval is an hour, a day, a week or a
    month.

    With a breakdown, a member of a cohort belongs to the values at its start event, and
    the `top` labels with the most members in all cohorts are told.
    """

    project: int
    range: RangeSpec
    interval: Interval
    periods: int = 8
    start: Filter = EVERYTHING
    returning: Filter = EVERYTHING
    filter: Filter = EVERYTHING
    per: Field = PER_PROFILE
    starting: RetentionStart = RetentionStart.FIRST_TIME
    window: RetentionWindow = RetentionWindow.CALENDAR
    criterion: RetentionCriterion = RetentionCriterion.ON
    breakdown: tuple[Field, ...] = ()
    top: int = 10
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY


class Repeats(StrEnum):
    """What becomes of an item that follows itself."""

    KEEP = "keep"
    COLLAPSE = "collapse"
    """A run of equal items is one item, at the time of its first event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsQuery:
    """Which items follow which, in the first `steps` items of a path.

    The items are the values of `item` in the events' order of time and arrival; an event
    without one is left out. Filter by the field to include or exclude items. Boundaries of
    sessions are items where the filter names any, or where they meet a start or an end that
    does.

    Without `start` and `end` a path begins with its journey. With `start`, it begins with
    the first event that meets it; with `end` alone, it is the items up to the first event
    that meets it, and the last step is that one. With both, it leads from the first start to
    the first end after it, and longer paths than `steps` don't count. Journeys without the
    events that were asked for have no path.

    At each step the `top` items with the most paths have a node of their own, and all
    others share one.
    """

    project: int
    range: RangeSpec
    filter: Filter = EVERYTHING
    item: Field = COLUMNS["path"]
    per: Field = PER_SESSION
    start: Filter | None = None
    end: Filter | None = None
    steps: int = 5
    top: int = 10
    repeats: Repeats = Repeats.COLLAPSE
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StickinessQuery:
    """How many journeys have events in exactly one interval of the range, in two, and so on.

    An interval counts if it has `at_least` events of the journey.
    """

    project: int
    range: RangeSpec
    interval: Interval
    filter: Filter = EVERYTHING
    per: Field = PER_PROFILE
    at_least: int = 1
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleQuery:
    """How many journeys are new, returning, resurrecting or dormant in each bucket.

    Buckets are whole: the range begins where its first bucket does.
    """

    project: int
    range: RangeSpec
    interval: Interval
    filter: Filter = EVERYTHING
    per: Field = PER_PROFILE
    zone: ZoneInfo | None = None
    week_start: WeekStart = WeekStart.MONDAY


JourneyQuery: TypeAlias = (
    FunnelQuery
    | FunnelProfilesQuery
    | FunnelTrendQuery
    | RetentionQuery
    | PathsQuery
    | StickinessQuery
    | LifecycleQuery
)
"""Any question about journeys."""
