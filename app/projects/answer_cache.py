"""Answers that still hold: kept as long as nothing that they are made of has changed."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeAlias, TypeVar

from app.analytics.errors import InvalidQueryError
from app.analytics.periods import TimeRange, WeekStart
from app.analytics.queries import EventsQuery, Moment, Query, SessionsQuery
from app.analytics.ranges import AllTime, Between, Relative, resolve_range
from app.analytics.shapes import Shape
from app.kit.trees import nodes_of
from app.stores.base import Lines

Answer_co = TypeVar("Answer_co", covariant=True)
Thing = TypeVar("Thing")

_MOST_ANSWERS: Final = 256
_MOST_ROWS: Final = 5_000

_MOST_BYTES: Final = 32 << 20
_MOST_BYTES_OF_ONE: Final = _MOST_BYTES // 4
_OVERHEAD_BYTES: Final = 4_096
"""About what a slice takes besides its bytes, its key above all."""

_KEY_BYTES: Final = 200
"""About what the place and the key of a line take."""

_RANGES: Final = (AllTime, Between, Relative, TimeRange)

CacheKey: TypeAlias = Hashable


@dataclass(frozen=True, slots=True)
class Answered(Generic[Answer_co]):
    """An answer, the instant (ms) at which it was computed, and whether it was kept since."""

    result: Answer_co
    computed_at: int
    is_cached: bool = False


@dataclass(frozen=True, slots=True)
class _Held(Generic[Thing]):
    thing: Thing
    weight: int
    generation: int


class _Kept(Generic[Thing]):
    """The things used last, up to a weight in all, each true of one generation of its project."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._held: OrderedDict[CacheKey, _Held[Thing]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def find(self, key: CacheKey) -> tuple[Thing, int] | None:
        """The thing, and the generation that it is true of."""
        held = self._held.get(key)
        if held is None:
            return None
        self._held.move_to_end(key)
        return held.thing, held.generation

    def keep(self, key: CacheKey, generation: int, thing: Thing, weight: int) -> None:
        """Keeps what was begun in that generation, in place of what is older."""
        known = self._held.pop(key, None)
        if known is not None:
            self._weight -= known.weight
        self._held[key] = _Held(thing, weight, generation)
        self._weight += weight
        while self._weight > self._most:
            _, lost = self._held.popitem(last=False)
            self._weight -= lost.weight


class AnswerCache:
    """The newest answers in numbers."""

    def __init__(self) -> None:
        self._kept = _Kept[Answered[Any]](_MOST_ANSWERS)

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: CacheKey, generation: int) -> Answered[Any] | None:
        """The answer, unless anything of its project was stored since it was computed."""
        kept = self._kept.find(key)
        if kept is None or kept[1] != generation:
            return None
        return Answered(kept[0].result, kept[0].computed_at, is_cached=True)

    def keep(self, key: CacheKey, generation: int, answered: Answered[Any], rows: int) -> None:
        """Keeps an answer that was begun in that generation, unless it is very large."""
        if rows <= _MOST_ROWS:
            self._kept.keep(key, generation, answered, 1)


class LineCache:
    """The newest slices of lists as bytes that are ready to be sent, up to 32 MiB of them."""

    def __init__(self) -> None:
        self._kept = _Kept[Lines](_MOST_BYTES)

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: CacheKey) -> tuple[Lines, int] | None:
        """The slice, and the generation of its project in which reading it began."""
        return self._kept.find(key)

    def keep(self, key: CacheKey, generation: int, lines: Lines) -> None:
        """Keeps a slice that was begun in that generation, unless it is very large."""
        size = lines.size
        if size <= _MOST_BYTES_OF_ONE:
            weight = size + lines.count * _KEY_BYTES + _OVERHEAD_BYTES
            self._kept.keep(key, generation, lines, weight)


def lines_key(query: EventsQuery, shape: Shape, moment: Moment) -> CacheKey | None:
    """What is equal for slices of the same events in the same shape.

    Constants of the shape have to be texts: other values may be equal without being the same.
    """
    # The shape tells the columns.
    meaning = _meaning_of(replace(query, columns=None), moment)
    return None if meaning is None else (meaning, shape)


def cache_key(query: Query, moment: Moment) -> CacheKey | None:
    """What is equal for questions that mean the same; None for those that are not kept.

    A range such as "the last 7 days" counts as the instants that it means now.
    """
    if isinstance(query, EventsQuery | SessionsQuery):
        return None
    return _meaning_of(query, moment)


def _meaning_of(query: Query, moment: Moment) -> CacheKey | None:
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
