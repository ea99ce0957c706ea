"""Letting a personal API key in: proof, project, scope, budget."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from app.analytics.errors import UnauthenticatedError
from app.compat.posthog.bodies import Body, read_body
from app.compat.posthog.errors import forbidden, not_found, throttled, unauthenticated
from app.http.ratelimit import Budget
from app.http.services import Services
from app.projects.principals import ALL, Principal
from app.projects.records import Project
from app.projects.scopes import text_grants

CURRENT: Final = "@current"

_BEARER: Final = "Bearer "
_FIELD: Final = "personal_api_key"
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_ADDRESS_FACTOR: Final = 10

CRUD: Final = (Budget("posthog", 480, 60), Budget("posthog:sustained", 4_800, 3_600))
"""The limits of most routes, per key."""

COMPUTING: Final = (
    Budget("posthog:queries", 240, 60),
    Budget("posthog:queries:sustained", 1_200, 3_600),
)
"""The limits of the routes that ask the event store, per key."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A request of a key that is proven."""

    services: Services
    principal: Principal
    body: Body

    def require(self, scope: str) -> None:
        """Raises ApiError for a key without that scope, such as `export:read`."""
        if not text_grants(self.principal.scope_texts, scope):
            raise forbidden(f"API key missing required scope '{scope}'")

    def spend(self, *budgets: Budget) -> None:
        """Counts the request; raises ApiError when a budget is used up."""
        for budget in budgets:
            allowance = self.services.limiter.spend(budget, self.principal.id)
            if allowance.is_exceeded:
                raise throttled(allowance.reset_seconds)


@dataclass(frozen=True, slots=True)
class Admitted(Caller):
    """A request that is let in: about which project."""

    project: Project


async def prove(request: Request) -> Caller:
    """The caller, by the first place that holds a key; raises ApiError."""
    services: Services = request.state.services
    header = request.headers.get("authorization", "")
    body = Body({})
    if header.startswith(_BEARER):
        key, place = header.removeprefix(_BEARER).strip(), "Authorization header"
        principal = await _principal(services, key, place)
        if request.method in _WITH_BODY:
            body = await read_body(request)
        return Caller(services, principal, body)
    if request.method in _WITH_BODY:
        body = await read_body(request)
    in_body = body.fields.get(_FIELD)
    if isinstance(in_body, str) and in_body:
        return Caller(services, await _principal(services, in_body, "body"), body)
    in_query = request.query_params.get(_FIELD)
    if in_query:
        return Caller(services, await _principal(services, in_query, "query string"), body)
    raise unauthenticated("Authentication credentials were not provided.", "not_authenticated")


async def _principal(services: Services, key: str, place: str) -> Principal:
    try:
        return await services.verifier.verify_api_key(key)
    except UnauthenticatedError:
        message = f"Personal API key found in request {place} is invalid."
        raise unauthenticated(message) from None


async def admit(
    request: Request, scope: str | None, budgets: tuple[Budget, ...] = CRUD
) -> Admitted:
    """The request with the project of its path; raises ApiError.

    Without a scope there is nothing here that a key may do.
    """
    caller = await prove(request)
    if scope is None:
        raise forbidden("This action does not support personal API key access")
    caller.require(scope)
    project = await _project(caller, str(request.path_params["project_id"]))
    caller.spend(*budgets)
    return Admitted(caller.services, caller.principal, caller.body, project)


async def _project(caller: Caller, reference: str) -> Project:
    projects = caller.services.projects
    principal = caller.principal
    if reference == CURRENT:
        own = await current_project(caller)
        if own is None:
            raise not_found("Project not found.")
        return own
    project = await projects.find_project(reference)
    if project is None:
        raise not_found("Project not found.")
    if not principal.may_see(project.number):
        message = "API key does not have access to the requested project: "
        raise forbidden(f"{message}ID {project.number}.")
    return project


async def current_project(caller: Caller) -> Project | None:
    """The project of the key's owner."""
    reach = caller.principal.projects
    if reach is ALL:
        listed = await caller.services.projects.list_projects()
        return listed[0] if listed else None
    return await caller.services.projects.find_project(min(reach)) if reach else None
