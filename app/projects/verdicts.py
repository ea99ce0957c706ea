"""What credentials turned out to be, remembered for a while."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import anyio

from app.kit.clock import Clock
from app.projects.expiring import Expiring

T = TypeVar("T")

LIFETIME_MS: Final = 5 * 60 * 1000
"""How long a verdict holds: a credential that is removed works for at most so long."""

_CAPACITY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Verdict(Generic[T]):
    """What the proof was good for; None when it was no proof."""

    proven: T | None


class Verdicts(Generic[T]):
    """Remembers good and bad outcomes under fingerprints, and judges each one once.

    Good and bad ones are kept apart: a flood of guesses can't push out the good ones.
    """

    def __init__(self, clock: Clock) -> None:
        self._good = Expiring[bytes, Verdict[T]](clock, lifetime_ms=LIFETIME_MS, capacity=_CAPACITY)
        self._bad = Expiring[bytes, Verdict[T]](clock, lifetime_ms=LIFETIME_MS, capacity=_CAPACITY)
        self._judging: dict[bytes, anyio.Event] = {}

    async def of(self, fingerprint: bytes, judge: Callable[[], Awaitable[T | None]]) -> T | None:
        """The remembered verdict, or what `judge` says now.

        Callers with the same fingerprint wait for the one who judges; when that one is
        cancelled or fails, the next judges.
        """
        while True:
            known = self._good.find(fingerprint) or self._bad.find(fingerprint)
            if known is not None:
                return known.proven
            judging = self._judging.get(fingerprint)
            if judging is None:
                return await self._judge(fingerprint, judge)
            await judging.wait()

    async def _judge(
        self, fingerprint: bytes, judge: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        done = self._judging[fingerprint] = anyio.Event()
        try:
            verdict = Verdict(await judge())
            (self._bad if verdict.proven is None else self._good).keep(fingerprint, verdict)
            return verdict.proven
        finally:
            del self._judging[fingerprint]
            done.set()
