"""Statements that list events and sessions themselves, and facts about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from app.analytics.fields import Source
from app.analytics.filters import EVERYTHING
from app.analytics.periods import TimeRange
from app.analytics.queries import After, Listing, Page, Scope, Walk
from app.analytics.shapes import Shape
from app.analytics.sql import ops
from app.analytics.sql.expressions import Rows
from app.analytics.sql.kept import ANY_BOUNDS, Bounds, Prepared, Value, bounds_of, prepared
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
    return _events(select(*(EVENTS.c[name] for name in names)), listing, _marks_of(listing))


def event_lines_statement(listing: Listing, shape: Shape) -> Prepared:
    """The same events as lines of that shape, each with its sort key behind it.

    The statement is kept for the same list of another range, place, horizon or length.
    """
    statement = _lines_statement(_form_of(listing), shape)
    values: dict[str, Value] = {_MOST: listing.page.limit + 1}
    if listing.horizon is not None:
        values[_HORIZON] = listing.horizon
    if listing.after is not None:
        values |= {_INSTANT: listing.after.instant, _TIE: listing.after.id}
    return prepared(statement, listing.scope.range, **values)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What tells one slice of a list from another, as expressions."""

    bounds: Bounds
    horizon: ColumnElement[int]
    instant: ColumnElement[int]
    tie: ColumnElement[str]
    most: ColumnElement[int]


_HORIZON, _INSTANT, _TIE, _MOST = "horizon", "after_instant", "after_tie", "most"
_ANY_MARKS: Final = _Marks(
    ANY_BOUNDS,
    bindparam(_HORIZON, type_=BigInteger()),
    bindparam(_INSTANT, type_=BigInteger()),
    bindparam(_TIE, type_=Text()),
    bindparam(_MOST, type_=BigInteger()),
)

_SOME_RANGE: Final = TimeRange(0, 0)
_SOME_PLACE: Final = After(0, "")


def _marks_of(listing: Listing) -> _Marks:
    after = listing.after or _SOME_PLACE
    return _Marks(
        bounds_of(listing.scope.range),
        ops.integer(listing.horizon or 0),
        ops.integer(after.instant),
        ops.text(after.id),
        ops.integer(listing.page.limit + 1),
    )


def _form_of(listing: Listing) -> Listing:
    """The listing with the same in place of whatever `_ANY_MARKS` stand for."""
    scope = listing.scope
    # Conditions alone look at where the range starts.
    since = None if scope.filter == EVERYTHING else scope.reach
    return replace(
        listing,
        scope=replace(scope, range=_SOME_RANGE, since=since),
        page=Page(min(listing.page.limit, _WORTH_BOUNDING), listing.page.offset),
        after=None if listing.after is None else _SOME_PLACE,
        columns=None,
        horizon=None if listing.horizon is None else 0,
    )


@lru_cache(_LINES_KEPT)
def _lines_statement(form: Listing, shape: Shape) -> Statement:
    line = line_expression(shape, events_frame(form.scope.project, since=0), Rows())
    statement = select(line, EVENTS.c.created_at, EVENTS.c.id)
    return _events(statement, form, _ANY_MARKS)


def _events(statement: Statement, listing: Listing, marks: _Marks) -> Statement:
    statement = scoped(statement, listing.scope, Source.EVENTS, bounds=marks.bounds)
    if listing.horizon is not None:
        statement = statement.where(_on_this_side(listing, marks.horizon))
    elif listing.page.limit >= _WORTH_BOUNDING:
        statement = statement.where(_within_slice(listing, marks))
    return _sliced(statement, listing, EVENTS, marks)


def _on_this_side(listing: Listing, bound: ColumnElement[int]) -> ColumnElement[bool]:
    created_at = EVENTS.c.created_at
    return created_at >= bound if listing.goes_back else created_at <= bound


def _within_slice(listing: Listing, marks: _Marks) -> ColumnElement[bool]:
    """That the event is not beyond the slice's last instant.

    Finding that reads one narrow column; without it an engine carries every column of every
    event through its sorting.
    """
    created_at, goes_back = EVENTS.c.created_at, listing.goes_back
    instants = scoped(select(created_at), listing.scope, Source.EVENTS, bounds=marks.bounds)
    # The last instant is the same in whatever order those of one instant stand, and engines
    # sort numbers several times as fast alone as with texts beside them.
    by_time = created_at.desc() if goes_back else created_at.asc()
    slice_ = _limited(instants, listing, EVENTS, marks).order_by(by_time).subquery()
    last = func.min(slice_.c.created_at) if goes_back else func.max(slice_.c.created_at)
    return _on_this_side(listing, select(last).scalar_subquery())


def sessions_statement(listing: Listing) -> Statement:
    """One slice of sessions, and one row more if there are others behind it; `each` as there."""
    if listing.page.each is not None:
        return _of_each(SESSION_COLUMNS, listing, listing.page.each.name, SESSIONS)
    statement = select(*(SESSIONS.c[name] for name in SESSION_COLUMNS))
    statement = scoped(statement, listing.scope, Source.SESSIONS)
    return _sliced(statement, listing, SESSIONS, _marks_of(listing))


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
    rows = scoped(statement, listing.scope, source)
    placed = _behind_cursor(rows, listing, table, _marks_of(listing)).subquery()
    return (
        select(*(placed.c[name] for name in names))
        .where(placed.c.place <= ops.integer(listing.page.limit + 1))
        .order_by(placed.c[each], placed.c.place)
    )


def _sliced(statement: Statement, listing: Listing, table: Table, marks: _Marks) -> Statement:
    return _limited(statement, listing, table, marks).order_by(*_order(listing, table))


def _order(listing: Listing, table: Table) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """By time and then by id, in the direction of the walk."""
    created_at, row_id = table.c["created_at"], table.c["id"]
    by_time = created_at.desc() if listing.goes_back else created_at.asc()
    by_id = row_id.asc() if listing.walk is Walk.FORWARD else row_id.desc()
    return by_time, by_id


def _limited(statement: Statement, listing: Listing, table: Table, marks: _Marks) -> Statement:
    """As many rows as the slice has and one more, from behind its cursor, in no order yet."""
    statement = _behind_cursor(statement, listing, table, marks).limit(marks.most)
    return statement.offset(listing.page.offset) if listing.page.offset else statement


def _behind_cursor(
    statement: Statement, listing: Listing, table: Table, marks: _Marks
) -> Statement:
    created_at, row_id = table.c["created_at"], table.c["id"]
    if listing.after is not None:
        goes_back, is_forward = listing.goes_back, listing.walk is Walk.FORWARD
        instant, last = marks.instant, marks.tie
        beyond: ColumnElement[bool] = created_at < instant if goes_back else created_at > instant
        same = and_(created_at == instant, row_id > last if is_forward else row_id < last)
        # The bound alone lets the engine skip what lies before it.
        bound = created_at <= instant if goes_back else created_at >= instant
        statement = statement.where(bound).where(or_(beyond, same))
    return statement
