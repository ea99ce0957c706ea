"""Telling of events as they are acknowledged, to whoever listens in this process."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import structlog

from app.analytics.records import Event

Listener: TypeAlias = Callable[[Sequence[Event]], None]
"""Is told of events that are durable now; must return at once and keep little."""

_log = structlog.get_logger("rosetta.broadcast")


class Broadcast:
    """Passes acknowledged events on, in the order of their arrival.

    What other processes acknowledge, such as imports, is not told.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def __len__(self) -> int:
        return len(self._listeners)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tells the listener of events from now on; what is returned ends that."""
        # Trap: a list is walked while others leave it, so it is replaced and never changed.
        self._listeners = [*self._listeners, listener]

        def stop() -> None:
            self._listeners = [one for one in self._listeners if one is not listener]

        return stop

    def tell(self, events: Sequence[Event]) -> None:
        """Tells every listener; one that fails keeps nobody from anything."""
        for listener in self._listeners:
            try:
                listener(events)
            except Exception:  # noqa: BLE001 — whatever it is, the others are told.
                _log.exception("A listener failed.")
