"""`/engage` and `/groups`: what is known of profiles and of groups changes."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.records import Json
from app.compat.mixpanel.imports import done
from app.compat.mixpanel.memberships import groups_told
from app.compat.mixpanel.operations import ENGAGE, GROUPS
from app.compat.mixpanel.operators import changes_in, id_in, wrong_update
from app.compat.mixpanel.params import Params, read_params
from app.compat.mixpanel.properties import DEVICE_PREFIX
from app.compat.mixpanel.track import project_of_rows, refusal, sent_rows
from app.http.operations import OperationRoute
from app.http.services import Services
from app.projects.changes import ProfileChange
from app.projects.groups import GroupChange
from app.projects.records import Project

FIELD_NAMES: Final[Mapping[str, str]] = {
    "$first_name": "first_name",
    "$last_name": "last_name",
    "$email": "email",
    "$avatar": "avatar",
}
"""What this API calls the fields that profiles have."""

_GROUP_FIELD_NAMES: Final[Mapping[str, str]] = {"$name": "name"}


async def engage(request: Request) -> Response:
    """Changes profiles, all of the request's or none; answers when it is done."""
    return await _updated(request, _change_profiles)


async def groups(request: Request) -> Response:
    """Changes groups, all of the request's or none; answers when it is done."""
    return await _updated(request, _change_groups)


async def _updated(
    request: Request, work: Callable[[Services, Project, list[Json]], Awaitable[None]]
) -> Response:
    params = Params({})
    try:
        params = await read_params(request)
        rows = await sent_rows(request, params)
        project = await project_of_rows(request, params, rows, ("$token",))
        await work(request.state.services, project, rows)
        return done(params, None)
    except Exception as error:  # noqa: BLE001 — this is where errors become answers.
        return refusal(request, params, error)


async def _change_profiles(services: Services, project: Project, rows: list[Json]) -> None:
    now = services.clock.now_ms()
    types = await services.groups.known_types(project.number)
    changes = [
        replace(told, groups=groups_told(told.change, types))
        for index, row in enumerate(rows)
        for told in changes_of(row, index, now)
    ]
    await services.profiles.change_all(project.number, changes)


async def _change_groups(services: Services, project: Project, rows: list[Json]) -> None:
    now = services.clock.now_ms()
    changes = [told for index, row in enumerate(rows) for told in group_changes_of(row, index, now)]
    await services.groups.change_all(project.number, changes)


def changes_of(row: Json, index: int, now: int) -> list[ProfileChange]:
    """The changes that one update of a profile asks for; raises InvalidQueryError."""
    if not isinstance(row, dict):
        raise wrong_update(index, "The update is not an object")
    told = id_in(row, "$distinct_id", index)
    is_external = not told.startswith(DEVICE_PREFIX)
    profile_id = told.removeprefix(DEVICE_PREFIX)
    return [
        ProfileChange(profile_id, change, now, is_external)
        for change in changes_in(row, index, FIELD_NAMES)
    ]


def group_changes_of(row: Json, index: int, now: int) -> list[GroupChange]:
    """The changes that one update of a group asks for; raises InvalidQueryError.

    The key that Mixpanel's events name a group by is the group's type.
    """
    if not isinstance(row, dict):
        raise wrong_update(index, "The update is not an object")
    kind, group_id = id_in(row, "$group_key", index), id_in(row, "$group_id", index)
    return [
        GroupChange(id=group_id, type=kind, change=change, at_ms=now)
        for change in changes_in(row, index, _GROUP_FIELD_NAMES)
    ]


def routes() -> Iterator[BaseRoute]:
    """The routes in each of their spellings."""
    for path, endpoint, operations in (("/engage", engage, ENGAGE), ("/groups", groups, GROUPS)):
        route = OperationRoute.by_method(path, endpoint, operations)
        yield route
        yield route.alias(f"{path}/")
