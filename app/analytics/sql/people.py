"""Statements about profiles: who they are, and who of them was there when."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, case, func, null, or_, select, union_all

from app.analytics.fields import COLUMNS, Source
from app.analytics.filters import EVERYTHING
from app.analytics.plans import BucketKey, People
from app.analytics.presence import ProfileOrder
from app.analytics.queries import After, Scope, Walk
from app.analytics.sql import ops
from app.analytics.sql.buckets import bucket_expression
from app.analytics.sql.tables import EVENTS, PROFILES
from app.analytics.sql.where import Frame, Statement, events_frame, label_of, predicate, scoped

PROFILE_COLUMNS: Final = tuple(column.name for column in PROFILES.c if column.name != "project")
"""The columns of `profiles_statement`, in order."""


_KEYS: Final[Mapping[ProfileOrder, Sequence[tuple[str, bool]]]] = {
    ProfileOrder.NEWEST: (("created_at", True), ("id", False)),
    ProfileOrder.OLDEST: (("created_at", False), ("id", False)),
    ProfileOrder.FIRST_SEEN: (("created_at", True), ("id", True)),
    ProfileOrder.LAST_SEEN: (("last_seen_at", True), ("id", True)),
    ProfileOrder.ID: (("id", False),),
}
"""The columns that profiles are ordered by, and whether they descend."""


def profiles_statement(asked: People) -> Statement:
    """One slice of profiles, and one row more if there are others behind it."""
    people = _people()
    rows = select(*(people.c[name] for name in PROFILE_COLUMNS))
    rows = _those(rows, people, asked.scope)
    is_back = asked.walk is Walk.BACKWARD
    keys = [(people.c[name], descends is not is_back) for name, descends in _KEYS[asked.order]]
    if asked.after is not None:
        rows = rows.where(_beyond(keys, asked.after))
    order = [key.desc() if descends else key.asc() for key, descends in keys]
    return rows.order_by(*order).limit(asked.page.limit + 1).offset(asked.page.offset)


def _beyond(keys: Sequence[tuple[ColumnElement[Any], bool]], after: After) -> ColumnElement[bool]:
    """Whether a row lies behind that one in the order of the keys, of which the last is the id."""
    (key, descends), *others = keys
    told = ops.integer(after.instant) if others else ops.text(after.id)
    beyond = key < told if descends else key > told
    return or_(beyond, and_(key == told, _beyond(others, after))) if others else beyond


def profile_count_statement(scope: Scope) -> Statement:
    """How many profiles the scope holds."""
    people = _people()
    return _those(select(func.count()).select_from(people), people, scope)


def last_seen_statement(scope: Scope, key: BucketKey) -> Statement:
    """How many profiles were last seen in which bucket. Columns: its key, and how many."""
    people = _people()
    seen = bucket_expression(people.c.last_seen_at, key).label("seen")
    each = _those(select(seen), people, scope).subquery("each")
    return select(each.c.seen, func.count()).group_by(each.c.seen)


def active_statement(scope: Scope, key: BucketKey, length: int) -> Statement:
    """How many profiles become active on which day, and how many are so no longer.

    A profile is active on the days on which it has events, and on `length` - 1 days after each.
    Columns: the day's bucket key, and how many more (or less) are active from that day on.
    """
    frame = events_frame(scope.project, scope.range.start)
    profile = label_of(COLUMNS["profile_id"], frame).label("profile")
    rows = select(bucket_expression(EVENTS.c.created_at, key).label("day"), profile).distinct()
    cells = scoped(rows, scope, Source.EVENTS).subquery("cells")
    again = func.lead(cells.c.day).over(partition_by=cells.c.profile, order_by=cells.c.day)
    marked = (
        select(cells.c.day, again.label("again")).where(cells.c.profile.is_not(None)).cte("marked")
    )
    # Each of its days counts a profile anew, from where on the one before counts it no longer.
    over = marked.c.day + ops.integer(length)
    until = case((marked.c.again < over, marked.c.again), else_=over).label("until")
    ended = select(until).select_from(marked).subquery("ended")
    told = union_all(
        select(marked.c.day, func.count().label("more")).group_by(marked.c.day),
        select(ended.c.until, -func.count()).group_by(ended.c.until),
    ).subquery("told")
    return select(*told.c)


def _people() -> Subquery:
    """Profiles as rows that know their profile, as those of events do."""
    columns = (PROFILES.c.id.label("profile_id"), null().label("device_id"))
    return select(PROFILES, *columns).subquery("people")


def _those(rows: Statement, people: Subquery, scope: Scope) -> Statement:
    created_at = people.c.created_at
    rows = (
        rows.where(people.c.project == ops.integer(scope.project))
        .where(created_at >= ops.integer(scope.range.start))
        .where(created_at < ops.integer(scope.range.end))
    )
    if scope.filter == EVERYTHING:
        return rows
    tables: dict[Source, Any] = {Source.EVENTS: people}
    frame = Frame(Source.EVENTS, tables, scope.project, ops.integer(0), profiles=people)
    return rows.where(predicate(scope.filter, frame))
