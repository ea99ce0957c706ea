"""Profiles with their sessions and numbers, and groups with their members."""

from typing import Any, Final

from app.analytics.errors import NotFoundError
from app.analytics.fields import (
    COLUMNS,
    GROUP_COLUMNS,
    PROFILE_COLUMNS,
    ProfileProperty,
    Source,
)
from app.analytics.filters import (
    EVERYTHING,
    All,
    Case,
    Compare,
    Filter,
    HasEvent,
    Not,
    Operator,
    Performed,
)
from app.analytics.filters import Any as AnyOf
from app.analytics.metrics import (
    BOUNCE_RATE,
    EVENTS,
    SCREEN_VIEWS,
    SESSION_DURATION,
    SESSIONS,
    TOTAL_REVENUE,
    Count,
    Metric,
    Operation,
    Percentile,
    Statistic,
    Unit,
    Value,
    named,
)
from app.analytics.periods import Interval
from app.analytics.presence import ProfileOrder
from app.analytics.queries import (
    EventsQuery,
    Page,
    ProfilesQuery,
    SeriesQuery,
    SessionsQuery,
    TotalsQuery,
)
from app.analytics.ranges import ANY_TIME, AllTime, rolling
from app.analytics.records import SESSION_START, Json, Profile
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.answer_wire import (
    GroupTypes,
    GroupWithMembers,
    ProfileNumbers,
    ProfileWithEvents,
)
from app.compat.openpanel.countries import country_code
from app.compat.openpanel.encode import rounded
from app.compat.openpanel.insights.asking import filter_of
from app.compat.openpanel.insights.dates import raw_time
from app.compat.openpanel.insights.endpoint import Endpoint
from app.compat.openpanel.insights.events import LIMIT, limit_of
from app.compat.openpanel.insights.rows import event_row, group_row, profile_row, session_row
from app.compat.openpanel.operations import FILTERS
from app.http.operations import Parameter
from app.projects.groups import GroupPage

_DURATION: Final = COLUMNS["duration"]
_P90: Final = Metric(
    "p90",
    "",
    Unit.NUMBER,
    Source.SESSIONS,
    (Percentile(0.9, _DURATION),),
    Value(0),
)
_FIRST, _LAST = (
    Metric(
        operation,
        "",
        Unit.NUMBER,
        Source.SESSIONS,
        (Statistic(operation, COLUMNS["created_at"]),),
        Value(None),
    )
    for operation in (Operation.MIN, Operation.MAX)
)


_NUMBERS: Final = (
    SESSIONS,
    SCREEN_VIEWS,
    EVENTS,
    SESSION_DURATION,
    _P90,
    BOUNCE_RATE,
    TOTAL_REVENUE,
    _FIRST,
    _LAST,
)
_OWN_PROPERTIES: Final = ("country", "city", "device", "browser")


