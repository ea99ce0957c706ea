"""Statements of streams: where the events are, and a portion of them as lines."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select

from app.analytics.expressions.evaluate import Subject
from app.analytics.expressions.tree import (
    ColumnValue,
    Groups,
    OccurredAt,
    Owner,
    Stored,
    nodes,
    reads_profiles,
)
from app.analytics.fields import Source, uses_profiles
from app.analytics.filters import EVERYTHING, mentioned_fields
from app.analytics.periods import TimeRange
from app.analytics.queries import Scope
from app.analytics.shapes import shown_fields
from app.analytics.sql import ops
from app.analytics.sql.lines import line_expression
from app.analytics.sql.tables import EVENTS, PROFILES
from app.analytics.sql.where import Statement, events_frame, scoped, with_profiles
from app.analytics.streams import Stream, StreamKey, StreamOrder

_EVENT: Final = "event"
_PROFILE: Final = "profile"


def extent_statement(scope: Scope) -> Statement:
    """The instants of the first and the last event of the scope's range, the filter aside."""
    statement = select(func.min(EVENTS.c.created_at), func.max(EVENTS.c.created_at))
    return scoped(statement, replace(scope, filter=EVERYTHING), Source.EVENTS)


def counts_statement(scope: Scope, width: int) -> Statement:
    """How many events each slice of `width` ms of the scope's range has, empty ones left out."""
    since = EVENTS.c.created_at - ops.integer(scope.range.start)
    place = ops.FloorDivide(since, ops.integer(width)).label("place")
    rows = scoped(select(place), scope, Source.EVENTS).subquery("rows")
    return select(rows.c.place, func.count()).group_by(rows.c.place)


def lines_statement(
    stream: Stream, span: TimeRange, after: StreamKey | None, limit: int | None
) -> Statement:
    """The events of `span` beyond `after`, at most `limit` of them, in the stream's order.

    Columns: the line, and the two parts of the event's key; then what `subject_of` reads.
    """
    scope = replace(stream.scope, range=span)
    frame = events_frame(scope.project, span.start)
    created_at = EVENTS.c.created_at
    tie = EVENTS.c.position if stream.order is StreamOrder.ARRIVAL else EVENTS.c.id
    needed = (column.label(name) for name, column in _inputs(stream).items())
    statement = select(line_expression(stream.shape, frame), created_at, tie, *needed)
    statement = scoped(statement, scope, Source.EVENTS)
    filtered_by_profile = uses_profiles(mentioned_fields(scope.filter))
    needs_profiles = uses_profiles(shown_fields(stream.shape)) or any(
        map(reads_profiles, stream.rest)
    )
    if needs_profiles and not filtered_by_profile:
        statement = statement.select_from(with_profiles(EVENTS, EVENTS))
    newest = stream.order is StreamOrder.NEWEST
    if after is not None:
        instant = ops.integer(after.instant)
        last = ops.text(after.tie) if isinstance(after.tie, str) else ops.integer(after.tie)
        bound = created_at <= instant if newest else created_at >= instant
        beyond = created_at < instant if newest else created_at > instant
        same = and_(created_at == instant, tie > last)
        # The bound alone lets the engine skip what lies before it.
        statement = statement.where(bound).where(or_(beyond, same))
    by_time = created_at.desc() if newest else created_at.asc()
    statement = statement.order_by(by_time, tie)
    return statement if limit is None else statement.limit(limit)


def subject_of(stream: Stream, values: Sequence[Any]) -> Subject:
    """What the rest of the condition is about, from what stands behind a row's key."""
    columns: dict[str, Any] = {}
    profile: dict[str, Any] = {}
    for name, value in zip(_inputs(stream), values, strict=True):
        owner, _, column = name.partition(".")
        (columns if owner == _EVENT else profile)[column] = value
    properties, theirs = columns.pop("properties", None), profile.pop("properties", None)
    return Subject(
        columns=columns,
        properties=orjson.loads(properties or "{}"),
        groups=tuple(orjson.loads(columns.pop("groups", None) or "[]")),
        profile_columns=profile,
        profile_properties=orjson.loads(theirs or "{}"),
    )


def _inputs(stream: Stream) -> dict[str, ColumnElement[Any]]:
    """The columns that the rest of the condition reads, in the order of their first use."""
    needed: dict[str, ColumnElement[Any]] = {}
    for node in (node for each in stream.rest for node in nodes(each)):
        match node:
            case ColumnValue(column, Owner.EVENT):
                needed[f"{_EVENT}.{column}"] = EVENTS.c[column]
            case ColumnValue(column, Owner.PROFILE):
                needed[f"{_PROFILE}.{column}"] = PROFILES.c[column]
            case Stored(_, Owner.EVENT):
                needed[f"{_EVENT}.properties"] = EVENTS.c["properties"]
            case Stored(_, Owner.PROFILE):
                needed[f"{_PROFILE}.properties"] = PROFILES.c["properties"]
            case Groups():
                needed[f"{_EVENT}.groups"] = EVENTS.c["groups"]
            case OccurredAt():
                needed[f"{_EVENT}.created_at"] = EVENTS.c["created_at"]
            case _:
                pass
    return needed
