"""Events as they are acknowledged: filtered, and sampled when there are too many."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from app.analytics.matching import Test
from app.analytics.records import Event
from app.ingest.broadcast import Broadcast

_SECOND: Final = 1.0
_WAITING: Final = 1_000


@dataclass(frozen=True, slots=True)
class Sampled:
    """An event, and how many matching ones before it were left out since the last one."""

    event: Event
    left_out: int


class Sampler:
    """Lets the first so many things of each second pass, and counts the others."""

    def __init__(self, most_per_second: int, monotonic: Callable[[], float]) -> None:
        self._most = most_per_second
        self._monotonic = monotonic
        self._began_at = monotonic()
        self._passed = 0
        self.left_out = 0

    def passes(self) -> bool:
        """Whether the next thing passes; one that does not is counted."""
        now = self._monotonic()
        if now - self._began_at >= _SECOND:
            self._began_at, self._passed = now, 0
        if self._passed < self._most:
            self._passed += 1
            return True
        self.left_out += 1
        return False

    def told(self) -> int:
        """How many were left out; they are not told again."""
        left_out, self.left_out = self.left_out, 0
        return left_out


async def events_as_they_come(
    news: Broadcast,
    project: int,
    test: Test,
    most_per_second: int,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[Sampled]:
    """The project's events that meet the test, from now on, at most so many each second."""
    sampler = Sampler(most_per_second, monotonic)
    waiting: deque[Sampled] = deque()
    wake = asyncio.Event()

    def listen(events: Sequence[Event]) -> None:
        for event in events:
            if event.project != project or not test(event):
                continue
            if len(waiting) >= _WAITING:
                sampler.left_out += 1
            elif sampler.passes():
                waiting.append(Sampled(event, sampler.told()))
        if waiting:
            wake.set()

    stop = news.listen(listen)
    try:
        while True:
            await wake.wait()
            wake.clear()
            while waiting:
                yield waiting.popleft()
    finally:
        stop()
