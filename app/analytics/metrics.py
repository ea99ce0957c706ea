"""Measures that an engine can compute, and the metrics made of them."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias, assert_never

from app.analytics.fields import COLUMNS, Field, Source
from app.analytics.filters import EVERYTHING, All, Compare, Filter, Operator
from app.analytics.formulas import Formula
from app.analytics.records import REVENUE, SCREEN_VIEW

Number: TypeAlias = int | float


class Unit(StrEnum):
    """What a metric's numbers are."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    CURRENCY = "currency"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows meet `where`."""

    where: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Unique:
    """How many different values the field has; absent and empty ones don't count."""

    field: Field
    where: Filter = EVERYTHING


class Operation(StrEnum):
    """How numbers are put together."""

    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Statistic:
    """The operation over the field's numbers where `where` holds; absent without any."""

    operation: Operation
    field: Field
    where: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Percentile:
    """The number that `share` (0 to 1) of the field's numbers don't exceed; absent without any.

    Between two numbers it lies in proportion: `numbers.quantile` defines it.
    """

    share: float
    field: Field
    where: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Latest:
    """How many profiles there are, each counted only where its newest row for `where` lies.

    The newest of the range, and of one instant the one that arrived last. Only of events.
    """

    where: Filter = EVERYTHING


Measure: TypeAlias = Count | Unique | Statistic | Percentile | Latest


def measured_field(measure: Measure) -> Field | None:
    """The field whose values the measure is made of; None where it counts rows."""
    match measure:
        case Unique(field) | Statistic(_, field) | Percentile(_, field):
            return field
        case Latest():
            return _PROFILE_ID
        case Count():
            return None
        case _:
            assert_never(measure)


@dataclass(frozen=True, slots=True)
class Value:
    """The first measure as it is; `empty` where it is absent."""

    empty: Number | None = 0


@dataclass(frozen=True, slots=True)
class Ratio:
    """The first measure over the second, times `scale`; 0 over nothing."""

    scale: float = 1


@dataclass(frozen=True, slots=True)
class Calculated:
    """The formula over other metrics, of which the first is `A`.

    Absent where a metric that it uses is absent. The metric itself has no measures then: those
    of `parts` are asked for, each of its own source. No part may be calculated itself.
    """

    formula: Formula
    parts: tuple["Metric", ...]


Fold: TypeAlias = Value | Ratio | Calculated
"""How a metric's value is made of its measures' values."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number about a range: what is measured and how the value is made of it."""

    slug: str
    label: str
    unit: Unit
    source: Source
    measures: tuple[Measure, ...]
    fold: Fold = Value()


def parts_of(metric: Metric) -> tuple[Metric, ...]:
    """The metrics that are measured for it: itself, or those of its formula."""
    return metric.fold.parts if isinstance(metric.fold, Calculated) else (metric,)


_PROFILE_ID: Final = COLUMNS["profile_id"]
_REVENUE: Final = COLUMNS["revenue"]
_DURATION: Final = COLUMNS["duration"]
_LASTING: Final = Compare(_DURATION, Operator.GREATER, (0,))
_BOUNCED: Final = Compare(COLUMNS["is_bounce"], Operator.EQUALS, (True,))
_VIEWS: Final = Statistic(Operation.SUM, COLUMNS["screen_view_count"])


def named(event: str) -> Compare:
    """The condition that an event has this name."""
    return Compare(COLUMNS["name"], Operator.EQUALS, (event,))


SESSIONS: Final = Metric("sessions", "Sessions", Unit.COUNT, Source.SESSIONS, (Count(),))
"""Sessions that began in the range."""

VISITORS: Final = Metric(
    "visitors",
    "Unique visitors",
    Unit.COUNT,
    Source.SESSIONS,
    (Unique(COLUMNS["profile_id"]),),
)
"""Different profiles among those sessions; exact, also over the whole range."""

SCREEN_VIEWS: Final = Metric("screen_views", "Screen views", Unit.COUNT, Source.SESSIONS, (_VIEWS,))
"""Pages or screens seen in sessions that began in the range."""

VIEWS_PER_SESSION: Final = Metric(
    "views_per_session",
    "Views per session",
    Unit.NUMBER,
    Source.SESSIONS,
    (_VIEWS, Count()),
    Ratio(),
)

