"""Fields of which a row has several values: groups, and properties that a pattern leads to.

A comparison holds if it does for any of the values. Where each value needs a row of its
own, rows are fanned out and the frame knows the one value of each.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, column, func, select, true

from app.analytics.fields import (
    GROUPS,
    Cast,
    Field,
    GroupColumn,
    GroupProperty,
    PropertyPattern,
    Source,
    base_of,
)
from app.analytics.filters import Compare, Operator
from app.analytics.properties import paths_of
from app.analytics.sql import ops, tables
from app.analytics.sql.comparisons import cast_as, comparison, is_empty
from app.analytics.sql.frames import Frame, property_text

Many = PropertyPattern | GroupColumn | GroupProperty


def any_of(compare: Compare, frame: Frame) -> ColumnElement[bool]:
    """Whether the comparison holds for any of the row's values of the field."""
    field = compare.field
    if compare.operator is Operator.IS_EMPTY:
        return _any(field, frame, Compare(field, Operator.IS_EMPTY)).is_not(true())
    return _any(field, frame, compare)


def _any(field: Field, frame: Frame, compare: Compare) -> ColumnElement[bool]:
    base = base_of(field)
    if isinstance(base, PropertyPattern):
        array, value = _array(base.name, frame), ops.ELEMENT
    elif base == GroupColumn("id", "Group id"):
        array, value = _array(GROUPS, frame), ops.ELEMENT
    else:
        groups = tables.GROUPS
        condition = _condition(compare, _value_in_group(base, groups))
        meeting = select(groups.c.id).where(groups.c.project == ops.integer(frame.project))
        found = meeting.where(condition).correlate(None).scalar_subquery()
        return ops.HasAny(_array(GROUPS, frame), found)
    return ops.AnyElement(array, _condition(compare, value))


def _condition(compare: Compare, value: ColumnElement[Any]) -> ColumnElement[bool]:
    field = compare.field
    if isinstance(field, Cast):
        value = cast_as(field.type, value)
    if compare.operator is Operator.IS_EMPTY:
        # What is looked for is a value that is there.
        return is_empty(field, value).is_not(true())
    return comparison(compare, value)


def value_of_one(field: Many, frame: Frame) -> ColumnElement[Any]:
    """The row's one value of the field; where rows are not fanned out, that of the first.

    The first text of a pattern, and the group with the first id.
    """
    fan = field.name if isinstance(field, PropertyPattern) else GROUPS
    element = frame.fans.get(fan)
    if element is None:
        element = ops.LeastElement(_array(fan, frame))
        groups = tables.GROUPS.alias()
        if not isinstance(field, PropertyPattern) and field != GroupColumn("id", "Group id"):
            value = select(_value_in_group(field, groups)).where(_same(groups, element, frame))
            return value.scalar_subquery()
    if isinstance(field, PropertyPattern) or field == GroupColumn("id", "Group id"):
        return element
    return _value_in_group(field, tables.GROUPS)


def fanned(rows: FromClause, frame: Frame, fan: str, name: str) -> tuple[FromClause, Frame]:
    """The rows once for each of their values of the fan, and the frame that knows them.

    `name` is what the values are called in the statement.
    """
    elements = func.json_each(_array(fan, frame)).table_valued(column("value"), name=name)
    rows = rows.outerjoin(elements, true())
    element = ops.ElementText(elements.c.value)
    frame = replace(frame, fans={**frame.fans, fan: element})
    if fan == GROUPS:
        rows = rows.outerjoin(tables.GROUPS, _same(tables.GROUPS, element, frame))
    return rows, frame


def _same(groups: FromClause, element: ColumnElement[str], frame: Frame) -> ColumnElement[bool]:
    return and_(groups.c["project"] == ops.integer(frame.project), groups.c["id"] == element)


def _value_in_group(field: Field, groups: FromClause) -> ColumnElement[Any]:
    match field:
        case GroupColumn(name):
            return groups.c[name]
        case GroupProperty(key):
            return property_text(key, groups.c["properties"])
        case _:
            raise TypeError(field)


def _array(fan: str, frame: Frame) -> ColumnElement[str]:
    """The row's values as a JSON array of texts."""
    if fan == GROUPS:
        return frame.column("groups")
    pattern = fan.removeprefix("properties.")
    paths = [ops.text(path) for path in paths_of(pattern)]
    properties = frame.tables[Source.EVENTS].c["properties"]
    return ops.PropertyTexts(properties, ops.text(pattern), *paths)
