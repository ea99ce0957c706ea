"""What the lines of a stream have in common, worked out once for each row."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, select

from app.analytics.expressions.tree import Apply, Expression, Op, Stored, children, nodes
from app.analytics.fields import Source
from app.analytics.queries import Scope
from app.analytics.shapes import Computed, Member, Object, Shape, Spread
from app.analytics.sql import ops
from app.analytics.sql.expressions import Rows, column_of
from app.analytics.sql.kept import Bounds
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import scoped

_SELDOM: Final = "seldom_properties"

_BEFOREHAND: Final = frozenset({Op.HOST, Op.SCHEME, Op.TO_NUMBER})
"""What an engine works out once for each distinct value of a column, unless a choice is around;
and numbers, which the SQL that writes them mentions several times.
"""


def rows_of(shape: Shape, scope: Scope, bounds: Bounds) -> Rows:
    """The scope's events within the bounds as a subquery, and what else the shape needs of them."""
    computed = list(_computed(shape.parts))
    prefix = _hidden_prefix(shape.parts)
    properties = EVENTS.c.properties
    columns: list[ColumnElement[Any]] = [*EVENTS.c]
    if prefix:
        columns.append(case((_is_needed(prefix, computed), properties)).label(_SELDOM))
    events = scoped(select(*columns), scope, Source.EVENTS, bounds=bounds).subquery("events")
    rows = Rows(events, seldom=events.c[_SELDOM] if prefix else None, seldom_prefix=prefix)
    return _with_shared(rows, computed)


def _is_needed(prefix: str, computed: list[Computed]) -> ColumnElement[bool]:
    """Whether the properties hold one that is read and whose name begins with the prefix.

    A look at the text tells most rows apart, so that few have to be read as JSON.
    """
    stored = (node for each in computed for node in nodes(each.expression))
    keys = {str(node.path[0]) for node in stored if isinstance(node, Stored)}
    names = sorted(re.escape(key) for key in keys if key.startswith(prefix))
    text = EVENTS.c.properties
    begins = ops.Contains(text, ops.constant(f'"{prefix}'))
    return and_(begins, ops.Matches(text, ops.constant(f'"(?:{"|".join(names)})"')))


def _with_shared(rows: Rows, computed: list[Computed]) -> Rows:
    """The rows with what several of the expressions have in common as columns."""
    if not computed:
        return rows
    clock = computed[0].clock
    columns = {
        expression: column
        for expression in _shared([each.expression for each in computed])
        if (column := column_of(expression, rows, clock)) is not None
    }
    if not columns:
        return rows
    names = {expression: f"shared_{number}" for number, expression in enumerate(columns)}
    added = (column.label(names[expression]) for expression, column in columns.items())
    events = select(*rows.events.c, *added).subquery("events")
    return Rows(
        events,
        seldom=None if rows.seldom is None else events.c[_SELDOM],
        seldom_prefix=rows.seldom_prefix,
        known={expression: events.c[name] for expression, name in names.items()},
    )


def _shared(expressions: list[Expression]) -> list[Expression]:
    """The largest parts that stand in several places, and those that are cheap by the value."""
    counts = Counter(node for each in expressions for node in nodes(each))
    found: dict[Expression, None] = {}

    def look(expression: Expression) -> None:
        if isinstance(expression, Apply) and (
            counts[expression] > 1 or expression.op in _BEFOREHAND
        ):
            found[expression] = None
            return
        for child in children(expression):
            look(child)

    for each in expressions:
        look(each)
    return list(found)


def _computed(parts: "tuple[Member | Spread, ...]") -> Iterator[Computed]:
    for part in parts:
        match part:
            case Member(_, Computed() as value):
                yield value
            case Member(_, Object(inner)):
                yield from _computed(inner)
            case _:
                pass


def _hidden_prefix(parts: "tuple[Member | Spread, ...]") -> str:
    for part in parts:
        match part:
            case Spread(_, prefix) if prefix:
                return prefix
            case Member(_, Object(inner)) if prefix := _hidden_prefix(inner):
                return prefix
            case _:
                pass
    return ""
