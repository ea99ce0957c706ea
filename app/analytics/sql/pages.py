"""Statements about pages: how long people stay, and what a page is called."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from app.analytics.fields import COLUMNS, Source, uses_profiles
from app.analytics.filters import EVERYTHING, All, leaves
from app.analytics.metrics import named
from app.analytics.optimize import placed
from app.analytics.plans import Labels
from app.analytics.queries import Scope
from app.analytics.records import SCREEN_VIEW
from app.analytics.sql import ops
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import (
    Statement,
    among,
    events_frame,
    label_of,
    predicate,
    scoped,
    with_profiles,
)

PAGE = (COLUMNS["origin"], COLUMNS["path"])
"""The labels of a page, in order."""


def time_on_page_statement(scope: Scope, pages: Sequence[Labels]) -> Statement:
    """Origin, path and mean milliseconds on those pages.

    A view lasts until the session's next view, of whatever page; the last one counts 0.
    """
    frame = events_frame(scope.project, scope.range.start)
    following = func.lead(EVENTS.c.created_at).over(
        partition_by=EVENTS.c.session_id, order_by=[EVENTS.c.created_at, EVENTS.c.position]
    )
    views = select(
        *(label_of(field, frame).label(field.name) for field in PAGE),
        (following - EVENTS.c.created_at).label("pause"),
        predicate(placed(scope.filter, Source.EVENTS), frame).label("counts"),
    ).where(EVENTS.c.session_id.is_not(None))
    if uses_profiles(leaf.field for leaf in leaves(scope.filter)):
        views = views.select_from(with_profiles(EVENTS, EVENTS))
    everything = replace(scope, filter=All((named(SCREEN_VIEW),)))
    rows = scoped(views, everything, Source.EVENTS).subquery("views")
    labels = [rows.c[field.name] for field in PAGE]
    statement = select(*labels, func.avg(func.coalesce(rows.c.pause, 0)))
    statement = statement.where(among(labels, pages)).group_by(*labels)
    return statement if scope.filter == EVERYTHING else statement.where(rows.c.counts)


def titles_statement(scope: Scope, pages: Sequence[Labels]) -> Statement:
    """Origin, path and the title of the view of that page that arrived last."""
    frame = events_frame(scope.project, scope.range.start)
    labels = [label_of(field, frame) for field in PAGE]
    titled = select(
        *(label.label(field.name) for label, field in zip(labels, PAGE, strict=True)),
        EVENTS.c.title,
        EVENTS.c.position,
    ).where(EVENTS.c.title != ops.text(""), among(labels, pages))
    views = replace(scope, filter=All((named(SCREEN_VIEW), scope.filter)))
    rows = scoped(titled, views, Source.EVENTS).subquery("views")
    groups = [rows.c[field.name] for field in PAGE]
    latest = ops.LatestBy(rows.c.title, rows.c.position)
    return select(*groups, latest, func.max(rows.c.position)).group_by(*groups)
