"""How much may go on at the same time, counted by name in this process."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from app.analytics.errors import RateLimitedError


class Slots:
    """Counts what is going on under each name."""

    def __init__(self) -> None:
        self._taken = Counter[str]()

    @contextmanager
    def one_of(self, name: str, most: int, refusal: RateLimitedError) -> Generator[None]:
        """While inside, one of the slots is taken; raises `refusal` when all of them are."""
        if self._taken[name] >= most:
            raise refusal
        self._taken[name] += 1
        try:
            yield
        finally:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]

    def taken(self, name: str) -> int:
        """How many slots of that name are taken."""
        return self._taken[name]
