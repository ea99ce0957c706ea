"""Statements for pickers: which property names are in use."""

from typing import Any

from sqlalchemy import Select, column, func, select, true

from app.analytics.fields import Source
from app.analytics.queries import Scope
from app.analytics.sql import ops
from app.analytics.sql.tables import EVENTS
from app.analytics.sql.where import scoped


def property_keys_statement(scope: Scope, search: str, limit: int) -> Select[*tuple[Any, ...]]:
    """Top-level property names containing `search`, with how many events have each."""
    rows = scoped(select(EVENTS.c.properties), scope, Source.EVENTS).subquery("rows")
    members = func.json_each(rows.c.properties).table_valued(column("key"), name="members")
    statement = select(members.c.key, func.count().label("events")).select_from(
        rows.join(members, true())
    )
    if search:
        statement = statement.where(
            ops.Contains(ops.Lower(members.c.key), ops.text(search.lower()))
        )
    statement = statement.group_by(members.c.key)
    return statement.order_by(func.count().desc(), members.c.key).limit(limit)
