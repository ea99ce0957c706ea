"""`/engage` and `/groups`: what is known of profiles and of groups changes."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.records import Json
from app.compat.mixpanel.admission import Admitted
from app.compat.mixpanel.answers import done
from app.compat.mixpanel.memberships import groups_told
from app.compat.mixpanel.operations import ENGAGE, GROUPS
from app.compat.mixpanel.operators import changes_in, id_in, wrong_update
from app.compat.mixpanel.params import Params, read_params
from app.compat.mixpanel.properties import DEVICE_PREFIX
from app.compat.mixpanel.track import admit_rows, refusal, sent_rows
from app.http.operations import OperationRoute
from app.projects.changes import ProfileChange
from app.projects.groups import GroupChange

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
    request: Request, work: Callable[[Admitted, list[Json]], Awaitable[None]]
) -> Response:
    params = Params({})
    try:
        params = await read_params(request)
        rows = await sent_rows(request, params)
        await work(await admit_rows(request, params, rows, ("$token",)), rows)
        return done(params, None)
    except Exception as error:  # noqa: BLE001 — this is where errors become answers.
        return refusal(request, params, error)


async def _change_profiles(asked: Admitted, rows: list[Json]) -> None:
    services, project = asked.services, asked.project
    now = services.clock.now_ms()
    types = await services.groups.known_types(project.number)
    changes = [
        replace(told, groups=groups_told(told.change, types))
        for index, row in enumerate(rows)
        for told in changes_of(row, index, now)
    ]
    await services.profiles.change_all(project.number, changes)


async def _change_groups(asked: Admitted, rows: list[Json]) -> None:
    services, project = asked.services, asked.project
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
