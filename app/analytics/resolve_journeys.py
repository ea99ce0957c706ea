"""Meaning of questions about journeys; what can't be asked is an error that names its part."""

from dataclasses import replace
from typing import Final

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import Field, Source, ValueType
from app.analytics.journey_plans import Funnel, FunnelProfiles
from app.analytics.journeys import Exclusion, FunnelOrder, FunnelProfilesQuery, FunnelQuery, Outcome
from app.analytics.periods import DAY_MS
from app.analytics.queries import Moment, Page
from app.analytics.resolve import (
    check_count,
    checked_filter,
    checked_page,
    previous_range,
    scope_of,
)

_MOST_LABELS: Final = 100
_LONGEST_WINDOW_MS: Final = 100 * 365 * DAY_MS


def resolve_funnel(query: FunnelQuery, moment: Moment) -> Funnel:
    """What the steps are, who goes through them, and which range is compared with."""
    limits = moment.limits
    check_count(len(query.steps), limits.steps, "steps", "steps")
    if not 1 <= query.window_ms <= _LONGEST_WINDOW_MS:
        raise InvalidQueryError.at(
            "window",
            message="The window must be longer than nothing and shorter than a hundred years.",
        )
    scope = scope_of(query, moment)
    return Funnel(
        scope=scope,
        per=_journey_field(query.per),
        steps=tuple(
            checked_filter(step.where, limits, "steps", place)
            for place, step in enumerate(query.steps)
        ),
        order=query.order,
        window_ms=query.window_ms,
        exclusions=_exclusions(query, moment),
        by=_breakdown(query.breakdown, moment),
        top=_top(query.top, query.breakdown),
        previous=previous_range(query.compare, scope.range, scope.zone, moment),
    )


def resolve_funnel_profiles(query: FunnelProfilesQuery, moment: Moment) -> FunnelProfiles:
    """Which step the profiles are behind, and which slice of them is told."""
    funnel = resolve_funnel(query.funnel, moment)
    first = 1 if query.outcome is Outcome.DROPPED else 0
    if not first <= query.step < len(funnel.steps):
        raise InvalidQueryError.at("step", message=f"Nobody can have {query.outcome} that step.")
    if query.labels is not None and len(query.labels) != len(funnel.by):
        raise InvalidQueryError.at("labels", message="There must be one label per breakdown.")
    only = (query.labels,) if query.labels else None
    funnel = replace(funnel, only=only, top=None, previous=None)
    page = checked_page(Page(query.limit), moment.limits)
    return FunnelProfiles(funnel, query.step, query.outcome, query.after, page.limit)


def _exclusions(query: FunnelQuery, moment: Moment) -> tuple[Exclusion, ...]:
    found: list[Exclusion] = []
    if len(query.exclusions) > moment.limits.steps:
        message = f"At most {moment.limits.steps} exclusions are allowed."
        raise InvalidQueryError.at("exclusions", message=message)
    for place, exclusion in enumerate(query.exclusions):
        if query.order is not FunnelOrder.INCREASING:
            message = "Exclusions need steps that follow each other with others between them."
            raise InvalidQueryError.at("exclusions", place, message=message)
        if not 0 <= exclusion.after < exclusion.before < len(query.steps):
            message = "An exclusion stands between a step and a later one."
            raise InvalidQueryError.at("exclusions", place, message=message)
        where = checked_filter(exclusion.where, moment.limits, "exclusions", place)
        found.append(replace(exclusion, where=where))
    return tuple(found)


def _journey_field(field: Field) -> Field:
    if Source.EVENTS not in field.sources or field.type is not ValueType.STRING:
        message = f"There are no journeys per {field.name}: it must be a text of events."
        raise InvalidQueryError.at("per", message=message)
    return field


def _breakdown(fields: tuple[Field, ...], moment: Moment) -> tuple[Field, ...]:
    if fields:
        check_count(len(fields), moment.limits.breakdowns, "breakdown", "fields")
    for field in fields:
        if Source.EVENTS not in field.sources:
            message = f"Events have no {field.name} to break down by."
            raise InvalidQueryError.at("breakdown", message=message)
    return fields


def _top(top: int, breakdown: tuple[Field, ...]) -> int | None:
    if not breakdown:
        return None
    check_count(top, _MOST_LABELS, "top", "labels")
    return top
