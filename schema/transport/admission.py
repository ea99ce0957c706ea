"""Who asks, whether they may ask now, and what their operations are given."""

from collections.abc import Callable, Mapping
from functools import partial

from starlette.requests import HTTPConnection, Request

from app.http.addresses import client_address
from app.http.ratelimit import Budget
from app.http.services import Services
from app.http.throttle import address_of, guess_of, spend, spend_of_address
from app.ingest.calls import Caller
from schema.context import Context, Identified, Loaders
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
    # What it tracks happened when it came, however long the operation takes.
    now = services.clock.now_ms()
    budget = Budget("graphql", settings.graphql_requests_per_10_seconds, _SECONDS)
    if settings.rate_limits:
        spend_of_address(request, services.limiter, budget, address_of(request, settings))
    asker = await find_asker(services.verifier, request.headers, guess_of(request, services))
    if settings.rate_limits and asker is not None:
        spend(request, services.limiter, budget, asker.principal.id)
    find_caller = partial(_caller, request, services, lambda: now)
    return _context(services, asker, request_id, find_caller, partial(make_loaders, services))


async def admit_connection(
    connection: HTTPConnection, credentials: Mapping[str, str], request_id: str
) -> Context:
    """The context of what is asked over a connection that stays; errors as `admit`."""
    services: Services = connection.state.services
    asker = await find_asker(services.verifier, credentials, guess_of(connection, services))
    find_caller = partial(_caller, connection, services, services.clock.now_ms)
    gather = partial(make_loaders, services, remember=False)
    return _context(services, asker, request_id, find_caller, gather)


def _context(
    services: Services,
    asker: Identified | None,
    request_id: str,
    find_caller: Callable[[], Caller],
    gather: Callable[[], Loaders],
) -> Context:
    return Context(
        services=services,
        asker=asker,
        payer=asker.principal.id if asker else f"address:{find_caller().ip}",
        request_id=request_id,
        find_caller=find_caller,
        gather=gather,
    )


def _caller(
    connection: HTTPConnection, services: Services, received_at_ms: Callable[[], int]
) -> Caller:
    headers = connection.headers
    socket_address = connection.client.host if connection.client else None
    return Caller(
        received_at=received_at_ms(),
        is_proven=True,
        ip=client_address(headers, socket_address, services.settings.ip_headers),
        user_agent=headers.get("user-agent") or None,
        sdk_name=headers.get("openpanel-sdk-name") or None,
        sdk_version=headers.get("openpanel-sdk-version") or None,
    )
