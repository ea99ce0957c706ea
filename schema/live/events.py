"""Events as they are acknowledged: filtered, and sampled when there are too many."""

import asyncio
import math
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
_MADE_UP_FOR: Final = 3
"""How many pauses too long a one may have been for that."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """An event, and how many matching ones before it were left out since the last one."""

    event: Event
    left_out: int


class Sampler:
    """Lets at most so many things pass in any second, and counts the others.

    Where there are too many, those that pass are spread over the second: whoever tells
    hundreds of followers of each has to do a little all the time, and never all at once.
    """

    def __init__(self, most_per_second: int, monotonic: Callable[[], float]) -> None:
        self._most = most_per_second
        self._pause = _SECOND / most_per_second
        self._monotonic = monotonic
        self._passed = deque[float](maxlen=most_per_second)
        self._left_out_at = self._due_at = -math.inf
        self.left_out = 0

    def passes(self) -> bool:
        """Whether the next thing passes; one that does not is counted."""
        now = self._monotonic()
        while self._passed and now - self._passed[0] >= _SECOND:
            self._passed.popleft()
        is_crowded = now - self._left_out_at < _SECOND
        if len(self._passed) == self._most:
            # What the second has no room for is not made up for.
            self._due_at = max(self._due_at, now)
        elif now >= self._due_at or not is_crowded:
            self._passed.append(now)
            # Things come in clusters: a pause that was too long is made up for by short ones.
            self._due_at = max(self._due_at, now - _MADE_UP_FOR * self._pause) + self._pause
            return True
        self._left_out_at = now
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
