"""Who asks, whether they may ask now, and what their operations are given."""

from collections.abc import Mapping

from starlette.requests import HTTPConnection, Request

from app.http.addresses import client_address
from app.http.ratelimit import Budget
from app.http.services import Services
from app.http.throttle import address_of, guess_of, spend, spend_of_address
from app.ingest.calls import Caller
from schema.context import Context, Identified
from schema.credentials import find_asker
from schema.loaders import make_loaders

_SECONDS = 10


async def admit(request: Request, request_id: str) -> Context:
    """The context of a request's operations.

    Raises UnauthenticatedError for credentials that prove nothing, and RateLimitedError for
    whoever asks too often.
    """
    services: Services = request.state.services
    settings = services.settings
    budget = Budget("graphql", settings.graphql_requests_per_10_seconds, _SECONDS)
    if settings.rate_limits:
        spend_of_address(request, services.limiter, budget, address_of(request, settings))
    asker = await find_asker(services.verifier, request.headers, guess_of(request, services))
    if settings.rate_limits and asker is not None:
        spend(request, services.limiter, budget, asker.principal.id)
    return context_of(request, services, asker, request_id)


async def admit_connection(
    connection: HTTPConnection, credentials: Mapping[str, str], request_id: str
) -> Context:
    """The context of what is asked over a connection that stays; errors as `admit`."""
    services: Services = connection.state.services
    asker = await find_asker(services.verifier, credentials, guess_of(connection, services))
    return context_of(connection, services, asker, request_id, remember=False)


def context_of(
    connection: HTTPConnection,
    services: Services,
    asker: Identified | None,
    request_id: str,
    *,
    remember: bool = True,
) -> Context:
    """What operations of that caller are given."""
    caller = _caller(connection, services)
    return Context(
        services=services,
        asker=asker,
        caller=caller,
        payer=asker.principal.id if asker else f"address:{caller.ip}",
        request_id=request_id,
        loaders=make_loaders(services, remember=remember),
    )


def _caller(connection: HTTPConnection, services: Services) -> Caller:
    headers = connection.headers
    socket_address = connection.client.host if connection.client else None
    return Caller(
        received_at=services.clock.now_ms(),
        is_proven=True,
        ip=client_address(headers, socket_address, services.settings.ip_headers),
        user_agent=headers.get("user-agent") or None,
        sdk_name=headers.get("openpanel-sdk-name") or None,
        sdk_version=headers.get("openpanel-sdk-version") or None,
    )
