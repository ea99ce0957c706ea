"""The events of journeys, with the conditions that they meet.

# Trap: SQLite's parser has a stack of a hundred. Statements here are chains of named parts
# side by side; as queries within queries, ten steps and a filter would overflow it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, func, or_, select
from sqlalchemy.sql import false

from app.analytics.fields import COLUMNS, Field, Source, fans_of
from app.analytics.filters import (
    EVERYTHING,
    All,
    Case,
    Compare,
    Filter,
    Operator,
    mentioned_fields,
)
from app.analytics.optimize import placed
from app.analytics.queries import Scope
from app.analytics.sql import ops
from app.analytics.sql.memberships import fanned
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import (
    Frame,
    Statement,
    events_frame,
    label_of,
    predicate,
    scoped,
    value_of,
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

    Columns: `journey`, `at` (ms), and the given ones. `fields` are all that these read. An
    event with several values of `per` belongs to several journeys.
    """
    frame = events_frame(scope.project, scope.range.start)
    fans = fans_of((per,))
    rows, frame = fanned(EVENTS, frame, fans, predicate) if fans else (None, frame)
    journey = value_of(per, frame)
    statement = select(journey.label("journey"), INSTANT.label("at"), *columns)
    # Without a function around it, an engine can look at the value while it reads.
    statement = statement.where(journey != ops.text(""))
    if condition is not None:
        statement = statement.where(condition)
    return scoped(statement, scope, Source.EVENTS, (per, *fields), rows=rows)


def fields_in(conditions: Iterable[Filter]) -> list[Field]:
    """Every field that the conditions compare."""
    return [field for condition in conditions for field in mentioned_fields(condition)]


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
    any_of = or_(false(), *(meets(condition, frame) for condition in conditions))
    names = [_names_in(condition) for condition in conditions]
    known = tuple(dict.fromkeys(name for each in names for name in each))
    if not all(names):
        return any_of
    # One comparison with all names lets an engine pass over what has none of them.
    named = meets(Compare(COLUMNS["name"], Operator.EQUALS, known), frame)
    is_plain = all(isinstance(condition, Compare) for condition in conditions)
    return named if is_plain else and_(named, any_of)


def _names_in(condition: Filter) -> tuple[str, ...]:
    """The names of which an event must have one to meet the condition; empty for any."""
    match condition:
        case Compare(field, Operator.EQUALS, values, Case.SENSITIVE):
            texts = tuple(value for value in values if isinstance(value, str))
            is_whole = field == COLUMNS["name"] and len(texts) == len(values)
            return texts if is_whole else ()
        case All(members):
            return next((names for member in members if (names := _names_in(member))), ())
        case _:
            return ()


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
    ranked = select(*rows.c, place.label("place")).cte()
    return select(*(ranked.c[column.key] for column in rows.c)).where(ranked.c.place == 1)