async def profiles(asked: Admitted) -> Json:
    """The profiles that meet the conditions, by when they were first seen."""
    order = asked.params.choice("sortOrder", ("desc", "asc"))
    query = ProfilesQuery(
        project=asked.project.number,
        filter=All((*_conditions(asked), _about_people(filter_of(asked, Case.INSENSITIVE)))),
        order=ProfileOrder.NEWEST if order == "desc" else ProfileOrder.OLDEST,
        page=limit_of(asked),
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    return [profile_row(profile, asked.project) for profile in result.profiles]


def _conditions(asked: Admitted) -> list[Filter]:
    params, found = asked.params, list[Filter]()
    columns = PROFILE_COLUMNS
    for name, fields in (
        ("name", (columns["first_name"], columns["last_name"])),
        ("email", (columns["email"],)),
    ):
        text = params.text(name)
        if text is not None:
            parts = (
                Compare(field, Operator.CONTAINS, (text,), Case.INSENSITIVE) for field in fields
            )
            found.append(AnyOf(tuple(parts)))
    for name in _OWN_PROPERTIES:
        values = params.texts(name)
        if name == "country":
            values = tuple(map(country_code, values))
        if values:
            found.append(Compare(ProfileProperty(name), Operator.EQUALS, values))
    days = params.whole("inactiveDays", least=1, most=3650)
    if days is not None:
        span = rolling(days, Interval.DAY)
        found.append(Performed(EVERYTHING, 0, Operator.EQUALS, span))
    sessions = params.whole("minSessions", least=1, most=1_000_000)
    if sessions is not None:
        found.append(Performed(named(SESSION_START), sessions))
    for name in params.texts("performedEvent"):
        found.append(Performed(named(name)))
    return found


def _about_people(condition: Filter) -> Filter:
    """The condition on profiles: what only events or sessions have, they must have had once."""
    match condition:
        case All(members):
            return All(tuple(map(_about_people, members)))
        case AnyOf(members):
            return AnyOf(tuple(map(_about_people, members)))
        case Not(member):
            return Not(_about_people(member))
        case Compare(field) if field.sources != frozenset(Source) or field in COLUMNS.values():
            return Performed(condition)
        case HasEvent():
            return Performed(condition)
        case _:
            return condition


async def profile(asked: Admitted) -> Json:
    """One profile, and its newest events."""
    found = await _get_profile(asked)
    limit = asked.params.page("eventLimit", default=20, most=100)
    asked.params.check()
    query = EventsQuery(
        project=asked.project.number, range=ANY_TIME, filter=_of(found), page=Page(limit)
    )
    result = await asked.services.reader.ask(query, asked.project)
    return {
        "profile": profile_row(found, asked.project),
        "recentEvents": [event_row(event, asked.project) for event in result.events],
    }


async def profile_sessions(asked: Admitted) -> Json:
    """The newest sessions of one profile."""
    found = await _get_profile(asked)
    query = SessionsQuery(
        project=asked.project.number, range=ANY_TIME, filter=_of(found), page=limit_of(asked)
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    return [session_row(session, asked.project) for session in result.sessions]


async def profile_metrics(asked: Admitted) -> Json:
    """The numbers of one profile, of all time."""
    found = await _get_profile(asked)
    asked.params.check()
    number, reader = asked.project.number, asked.services.reader
    conversions = _conversions(asked.project.conversions)
    totals = TotalsQuery(
        project=number, metrics=(*_NUMBERS, conversions), range=ANY_TIME, filter=_of(found)
    )
    by_day = SeriesQuery(
        project=number,
        metrics=(EVENTS,),
        range=AllTime(),
        interval=Interval.DAY,
        filter=_of(found),
    )
    told = [each.value for each in (await reader.ask(totals, asked.project)).values]
    days = (await reader.ask(by_day, asked.project)).lines[0].points
    sessions, views, events, duration, p90, bounces, revenue, first, last, converted = told
    gaps = (sessions or 0) - 1
    between = ((last or 0) - (first or 0)) / gaps / 1000 if gaps > 0 else 0
    return {
        "profileId": found.id,
        "firstSeen": raw_time(found.created_at),
        "lastSeen": raw_time(found.last_seen_at),
        "sessions": rounded(sessions),
        "screenViews": rounded(views),
        "totalEvents": rounded(events),
        "conversionEvents": rounded(converted),
        "uniqueDaysActive": sum(1 for count in days if count),
        "avgSessionDurationMin": rounded((duration or 0) / 60),
        "p90SessionDurationMin": rounded((p90 or 0) / 60_000),
        "avgEventsPerSession": rounded((events or 0) / sessions if sessions else 0.0),
        "avgTimeBetweenSessionsSec": rounded(between),
        "bounceRate": rounded(bounces),
        "revenue": rounded(revenue),
    }


def _conversions(names: tuple[str, ...]) -> Metric:
    """How many events have one of these names."""
    wanted = Compare(COLUMNS["name"], Operator.EQUALS, names)
    return Metric("conversions", "", Unit.COUNT, Source.EVENTS, (Count(wanted),))


async def _get_profile(asked: Admitted) -> Profile:
    named_id = str(asked.path["profile_id"])
    own = await asked.services.aliases.canonical(asked.project.number, named_id)
    found = await asked.services.profiles.find(asked.project.number, own)
    if found is None:
        raise NotFoundError("Profile not found")
    return found


def _of(found: Profile) -> Filter:
    return Compare(COLUMNS["profile_id"], Operator.EQUALS, (found.id,))


async def group_types(asked: Admitted) -> Json:
    """The types that groups have."""
    asked.params.check()
    return {"types": [*await asked.services.groups.types(asked.project.number)]}


async def groups(asked: Admitted) -> Json:
    """Groups, of one type or of any, whose name has the text in it."""
    wanted = GroupPage(
        limit=limit_of(asked).limit,
        type=asked.params.text("type"),
        search=asked.params.text("search"),
    )
    asked.params.check()
    found = await asked.services.groups.page(asked.project.number, wanted)
    return [group_row(group, asked.project) for group in found]


async def group(asked: Admitted) -> Json:
    """One group, and some of its members."""
    limit = asked.params.page("memberLimit", default=10, most=50)
    asked.params.check()
    group_id, number = str(asked.path["group_id"]), asked.project.number
    found = await asked.services.groups.find(number, group_id)
    if found is None:
        raise NotFoundError("Group not found")
    inside = Compare(GROUP_COLUMNS["id"], Operator.EQUALS, (group_id,))
    query = ProfilesQuery(project=number, filter=inside, page=Page(limit))
    members = await asked.services.reader.ask(query, asked.project)
    return {
        "group": group_row(found, asked.project),
        "member_count": await asked.services.reader.count(query, asked.project),
        "members": [profile_row(member, asked.project) for member in members.profiles],
    }


_WHO: Final = (
    Parameter(name="name", says="A part of the name."),
    Parameter(name="email", says="A part of the address."),
    *(Parameter(name=name, says="Equal to this.") for name in _OWN_PROPERTIES),
    Parameter(name="inactiveDays", says="Nothing was done in so many days.", kind=int),
    Parameter(name="minSessions", says="So many sessions at least.", kind=int),
    Parameter(name="performedEvent", says="Events that were done."),
    FILTERS,
    Parameter(name="sortOrder", says="`desc` or `asc`.", default="desc"),
    LIMIT,
)
_PROFILE: Final = Parameter(name="profile_id", place="path", says="A profile's id, or an alias.")
_GROUP: Final = Parameter(name="group_id", place="path", says="A group's id.")

ENDPOINTS: Final = (
    Endpoint("profiles", profiles, "Profiles", list[dict[str, Any]], _WHO),
    Endpoint(
        "profiles/{profile_id}",
        profile,
        "A profile and its newest events",
        ProfileWithEvents,
        (_PROFILE, Parameter(name="eventLimit", says="At most 100.", kind=int, default=20)),
    ),
    Endpoint(
        "profiles/{profile_id}/sessions",
        profile_sessions,
        "A profile's sessions, the newest first",
        list[dict[str, Any]],
        (_PROFILE, LIMIT),
    ),
    Endpoint(
        "profiles/{profile_id}/metrics",
        profile_metrics,
        "A profile's numbers",
        ProfileNumbers,
        (_PROFILE,),
    ),
    Endpoint("groups/types", group_types, "Types of groups", GroupTypes, ()),
    Endpoint(
        "groups",
        groups,
        "Groups",
        list[dict[str, Any]],
        (
            Parameter(name="type", says="Groups of this type."),
            Parameter(name="search", says="A part of the name."),
            LIMIT,
        ),
    ),
    Endpoint(
        "groups/{group_id}",
        group,
        "A group and its members",
        GroupWithMembers,
        (_GROUP, Parameter(name="memberLimit", says="At most 50.", kind=int, default=10)),
    ),
)
