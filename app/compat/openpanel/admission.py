"""Letting a reading client in: budget, proof, project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from starlette.requests import Request

from app.compat.openpanel.params import Params
from app.http.auth import authenticate_reader, choose_project, credentials_in
from app.http.ratelimit import Budget
from app.http.services import Services
from app.http.throttle import address_of, guess_of, spend, spend_of_address
from app.projects.principals import Principal
from app.projects.records import Client, Project

WINDOW_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Admitted:
    """A reading request that is let in: about which project, and with which parameters.

    `caller` is the proven client; `path` holds the parts of the path that name something.
    """

    caller: str
    services: Services
    project: Project
    params: Params
    path: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the project's days begin."""
        return ZoneInfo(self.project.timezone)


async def admit_to_insights(request: Request) -> Admitted:
    """The request with the project that its path names.

    The proof comes first: without one, nobody learns which projects there are.
    """
    services: Services = request.state.services
    requests = services.settings.insights_requests_per_10_seconds
    client, principal = await _prove(request, Budget("insights", requests, WINDOW_SECONDS))
    params = Params.parse(request.scope["query_string"])
    reference = str(request.path_params["project_id"])
    project = await choose_project(services, client, principal, reference)
    return Admitted(principal.id, services, project, params, request.path_params)


async def admit_to_export(request: Request) -> Admitted:
    """The request with the project that a parameter names, else with the client's own."""
    services: Services = request.state.services
    requests = services.settings.export_requests_per_10_seconds
    client, principal = await _prove(request, Budget("export", requests, WINDOW_SECONDS))
    params = Params.parse(request.scope["query_string"])
    reference = params.text("projectId", "project_id")
    params.check()
    project = await choose_project(services, client, principal, reference)
    return Admitted(principal.id, services, project, params)


async def _prove(request: Request, budget: Budget) -> tuple[Client, Principal]:
    services: Services = request.state.services
    address = address_of(request, services.settings)
    spend_of_address(request, services.limiter, budget, address)
    credentials = credentials_in(request.headers)
    guess = guess_of(request, services)
    client, principal = await authenticate_reader(services.verifier, credentials, guess)
    spend(request, services.limiter, budget, principal.id)
    return client, principal
