"""Statements of streams: where the events are, and a portion of them as lines."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    func,
    or_,
    select,
)

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
from app.analytics.filters import EVERYTHING
from app.analytics.periods import TimeRange
from app.analytics.queries import Scope
from app.analytics.shapes import shown_fields
from app.analytics.sql import ops
from app.analytics.sql.kept import ANY_BOUNDS, Prepared, Statement, prepared
from app.analytics.sql.lines import line_expression
from app.analytics.sql.shared import rows_of
from app.analytics.sql.tables import EVENTS, PROFILES
from app.analytics.sql.where import events_frame, scoped, with_profiles
from app.analytics.streams import Stream, StreamKey, StreamOrder

_EVENT: Final = "event"
_PROFILE: Final = "profile"

_INSTANT, _TIE, _MOST = "after_instant", "after_tie", "most"
"""The parameters of a portion, besides its bounds."""


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


class LinesStatements:
    """The statements of a stream's portions, which are written once for all of them.

    Some hundred expressions may stand in one, and a stream has hundreds of portions.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._written: dict[tuple[bool, bool], Statement] = {}

    def of(self, span: TimeRange, after: StreamKey | None, limit: int | None) -> Prepared:
        """The events of `span` beyond `after`, at most `limit` of them, in the stream's order.

        Columns: the line, and the two parts of the event's key; then what `subject_of` reads.
        """
        kind = after is not None, limit is not None
        if kind not in self._written:
            self._written[kind] = _lines_statement(self._stream, *kind)
        others: dict[str, int | str] = {}
        if after is not None:
            others |= {_INSTANT: after.instant, _TIE: after.tie}
        if limit is not None:
            others[_MOST] = limit
        return prepared(self._written[kind], span, **others)


def _lines_statement(stream: Stream, goes_on: bool, is_limited: bool) -> Statement:  # noqa: FBT001
    scope = stream.scope
    rows = rows_of(stream.shape, scope, ANY_BOUNDS)
    events = rows.events
    frame = replace(events_frame(scope.project, scope.reach), tables={Source.EVENTS: events})
    created_at = events.c["created_at"]
    tie = events.c["position" if stream.order is StreamOrder.ARRIVAL else "id"]
    needed = (column.label(name) for name, column in _inputs(stream, events).items())
    statement = select(
        line_expression(stream.shape, frame, rows), created_at, tie, *needed
    ).select_from(events)
    needs_profiles = uses_profiles(shown_fields(stream.shape)) or any(
        map(reads_profiles, stream.rest)
    )
    if needs_profiles:
        statement = statement.select_from(with_profiles(events, events))
    newest = stream.order is StreamOrder.NEWEST
    if goes_on:
        instant = bindparam(_INSTANT, type_=created_at.type)
        last = bindparam(_TIE, type_=tie.type)
        bound = created_at <= instant if newest else created_at >= instant
        beyond = created_at < instant if newest else created_at > instant
        same = and_(created_at == instant, tie > last)
        # The bound alone lets the engine skip what lies before it.
        statement = statement.where(bound).where(or_(beyond, same))
    by_time = created_at.desc() if newest else created_at.asc()
    statement = statement.order_by(by_time, tie)
    return statement.limit(bindparam(_MOST, type_=BigInteger())) if is_limited else statement


def subject_of(stream: Stream, values: Sequence[Any]) -> Subject:
    """What the rest of the condition is about, from what stands behind a row's key."""
    columns: dict[str, Any] = {}
    profile: dict[str, Any] = {}
    for name, value in zip(_inputs(stream, EVENTS), values, strict=True):
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


def _inputs(stream: Stream, events: FromClause) -> dict[str, ColumnElement[Any]]:
    """The columns that the rest of the condition reads, in the order of their first use."""
    needed: dict[str, ColumnElement[Any]] = {}
    for node in (node for each in stream.rest for node in nodes(each)):
        match node:
            case ColumnValue(column, Owner.EVENT):
                needed[f"{_EVENT}.{column}"] = events.c[column]
            case ColumnValue(column, Owner.PROFILE):
                needed[f"{_PROFILE}.{column}"] = PROFILES.c[column]
            case Stored(_, Owner.EVENT):
                needed[f"{_EVENT}.properties"] = events.c["properties"]
            case Stored(_, Owner.PROFILE):
                needed[f"{_PROFILE}.properties"] = PROFILES.c["properties"]
            case Groups():
                needed[f"{_EVENT}.groups"] = events.c["groups"]
            case OccurredAt():
                needed[f"{_EVENT}.created_at"] = events.c["created_at"]
            case _:
                pass
    return needed
