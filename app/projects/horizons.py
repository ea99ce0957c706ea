"""How far slices of lists reach: what the last one like it tells of where to look.

The newest thousand of ten million events lie in the last few hours. An engine that knows
so passes over all others, where it would have to look at each one's instant to find out.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from app.analytics.errors import InvalidQueryError
from app.analytics.periods import WeekStart
from app.analytics.queries import EventsQuery, Moment, leads_back
from app.analytics.ranges import ANY_TIME, resolve_range

_CAPACITY: Final = 512
_AS_GOOD_AS_NOW_MS: Final = 60_000
"""Callers tell the present as they knew it when they asked."""

_ROOM: Final = 2
"""How many times as far as the last slice another one behind a cursor is looked for."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """Where the slice at the front of the list ends, and how long slices are (ms)."""

    front: int | None
    length: int


class Horizons:
    """The reach of the newest lists, by what they list and how many rows of it.

    What is told may be wrong, since events come and go; whoever finds too few rows on this
    side of a horizon has to look beyond it.
    """

    def __init__(self) -> None:
        self._reaches: OrderedDict[tuple[str, int | None], _Reach] = OrderedDict()

    def __len__(self) -> int:
        return len(self._reaches)

    def find(self, query: EventsQuery, moment: Moment) -> int | None:
        """An instant beyond which the slice hardly lies; None if nothing like it is known."""
        reach = self._reaches.get(_key(query, moment))
        if reach is None or query.after is None:
            return None if reach is None else reach.front
        # An instant for each row at least, so that crowded ones don't lead nowhere.
        length = _ROOM * max(reach.length, query.page.limit)
        return query.after.instant + (-length if _goes_back(query) else length)

    def learn(self, query: EventsQuery, moment: Moment, reach: tuple[int, int]) -> None:
        """Takes in where a slice began, and where the row beyond it is (ms)."""
        key = _key(query, moment)
        known = self._reaches.get(key)
        start, beyond = reach
        front = known.front if known is not None else None
        if query.after is None:
            front = beyond
        self._reaches[key] = _Reach(front, abs(beyond - start))
        self._reaches.move_to_end(key)
        while len(self._reaches) > _CAPACITY:
            self._reaches.popitem(last=False)


def _key(query: EventsQuery, moment: Moment) -> tuple[str, int | None]:
    """Equal for lists of the same events that begin at the same end of time.

    Where their ranges end does not matter: what is before that lies on this side anyway.
    """
    bare = replace(query, range=ANY_TIME, after=None, columns=None)
    return repr(bare), _beginning(query, moment)


def _beginning(query: EventsQuery, moment: Moment) -> int | None:
    """The instant (ms) at which the list begins; None for now."""
    try:
        span = resolve_range(
            query.range, moment.now, query.zone or moment.zone, WeekStart.MONDAY, first_event_at=0
        )
    except InvalidQueryError:
        # Whoever answers tells what is wrong.
        return None
    if not _goes_back(query):
        return span.start
    return span.end if span.end < moment.now - _AS_GOOD_AS_NOW_MS else None


def _goes_back(query: EventsQuery) -> bool:
    return leads_back(query.order, query.walk)
