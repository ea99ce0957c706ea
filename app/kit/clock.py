"""Where the time comes from: the system, or a fixed instant in tests."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""
        return time.time_ns() // 1_000_000


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is told to move."""

    instant_ms: int

    def now_ms(self) -> int:
        """The instant it was set to, in milliseconds since the Unix epoch."""
        return self.instant_ms

    def advance(self, milliseconds: int) -> None:
        """Moves the clock forward."""
        self.instant_ms += milliseconds
