"""Meaning of questions about journeys; what can't be asked is an error that names its part."""

from dataclasses import replace
from typing import Final

from app.analytics.audiences import Audience, AudiencesQuery, Trailing
from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, GROUP_COLUMNS, Field, Source, ValueType, fan_of
from app.analytics.filters import (
    EVERYTHING,
    All,
    Compare,
    Filter,
    Not,
    Operator,
    leaves,
    simplified,
)
from app.analytics.filters import Any as AnyOf
from app.analytics.journey_plans import (
    Audiences,
    Funnel,
    FunnelProfiles,
    FunnelTrend,
    Habit,
    Paths,
    Retention,
)
from app.analytics.journeys import (
    Exclusion,
    FunnelOrder,
    FunnelProfilesQuery,
    FunnelQuery,
    FunnelTrendQuery,
    LifecycleQuery,
    Outcome,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.periods import DAY_MS, HOUR_MS, Interval, TimeRange
from app.analytics.queries import Moment, Page, Scope
from app.analytics.records import BOUNDARY_EVENTS
from app.analytics.resolve import (
    check_count,
    checked_buckets,
    checked_filter,
    checked_page,
    previous_range,
    scope_of,
)

RETENTION_INTERVALS: Final = {
    Interval.HOUR: HOUR_MS,
    Interval.DAY: DAY_MS,
    Interval.WEEK: 7 * DAY_MS,
    Interval.MONTH: 30 * DAY_MS,
}
"""The intervals that cohorts may have, with the milliseconds of a rolling period."""

ACTIVITY: Final[Filter] = Not(
    Compare(COLUMNS["name"], Operator.EQUALS, tuple(sorted(BOUNDARY_EVENTS)))
)
"""Whatever people do; boundaries of sessions are no such events."""

_MOST_LABELS: Final = 100
_MOST_EVENTS: Final = 1_000_000
_MOST_DAYS: Final = 90
_FEWEST_PATH_STEPS: Final = 2
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
            of_activity(checked_filter(step.where, limits, "steps", place), scope.filter)
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


def resolve_funnel_trend(query: FunnelTrendQuery, moment: Moment) -> FunnelTrend:
    """What the funnel is, and the buckets in which its journeys begin."""
    funnel = replace(resolve_funnel(query.funnel, moment), previous=None)
    scope = scope_of(query, moment)
    starts = checked_buckets(
        scope.range, query.interval, scope.zone, scope.week_start, moment.limits
    )
    return FunnelTrend(replace(funnel, scope=scope), query.interval, starts)


def resolve_retention(query: RetentionQuery, moment: Moment) -> Retention:
    """Who belongs to which cohort, and what counts as coming back."""
    limits = moment.limits
    if query.interval not in RETENTION_INTERVALS:
        message = "Cohorts are of an hour, a day, a week or a month."
        raise InvalidQueryError.at("interval", message=message)
    scope = scope_of(query, moment)
    starts = checked_buckets(scope.range, query.interval, scope.zone, query.week_start, limits)
    by = _breakdown(query.breakdown, moment)
    top = _top(query.top, by) or 1
    if query.periods < 1:
        raise InvalidQueryError.at("periods", message="There must be at least one period.")
    if len(starts) * min(len(starts), query.periods) * top > limits.grid:
        message = (
            f"The grid of {len(starts)} cohorts has more than {limits.grid} numbers: choose "
            "a longer interval, a shorter range, or fewer periods or labels."
        )
        raise InvalidQueryError.at("periods", message=message)
    return Retention(
        scope=scope,
        per=_journey_field(query.per),
        interval=query.interval,
        buckets=starts,
        periods=query.periods,
        start=of_activity(checked_filter(query.start, limits, "start"), scope.filter),
        returning=of_activity(checked_filter(query.returning, limits, "returning"), scope.filter),
        starting=query.starting,
        window=query.window,
        criterion=query.criterion,
        by=by,
        top=top,
    )


def resolve_paths(query: PathsQuery, moment: Moment) -> Paths:
    """Where paths begin and end, and what they are made of."""
    limits = moment.limits
    if not _FEWEST_PATH_STEPS <= query.steps <= limits.steps:
        message = f"A path has {_FEWEST_PATH_STEPS} to {limits.steps} steps."
        raise InvalidQueryError.at("steps", message=message)
    check_count(query.top, _MOST_LABELS, "top", "items")
    if Source.EVENTS not in query.item.sources or query.item.type is not ValueType.STRING:
        message = f"{query.item.name} is no text of events."
        raise InvalidQueryError.at("item", message=message)
    start = None if query.start is None else checked_filter(query.start, limits, "start")
    end = None if query.end is None else checked_filter(query.end, limits, "end")
    return Paths(
        scope=_active(scope_of(query, moment), start, end),
        per=_journey_field(query.per),
        item=query.item,
        start=start,
        end=end,
        steps=query.steps,
        top=query.top,
        repeats=query.repeats,
    )


def resolve_audiences(query: AudiencesQuery, moment: Moment) -> Audiences:
    """What makes journeys active, and in which buckets they count."""
    limits = moment.limits
    check_count(len(query.audiences), limits.metrics, "audiences", "audiences")
    scope = scope_of(query, moment)
    zone, week_start = scope.zone, scope.week_start
    for place, audience in enumerate(query.audiences):
        _check_presence(audience, query.interval, place)
    previous = previous_range(query.compare, scope.range, zone, moment, week_start)
    spans = (scope.range, previous or TimeRange(0, 0))
    now, before = (
        checked_buckets(span, query.interval, zone, week_start, limits) for span in spans
    )
    return Audiences(
        scope=scope,
        per=_journey_field(query.per),
        audiences=tuple(
            replace(
                audience,
                where=of_activity(
                    checked_filter(audience.where, limits, "audiences", place), scope.filter
                ),
            )
            for place, audience in enumerate(query.audiences)
        ),
        interval=query.interval,
        buckets=now,
        previous=previous,
        buckets_before=before,
    )


def _check_presence(audience: Audience, interval: Interval, place: int) -> None:
    if not isinstance(audience.presence, Trailing):
        return
    if interval in (Interval.MINUTE, Interval.HOUR):
        message = "Days can only be looked back on from buckets of whole days."
        raise InvalidQueryError.at("interval", message=message)
    if not 1 <= audience.presence.days <= _MOST_DAYS:
        message = f"At least 1 and at most {_MOST_DAYS} days can be looked back on."
        raise InvalidQueryError.at("audiences", place, "days", message=message)


def resolve_stickiness(query: StickinessQuery, moment: Moment) -> Habit:
    """The intervals in which journeys may have events."""
    if not 1 <= query.at_least <= _MOST_EVENTS:
        message = f"At least 1 and at most {_MOST_EVENTS} events can be asked for."
        raise InvalidQueryError.at("atLeast", message=message)
    return replace(_habit(query, moment), at_least=query.at_least)


def resolve_lifecycle(query: LifecycleQuery, moment: Moment) -> Habit:
    """The buckets in which journeys come and go; the range begins where the first does."""
    habit = _habit(query, moment)
    if not habit.buckets:
        return habit
    scope = habit.scope
    span = TimeRange(max(0, habit.buckets[0]), scope.range.end)
    return replace(habit, scope=replace(scope, range=span))


def _habit(query: StickinessQuery | LifecycleQuery, moment: Moment) -> Habit:
    scope = scope_of(query, moment)
    starts = checked_buckets(
        scope.range, query.interval, scope.zone, query.week_start, moment.limits
    )
    return Habit(_active(scope), _journey_field(query.per), query.interval, starts)


def of_activity(condition: Filter, around: Filter = EVERYTHING) -> Filter:
    """The condition, for boundaries of sessions only if it or the one around it names any."""
    if _names_others(condition) or _mentions_boundaries(condition) or _mentions_boundaries(around):
        return condition
    return simplified(All((condition, ACTIVITY)))


def _names_others(condition: Filter) -> bool:
    """Whether the condition plainly asks for events of certain names, none a boundary's."""
    match condition:
        case Compare(field, Operator.EQUALS, values):
            return field == COLUMNS["name"] and not BOUNDARY_EVENTS & {*values}
        case All(members):
            return any(map(_names_others, members))
        case _:
            return False


def _mentions_boundaries(condition: Filter) -> bool:
    return any(
        leaf.field == COLUMNS["name"] and BOUNDARY_EVENTS & {*leaf.values}
        for leaf in leaves(condition)
    )


def _active(scope: Scope, *ends: Filter | None) -> Scope:
    """The scope's activity, with the boundaries of sessions that these conditions ask for."""
    active = of_activity(scope.filter)
    asked = [end for end in ends if end is not None and _mentions_boundaries(end)]
    if asked and active != scope.filter:
        active = simplified(All((scope.filter, AnyOf((ACTIVITY, *asked)))))
    return replace(scope, filter=active)


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
        found.append(replace(exclusion, where=of_activity(where, query.filter)))
    return tuple(found)


def _journey_field(field: Field) -> Field:
    is_one = fan_of(field) is None or field == GROUP_COLUMNS["id"]
    if Source.EVENTS not in field.sources or field.type is not ValueType.STRING or not is_one:
        message = f"There are no journeys per {field.name}: an event must have one text of it."
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
