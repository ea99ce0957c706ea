"""`POST /import/events`: many events of the past come in at once."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from app.compat.openpanel.admission import WINDOW_SECONDS
from app.compat.openpanel.errors import import_envelope
from app.compat.openpanel.operations import IMPORT_EVENTS
from app.compat.openpanel.params import Params
from app.compat.openpanel.reception import Sending, read_body
from app.compat.openpanel.spellings import spelled
from app.http.auth import authenticate_importer, choose_project, credentials_in
from app.http.doors import Door
from app.http.operations import OperationRoute
from app.http.ratelimit import Budget
from app.http.services import Services
from app.http.throttle import address_of, guess_of, spend, spend_of_address
from app.projects.records import Project


async def import_events(request: Request) -> Response:
    """Takes rows in, all of them or none; answers when they are durable."""
    project = await _admit(request)
    services: Services = request.state.services
    body = await read_body(Sending.of(request))
    await services.imports.take(project, body, services.clock.now_ms())
    return PlainTextResponse("OK")


async def _admit(request: Request) -> Project:
    """The client's own project, or the one that a root client names.

    The proof comes before the body is read, for bodies are large here.
    """
    services: Services = request.state.services
    requests = services.settings.track_requests_per_10_seconds
    budget = Budget("import", requests, WINDOW_SECONDS)
    spend_of_address(request, services.limiter, budget, address_of(request, services.settings))
    credentials = credentials_in(request.headers)
    guess = guess_of(request, services)
    client, principal = await authenticate_importer(services.verifier, credentials, guess)
    spend(request, services.limiter, budget, principal.id)
    params = Params.parse(request.scope["query_string"])
    reference = params.text("projectId", "project_id")
    params.check()
    return await choose_project(services, client, principal, reference)


def routes() -> list[BaseRoute]:
    """The route in each of its spellings."""
    door = Door(import_events, import_envelope)
    return spelled(OperationRoute("/import/events", door, IMPORT_EVENTS, "POST"))
