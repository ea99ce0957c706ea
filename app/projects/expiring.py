"""A bounded memory whose entries die."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from app.kit.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Expiring(Generic[K, V]):
    """Keeps up to `capacity` values for `lifetime_ms` each; the oldest leave first."""

    def __init__(self, clock: Clock, *, lifetime_ms: int, capacity: int) -> None:
        self._clock = clock
        self._lifetime_ms = lifetime_ms
        self._capacity = capacity
        self._kept: OrderedDict[K, tuple[int, V]] = OrderedDict()

    def find(self, key: K) -> V | None:
        """The value kept under the key, while it lives."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        stored_at, value = kept
        # A clock that was set back must not lengthen a life.
        if 0 <= self._clock.now_ms() - stored_at < self._lifetime_ms:
            return value
        del self._kept[key]
        return None

    def keep(self, key: K, value: V) -> None:
        """Keeps the value from now on."""
        self._kept.pop(key, None)
        self._kept[key] = (self._clock.now_ms(), value)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def forget(self, key: K) -> None:
        """Drops the value, if there is one."""
        self._kept.pop(key, None)
