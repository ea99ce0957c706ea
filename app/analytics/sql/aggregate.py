"""Grouped statements: measures by bucket and labels."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, assert_never

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Subquery,
    and_,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from app.analytics.fields import Source, uses_profiles
from app.analytics.filters import EVERYTHING, leaves
from app.analytics.metrics import Calculated, Latest, Ratio, Value, measured_field
from app.analytics.periods import TimeRange
from app.analytics.plans import Aggregate, Part
from app.analytics.queries import ByLabel, ByMetric, Direction
from app.analytics.sql import ops
from app.analytics.sql.buckets import bucket_expression, cut_of
from app.analytics.sql.kept import ANY_BOUNDS, Bounds, Prepared, Statement, bounds_of, prepared
from app.analytics.sql.measures import is_idempotent, measure_input, measured
from app.analytics.sql.memberships import fanned
from app.analytics.sql.tables import EVENTS, SESSIONS
from app.analytics.sql.where import (
    Frame,
    among,
    label_of,
    predicate,
    with_profiles,
)
from app.analytics.thresholds import Relation, Threshold

_KEPT: Final = 128

_SOME_RANGE: Final = TimeRange(0, 0)
"""In place of the range of a plan that is kept; nothing reads it."""


def prepared_aggregate(plan: Aggregate) -> Prepared:
    """The statement of a plan, kept for the same plan of another range."""
    bucket = None if plan.bucket is None else cut_of(plan.bucket)
    statement = _statement_of(replace(plan, range=_SOME_RANGE, bucket=bucket))
    return prepared(statement, plan.range)


@lru_cache(_KEPT)
def _statement_of(plan: Aggregate) -> Statement:
    return aggregate_statement(plan, ANY_BOUNDS)


def aggregate_statement(plan: Aggregate, bounds: Bounds | None = None) -> Statement:
    """The statement of a plan: of its own range, or within these bounds.

    Columns, in order: `bucket` if the plan has one, `k0`… for the labels, `m0`… for the
    measures of all parts, and with a page `total`, the number of labels before slicing.
    """
    merged = merged_rows(plan, bounds)
    names = [column.key for column in merged.c]
    statement = select(*(merged.c[name] for name in names))
    statement = statement.where(*(_meets(plan, each, merged) for each in plan.having))
    if plan.page is not None:
        statement = statement.add_columns(func.count().over().label("total"))
        statement = statement.limit(plan.page.limit).offset(plan.page.offset)
    if plan.order is not None:
        statement = statement.order_by(*_ordering(plan, merged))
    return statement


def merged_rows(plan: Aggregate, bounds: Bounds | None = None) -> Subquery:
    """The groups with the measures of all parts, neither ordered nor sliced; bounds as there."""
    bounds = bounds or bounds_of(plan.range)
    selects = [_part_select(plan, index, bounds) for index in range(len(plan.parts))]
    if len(selects) == 1:
        return selects[0].subquery("merged")
    # Every part has at most one row for a group, so any aggregate passes its number on.
    together = union_all(*selects).subquery("parts")
    groups = [column for column in together.c if not column.key.startswith("m")]
    measures = [c for c in together.c if c.key.startswith("m")]
    statement = select(*groups, *(func.max(column).label(column.key) for column in measures))
    return (statement.group_by(*groups) if groups else statement).subquery("merged")


def _part_select(plan: Aggregate, index: int, bounds: Bounds) -> Statement:
    part = plan.parts[index]
    rows = _rows(plan, part, bounds)
    groups = [column for column in rows.c if column.key == "bucket" or column.key.startswith("k")]
    columns: list[ColumnElement[Any]] = []
    number = 0
    for other, each in enumerate(plan.parts):
        for position, measure in enumerate(each.measures):
            value = measured(measure, rows, position) if other == index else null()
            columns.append(value.label(f"m{number}"))
            number += 1
    # Without this, a statement that only counts rows would have no FROM clause.
    statement = select(*groups, *columns).select_from(rows)
    if plan.rolled_up:
        bucket, *labels = groups
        return statement.group_by(*labels, func.rollup(bucket))
    return statement.group_by(*groups) if groups else statement


def _rows(plan: Aggregate, part: Part, bounds: Bounds) -> Subquery:
    """The part's rows: group columns, and the input `v0`… of each measure that has one."""
    frame, source = _frame(plan, part, bounds.start)
    source, frame = fanned(source, frame, part.fans, predicate)
    started = frame.tables[part.source].c["created_at"]
    columns: list[ColumnElement[Any]] = []
    if plan.bucket is not None:
        columns.append(bucket_expression(started, plan.bucket).label("bucket"))
    keys = [label_of(key, frame) for key in plan.keys]
    columns += [key.label(f"k{index}") for index, key in enumerate(keys)]
    columns += [
        value.label(f"v{index}")
        for index, measure in enumerate(part.measures)
        if (value := measure_input(measure, frame)) is not None
    ]
    repeats = part.joined and part.source is Source.SESSIONS
    per_session = repeats and not all(map(is_idempotent, part.measures))
    if per_session:
        columns.append(frame.column("id").label("row_id"))
        columns += [frame.fans[fan].label(f"f{index}") for index, fan in enumerate(part.fans)]
    statement = select(*(columns or [literal_column("1").label("one")])).select_from(source)
    statement = (
        statement.where(frame.tables[part.source].c["project"] == ops.integer(plan.project))
        .where(started >= bounds.start)
        .where(started < bounds.end)
    )
    if part.condition != EVERYTHING:
        statement = statement.where(predicate(part.condition, frame))
    if plan.only is None:
        rows = statement.subquery(f"{part.source}_rows")
    elif any(isinstance(measure, Latest) for measure in part.measures):
        # Which row is a profile's newest is settled among those of all labels.
        every = statement.subquery(f"{part.source}_of_all_labels")
        labels = [every.c[f"k{index}"] for index in range(len(keys))]
        rows = select(every).where(among(labels, plan.only)).subquery(f"{part.source}_rows")
    else:
        rows = statement.where(among(keys, plan.only)).subquery(f"{part.source}_rows")
    return _one_per_session(rows) if per_session else rows


