"""Slices of several owners that were read together, taken apart again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from typing import Generic, TypeVar

from app.analytics.fields import Column
from app.analytics.queries import EventsQuery, SessionsQuery, Walk
from app.analytics.results import EventsResult, SessionsResult

Read = TypeVar("Read")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Slices(Generic[Result]):
    """The answers that questions for one owner alone would have."""

    filled: dict[str, Result]
    empty: Result
    """The answer of every owner without rows."""

    def of(self, owner: str) -> Result:
        """The owner's own answer."""
        return self.filled.get(owner, self.empty)


def events_of_each(query: EventsQuery, each: Column, found: EventsResult) -> Slices[EventsResult]:
    """The slice of each owner among the events that were read of all."""
    names, limit = found.rows.columns, query.page.limit
    owner, instant = itemgetter(names.index(each.name)), itemgetter(names.index("created_at"))
    filled = {
        key: EventsResult(
            found.range,
            replace(found.rows, rows=_shown(rows, query)),
            (instant(rows[0]), instant(rows[limit])) if len(rows) > limit else None,
        )
        for key, rows in _by(owner, found.rows.rows).items()
    }
    return Slices(filled, replace(found, rows=replace(found.rows, rows=())))


def sessions_of_each(
    query: SessionsQuery, each: Column, found: SessionsResult
) -> Slices[SessionsResult]:
    """The same of sessions."""
    owned = _by(attrgetter(each.name), found.sessions)
    filled = {
        key: SessionsResult(found.range, tuple(_shown(rows, query)), len(rows) > query.page.limit)
        for key, rows in owned.items()
    }
    return Slices(filled, replace(found, sessions=()))


def _by(owner: Callable[[Read], str], rows: Iterable[Read]) -> dict[str, list[Read]]:
    owned: dict[str, list[Read]] = {}
    for row in rows:
        owned.setdefault(owner(row), []).append(row)
    return owned


def _shown(rows: list[Read], query: EventsQuery | SessionsQuery) -> list[Read]:
    shown = rows[: query.page.limit]
    return shown if query.walk is Walk.FORWARD else shown[::-1]
