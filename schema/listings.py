"""Slices of events, sessions and profiles, each row made into what the schema shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar, cast

from app.analytics import records
from app.analytics.errors import InvalidQueryError
from app.analytics.filters import EVERYTHING, Filter
from app.analytics.presence import ProfileOrder as CoreProfileOrder
from app.analytics.queries import (
    After,
    EventOrder,
    EventsQuery,
    Page,
    ProfilesQuery,
    SessionsQuery,
    Walk,
)
from app.analytics.ranges import ANY_TIME, RangeSpec
from app.analytics.results import EventRows
from app.analytics.shapes import Shape as LineShape
from app.kit.paging import CursorKey
from app.projects import profiles
from app.projects.profiles import ProfilePage
from app.projects.records import Project
from app.projects.scopes import Scope
from app.projects.streams import key_of
from app.stores.base import Lines
from schema.context import Context
from schema.enums import ProfileOrder
from schema.execution.projection import Plan
from schema.execution.rows import Written
from schema.owners import Owned, Owner, together
from schema.paging import MAX_EVENTS, Slicing, Window
from schema.types.connections import Connection, Edge, Row, Slice, connection_of, slice_of
from schema.types.event_lines import ROW_SHAPES, fragment_of

T = TypeVar("T")

EVENT_PAGE: Final = 50
SESSION_PAGE: Final = 20
PROFILE_PAGE: Final = 50

_LARGEST_INSTANT: Final = 2**53

_PROFILE_ORDERS: Final = {
    ProfileOrder.LAST_SEEN: profiles.ProfileOrder.LAST_SEEN,
    ProfileOrder.FIRST_SEEN: profiles.ProfileOrder.FIRST_SEEN,
    ProfileOrder.ID: profiles.ProfileOrder.ID,
}
_WALKS: Final = {
    Walk.FORWARD: profiles.Walk.FORWARD,
    Walk.BACKWARD: profiles.Walk.BACKWARD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events or sessions are listed, and in which order; with an `owner` only its own."""

    range: RangeSpec = ANY_TIME
    filter: Filter = EVERYTHING
    order: EventOrder = EventOrder.NEWEST
    columns: frozenset[str] | None = None
    owner: Owner | None = None


class EventPage(Generic[T]):
    """A slice of the project's events; `show` makes it of rows.

    Raises ForbiddenError without the scope for it.
    """

    def __init__(
        self,
        context: Context,
        project: Project,
        slicing: Slicing,
        wanted: Wanted,
        show: Callable[[EventRows], Slice[T]],
    ) -> None:
        context.demand(Scope.READ_EVENTS)
        self.window: Final = slicing.window(EVENT_PAGE, (int, str), MAX_EVENTS)
        self._reader = context.services.reader
        self._project = project
        self._show = show
        slice_ = EventsQuery(
            project=project.number,
            range=wanted.range,
            filter=wanted.filter,
            order=wanted.order,
            after=_after(self.window),
            walk=self.window.walk,
            page=Page(self.window.limit),
            columns=wanted.columns,
        )
        self._owned = None if wanted.owner is None else Owned(slice_, wanted.owner)
        self._loader = context.loaders.events_of
        self._query = slice_ if self._owned is None else together([self._owned])

    async def shown(self) -> Connection[T]:
        """The slice, made of its rows."""
        part, has_more = await self._read()
        return self._connection(part, has_more=has_more)

    async def written(self, name: str, plan: Plan, shape: LineShape) -> Connection[T]:
        """The slice with its list of that name written by the engine, as far as it can be."""
        lines = await self._reader.event_lines(self._query, shape, self._project)
        if not lines.is_whole:
            return await self.shown()
        json = fragment_of(lines.body)

        async def nodes() -> Sequence[T]:
            return (await self._read())[0].nodes()

        async def edges() -> Sequence[Edge[T]]:
            return (await self._read())[0].edges()

        # The executor alone walks these lists, and knows both kinds.
        part: Slice[T] = Slice(
            lambda: cast("Sequence[T]", Written(ROW_SHAPES[name], plan, json, nodes)),
            lambda: cast("Sequence[Edge[T]]", Written(ROW_SHAPES[name], plan, json, edges)),
            _ends(lines),
        )
        return self._connection(part, has_more=bool(lines.beyond))

    async def _read(self) -> tuple[Slice[T], bool]:
        if self._owned is not None:
            answer = await self._loader.load(self._owned)
        else:
            answer = await self._reader.ask(self._query, self._project)
        return self._show(answer.rows), answer.has_more

    def _connection(self, part: Slice[T], *, has_more: bool) -> Connection[T]:
        counting = partial(self._reader.count, self._query, self._project)
        return connection_of(part, self.window, counting, has_more=has_more)


