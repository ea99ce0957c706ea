"""Events, profiles and sessions, which lead to each other."""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import strawberry

from app.analytics import queries, records
from app.analytics.fields import COLUMNS, Column
from app.analytics.filters import Compare, Operator
from app.analytics.periods import EPOCH, TimeRange
from app.analytics.results import EventRows
from app.kit.paging import encode_cursor
from app.projects.records import Project as ProjectRecord
from app.projects.scopes import Scope
from schema.context import Info
from schema.definitions import object_type
from schema.execution.rows import Rows, Values
from schema.ids import GlobalId
from schema.inputs.filters import EventFilterInput, filter_of
from schema.listings import EventPage, Wanted, session_page
from schema.owners import Owner
from schema.paging import AfterCursor, BeforeCursor, First, Last, Slicing
from schema.scalars import Json, Long
from schema.types.connections import Connection, Edge, Node, Slice
from schema.types.event_lines import WORTH_WRITING, planned_lines
from schema.types.event_shape import (
    EVENT_EDGE_SHAPE,
    EVENT_SHAPE,
    event_columns,
    event_key,
)
from schema.types.properties import (
    PropertyKeyArgument,
    PropertyKeys,
    properties_of,
    property_of,
)

FilterArgument = Annotated[
    EventFilterInput | None,
    strawberry.argument(name="filter", description="Which events count; by default all."),
]


@object_type
class Event(Node):
    """One thing that happened. It never changes once it was acknowledged."""

    project: strawberry.Private[ProjectRecord]
    held: strawberry.Private[dict[str, records.Json]]
    event_id: str = strawberry.field(description="The event's own id in its project.")
    name: str = strawberry.field(description="What happened.")
    created_at: datetime = strawberry.field(description="When it happened.")
    profile_id: str | None = strawberry.field(description="Whose event it is.")
    device_id: str | None = strawberry.field(description="The device that it happened on.")
    session_id: str | None = strawberry.field(description="The session that it belongs to.")
    path: str | None = strawberry.field(description="Path of the page, or name of the screen.")
    origin: str | None = strawberry.field(
        description="Origin of the page, such as https://example.com."
    )
    title: str | None = strawberry.field(description="Title of the page.")
    referrer: str | None = strawberry.field(description="Address that led here.")
    referrer_name: str | None = strawberry.field(description="Name of the referrer, if known.")
    referrer_type: str | None = strawberry.field(
        description="Kind of the referrer, such as search."
    )
    utm_source: str | None = strawberry.field(description="UTM source of the campaign.")
    utm_medium: str | None = strawberry.field(description="UTM medium of the campaign.")
    utm_campaign: str | None = strawberry.field(description="UTM name of the campaign.")
    utm_term: str | None = strawberry.field(description="UTM term of the campaign.")
    utm_content: str | None = strawberry.field(description="UTM content of the campaign.")
    country: str | None = strawberry.field(description="Country, as an ISO 3166 code such as SE.")
    region: str | None = strawberry.field(description="Region of the country.")
    city: str | None = strawberry.field(description="City.")
    longitude: float | None = strawberry.field(description="Longitude in degrees.")
    latitude: float | None = strawberry.field(description="Latitude in degrees.")
    os: str | None = strawberry.field(description="Operating system.")
    os_version: str | None = strawberry.field(description="Version of the operating system.")
    browser: str | None = strawberry.field(description="Browser.")
    browser_version: str | None = strawberry.field(description="Version of the browser.")
    device: str | None = strawberry.field(description="Kind of device, such as mobile.")
    brand: str | None = strawberry.field(description="Brand of the device.")
    model: str | None = strawberry.field(description="Model of the device.")
    sdk_name: str | None = strawberry.field(description="Library that sent the event.")
    sdk_version: str | None = strawberry.field(description="Version of that library.")
    duration: Long = strawberry.field(description="How long it lasted, in milliseconds.")
    revenue: Long = strawberry.field(description="Its revenue, in minor currency units.")
    groups: list[str] = strawberry.field(description="Ids of the groups that it belongs to.")

    @strawberry.field
    def url(self) -> str | None:
        """Address of the page: its origin and its path. Null for a screen of an app."""
        return f"{self.origin}{self.path or ''}" if self.origin else None

    @strawberry.field
    def properties(self, keys: PropertyKeys = strawberry.UNSET) -> Json:
        """The event's own properties, as a JSON object."""
        return properties_of(self.held, keys)

    @strawberry.field
    def property(self, key: PropertyKeyArgument) -> Json | None:
        """One property, with the JSON type that it came with."""
        return property_of(self.held, key)

    @strawberry.field
    async def profile(self, info: Info) -> "Profile | None":
        """The profile whose event it is; null for one that was never identified."""
        return await find_profile(info, self.project, self.profile_id)

    @strawberry.field
    async def session(self, info: Info) -> "Session | None":
        """The session that the event belongs to."""
        return await find_session(info, self.project, self.session_id)


