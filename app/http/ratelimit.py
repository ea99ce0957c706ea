"""Rate limits: the one door to slowapi."""

from dataclasses import dataclass
from typing import Final

from app.analytics.errors import RateLimitedError


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit of `requests` per `seconds`, counted apart for each name and key."""

    name: str
    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a budget after a request. `reset_seconds` is until it is whole again."""

    limit: int
    remaining: int
    reset_seconds: int
    is_exceeded: bool


class RateLimiter:
    """(being written)."""

    def spend(self, budget: Budget, key: str) -> Allowance:
        """Counts one request of `key` against the budget."""
        raise RateLimitedError(f"{budget.name} {key}", 1)


TOO_MANY: Final = "You have exceeded the rate limit for this endpoint."
