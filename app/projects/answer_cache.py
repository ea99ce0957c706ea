"""Answers that still hold: kept as long as nothing that they are made of has changed."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from app.analytics.errors import InvalidQueryError
from app.analytics.periods import TimeRange, WeekStart
from app.analytics.queries import EventsQuery, Moment, Query, SessionsQuery
from app.analytics.ranges import AllTime, Between, Relative, resolve_range
from app.kit.trees import nodes_of

Answer_co = TypeVar("Answer_co", covariant=True)

_CAPACITY: Final = 256
_MOST_ROWS: Final = 5_000
_RANGES: Final = (AllTime, Between, Relative, TimeRange)

CacheKey: TypeAlias = Hashable


@dataclass(frozen=True, slots=True)
class Answered(Generic[Answer_co]):
    """An answer, the instant (ms) at which it was computed, and whether it was kept since."""

    result: Answer_co
    computed_at: int
    is_cached: bool = False


class AnswerCache:
    """The newest answers in numbers, as of one generation of the event store."""

    def __init__(self) -> None:
        self._kept: OrderedDict[CacheKey, Answered[Any]] = OrderedDict()
        self._generation = -1

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: CacheKey, generation: int) -> Answered[Any] | None:
        """The answer, unless anything was stored since it was computed."""
        if generation != self._generation:
            self._kept.clear()
            self._generation = generation
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return Answered(kept.result, kept.computed_at, is_cached=True)

    def keep(self, key: CacheKey, generation: int, answered: Answered[Any], rows: int) -> None:
        """Keeps an answer that was begun in that generation, unless it is very large."""
        if generation != self._generation or rows > _MOST_ROWS:
            return
        self._kept[key] = answered
        while len(self._kept) > _CAPACITY:
            self._kept.popitem(last=False)


def cache_key(query: Query, moment: Moment) -> CacheKey | None:
    """What is equal for questions that mean the same; None for those that are not kept.

    A range such as "the last 7 days" counts as the instants that it means now.
    """
    if isinstance(query, EventsQuery | SessionsQuery):
        return None
    week_start: WeekStart = getattr(query, "week_start", WeekStart.MONDAY)
    zone = getattr(query, "zone", None) or moment.zone
    cohorts = tuple(sorted(moment.cohorts.items()))
    try:
        spans = tuple(
            resolve_range(node, moment.now, zone, week_start, first_event_at=0)
            for node in nodes_of((query, cohorts))
            if isinstance(node, _RANGES)
        )
    except InvalidQueryError:
        # Whoever answers tells what is wrong.
        return None
    # Trap: as values, 1 and 1.0 and True are equal; as texts they are not.
    return (repr(query), repr(cohorts), spans, zone.key)