@object_type
class Profile(Node):
    """Someone or something that events belong to."""

    project: strawberry.Private[ProjectRecord]
    held: strawberry.Private[dict[str, records.Json]]
    profile_id: str = strawberry.field(description="The profile's own id in its project.")
    email: str | None = strawberry.field(description="Email address.")
    first_name: str | None = strawberry.field(description="First name.")
    last_name: str | None = strawberry.field(description="Last name.")
    avatar: str | None = strawberry.field(description="Address of a picture.")
    is_identified: bool = strawberry.field(
        description="Whether a caller identified it; false for one that is a device alone."
    )
    first_seen_at: datetime = strawberry.field(description="When it was first seen.")
    last_seen_at: datetime = strawberry.field(description="When it was last seen.")
    groups: list[str] = strawberry.field(description="Ids of the groups that it belongs to.")

    @strawberry.field
    def properties(self, keys: PropertyKeys = strawberry.UNSET) -> Json:
        """What else is known of the profile, as a JSON object."""
        return properties_of(self.held, keys)

    @strawberry.field
    def property(self, key: PropertyKeyArgument) -> Json | None:
        """One property, with the JSON type that it came with."""
        return property_of(self.held, key)

    @strawberry.field
    async def events(  # noqa: PLR0913 — the arguments of the field.
        self,
        info: Info,
        *,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: BeforeCursor = strawberry.UNSET,
        where: FilterArgument = strawberry.UNSET,
    ) -> Connection[Event] | None:
        """The profile's events, the newest first. 50 by default."""
        wanted = Wanted(
            owner=Owner(COLUMNS["profile_id"], self.profile_id),
            filter=filter_of(where),
            columns=event_columns(info),
        )
        return await list_events(info, self.project, Slicing(first, after, last, before), wanted)

    @strawberry.field
    async def sessions(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: BeforeCursor = strawberry.UNSET,
    ) -> Connection["Session"] | None:
        """The profile's sessions, the newest first. 20 by default."""
        wanted = Wanted(owner=Owner(COLUMNS["profile_id"], self.profile_id))
        return await list_sessions(info, self.project, Slicing(first, after, last, before), wanted)


