"""Questions about journeys once their meaning is settled."""

from dataclasses import dataclass

from app.analytics.audiences import Audience
from app.analytics.fields import Field
from app.analytics.filters import Filter
from app.analytics.journeys import (
    Exclusion,
    FunnelOrder,
    Outcome,
    Repeats,
    RetentionCriterion,
    RetentionStart,
    RetentionWindow,
)
from app.analytics.periods import Interval, TimeRange
from app.analytics.plans import Labels
from app.analytics.queries import Scope


@dataclass(frozen=True, slots=True)
class Funnel:
    """A resolved FunnelQuery.

    `only` keeps these labels of the breakdown and no others. `top` is None for all labels.
    """

    scope: Scope
    per: Field
    steps: tuple[Filter, ...]
    order: FunnelOrder
    window_ms: int
    exclusions: tuple[Exclusion, ...]
    by: tuple[Field, ...]
    top: int | None
    previous: TimeRange | None = None
    only: tuple[Labels, ...] | None = None


@dataclass(frozen=True, slots=True)
class FunnelTrend:
    """A resolved FunnelTrendQuery; `buckets` are the starts of all buckets in order."""

    funnel: Funnel
    interval: Interval
    buckets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FunnelProfiles:
    """A resolved FunnelProfilesQuery."""

    funnel: Funnel
    step: int
    outcome: Outcome
    after: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class Retention:
    """A resolved RetentionQuery; `buckets` are the starts of the cohorts' intervals.

    `only` keeps these labels of the breakdown and no others.
    """

    scope: Scope
    per: Field
    interval: Interval
    buckets: tuple[int, ...]
    periods: int
    start: Filter
    returning: Filter
    starting: RetentionStart
    window: RetentionWindow
    criterion: RetentionCriterion
    by: tuple[Field, ...]
    top: int
    only: tuple[Labels, ...] | None = None


@dataclass(frozen=True, slots=True)
class Paths:
    """A resolved PathsQuery."""

    scope: Scope
    per: Field
    item: Field
    start: Filter | None
    end: Filter | None
    steps: int
    top: int
    repeats: Repeats

    @property
    def is_from_end(self) -> bool:
        """Whether paths are told from their end."""
        return self.start is None and self.end is not None


@dataclass(frozen=True, slots=True)
class Audiences:
    """A resolved AudiencesQuery; `buckets` are the starts of all buckets."""

    scope: Scope
    per: Field
    audiences: tuple[Audience, ...]
    interval: Interval
    buckets: tuple[int, ...]
    previous: TimeRange | None
    buckets_before: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """A resolved StickinessQuery or LifecycleQuery; `buckets` are the starts of all buckets."""

    scope: Scope
    per: Field
    interval: Interval
    buckets: tuple[int, ...]
    at_least: int = 1
