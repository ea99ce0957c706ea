"""The events of journeys, with the conditions that they meet."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, case, func, or_, select
from sqlalchemy.sql import false

from app.analytics.fields import Field, Source
from app.analytics.filters import EVERYTHING, Filter, leaves
from app.analytics.optimize import placed
from app.analytics.queries import Scope
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import (
    Frame,
    Statement,
    events_frame,
    label_of,
    predicate,
    scoped,
)

INSTANT = EVENTS.c.created_at
"""When an event happened."""


def meets(condition: Filter, frame: Frame) -> ColumnElement[bool]:
    """Whether an event meets the condition, by itself or through its session."""
    return predicate(placed(condition, Source.EVENTS), frame)


def journey_events(
    scope: Scope,
    per: Field,
    columns: Sequence[ColumnElement[Any]],
    condition: ColumnElement[bool] | None,
    fields: Iterable[Field],
) -> Statement:
    """The scope's events that belong to a journey and meet the condition.

    Columns: `journey`, `at` (ms), and the given ones. `fields` are all that these read.
    """
    journey = label_of(per, events_frame(scope.project, scope.range.start))
    statement = select(journey.label("journey"), INSTANT.label("at"), *columns)
    statement = statement.where(journey.is_not(None))
    if condition is not None:
        statement = statement.where(condition)
    return scoped(statement, scope, Source.EVENTS, (per, *fields))


def fields_in(conditions: Iterable[Filter]) -> list[Field]:
    """Every field that the conditions compare."""
    return [leaf.field for condition in conditions for leaf in leaves(condition)]


def instants_where(
    conditions: Sequence[Filter], frame: Frame, prefix: str
) -> list[ColumnElement[int]]:
    """For each condition the event's instant where it is met, else NULL; `prefix` and number."""
    return [
        case((meets(condition, frame), INSTANT)).label(f"{prefix}{number}")
        for number, condition in enumerate(conditions)
    ]


def meets_any(conditions: Sequence[Filter], frame: Frame) -> ColumnElement[bool] | None:
    """Whether an event meets any of the conditions; None where all events do."""
    if EVERYTHING in conditions:
        return None
    return or_(false(), *(meets(condition, frame) for condition in conditions))


def labels_of(fields: Sequence[Field], frame: Frame) -> list[ColumnElement[Any]]:
    """The fields' values, named `k0`, `k1` and so on."""
    return [label_of(field, frame).label(f"k{number}") for number, field in enumerate(fields)]


def first_of_each(
    rows: FromClause, order: Sequence[ColumnElement[Any]], one_per: Sequence[str] = ("journey",)
) -> Statement:
    """The first row in that order of each journey, with all its columns.

    `one_per` names the columns whose values are told once instead.
    """
    groups = [rows.c[name] for name in one_per]
    place = func.row_number().over(partition_by=groups, order_by=list(order))
    ranked = select(*rows.c, place.label("place")).subquery("ranked")
    return select(*(ranked.c[column.key] for column in rows.c)).where(ranked.c.place == 1)