BOUNCE_RATE: Final = Metric(
    "bounce_rate",
    "Bounce rate",
    Unit.PERCENT,
    Source.SESSIONS,
    (Count(_BOUNCED), Count()),
    Ratio(100),
)
"""Percentage (0 to 100) of sessions with at most one screen view."""

SESSION_DURATION: Final = Metric(
    "session_duration",
    "Average session duration",
    Unit.SECONDS,
    Source.SESSIONS,
    (Statistic(Operation.SUM, _DURATION, _LASTING), Count(_LASTING)),
    Ratio(1 / 1000),
)
"""Mean length in seconds of the sessions that lasted at all."""

EVENTS: Final = Metric("events", "Events", Unit.COUNT, Source.EVENTS, (Count(),))

PAGEVIEWS: Final = Metric(
    "pageviews", "Page views", Unit.COUNT, Source.EVENTS, (Count(named(SCREEN_VIEW)),)
)
"""Screen view events in the range, with or without a session."""

TOTAL_REVENUE: Final = Metric(
    "revenue",
    "Revenue",
    Unit.CURRENCY,
    Source.EVENTS,
    (Statistic(Operation.SUM, _REVENUE, named(REVENUE)),),
)
"""Sum of revenue events, in minor currency units."""

PROFILES: Final = Metric(
    "profiles", "Profiles", Unit.COUNT, Source.EVENTS, (Unique(COLUMNS["profile_id"]),)
)
"""Different profiles with any event in the range."""

EVENTS_PER_PROFILE: Final = Metric(
    "events_per_profile",
    "Events per profile",
    Unit.NUMBER,
    Source.EVENTS,
    (Count(), Unique(_PROFILE_ID)),
    Ratio(),
)

LATEST_PER_PROFILE: Final = Metric(
    "latest_per_profile", "Latest event per profile", Unit.COUNT, Source.EVENTS, (Latest(),)
)
"""Profiles with any event in the range, each where its newest event lies."""


def is_additive(metric: Metric) -> bool:
    """Whether the numbers of parts, such as days, add up to the one of the whole."""
    if not isinstance(metric.fold, Value):
        return False
    match metric.measures[0]:
        case Count() | Latest():
            return True
        case Statistic(operation):
            return operation is Operation.SUM
        case Unique() | Percentile():
            return False


BUILT_IN: Final = (
    EVENTS,
    PAGEVIEWS,
    VISITORS,
    SESSIONS,
    SCREEN_VIEWS,
    BOUNCE_RATE,
    SESSION_DURATION,
    VIEWS_PER_SESSION,
    TOTAL_REVENUE,
    PROFILES,
)
"""Every metric that needs no argument."""


def statistic_of(operation: Operation, field: Field, where: Filter = EVERYTHING) -> Metric:
    """The metric that puts a field's numbers over events together.

    A sum over nothing is 0; the others are absent.
    """
    return Metric(
        f"{operation}_{field.name}",
        f"{operation.capitalize()} of {field.label}",
        Unit.NUMBER,
        Source.EVENTS,
        (Statistic(operation, field, where),),
        Value(0 if operation is Operation.SUM else None),
    )


def percentile_of(share: float, field: Field, where: Filter = EVERYTHING) -> Metric:
    """The metric that tells a percentile of a field's numbers over events; absent without any."""
    percent = f"{share * 100:g}"
    return Metric(
        f"p{percent}_{field.name}",
        f"Percentile {percent} of {field.label}",
        Unit.NUMBER,
        Source.EVENTS,
        (Percentile(share, field, where),),
        Value(None),
    )


def unique_of(field: Field, where: Filter = EVERYTHING) -> Metric:
    """The metric that counts a field's different values over events."""
    return Metric(
        f"unique_{field.name}",
        f"Unique {field.label}",
        Unit.COUNT,
        Source.EVENTS,
        (Unique(field, where),),
    )


def calculated(formula: Formula, parts: tuple[Metric, ...]) -> Metric:
    """The metric that the formula makes of the parts."""
    return Metric(
        "formula",
        f"Formula ({formula.text})",
        Unit.NUMBER,
        Source.EVENTS,
        (),
        Calculated(formula, parts),
    )


def narrowed(metric: Metric, condition: Filter) -> Metric:
    """The same metric over those rows only that also meet `condition`."""
    if condition == EVERYTHING:
        return metric
    return replace(
        metric,
        measures=tuple(
            replace(measure, where=condition)
            if measure.where == EVERYTHING
            else replace(measure, where=All((measure.where, condition)))
            for measure in metric.measures
        ),
    )