@object_type
class Session(Node):
    """A run of one device's events without a pause of more than 30 minutes.

    Referrer, campaign, place and technology are those of its first event.
    """

    project: strawberry.Private[ProjectRecord]
    span: strawberry.Private[TimeRange]
    session_id: str = strawberry.field(description="The session's own id in its project.")
    started_at: datetime = strawberry.field(description="When its first event happened.")
    ended_at: datetime = strawberry.field(description="When its last event happened.")
    duration_seconds: float = strawberry.field(
        description="Seconds between the first and the last event."
    )
    is_bounce: bool = strawberry.field(description="Whether it has at most one screen view.")
    event_count: Long = strawberry.field(description="How many events it has besides screen views.")
    screen_view_count: Long = strawberry.field(description="How many pages or screens were seen.")
    revenue: Long = strawberry.field(description="Its revenue, in minor currency units.")
    profile_id: str = strawberry.field(description="Whose session it is.")
    device_id: str = strawberry.field(description="The device that it happened on.")
    entry_path: str | None = strawberry.field(description="Path of the first page.")
    entry_origin: str | None = strawberry.field(description="Origin of the first page.")
    exit_path: str | None = strawberry.field(description="Path of the last page.")
    exit_origin: str | None = strawberry.field(description="Origin of the last page.")
    referrer: str | None = strawberry.field(description="Address that led here.")
    referrer_name: str | None = strawberry.field(description="Name of the referrer, if known.")
    referrer_type: str | None = strawberry.field(
        description="Kind of the referrer, such as search."
    )
    utm_source: str | None = strawberry.field(description="UTM source of the campaign.")
    utm_medium: str | None = strawberry.field(description="UTM medium of the campaign.")
    utm_campaign: str | None = strawberry.field(description="UTM name of the campaign.")
    utm_term: str | None = strawberry.field(description="UTM term of the campaign.")
    utm_content: str | None = strawberry.field(description="UTM content of the campaign.")
    country: str | None = strawberry.field(description="Country, as an ISO 3166 code such as SE.")
    region: str | None = strawberry.field(description="Region of the country.")
    city: str | None = strawberry.field(description="City.")
    os: str | None = strawberry.field(description="Operating system.")
    os_version: str | None = strawberry.field(description="Version of the operating system.")
    browser: str | None = strawberry.field(description="Browser.")
    browser_version: str | None = strawberry.field(description="Version of the browser.")
    device: str | None = strawberry.field(description="Kind of device, such as mobile.")
    brand: str | None = strawberry.field(description="Brand of the device.")
    model: str | None = strawberry.field(description="Model of the device.")

    @strawberry.field
    async def profile(self, info: Info) -> Profile | None:
        """The profile whose session it is; null for one that was never identified."""
        return await find_profile(info, self.project, self.profile_id)

    @strawberry.field
    async def events(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: BeforeCursor = strawberry.UNSET,
    ) -> Connection[Event] | None:
        """The session's events, the oldest first. 50 by default."""
        wanted = Wanted(
            owner=Owner(COLUMNS["session_id"], self.session_id, self.span),
            order=queries.EventOrder.OLDEST,
            columns=event_columns(info),
        )
        return await list_events(info, self.project, Slicing(first, after, last, before), wanted)


_EVENT_FIELDS: Final = frozenset(field.name for field in fields(records.Event))
_SESSION_FIELDS: Final = frozenset(field.name for field in fields(records.Session))


def _copied(shown: type[Event | Session], known: frozenset[str]) -> tuple[str, ...]:
    """The fields that the schema shows as the record has them."""
    made = {"id", "project", "created_at", "ended_at"}
    return tuple(
        field.name
        for field in fields(shown)
        if field.init and field.name in known and field.name not in made
    )


_COPIED_OF_EVENT: Final = _copied(Event, _EVENT_FIELDS)
_COPIED_OF_SESSION: Final = _copied(Session, _SESSION_FIELDS)


def event_node(event: records.Event, project: ProjectRecord) -> Event:
    """The event as the schema shows it."""
    copied: dict[str, Any] = {name: getattr(event, name) for name in _COPIED_OF_EVENT}
    return Event(
        id=_id("Event", project, event.id),
        project=project,
        held=event.properties,
        event_id=event.id,
        created_at=_moment(event.created_at),
        **copied,
    )


