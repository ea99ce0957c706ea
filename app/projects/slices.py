"""Slices of lists of events as lines: kept, and brought up to date by what came since.

Most of what is stored while somebody looks at a list is newer than all that the list shows,
or lies far behind it. Then only the newer rows are read, or written as they were stored
where they are few, and the rest is what it was.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, TypeAlias

from app.analytics import runner
from app.analytics.answers.steps import Steps
from app.analytics.event_row import EventRow
from app.analytics.filters import is_about_events_alone
from app.analytics.queries import EventsQuery, Listing, Moment, leads_back
from app.analytics.shapes import Shape
from app.analytics.sql.build import event_lines_statement
from app.projects.answer_cache import LineCache, lines_key
from app.projects.horizons import Horizons
from app.projects.newcomers import lines_of
from app.projects.streams import key_of
from app.stores.base import EventStore, Lines, Row

Settle: TypeAlias = Callable[[Steps[Listing]], Awaitable[Listing]]
"""Runs the statements that finding out which slice is meant takes."""


class Standing(Enum):
    """What a slice is after events have come."""

    SAME = auto()
    LONGER_IN_FRONT = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A slice of a list, and the shape of its lines."""

    query: EventsQuery
    shape: Shape
    moment: Moment
    settle: Settle


class Slices:
    """Reads slices of lists, and keeps the newest of them."""

    def __init__(self, store: EventStore, horizons: Horizons, timeout_seconds: float) -> None:
        self._store: Final = store
        self._horizons: Final = horizons
        self._timeout_seconds: Final = timeout_seconds
        self._cache: Final = LineCache()

    async def read(self, wanted: Wanted) -> Lines:
        """The slice; as it was kept, or with what came since, where that is all of it."""
        key = lines_key(wanted.query, wanted.shape, wanted.moment)
        if key is None:
            return await self._whole(wanted)
        generation = self._store.generation(wanted.query.project)
        older = self._cache.find(key)
        if older is not None and older[1] == generation:
            return older[0]
        lines = None if older is None else await self._renewed(wanted, *older)
        if lines is None:
            lines = await self._whole(wanted)
        self._cache.keep(key, generation, lines)
        return lines

    async def _renewed(self, wanted: Wanted, lines: Lines, generation: int) -> Lines | None:
        """The slice made of one of an older generation; None where it can't be."""
        query = wanted.query
        now = self._store.generation(query.project)
        came = self._store.arrivals(query.project, generation)
        if came is None or not is_about_events_alone(query.filter):
            return None
        match standing(query, lines, came):
            case Standing.SAME:
                return lines
            case Standing.LONGER_IN_FRONT:
                rows = self._store.newcomers(query.project, generation)
                newer = await self._in_front(wanted, lines, rows)
                # What came in the meantime may be in the one part and not in the other.
                is_now = self._store.generation(query.project) == now
                return newer.followed_by(lines, query.page.limit) if is_now else None
            case Standing.UNKNOWN:
                return None

    async def _in_front(
        self, wanted: Wanted, lines: Lines, rows: Sequence[EventRow] | None
    ) -> Lines:
        """What came in front of the slice, of these rows if all that came are known."""
        listing = await self._settled(wanted)
        step = 1 if listing.goes_back else -1
        front = replace(listing, horizon=_instant(lines.first) + step)
        written = None if rows is None else lines_of(rows, front, wanted.shape)
        return await self._fetch(front, wanted.shape) if written is None else written

    async def _whole(self, wanted: Wanted) -> Lines:
        listing = await self._settled(wanted)
        lines = await self._fetch(listing, wanted.shape)
        if listing.hides_some and not lines.beyond:
            # There may be others beyond it.
            lines = await self._fetch(replace(listing, horizon=None), wanted.shape)
        if lines.beyond:
            reach = _instant(lines.first), _instant(lines.beyond)
            self._horizons.learn(wanted.query, wanted.moment, reach)
        return lines

    async def _settled(self, wanted: Wanted) -> Listing:
        return await wanted.settle(runner.listed(wanted.query, wanted.moment))

    async def _fetch(self, listing: Listing, shape: Shape) -> Lines:
        statement = event_lines_statement(listing, shape)
        return await self._store.fetch_slice(statement, listing.page.limit, self._timeout_seconds)


def standing(query: EventsQuery, lines: Lines, came: Sequence[int]) -> Standing:
    """What the slice is after events have come at those instants (ms), in any order."""
    if not lines.count or query.page.offset:
        return Standing.SAME if not came else Standing.UNKNOWN
    # Turned round, every walk leads from large numbers to small ones.
    sign = 1 if leads_back(query.order, query.walk) else -1
    start = sign * (_instant(lines.first) if query.after is None else query.after.instant)
    end = sign * _instant(lines.beyond) if lines.beyond else None
    is_longer = False
    for instant in came:
        place = sign * instant
        if place > start:
            is_longer = is_longer or query.after is None
        elif end is None or place >= end:
            return Standing.UNKNOWN
    return Standing.LONGER_IN_FRONT if is_longer else Standing.SAME


def _instant(row: Row) -> int:
    return key_of(row).instant
