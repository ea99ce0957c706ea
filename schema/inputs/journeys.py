"""What questions about journeys are told: steps, exclusions, and lengths of time."""

from collections.abc import Sequence
from typing import Final

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, GROUP_COLUMNS, Field
from app.analytics.filters import EVERYTHING, All, Filter, simplified
from app.analytics.journeys import Exclusion, FunnelStep
from app.analytics.metrics import named
from app.analytics.periods import DAY_MS, HOUR_MS, MINUTE_MS
from app.analytics.periods import Interval as CoreInterval
from app.analytics.resolve_journeys import RETENTION_INTERVALS
from schema.definitions import given, input_type
from schema.enums import Interval
from schema.inputs.dimensions import DimensionInput, Path, field_of
from schema.inputs.filters import EventFilterInput, EventMatchInput, filter_of
from schema.inputs.ranges import DurationInput
from schema.journey_enums import JourneyUnit

_LENGTHS: Final = {
    Interval.MINUTE: MINUTE_MS,
    Interval.HOUR: HOUR_MS,
    Interval.DAY: DAY_MS,
    Interval.WEEK: 7 * DAY_MS,
    Interval.MONTH: 30 * DAY_MS,
}


@input_type
class FunnelStepInput:
    """What an event must be to count as a step; all that is given must hold."""

    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="The event's name; by default any."
    )
    label: str | None = strawberry.field(
        default=strawberry.UNSET, description="What the step is called; by default the name."
    )
    filter: EventFilterInput | None = strawberry.field(
        default=strawberry.UNSET, description="What else must hold."
    )


@input_type
class FunnelExclusionInput:
    """What must not happen between two steps; a journey may try again afterwards."""

    event: EventMatchInput = strawberry.field(description="What must not happen.")
    after: int = strawberry.field(default=0, description="The index of the step before it.")
    before: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="The index of the step behind it; by default the last.",
    )


def steps_of(asked: Sequence[FunnelStepInput]) -> tuple[FunnelStep, ...]:
    """The core's steps."""
    return tuple(_step(step, ("steps", place)) for place, step in enumerate(asked))


def _step(asked: FunnelStepInput, path: Path) -> FunnelStep:
    name, label = given(asked.name), given(asked.label)
    called = EVERYTHING if name is None else named(name)
    where = simplified(All((called, filter_of(asked.filter, (*path, "filter")))))
    return FunnelStep(where, label or name or f"Step {int(path[-1]) + 1}")


def exclusions_of(
    asked: Sequence[FunnelExclusionInput] | None, steps: int
) -> tuple[Exclusion, ...]:
    """The core's exclusions of a funnel with so many steps."""
    found: list[Exclusion] = []
    for place, one in enumerate(given(asked) or ()):
        before = given(one.before)
        where = match_of(one.event, ("exclusions", place, "event"))
        found.append(Exclusion(where, one.after, steps - 1 if before is None else before))
    return tuple(found)


def match_of(asked: EventMatchInput, path: Path) -> Filter:
    """The core's condition that an event is of that kind."""
    return simplified(All((named(asked.name), filter_of(asked.filter, (*path, "filter")))))


def match_or_none(asked: EventMatchInput | None, path: Path) -> Filter | None:
    """The same; None without any."""
    meant = given(asked)
    return None if meant is None else match_of(meant, path)


def match_or_any(asked: EventMatchInput | None, path: Path) -> Filter:
    """The same; every event without any."""
    return match_or_none(asked, path) or EVERYTHING


def unit_of(unit: JourneyUnit) -> Field:
    """The core's field whose values make journeys."""
    return GROUP_COLUMNS["id"] if unit is JourneyUnit.GROUPS else COLUMNS[unit.value]


def fields_of(asked: Sequence[DimensionInput] | None) -> tuple[Field, ...]:
    """The core's fields of a breakdown."""
    members = enumerate(given(asked) or ())
    return tuple(field_of(one, ("breakdown", place)) for place, one in members)


def length_ms(asked: DurationInput | None, usual: int) -> int:
    """The milliseconds of a length of time; raises InvalidQueryError for units without any."""
    meant = given(asked)
    if meant is None:
        return usual
    length = _LENGTHS.get(meant.unit)
    if length is None:
        message = "A window is told in minutes, hours, days, weeks or months of thirty days."
        raise InvalidQueryError.at("window", "unit", message=message)
    return meant.amount * length


def interval_of(interval: Interval) -> CoreInterval:
    """The core's interval; raises InvalidQueryError for AUTO."""
    if interval is Interval.AUTO:
        raise InvalidQueryError.at("interval", message="AUTO is not an interval here.")
    return CoreInterval(interval.value)


def period_of(period: Interval) -> CoreInterval:
    """The core's interval of cohorts; raises InvalidQueryError for one that these can't have."""
    if period is Interval.AUTO or CoreInterval(period.value) not in RETENTION_INTERVALS:
        message = "A period is an hour, a day, a week or a month."
        raise InvalidQueryError.at("period", message=message)
    return CoreInterval(period.value)