def profile_node(profile: records.Profile, project: ProjectRecord) -> Profile:
    """The profile as the schema shows it."""
    return Profile(
        id=_id("Profile", project, profile.id),
        project=project,
        held=profile.properties,
        profile_id=profile.id,
        email=profile.email,
        first_name=profile.first_name,
        last_name=profile.last_name,
        avatar=profile.avatar,
        is_identified=profile.is_external,
        first_seen_at=_moment(profile.created_at),
        last_seen_at=_moment(profile.last_seen_at),
        groups=list(profile.groups),
    )


def session_node(session: records.Session, project: ProjectRecord) -> Session:
    """The session as the schema shows it."""
    copied: dict[str, Any] = {name: getattr(session, name) for name in _COPIED_OF_SESSION}
    return Session(
        id=_id("Session", project, session.id),
        project=project,
        span=TimeRange(session.created_at, session.ended_at + 1),
        session_id=session.id,
        started_at=_moment(session.created_at),
        ended_at=_moment(session.ended_at),
        duration_seconds=session.duration / 1000,
        **copied,
    )


async def list_events(
    info: Info, project: ProjectRecord, slicing: Slicing, wanted: Wanted
) -> Connection[Event]:
    """A slice of the project's events."""
    key = event_key(project.number)
    page = EventPage(info.context, project, slicing, wanted, lambda rows: _events(rows, project))
    if page.window.limit >= WORTH_WRITING and page.window.walk is queries.Walk.FORWARD:
        planned = planned_lines(info, key)
        if planned is not None:
            return await page.written(*planned)
    return await page.shown()


def _events(found: EventRows, project: ProjectRecord) -> Slice[Event]:
    """The rows as the schema shows them; objects are made only of those that need it."""
    columns, rows, key = found.columns, found.rows, event_key(project.number)
    instant, own = columns.index("created_at"), columns.index("id")

    def node(row: Values) -> Event:
        return event_node(found.event(row), project)

    def edge(row: Values) -> Edge[Event]:
        return Edge(cursor=encode_cursor((row[instant], row[own])), node=node(row))

    ends = [(row[instant], row[own]) for row in (rows[0], rows[-1])] if rows else None
    return Slice(
        lambda: Rows(EVENT_SHAPE, columns, rows, key, node),
        lambda: Rows(EVENT_EDGE_SHAPE, columns, rows, key, edge),
        (ends[0], ends[1]) if ends else None,
    )


async def list_sessions(
    info: Info, project: ProjectRecord, slicing: Slicing, wanted: Wanted
) -> Connection[Session]:
    """A slice of the project's sessions."""
    return await session_page(
        info.context, project, slicing, wanted, lambda session: session_node(session, project)
    )


async def find_event(info: Info, project: ProjectRecord, event_id: str) -> Event | None:
    """The event with that id of its own."""
    wanted = Wanted(filter=_equals(COLUMNS["id"], event_id))
    page = await list_events(info, project, Slicing(1, None), wanted)
    nodes = page.slice.nodes()
    return nodes[0] if nodes else None


async def find_profile(
    info: Info, project: ProjectRecord, profile_id: str | None
) -> Profile | None:
    """The profile with that id of its own; looked up together with others of the request."""
    info.context.demand(Scope.READ_PROFILES)
    if profile_id is None:
        return None
    profile = await info.context.loaders.profiles.load((project.number, profile_id))
    return None if profile is None else profile_node(profile, project)


async def find_session(
    info: Info, project: ProjectRecord, session_id: str | None
) -> Session | None:
    """The session with that id of its own; looked up together with others of the request."""
    info.context.demand(Scope.READ_EVENTS)
    if not session_id:
        return None
    session = await info.context.loaders.sessions.load((project.number, session_id))
    return None if session is None else session_node(session, project)


def _equals(column: Column, value: str) -> Compare:
    return Compare(column, Operator.EQUALS, (value,))


def _id(kind: str, project: ProjectRecord, key: str) -> strawberry.ID:
    return strawberry.ID(str(GlobalId(kind, project.number, key)))


def _moment(instant: int) -> datetime:
    return EPOCH + timedelta(milliseconds=instant)
