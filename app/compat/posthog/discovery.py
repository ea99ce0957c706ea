"""What clients ask first: which projects there are, and who they are themselves."""

from starlette.requests import Request
from starlette.responses import Response

from app.analytics.records import Json
from app.compat.posthog.admission import CRUD, Caller, admit, current_project, prove
from app.compat.posthog.encode import iso
from app.compat.posthog.errors import not_found
from app.compat.posthog.paging import page_json, slice_of
from app.compat.posthog.views import person, stable_uuid
from app.http.responses import JsonResponse
from app.projects.principals import ALL
from app.projects.records import Project

_ORGANIZATION = "Rosetta"
_ADMINISTRATOR = 8


async def projects(request: Request) -> Response:
    """The projects that the key opens."""
    caller = await prove(request)
    caller.require("project:read")
    caller.spend(*CRUD)
    wanted = slice_of(request)
    found = [
        each
        for each in await caller.services.projects.list_projects()
        if caller.principal.may_see(each.number)
    ]
    rows: list[Json] = [
        {**_basic(each)} for each in found[wanted.offset : wanted.offset + wanted.limit]
    ]
    return JsonResponse(page_json(request, wanted, len(found), rows))


async def project(request: Request) -> Response:
    """One project."""
    asked = await admit(request, "project:read")
    return JsonResponse(_whole(asked.project))


async def user(request: Request) -> Response:
    """The owner of the key, and the project and organization that it is for."""
    if request.path_params["user_id"] != "@me":
        raise not_found()
    caller = await prove(request)
    caller.require("user:read")
    caller.spend(*CRUD)
    return JsonResponse(await _me(caller))


async def _me(caller: Caller) -> dict[str, Json]:
    own = await current_project(caller)
    reach = caller.principal.projects
    listed = await caller.services.projects.list_projects()
    seen = [each for each in listed if reach is ALL or each.number in reach]
    organization: dict[str, Json] = {
        "id": _organization_id(),
        "name": _ORGANIZATION,
        "slug": _ORGANIZATION.lower(),
        "membership_level": _ADMINISTRATOR,
    }
    whole: dict[str, Json] = {
        **organization,
        "teams": [{**_basic(each)} for each in seen],
        "projects": [{**_basic(each)} for each in seen],
    }
    return {
        **person(caller.principal.id),
        "is_staff": False,
        "team": None if own is None else {**_basic(own), "project_id": own.number},
        "organization": whole,
        "organizations": [organization],
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
