"""Slices of several owners that were read together, taken apart again."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import attrgetter, itemgetter
from typing import TypeVar

from app.analytics.fields import Column
from app.analytics.queries import EventsQuery, SessionsQuery, Walk
from app.analytics.results import EventsResult, SessionsResult

Read = TypeVar("Read")


def events_of_each(
    query: EventsQuery, each: Column, found: EventsResult
) -> dict[str, EventsResult]:
    """The answers that questions for one owner alone would have, by owners that have events."""
    names, limit = found.rows.columns, query.page.limit
    owner, instant = itemgetter(names.index(each.name)), itemgetter(names.index("created_at"))
    return {
        key: EventsResult(
            found.range,
            replace(found.rows, rows=_shown(rows, query)),
            (instant(rows[0]), instant(rows[limit])) if len(rows) > limit else None,
        )
        for key, rows in _by(owner, found.rows.rows).items()
    }


def sessions_of_each(
    query: SessionsQuery, each: Column, found: SessionsResult
) -> dict[str, SessionsResult]:
    """The same of sessions."""
    owned = _by(attrgetter(each.name), found.sessions)
    return {
        key: SessionsResult(found.range, tuple(_shown(rows, query)), len(rows) > query.page.limit)
        for key, rows in owned.items()
    }


def _by(owner: Callable[[Read], str], rows: Iterable[Read]) -> dict[str, list[Read]]:
    owned: dict[str, list[Read]] = {}
    for row in rows:
        owned.setdefault(owner(row), []).append(row)
    return owned


def _shown(rows: list[Read], query: EventsQuery | SessionsQuery) -> list[Read]:
    shown = rows[: query.page.limit]
    return shown if query.walk is Walk.FORWARD else shown[::-1]
