"""Questions about journeys once their meaning is settled."""

from dataclasses import dataclass

from app.analytics.fields import Field
from app.analytics.filters import Filter
from app.analytics.journeys import Exclusion, FunnelOrder, Outcome
from app.analytics.periods import TimeRange
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
class FunnelProfiles:
    """A resolved FunnelProfilesQuery."""

    funnel: Funnel
    step: int
    outcome: Outcome
    after: str | None
    limit: int
