"""Statements about profiles: who they are, and who of them was there when."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Subquery, Text, cast, column, func, literal, null, select

from app.analytics.fields import COLUMNS, Source
from app.analytics.filters import EVERYTHING
from app.analytics.plans import BucketKey
from app.analytics.queries import EventOrder, Listing, Scope
from app.analytics.sql import ops
from app.analytics.sql.buckets import bucket_expression
from app.analytics.sql.tables import EVENTS, PROFILES
from app.analytics.sql.where import Frame, Statement, events_frame, label_of, predicate, scoped

PROFILE_COLUMNS: Final = tuple(column.name for column in PROFILES.c if column.name != "project")
"""The columns of `profiles_statement`, in order."""


def profiles_statement(listing: Listing) -> Statement:
    """One slice of profiles, and one row more if there are others behind it."""
    people = _people()
    rows = select(*(people.c[name] for name in PROFILE_COLUMNS))
    rows = _those(rows, people, listing.scope)
    seen = people.c.created_at
    by_time = seen.desc() if listing.order is EventOrder.NEWEST else seen.asc()
    rows = rows.order_by(by_time, people.c.id).limit(listing.page.limit + 1)
    return rows.offset(listing.page.offset)


def profile_count_statement(scope: Scope) -> Statement:
    """How many profiles the scope holds."""
    people = _people()
    return _those(select(func.count()).select_from(people), people, scope)


def last_seen_statement(scope: Scope, midnights: Sequence[int]) -> Statement:
    """How many profiles were last seen after how many of the midnights.

    Columns: how many midnights came after that, and how many profiles; none for those that
    were seen after the last one.
    """
    people = _people()
    nights = func.json_each(literal(json.dumps(list(midnights)), Text())).table_valued(
        column("value"), name="nights"
    )
    night = cast(nights.c.value, BigInteger)
    passed = (
        select(func.count()).select_from(nights).where(night > people.c.last_seen_at)
    ).scalar_subquery()
    each = _those(select(passed.label("days")), people, scope).subquery("each")
    return select(each.c.days, func.count()).group_by(each.c.days).order_by(each.c.days)


def active_statement(scope: Scope, key: BucketKey, days: Sequence[int], length: int) -> Statement:
    """The profiles that were active in the `length` days up to each of `days`, bucket keys."""
    frame = events_frame(scope.project, scope.range.start)
    profile = label_of(COLUMNS["profile_id"], frame).label("profile")
    rows = select(bucket_expression(EVENTS.c.created_at, key).label("day"), profile).distinct()
    cells = scoped(rows, scope, Source.EVENTS).subquery("cells")
    wanted = func.json_each(literal(json.dumps(list(days)), Text())).table_valued(
        column("value"), name="wanted"
    )
    day = cast(wanted.c.value, BigInteger)
    within = (cells.c.day <= day) & (cells.c.day > day - ops.integer(length))
    joined = wanted.join(cells, within)
    found = select(day.label("day"), cells.c.profile).select_from(joined).subquery("found")
    return select(found.c.day, func.count(found.c.profile.distinct())).group_by(found.c.day)


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
