"""Letting a call in: who sends it, for which project, and whether it comes too often."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request

from app.analytics.errors import ForbiddenError, RateLimitedError, UnauthenticatedError
from app.compat.mixpanel.credentials import Account, Bearer, Secret, credentials_in
from app.compat.mixpanel.params import Params, read_question, wrong
from app.http.ratelimit import Budget
from app.http.services import Services
from app.http.throttle import address_of, spend_of_address
from app.projects.principals import ALL, Principal, PrincipalKind
from app.projects.records import Project
from app.projects.scopes import Scope

_HOUR_SECONDS: Final = 3_600
_WINDOW_SECONDS: Final = 10
_UTC: Final = ZoneInfo("UTC")

BUSY: Final = "too many export requests in progress for this project"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call that is let in: for which project, and with which parameters.

    `is_proven` tells that a secret came with it; a token is no secret.
    """

    services: Services
    project: Project
    params: Params
    is_proven: bool = True

    @property
    def clock(self) -> ZoneInfo:
        """The clock that the project's days and times are told by."""
        return ZoneInfo(self.project.timezone) if self.project.legacy_time else _UTC


async def admit_reader(request: Request) -> Admitted:
    """The call with its project; raises for bad credentials or somebody else's project."""
    services: Services = request.state.services
    params = await read_question(request)
    requests = services.settings.export_requests_per_10_seconds
    address = address_of(request, services.settings)
    budget = Budget("mixpanel", requests, _WINDOW_SECONDS)
    spend_of_address(request, services.limiter, budget, address)
    request.state.allowance = None
    principal, names_project = await prove(services, request, params)
    if not principal.may(Scope.EXPORT):
        raise UnauthenticatedError("The credentials are no good for reading.")
    project = await project_of(services, principal, params, must_name=names_project)
    return Admitted(services, project, params)


def spend_export(asked: Admitted) -> None:
    """Counts one export of the project; raises RateLimitedError when there were too many."""
    settings, limiter = asked.services.settings, asked.services.limiter
    key = str(asked.project.number)
    for name, requests, seconds in (
        ("second", settings.mixpanel_exports_per_second, 1),
        ("hour", settings.mixpanel_exports_per_hour, _HOUR_SECONDS),
    ):
        budget = Budget(f"mixpanel-export-{name}", requests, seconds)
        allowance = limiter.spend(budget, key)
        if allowance.is_exceeded:
            raise RateLimitedError(
                f"Export rate limit exceeded for this project: {requests} queries per {name}.",
                allowance.reset_seconds,
            )


def slot_name(project: Project) -> str:
    """Under which name a project's exports are counted while they run."""
    return f"mixpanel-export:{project.number}"


async def prove(services: Services, request: Request, params: Params) -> tuple[Principal, bool]:
    """Who calls, and whether they have to name the project; raises UnauthenticatedError."""
    verifier = services.verifier
    match credentials_in(request.headers, params):
        case Account(username, secret):
            return await verifier.verify_service_account(username, secret), True
        case Secret(secret):
            return await verifier.verify_project_secret(secret), False
        case Bearer(token):
            try:
                return await verifier.verify_api_key(token), True
            except UnauthenticatedError:
                return await verifier.verify_project_secret(token), False


async def admit_writer(request: Request, params: Params) -> Admitted:
    """The call with its project, for which a project token is enough; raises as `admit_reader`."""
    services: Services = request.state.services
    requests = services.settings.track_requests_per_10_seconds
    budget = Budget("mixpanel-write", requests, _WINDOW_SECONDS)
    spend_of_address(request, services.limiter, budget, address_of(request, services.settings))
    request.state.allowance = None
    credentials = credentials_in(request.headers, params)
    try:
        principal, must_name = await prove(services, request, params)
    except UnauthenticatedError:
        if not isinstance(credentials, Secret):
            raise
        principal = await services.verifier.verify_project_token(credentials.secret)
        must_name = False
    if not principal.may(Scope.WRITE_EVENTS):
        raise UnauthenticatedError("The credentials are no good for writing.")
    project = await project_of(services, principal, params, must_name=must_name)
    is_proven = principal.kind is not PrincipalKind.PROJECT_TOKEN
    return Admitted(services, project, params, is_proven)


async def project_of(
    services: Services, principal: Principal, params: Params, *, must_name: bool
) -> Project:
    """The project that the call names, by its number or its id, else the credentials' own.

    Raises InvalidQueryError where one must be named, ForbiddenError for one of others.
    """
    reference = params.text("project_id")
    if reference is None:
        if must_name or principal.projects is ALL:
            raise wrong("project_id", "Missing required parameter: project_id")
        (number,) = principal.projects
        return await services.projects.get_project(number)
    project = await services.projects.find_project(reference.strip())
    if project is None and not reference.strip().isdecimal():
        raise wrong("project_id", f"project_id must be an integer, found {reference[:40]!r}")
    if project is None or not principal.may_see(project.number):
        raise ForbiddenError("The credentials are not good for this project")
    return project
