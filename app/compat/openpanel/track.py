"""`POST /track`: events and profiles come in."""

from typing import Final, assert_never

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.analytics.errors import UnauthenticatedError
from app.analytics.records import Json
from app.compat.openpanel.admission import WINDOW_SECONDS
from app.compat.openpanel.errors import tracking_envelope
from app.compat.openpanel.track_wire import TrackMessage, read_message
from app.http.addresses import client_address
from app.http.auth import Claim, authorise_tracking, credentials_in
from app.http.errors import guarded
from app.http.ratelimit import Budget
from app.http.responses import JsonResponse
from app.http.services import Services
from app.http.throttle import address_of, spend, spend_of_address
from app.ingest.calls import Caller, IdentifyCall, TrackCall
from app.ingest.service import IngestService
from app.projects.records import Project

# Clients that are given a base URL with a slash at its end ask for the second one.
_PATHS: Final = ("/track", "//track")


async def track(request: Request) -> Response:
    """Takes one message in; answers when it is durable."""
    services: Services = request.state.services
    message = read_message(await request.body())
    project = await _admit(request, services, message)
    call = message.call(project.number, project.id)
    return JsonResponse(await _take(services.ingest, call, _caller(request, services)))


async def _admit(request: Request, services: Services, message: TrackMessage) -> Project:
    told = message.credentials
    credentials = credentials_in(request.headers).or_else(told.client_id, told.client_secret)
    claim = Claim(request.headers.get("origin"), message.claims_revenue)
    requests = services.settings.track_requests_per_10_seconds
    budget = Budget("track", requests, WINDOW_SECONDS)
    try:
        client, project = await authorise_tracking(services, credentials, claim)
    except UnauthenticatedError:
        address = address_of(request, services.settings)
        spend_of_address(request, services.limiter, budget, address)
        raise
    spend(request, services.limiter, budget, f"client:{client.id}")
    return project


async def _take(
    ingest: IngestService, call: TrackCall | IdentifyCall, caller: Caller
) -> dict[str, Json]:
    match call:
        case TrackCall():
            tracked = await ingest.track(call, caller)
            answer: dict[str, Json] = {
                "deviceId": tracked.device_id,
                "sessionId": tracked.session_id,
            }
            return answer | {"duplicate": True} if tracked.is_duplicate else answer
        case IdentifyCall():
            await ingest.identify(call, caller)
            return {"deviceId": "", "sessionId": ""}
        case _:
            assert_never(call)


def _caller(request: Request, services: Services) -> Caller:
    headers = request.headers
    socket_address = request.client.host if request.client else None
    return Caller(
        received_at=services.clock.now_ms(),
        ip=client_address(headers, socket_address, services.settings.ip_headers),
        user_agent=headers.get("user-agent") or None,
        sdk_name=headers.get("openpanel-sdk-name") or None,
        sdk_version=headers.get("openpanel-sdk-version") or None,
    )


def routes(prefix: str) -> list[BaseRoute]:
    """The route in each of its spellings."""
    endpoint = guarded(track, tracking_envelope)
    return [Route(f"{prefix}{path}", endpoint, methods=["POST"]) for path in _PATHS]
