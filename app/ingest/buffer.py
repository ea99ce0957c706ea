"""What waits to be journalled: bounded, first in, first out."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.analytics.errors import OverloadedError, PayloadTooLargeError
from app.analytics.records import Event
from app.ingest.journal import ImportProgress, Told

RETRY_AFTER_SECONDS: Final = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of events: the position of the first, or how it was told before.

    Then nothing was kept now, and the position is 0.
    """

    position: int
    earlier: Told | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """Events that are acknowledged together; `receipt` comes when they are durable.

    `told` is for a single event that may be told again.
    """

    events: Sequence[Event]
    rows: Sequence[bytes]
    progress: ImportProgress | None
    told: Told | None
    receipt: "asyncio.Future[Receipt]"


class Buffer:
    """Submissions in the order of their arrival, at most `capacity` events of them."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._waiting: deque[Submission] = deque()
        self._events = 0
        self._is_closed = False
        self._changed = asyncio.Event()

    def put(self, submission: Submission) -> None:
        """Takes the submission whole or not at all.

        Raises OverloadedError when it is full or closed, PayloadTooLargeError when the
        submission alone is too large to ever fit.
        """
        if self._is_closed:
            raise OverloadedError("The server is stopping.", RETRY_AFTER_SECONDS)
        size = len(submission.events)
        if size > self._capacity:
            raise PayloadTooLargeError(f"At most {self._capacity} events fit into one request.")
        if self._events + size > self._capacity:
            raise OverloadedError(
                "Too many events are waiting to be stored; try again in a moment.",
                RETRY_AFTER_SECONDS,
            )
        self._waiting.append(submission)
        self._events += size
        self._changed.set()

    async def take(self) -> list[Submission]:
        """Everything that waits, once something does; nothing once it is closed and empty."""
        while not self._waiting and not self._is_closed:
            self._changed.clear()
            await self._changed.wait()
        taken = list(self._waiting)
        self._waiting.clear()
        self._events = 0
        return taken

    def close(self) -> None:
        """Takes no more; what waits can still be taken."""
        self._is_closed = True
        self._changed.set()
