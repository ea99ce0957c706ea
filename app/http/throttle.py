"""Spending a caller's budget, and remembering what is left for the answer's headers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from starlette.requests import HTTPConnection

from app.analytics.errors import RateLimitedError
from app.http.addresses import accountable_address
from app.http.ratelimit import TOO_MANY, Budget, RateLimiter
from app.http.services import Services
from app.settings import Settings

_ADDRESS_FACTOR: Final = 10

_GUESSES: Final = Budget("guess", requests=10, seconds=10)
_GUESSES_OF_ADDRESS: Final = Budget("guess:address", requests=100, seconds=10)


def spend(request: HTTPConnection, limiter: RateLimiter, budget: Budget, key: str) -> None:
    """Counts the request; raises RateLimitedError when the budget is used up."""
    allowance = limiter.spend(budget, key)
    request.scope.setdefault("state", {})["allowance"] = allowance
    if allowance.is_exceeded:
        raise RateLimitedError(TOO_MANY, allowance.reset_seconds)


def spend_of_address(
    request: HTTPConnection, limiter: RateLimiter, budget: Budget, address: str
) -> None:
    """Counts the request of someone yet unknown against ten times the budget of a client.

    Many clients may share an address, and someone else's requests must not use up a
    client's own budget.
    """
    wide = replace(
        budget, name=f"{budget.name}:address", requests=budget.requests * _ADDRESS_FACTOR
    )
    spend(request, limiter, wide, address)


def guess_of(request: HTTPConnection, services: Services) -> Callable[[str], None]:
    """Counts a secret of the client of an id that is about to be tried, right or wrong.

    A right one is tried every few minutes, so whoever tries many is guessing. Each client
    is counted apart: whoever shares an address with a guesser is kept out of nothing else
    than what is being guessed. Raises RateLimitedError.
    """

    def count(client_id: str) -> None:
        address = address_of(request, services.settings)
        spend(request, services.limiter, _GUESSES, f"{client_id}@{address}")
        spend(request, services.limiter, _GUESSES_OF_ADDRESS, address)

    return count


def address_of(request: HTTPConnection, settings: Settings) -> str:
    """Who asks, as well as it can be told without credentials."""
    socket_address = request.client.host if request.client else None
    return accountable_address(request.headers, socket_address, settings.trusted_proxies)
