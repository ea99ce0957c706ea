"""Rate limits: the one door to slowapi."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from slowapi import Limiter

TOO_MANY: Final = "You have exceeded the rate limit for this endpoint."

IN_MEMORY: Final = "memory://"
"""Counts in this process alone."""

_COMPLAINT_SECONDS: Final = 60

_log = structlog.get_logger("rosetta.ratelimit")


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
    """Counts requests in windows that begin with a key's first request.

    Without a storage nothing is limited. A storage that fails lets everyone pass: what
    could not be counted is told once a minute.
    """

    def __init__(
        self,
        storage_url: str | None = IN_MEMORY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        # The strategy's cost does not grow with the limit, as a log of moments would.
        self._counter = (
            None
            if storage_url is None
            else Limiter(key_func=_no_key, storage_uri=storage_url, strategy="fixed-window").limiter
        )
        self._monotonic = monotonic
        self._uncounted = 0
        self._complained_at = -math.inf

    def spend(self, budget: Budget, key: str, amount: int = 1) -> Allowance:
        """Counts one request of `key`, or so many, against the budget; 0 only looks."""
        if self._counter is None:
            return _untouched(budget)
        item = _item(budget)
        try:
            is_within = self._counter.hit(item, key, cost=amount) if amount else True
            window = self._counter.get_window_stats(item, key)
        except Exception as error:  # noqa: BLE001 — each kind of storage has errors of its own.
            self._complain(error)
            return _untouched(budget)
        reset = min(max(1, math.ceil(window.reset_time - time.time())), budget.seconds)
        return Allowance(budget.requests, max(0, window.remaining), reset, not is_within)

    def _complain(self, error: Exception) -> None:
        self._uncounted += 1
        now = self._monotonic()
        if now - self._complained_at < _COMPLAINT_SECONDS:
            return
        self._complained_at = now
        _log.error(
            "Requests can't be counted; nobody is limited.",
            uncounted=self._uncounted,
            error=type(error).__name__,
        )
        self._uncounted = 0


def _no_key() -> str:
    """Keys are told with each request; none is taken from it."""
    return ""


def _untouched(budget: Budget) -> Allowance:
    return Allowance(budget.requests, budget.requests, budget.seconds, is_exceeded=False)


@lru_cache(maxsize=256)
def _item(budget: Budget) -> RateLimitItem:
    return RateLimitItemPerSecond(budget.requests, budget.seconds, namespace=budget.name)