def _ends(lines: Lines) -> tuple[CursorKey, CursorKey] | None:
    if not lines.count:
        return None
    first, last = key_of(lines.first), key_of(lines.last)
    return (first.instant, first.tie), (last.instant, last.tie)


async def session_page(
    context: Context,
    project: Project,
    slicing: Slicing,
    wanted: Wanted,
    make: Callable[[records.Session], T],
) -> Connection[T]:
    """A slice of the project's sessions; raises ForbiddenError without the scope for it."""
    context.demand(Scope.READ_EVENTS)
    window = slicing.window(SESSION_PAGE, (int, str))
    query = SessionsQuery(
        project=project.number,
        range=wanted.range,
        filter=wanted.filter,
        order=wanted.order,
        after=_after(window),
        walk=window.walk,
        page=Page(window.limit),
    )
    if wanted.owner is None:
        answer = await context.services.reader.ask(query, project)
    else:
        owned = Owned(query, wanted.owner)
        query, answer = together([owned]), await context.loaders.sessions_of.load(owned)
    rows = [Row(make(session), (session.created_at, session.id)) for session in answer.sessions]
    return connection_of(
        slice_of(rows),
        window,
        lambda: context.services.reader.count(query, project),
        has_more=answer.has_more,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPeople:
    """Which profiles are listed, and in which order."""

    filter: Filter = EVERYTHING
    order: ProfileOrder = ProfileOrder.LAST_SEEN


async def profile_page(
    context: Context,
    project: Project,
    slicing: Slicing,
    wanted: WantedPeople,
    make: Callable[[records.Profile], T],
) -> Connection[T]:
    """A slice of the project's profiles; raises ForbiddenError without the scope for it."""
    context.demand(Scope.READ_PROFILES)
    types = (str,) if wanted.order is ProfileOrder.ID else (int, str)
    window = slicing.window(PROFILE_PAGE, types)
    if wanted.filter != EVERYTHING:
        return await _found_profiles(context, project, window, wanted, make)
    sort = _PROFILE_ORDERS[wanted.order]
    page = ProfilePage(
        order=sort,
        # One more than asked for, which tells whether there are others.
        limit=window.limit + 1,
        after=cast("profiles.ProfileKey | None", window.key),
        walk=_WALKS[window.walk],
    )
    directory = context.services.profiles
    found = await directory.page(project.number, page)
    has_more = len(found) > window.limit
    shown = found[: window.limit] if window.walk is Walk.FORWARD else found[-window.limit :]
    rows = [Row(make(one), profiles.key_of(one, sort)) for one in shown if window.limit]
    return connection_of(
        slice_of(rows), window, lambda: directory.count(project.number), has_more=has_more
    )


async def _found_profiles(
    context: Context,
    project: Project,
    window: Window,
    wanted: WantedPeople,
    make: Callable[[records.Profile], T],
) -> Connection[T]:
    """A slice of the profiles that meet the filter, which the event store looks for."""
    reader, sort = context.services.reader, _PROFILE_ORDERS[wanted.order]
    query = ProfilesQuery(
        project=project.number,
        filter=wanted.filter,
        order=CoreProfileOrder[wanted.order.name],
        after=_after(window),
        walk=window.walk,
        page=Page(window.limit),
    )
    answer = await reader.ask(query, project)
    rows = [Row(make(one), profiles.key_of(one, sort)) for one in answer.profiles]
    return connection_of(
        slice_of(rows), window, lambda: reader.count(query, project), has_more=answer.has_more
    )


def _after(window: Window) -> After | None:
    """The place that the cursor tells; one without an instant is of a list ordered by id."""
    if window.key is None:
        return None
    instant, row_id = cast("tuple[int, str]", (0, *window.key)[-2:])
    if abs(instant) > _LARGEST_INSTANT or "\0" in row_id:
        argument = "after" if window.walk is Walk.FORWARD else "before"
        raise InvalidQueryError.at(argument, message="The cursor is not one of this list.")
    return After(instant, row_id)
