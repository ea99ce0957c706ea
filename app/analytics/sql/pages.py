"""The statement about pages: one pass over the views."""

from dataclasses import replace

from sqlalchemy import case, func, select

from app.analytics.fields import COLUMNS, Source, uses_profiles
from app.analytics.filters import EVERYTHING, leaves
from app.analytics.metrics import named
from app.analytics.optimize import placed
from app.analytics.queries import Listing
from app.analytics.records import SCREEN_VIEW
from app.analytics.sql import ops
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import (
    Statement,
    events_frame,
    label_of,
    predicate,
    scoped,
    with_profiles,
)

PAGE = (COLUMNS["origin"], COLUMNS["path"])
"""The labels of a page, in order."""


def pages_statement(listing: Listing) -> Statement:
    """Pages by their number of sessions, then by name.

    Columns: origin, path, sessions, views, mean milliseconds on the page, the title that
    arrived last, and the position of that arrival. A view lasts until its session's next
    view, of whatever page; the last one counts 0.
    """
    scope = listing.scope
    frame = events_frame(scope.project, scope.range.start)
    following = func.lead(EVENTS.c.created_at).over(
        partition_by=EVENTS.c.session_id, order_by=[EVENTS.c.created_at, EVENTS.c.position]
    )
    stay = func.coalesce(following - EVENTS.c.created_at, 0)
    titled = EVENTS.c.title != ops.text("")
    views = select(
        *(label_of(field, frame).label(field.name) for field in PAGE),
        label_of(COLUMNS["session_id"], frame).label("session_id"),
        # Views outside of sessions have no next one.
        case((EVENTS.c.session_id.is_not(None), stay)).label("stay"),
        case((titled, EVENTS.c.title)).label("title"),
        case((titled, EVENTS.c.position)).label("titled_at"),
        predicate(placed(scope.filter, Source.EVENTS), frame).label("counts"),
    )
    if uses_profiles(leaf.field for leaf in leaves(scope.filter)):
        views = views.select_from(with_profiles(EVENTS, EVENTS))
    # The scope's filter must not take away the views that end the stays on others.
    rows = scoped(views, replace(scope, filter=named(SCREEN_VIEW)), Source.EVENTS).subquery("views")
    origin, path = (rows.c[field.name] for field in PAGE)
    sessions = func.count(rows.c.session_id.distinct())
    statement = (
        select(
            origin,
            path,
            sessions,
            func.count(),
            func.avg(rows.c.stay),
            ops.LatestBy(rows.c.title, rows.c.titled_at),
            func.max(rows.c.titled_at),
        )
        .where(path.is_not(None))
        .group_by(origin, path)
        .order_by(sessions.desc(), origin.is_(None), origin, path)
        .limit(listing.page.limit)
        .offset(listing.page.offset)
    )
    return statement if scope.filter == EVERYTHING else statement.where(rows.c.counts)
