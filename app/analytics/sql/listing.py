"""Statements that list events and sessions themselves, and facts about them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select

from app.analytics.fields import Source
from app.analytics.queries import Listing, Scope, Walk
from app.analytics.shapes import Shape
from app.analytics.sql import ops
from app.analytics.sql.expressions import Rows
from app.analytics.sql.lines import line_expression
from app.analytics.sql.tables import EVENTS, SESSIONS
from app.analytics.sql.where import events_frame, scoped

Statement = Select[*tuple[Any, ...]]

EVENT_COLUMNS: Final = tuple(column.name for column in EVENTS.c)
_ALWAYS: Final = frozenset({"id", "created_at", "name"})

_WORTH_BOUNDING: Final = 10
"""Rows of a slice from which on its end is looked for first."""

_LINES_KEPT: Final = 256

_MERGING: Final = frozenset(
    column.name for column in list(SESSIONS.c)[SESSIONS.c.keys().index("anchor_position") :]
)
SESSION_COLUMNS: Final = tuple(
    column.name for column in SESSIONS.c if column.name not in _MERGING | {"duration"}
)
"""The stored columns that the Session record has."""


def event_columns(wanted: frozenset[str] | None) -> tuple[str, ...]:
    """The columns to read for these fields of the record, in the table's order."""
    if wanted is None:
        return EVENT_COLUMNS
    return tuple(name for name in EVENT_COLUMNS if name in wanted | _ALWAYS)


def events_statement(listing: Listing) -> Statement:
    """One slice of events, and one row more if there are others behind it.

    With `each`, such a slice of each of its values, one after the other.
    """
    names = event_columns(listing.columns)
    if listing.page.each is not None:
        return _of_each(names, listing, listing.page.each.name, EVENTS)
    return _events(select(*(EVENTS.c[name] for name in names)), listing)


def event_lines_statement(listing: Listing, shape: Shape) -> Statement:
    """The same events as lines of that shape, each with its sort key behind it."""
    line = _line(shape, listing.scope.project)
    return _events(select(line, EVENTS.c.created_at, EVENTS.c.id), listing)


@lru_cache(_LINES_KEPT)
def _line(shape: Shape, project: int) -> ColumnElement[str]:
    """The line; composing one takes about as long as a short list takes the engine.

    It looks nothing up that a time could bound, so that ranges which move on share it.
    """
    return line_expression(shape, events_frame(project, since=0), Rows())


def _events(statement: Statement, listing: Listing) -> Statement:
    statement = scoped(statement, listing.scope, Source.EVENTS)
    if listing.horizon is not None:
        statement = statement.where(_on_this_side(listing, ops.integer(listing.horizon)))
    elif listing.page.limit >= _WORTH_BOUNDING:
        statement = statement.where(_within_slice(listing))
    return _sliced(statement, listing, EVENTS)


def _on_this_side(listing: Listing, bound: ColumnElement[int]) -> ColumnElement[bool]:
    created_at = EVENTS.c.created_at
    return created_at >= bound if listing.goes_back else created_at <= bound


def _within_slice(listing: Listing) -> ColumnElement[bool]:
    """That the event is not beyond the slice's last instant.

    Finding that reads one narrow column; without it an engine carries every column of every
    event through its sorting.
    """
    created_at, goes_back = EVENTS.c.created_at, listing.goes_back
    instants = scoped(select(created_at), listing.scope, Source.EVENTS)
    # The last instant is the same in whatever order those of one instant stand, and engines
    # sort numbers several times as fast alone as with texts beside them.
    by_time = created_at.desc() if goes_back else created_at.asc()
    slice_ = _limited(instants, listing, EVENTS).order_by(by_time).subquery()
    last = func.min(slice_.c.created_at) if goes_back else func.max(slice_.c.created_at)
    return _on_this_side(listing, select(last).scalar_subquery())


def sessions_statement(listing: Listing) -> Statement:
    """One slice of sessions, and one row more if there are others behind it; `each` as there."""
    if listing.page.each is not None:
        return _of_each(SESSION_COLUMNS, listing, listing.page.each.name, SESSIONS)
    statement = select(*(SESSIONS.c[name] for name in SESSION_COLUMNS))
    return _sliced(scoped(statement, listing.scope, Source.SESSIONS), listing, SESSIONS)


def count_statement(scope: Scope, source: Source) -> Statement:
    """How many events or sessions the scope holds."""
    table = EVENTS if source is Source.EVENTS else SESSIONS
    return scoped(select(func.count()).select_from(table), scope, source)


def first_event_statement(project: int) -> Statement:
    """The instant of the project's first event; NULL without events."""
    return select(func.min(EVENTS.c.created_at)).where(EVENTS.c.project == ops.integer(project))


def _of_each(names: Sequence[str], listing: Listing, each: str, table: Table) -> Statement:
    """The rows of each value's slice, told apart by their places among the value's own."""
    source = Source.EVENTS if table is EVENTS else Source.SESSIONS
    place = func.row_number().over(partition_by=table.c[each], order_by=_order(listing, table))
    statement = select(*(table.c[name] for name in names), place.label("place"))
    placed = _behind_cursor(scoped(statement, listing.scope, source), listing, table).subquery()
    return (
        select(*(placed.c[name] for name in names))
        .where(placed.c.place <= ops.integer(listing.page.limit + 1))
        .order_by(placed.c[each], placed.c.place)
    )


def _sliced(statement: Statement, listing: Listing, table: Table) -> Statement:
    return _limited(statement, listing, table).order_by(*_order(listing, table))


def _order(listing: Listing, table: Table) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """By time and then by id, in the direction of the walk."""
    created_at, row_id = table.c["created_at"], table.c["id"]
    by_time = created_at.desc() if listing.goes_back else created_at.asc()
    by_id = row_id.asc() if listing.walk is Walk.FORWARD else row_id.desc()
    return by_time, by_id


def _limited(statement: Statement, listing: Listing, table: Table) -> Statement:
    """As many rows as the slice has and one more, from behind its cursor, in no order yet."""
    statement = _behind_cursor(statement, listing, table).limit(listing.page.limit + 1)
    return statement.offset(listing.page.offset) if listing.page.offset else statement


def _behind_cursor(statement: Statement, listing: Listing, table: Table) -> Statement:
    created_at, row_id = table.c["created_at"], table.c["id"]
    if listing.after is not None:
        goes_back, is_forward = listing.goes_back, listing.walk is Walk.FORWARD
        instant, last = ops.integer(listing.after.instant), ops.text(listing.after.id)
        beyond: ColumnElement[bool] = created_at < instant if goes_back else created_at > instant
        same = and_(created_at == instant, row_id > last if is_forward else row_id < last)
        # The bound alone lets the engine skip what lies before it.
        bound = created_at <= instant if goes_back else created_at >= instant
        statement = statement.where(bound).where(or_(beyond, same))
    return statement
