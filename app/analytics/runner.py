"""From a question to its answer, without I/O.

`answer` is a generator: it yields statements and is sent their rows, and returns the
result. Whoever drives it owns the event store, the time limit and the clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar, overload

from app.analytics.answers.audiences import answer_audiences
from app.analytics.answers.breakdown import answer_breakdown
from app.analytics.answers.chart import answer_chart
from app.analytics.answers.funnel import (
    answer_funnel,
    answer_funnel_profiles,
    answer_funnel_trend,
)
from app.analytics.answers.habits import answer_lifecycle, answer_stickiness
from app.analytics.answers.listing import (
    answer_events,
    answer_property_keys,
    answer_sessions,
    listed_events,
)
from app.analytics.answers.pages import answer_pages
from app.analytics.answers.paths import answer_paths
from app.analytics.answers.people import answer_active, answer_last_seen, answer_profiles
from app.analytics.answers.retention import answer_retention
from app.analytics.answers.series import answer_series
from app.analytics.answers.stays import answer_stays
from app.analytics.answers.steps import Steps
from app.analytics.answers.stream import plan_stream
from app.analytics.answers.totals import answer_totals
from app.analytics.audiences import AudiencesQuery
from app.analytics.catalog import PropertyKeysQuery
from app.analytics.chart_results import ChartResult
from app.analytics.clocks import with_clocks
from app.analytics.cohorts import with_members
from app.analytics.fields import Source
from app.analytics.journey_results import (
    FunnelProfilesResult,
    FunnelResult,
    LifecycleResult,
    PathsResult,
    RetentionResult,
    StickinessResult,
)
from app.analytics.journeys import (
    FunnelProfilesQuery,
    FunnelQuery,
    FunnelTrendQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.presence import ActiveQuery, LastSeenQuery, StaysQuery
from app.analytics.queries import (
    BreakdownQuery,
    ChartQuery,
    EventsQuery,
    Listing,
    Moment,
    PagesQuery,
    ProfilesQuery,
    Query,
    SeriesQuery,
    SessionsQuery,
    TotalsQuery,
)
from app.analytics.resolve import check_people, needs_first_event, scope_of
from app.analytics.results import (
    ActiveResult,
    BreakdownResult,
    EventsResult,
    LastSeenResult,
    PagesResult,
    ProfilesResult,
    PropertyKeysResult,
    SeriesResult,
    SessionsResult,
    StaysResult,
    TotalsResult,
)
from app.analytics.sql.build import count_statement, first_event_statement, profile_count_statement
from app.analytics.streams import Stream, StreamQuery

Asked = TypeVar("Asked", bound=Query | StreamQuery)


@overload
def answer(query: TotalsQuery, moment: Moment) -> Steps[TotalsResult]: ...
@overload
def answer(query: SeriesQuery, moment: Moment) -> Steps[SeriesResult]: ...
@overload
def answer(query: AudiencesQuery, moment: Moment) -> Steps[SeriesResult]: ...
@overload
def answer(query: BreakdownQuery, moment: Moment) -> Steps[BreakdownResult]: ...
@overload
def answer(query: EventsQuery, moment: Moment) -> Steps[EventsResult]: ...
@overload
def answer(query: SessionsQuery, moment: Moment) -> Steps[SessionsResult]: ...
@overload
def answer(query: PagesQuery, moment: Moment) -> Steps[PagesResult]: ...
@overload
def answer(query: PropertyKeysQuery, moment: Moment) -> Steps[PropertyKeysResult]: ...
@overload
def answer(query: StaysQuery, moment: Moment) -> Steps[StaysResult]: ...
@overload
def answer(query: ActiveQuery, moment: Moment) -> Steps[ActiveResult]: ...
@overload
def answer(query: ProfilesQuery, moment: Moment) -> Steps[ProfilesResult]: ...
@overload
def answer(query: LastSeenQuery, moment: Moment) -> Steps[LastSeenResult]: ...
@overload
def answer(query: FunnelQuery, moment: Moment) -> Steps[FunnelResult]: ...
@overload
def answer(query: FunnelProfilesQuery, moment: Moment) -> Steps[FunnelProfilesResult]: ...
@overload
def answer(query: FunnelTrendQuery, moment: Moment) -> Steps[SeriesResult]: ...
@overload
def answer(query: ChartQuery, moment: Moment) -> Steps[ChartResult]: ...
@overload
def answer(query: RetentionQuery, moment: Moment) -> Steps[RetentionResult]: ...
@overload
def answer(query: PathsQuery, moment: Moment) -> Steps[PathsResult]: ...
@overload
def answer(query: StickinessQuery, moment: Moment) -> Steps[StickinessResult]: ...
@overload
def answer(query: LifecycleQuery, moment: Moment) -> Steps[LifecycleResult]: ...
def answer(query: Query, moment: Moment) -> Steps[Any]:
    """The answer's steps; raises InvalidQueryError for what can't be asked."""
    query, moment = yield from _settled(query, moment)
    return (yield from _ANSWERS[type(query)](query, moment))


def count(query: EventsQuery | SessionsQuery | ProfilesQuery, moment: Moment) -> Steps[int]:
    """How many rows the query has through all slices."""
    query, moment = yield from _settled(query, moment)
    if isinstance(query, ProfilesQuery):
        check_people(query.filter)
        statement = profile_count_statement(scope_of(query, moment))
    else:
        source = Source.EVENTS if isinstance(query, EventsQuery) else Source.SESSIONS
        statement = count_statement(scope_of(query, moment), source)
    (rows,) = yield (statement,)
    return int(rows[0][0])


def listed(query: EventsQuery, moment: Moment) -> Steps[Listing]:
    """Which slice of the events is asked for; raises InvalidQueryError."""
    query, moment = yield from _settled(query, moment)
    return (yield from listed_events(query, moment))


def plan(query: StreamQuery, moment: Moment) -> Steps[Stream]:
    """The stream, ready to be read portion by portion; raises InvalidQueryError."""
    query, moment = yield from _settled(query, moment)
    return (yield from plan_stream(query, moment))


def _settled(query: Asked, moment: Moment) -> Steps[tuple[Asked, Moment]]:
    """The question with everything in it that only its project, zone and moment tell."""
    zone = query.zone or moment.zone
    query = with_members(query, moment.cohorts, moment.now, zone)
    if needs_first_event(query):
        (rows,) = yield (first_event_statement(query.project),)
        moment = replace(moment, first_event_at=rows[0][0])
    return with_clocks(query, moment, zone), moment


_ANSWERS: Final[Mapping[type[Query], Callable[..., Steps[Any]]]] = {
    TotalsQuery: answer_totals,
    SeriesQuery: answer_series,
    AudiencesQuery: answer_audiences,
    ChartQuery: answer_chart,
    BreakdownQuery: answer_breakdown,
    EventsQuery: answer_events,
    SessionsQuery: answer_sessions,
    PagesQuery: answer_pages,
    PropertyKeysQuery: answer_property_keys,
    StaysQuery: answer_stays,
    ActiveQuery: answer_active,
    ProfilesQuery: answer_profiles,
    LastSeenQuery: answer_last_seen,
    FunnelQuery: answer_funnel,
    FunnelProfilesQuery: answer_funnel_profiles,
    FunnelTrendQuery: answer_funnel_trend,
    RetentionQuery: answer_retention,
    PathsQuery: answer_paths,
    StickinessQuery: answer_stickiness,
    LifecycleQuery: answer_lifecycle,
}
