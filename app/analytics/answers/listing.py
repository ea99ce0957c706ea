"""Events, sessions and property names themselves."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from app.analytics.answers.seeking import sought
from app.analytics.answers.steps import Steps
from app.analytics.catalog import PROPERTY_KINDS, PropertyKeysQuery
from app.analytics.expressions.tree import Kind
from app.analytics.queries import (
    EventsQuery,
    Listing,
    Moment,
    SessionsQuery,
    Walk,
)
from app.analytics.records import Session
from app.analytics.resolve import resolve_listing, resolve_property_keys
from app.analytics.results import (
    EventRows,
    EventsResult,
    PropertyKey,
    PropertyKeysResult,
    SessionsResult,
)
from app.analytics.sql.build import (
    event_columns,
    events_statement,
    property_keys_statement,
    sessions_statement,
)
from app.analytics.sql.listing import SESSION_COLUMNS


def listed_events(query: EventsQuery, moment: Moment) -> Steps[Listing]:
    """Which slice of the events is asked for, told so that few rows have to be read for it."""
    return (yield from _found(resolve_listing(query, moment), moment))


def answer_events(query: EventsQuery, moment: Moment) -> Steps[EventsResult]:
    """A slice of the events, in the order asked for; with `each` all rows of all slices."""
    asked = resolve_listing(query, moment)
    if asked.page.each is not None:
        (rows,) = yield (events_statement(asked),)
        names = event_columns(asked.columns)
        return EventsResult(asked.scope.range, EventRows(asked.scope.project, names, rows))
    listing = yield from _found(asked, moment)
    names = event_columns(listing.columns)
    (rows,) = yield (events_statement(listing),)
    limit = listing.page.limit
    if listing.hides_some and len(rows) <= limit:
        # There may be others beyond it.
        (rows,) = yield (events_statement(replace(listing, horizon=None)),)
    found = rows[:limit] if listing.walk is Walk.FORWARD else rows[:limit][::-1]
    events = EventRows(listing.scope.project, names, found)
    place = names.index("created_at")
    reach = (rows[0][place], rows[limit][place]) if len(rows) > limit else None
    return EventsResult(asked.scope.range, events, reach)


def _found(asked: Listing, moment: Moment) -> Steps[Listing]:
    listing = yield from sought(asked)
    return listing if listing.page.offset else replace(listing, horizon=moment.horizon)


def answer_sessions(query: SessionsQuery, moment: Moment) -> Steps[SessionsResult]:
    """A slice of the sessions, in the order asked for; with `each` all rows of all slices."""
    listing = resolve_listing(query, moment)
    (rows,) = yield (sessions_statement(listing),)
    if listing.page.each is not None:
        return SessionsResult(listing.scope.range, tuple(map(session_of, rows)), has_more=False)
    limit = listing.page.limit
    found = rows[:limit] if listing.walk is Walk.FORWARD else rows[:limit][::-1]
    sessions = tuple(session_of(row) for row in found)
    return SessionsResult(listing.scope.range, sessions, len(rows) > limit)


def answer_property_keys(query: PropertyKeysQuery, moment: Moment) -> Steps[PropertyKeysResult]:
    """The property names in use."""
    scope = resolve_property_keys(query, moment)
    statement = property_keys_statement(scope, query.owner, query.search, query.limit)
    (rows,) = yield (statement,)
    return PropertyKeysResult(
        tuple(PropertyKey(str(key), int(count), _kinds(counts)) for key, count, *counts in rows)
    )


def _kinds(counts: Sequence[int]) -> tuple[Kind, ...]:
    by_kind = dict(zip(PROPERTY_KINDS, counts, strict=True))
    seen = (kind for kind, count in by_kind.items() if count)
    return tuple(sorted(seen, key=lambda kind: -by_kind[kind]))


def session_of(row: Sequence[Any]) -> Session:
    """The session of a row with the columns of `SESSION_COLUMNS`."""
    values: dict[str, Any] = dict(zip(SESSION_COLUMNS, row, strict=True))
    values["groups"] = tuple(orjson.loads(values["groups"]))
    return Session(**values)