def _one_per_session(rows: Subquery) -> Subquery:
    """A session stands once for each label and fan, however many of its events have it."""
    groups = [column for column in rows.c if not column.key.startswith("v")]
    values = [column for column in rows.c if column.key.startswith("v")]
    inputs = (func.max(value).label(value.key) for value in values)
    return select(*groups, *inputs).group_by(*groups).subquery("sessions_once")


def _frame(plan: Aggregate, part: Part, since: ColumnElement[int]) -> tuple[Frame, FromClause]:
    own = EVENTS if part.source is Source.EVENTS else SESSIONS
    if not part.joined:
        return Frame(part.source, {part.source: own}, plan.project, since), _peopled(own, own, plan)
    same = and_(EVENTS.c.session_id == SESSIONS.c.id, EVENTS.c.project == SESSIONS.c.project)
    tables: dict[Source, FromClause] = {Source.EVENTS: EVENTS, Source.SESSIONS: SESSIONS}
    frame = Frame(part.source, tables, plan.project, since)
    if part.source is Source.EVENTS:
        return frame, _peopled(EVENTS.outerjoin(SESSIONS, same), own, plan)
    recent = and_(same, EVENTS.c.created_at >= since)
    return frame, _peopled(SESSIONS.join(EVENTS, recent), own, plan)


def _peopled(rows: FromClause, owner: FromClause, plan: Aggregate) -> FromClause:
    """The rows, with their profiles beside them where the plan asks for any."""
    conditions = [part.condition for part in plan.parts]
    conditions += [measure.where for part in plan.parts for measure in part.measures]
    fields = [leaf.field for condition in conditions for leaf in leaves(condition)]
    measured_fields = (measured_field(m) for part in plan.parts for m in part.measures)
    fields += [field for field in measured_fields if field is not None]
    return with_profiles(rows, owner) if uses_profiles([*plan.keys, *fields]) else rows


def _ordering(plan: Aggregate, merged: Subquery) -> list[ColumnElement[Any]]:
    labels = [merged.c[f"k{index}"] for index in range(len(plan.keys))]
    match plan.order:
        case ByMetric(index, direction):
            value = folded_column(plan, index, merged)
            absent_last = value.is_(None)
            first = [absent_last, _directed(value, direction)]
        case ByLabel(index, direction):
            first = [labels[index].is_(None), _directed(labels[index], direction)]
        case None:
            first = []
    return [*first, *(part for label in labels for part in (label.is_(None), label))]


def _meets(plan: Aggregate, threshold: Threshold, merged: Subquery) -> ColumnElement[bool]:
    value, limit = folded_column(plan, threshold.index, merged), ops.number(threshold.value)
    match threshold.relation:
        case Relation.GREATER:
            return value > limit
        case Relation.AT_LEAST:
            return value >= limit
        case Relation.LESS:
            return value < limit
        case Relation.AT_MOST:
            return value <= limit
        case _:
            assert_never(threshold.relation)


def _directed(value: ColumnElement[Any], direction: Direction) -> ColumnElement[Any]:
    return value.desc() if direction is Direction.DESCENDING else value.asc()


def folded_column(plan: Aggregate, index: int, merged: Subquery) -> ColumnElement[Any]:
    """The value of the plan's metric at that index for a row of `merged_rows`."""
    measures = [merged.c[f"m{number}"] for number in plan.columns[index]]
    match plan.metrics[index].fold:
        case Value(empty):
            return measures[0] if empty is None else func.coalesce(measures[0], empty)
        case Ratio(scale):
            whole = func.nullif(measures[1], 0)
            ratio = measures[0] * ops.number(1.0) / whole * ops.number(scale)
            return func.coalesce(ratio, ops.number(0.0))
        case Calculated():
            raise AssertionError("Nothing is ordered by a formula: resolving refuses it.")
        case _:
            assert_never(plan.metrics[index].fold)
