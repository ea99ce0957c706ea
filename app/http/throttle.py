"""Spending a caller's budget, and remembering what is left for the answer's headers."""

from dataclasses import replace
from typing import Final

from starlette.requests import Request

from app.analytics.errors import RateLimitedError
from app.http.addresses import client_address
from app.http.ratelimit import TOO_MANY, Budget, RateLimiter
from app.settings import Settings

_ADDRESS_FACTOR: Final = 10


def spend(request: Request, limiter: RateLimiter, budget: Budget, key: str) -> None:
    """Counts the request; raises RateLimitedError when the budget is used up."""
    allowance = limiter.spend(budget, key)
    request.state.allowance = allowance
    if allowance.is_exceeded:
        raise RateLimitedError(TOO_MANY, allowance.reset_seconds)


def spend_of_address(request: Request, limiter: RateLimiter, budget: Budget, address: str) -> None:
    """Counts the request of someone yet unknown against ten times the budget of a client.

    Many clients may share an address, and someone else's requests must not use up a
    client's own budget.
    """
    wide = replace(
        budget, name=f"{budget.name}:address", requests=budget.requests * _ADDRESS_FACTOR
    )
    spend(request, limiter, wide, address)


def address_of(request: Request, settings: Settings) -> str:
    """Who asks, as well as it can be told without credentials."""
    socket_address = request.client.host if request.client else None
    return client_address(request.headers, socket_address, settings.ip_headers) or (
        socket_address or "unknown"
    )
