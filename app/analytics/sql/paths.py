"""The statement about paths: which items stand at which step, and which follow which."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, and_, case, func, null, select, union_all

from app.analytics.filters import Filter
from app.analytics.journey_plans import Paths
from app.analytics.journeys import Repeats
from app.analytics.sql import ops
from app.analytics.sql.journeys import fields_in, journey_events, meets
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import Frame, Statement, events_frame, label_of


def paths_statement(paths: Paths) -> Statement:
    """The nodes, and the links between the nodes of one step and the next.

    Columns: the step, the item, the item of the next step, whether this is a link (1) or a
    node (0), how many paths go there, and the mean milliseconds that a link takes. The item
    NULL is any that has no node of its own.
    """
    steps = _named(_stepped(paths), paths).cte("steps")
    followed = select(
        steps.c.step,
        steps.c.item.label("source"),
        _next(steps.c.item, steps).label("target"),
        (_next(steps.c["at"], steps) - steps.c["at"]).label("wait"),
    ).cte("followed")
    ends = [followed.c.step, followed.c.source, followed.c.target]
    count = func.count().label("paths")
    links = (
        select(*ends, ops.integer(1).label("is_link"), count, func.avg(followed.c.wait))
        .where(followed.c.wait.is_not(None))
        .group_by(*ends)
    )
    node = [steps.c.step, steps.c.item]
    nodes = select(*node, null(), ops.integer(0), count, null()).group_by(*node)
    told = union_all(links, nodes).cte("told")
    return select(*told.c)


def _next(value: ColumnElement[Any], steps: CTE) -> ColumnElement[Any]:
    return func.lead(value).over(partition_by=steps.c.journey, order_by=steps.c.step)


def _items(paths: Paths) -> FromClause:
    """The events that have an item, numbered within their journey from 1 (`place`)."""
    frame = events_frame(paths.scope.project, paths.scope.range.start)
    item = label_of(paths.item, frame)
    marks = [
        _mark(condition, frame).label(name)
        for name, condition in (("begins", paths.start), ("ends", paths.end))
        if condition is not None
    ]
    conditions = [condition for condition in (paths.start, paths.end) if condition is not None]
    events = journey_events(
        paths.scope,
        paths.per,
        [EVENTS.c.position, item.label("item"), *marks],
        item.is_not(None),
        [paths.item, *fields_in(conditions)],
    ).cte("items")
    place = func.row_number().over(
        partition_by=events.c.journey, order_by=[events.c["at"], events.c.position]
    )
    return select(*events.c, place.label("place")).cte("places")


def _mark(condition: Filter, frame: Frame) -> ColumnElement[int]:
    return case((meets(condition, frame), 1), else_=0)


def _within(paths: Paths) -> FromClause:
    """The items from where their path begins to where it ends."""
    rows = _items(paths)
    if paths.start is not None:
        began = _first_place(rows, rows.c.begins == 1)
        marked = select(*rows.c, began.label("began")).cte("began")
        rows = select(*marked.c).where(marked.c.place >= marked.c.began).cte("after")
    if paths.end is not None:
        is_end = rows.c.ends == 1
        if paths.start is not None:
            is_end = and_(is_end, rows.c.place > rows.c.began)
        marked = select(*rows.c, _first_place(rows, is_end).label("ended")).cte("ended")
        rows = select(*marked.c).where(marked.c.place <= marked.c.ended).cte("before")
    return rows


def _first_place(rows: FromClause, where: ColumnElement[bool]) -> ColumnElement[int]:
    return func.min(case((where, rows.c.place))).over(partition_by=rows.c.journey)


def _stepped(paths: Paths) -> CTE:
    """The journeys' items with their step, as far as they belong to the path."""
    rows = _within(paths)
    if paths.repeats is Repeats.COLLAPSE:
        before = func.lag(rows.c.item).over(partition_by=rows.c.journey, order_by=rows.c.place)
        marked = select(*rows.c, before.label("before_it")).cte("repeats")
        rows = (
            select(*marked.c)
            .where(func.coalesce(marked.c.before_it != marked.c.item, True))
            .cte("changes")
        )
    order = rows.c.place.desc() if paths.is_from_end else rows.c.place
    number = func.row_number().over(partition_by=rows.c.journey, order_by=order)
    length = func.count().over(partition_by=rows.c.journey)
    counted = select(
        rows.c.journey, rows.c["at"], rows.c.item, number.label("number"), length.label("length")
    ).cte("counted")
    most = ops.integer(paths.steps)
    step = most - counted.c.number if paths.is_from_end else counted.c.number - 1
    chosen = select(counted.c.journey, counted.c["at"], counted.c.item, step.label("step")).where(
        counted.c.number <= most
    )
    if paths.start is not None and paths.end is not None:
        chosen = chosen.where(counted.c.length <= most)
    return chosen.cte("stepped")


def _named(stepped: CTE, paths: Paths) -> Statement:
    """The same rows, with only the top items of each step by name."""
    node = [stepped.c.step, stepped.c.item]
    rank = func.row_number().over(
        partition_by=stepped.c.step, order_by=[func.count().desc(), stepped.c.item]
    )
    ranked = select(*node, rank.label("rank")).group_by(*node).cte("ranked")
    own: ColumnElement[Any] = case((ranked.c.rank <= ops.integer(paths.top), stepped.c.item))
    return select(
        stepped.c.journey, stepped.c["at"], stepped.c.step, own.label("item")
    ).select_from(
        stepped.join(ranked, and_(ranked.c.step == stepped.c.step, ranked.c.item == stepped.c.item))
    )
