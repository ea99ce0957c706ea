"""What clients ask first: which projects there are, and who they are themselves."""

import uuid

from starlette.requests import Request
from starlette.responses import Response

from app.analytics.records import Json
from app.compat.posthog.admission import (
    CRUD,
    CURRENT,
    Caller,
    admit,
    current_project,
    prove,
)
from app.compat.posthog.encode import iso
from app.compat.posthog.errors import forbidden, not_found
from app.compat.posthog.paging import page_json, slice_of
from app.compat.posthog.views import person, stable_uuid
from app.http.responses import JsonResponse
from app.projects.records import Project

_ORGANIZATION = "Rosetta"
_ADMINISTRATOR = 8


async def projects(request: Request) -> Response:
    """The projects that the key opens."""
    caller = await _caller(request, "project:read")
    return _page(request, [{**_basic(each)} for each in await _seen(caller)])


async def organizations(request: Request) -> Response:
    """The only organization: all projects of a server belong to one."""
    caller = await _caller(request, "organization:read")
    return _page(request, [_organization(await _seen(caller))])


async def organization(request: Request) -> Response:
    """The organization of that id, or of the key's owner."""
    caller = await _caller(request, "organization:read")
    _check_organization(request)
    return JsonResponse(_organization(await _seen(caller)))


async def organization_projects(request: Request) -> Response:
    """The projects of the organization that the key opens."""
    caller = await _caller(request, "project:read")
    _check_organization(request)
    return _page(request, [{**_basic(each)} for each in await _seen(caller)])


async def _caller(request: Request, scope: str) -> Caller:
    caller = await prove(request)
    caller.require(scope)
    caller.spend(*CRUD)
    return caller


def _page(request: Request, rows: list[Json]) -> Response:
    wanted = slice_of(request)
    shown = rows[wanted.offset : wanted.offset + wanted.limit]
    return JsonResponse(page_json(request, wanted, len(rows), shown))


async def _seen(caller: Caller) -> list[Project]:
    listed = await caller.services.projects.list_projects()
    return [each for each in listed if caller.principal.may_see(each.number)]


def _check_organization(request: Request) -> None:
    """Raises ApiError for a reference to another organization than the server's own."""
    told = str(request.path_params["organization_id"])
    if told in (CURRENT, _organization_id()):
        return
    try:
        other = uuid.UUID(told)
    except ValueError:
        raise not_found("Organization not found.") from None
    message = "API key does not have access to the requested organization: "
    raise forbidden(f"{message}ID {other}.")


async def project(request: Request) -> Response:
    """One project."""
    asked = await admit(request, "project:read")
    return JsonResponse(_whole(asked.project))


async def user(request: Request) -> Response:
    """The owner of the key, and the project and organization that it is for."""
    if request.path_params["user_id"] != "@me":
        raise not_found()
    return JsonResponse(await _me(await _caller(request, "user:read")))


async def _me(caller: Caller) -> dict[str, Json]:
    own = await current_project(caller)
    seen = await _seen(caller)
    return {
        **person(caller.principal.id),
        "is_staff": False,
        "team": None if own is None else {**_basic(own), "project_id": own.number},
        "organization": _organization(seen),
        "organizations": [{**_NAMED, "id": _organization_id()}],
    }


_NAMED: dict[str, Json] = {
    "name": _ORGANIZATION,
    "slug": _ORGANIZATION.lower(),
    "membership_level": _ADMINISTRATOR,
}


def _organization(seen: list[Project]) -> dict[str, Json]:
    """The organization with those of its projects that may be seen."""
    created = min((each.created_at for each in seen), default=0)
    rows: list[Json] = [{**_basic(each)} for each in seen]
    return {
        "id": _organization_id(),
        **_NAMED,
        "logo_media_id": None,
        "created_at": iso(created),
        "updated_at": iso(created),
        "teams": rows,
        "projects": rows,
        "metadata": {},
        "member_count": 1,
    }


def _organization_id() -> str:
    return stable_uuid("organization")


def _basic(shown: Project) -> dict[str, Json]:
    return {
        "id": shown.number,
        "uuid": stable_uuid("project", str(shown.number)),
        "organization": _organization_id(),
        "api_token": f"phc_{shown.id}",
        "name": shown.name,
        "completed_snippet_onboarding": True,
        "has_completed_onboarding_for": {},
        "ingested_event": True,
        "is_demo": False,
        "timezone": shown.timezone,
        "access_control": False,
    }


def _whole(shown: Project) -> dict[str, Json]:
    return {
        **_basic(shown),
        "product_description": None,
        "created_at": iso(shown.created_at),
        "updated_at": iso(shown.created_at),
        "effective_membership_level": _ADMINISTRATOR,
        "test_account_filters": [],
        "week_start_day": 0,
        "app_urls": [*shown.origins],
        "group_types": [],
        "primary_dashboard": None,
    }
