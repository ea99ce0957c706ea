"""Statements for pickers: which property names are in use."""

from typing import Any, assert_never

from sqlalchemy import Select, case, column, func, select, true

from app.analytics.catalog import PROPERTY_KINDS, Owner
from app.analytics.fields import Source
from app.analytics.queries import Scope
from app.analytics.sql import ops, value_ops
from app.analytics.sql.tables import EVENTS, GROUPS, PROFILES
from app.analytics.sql.where import Statement, scoped


def property_keys_statement(scope: Scope, owner: Owner, search: str, limit: int) -> Statement:
    """Top-level property names containing `search`, with how many owners have each.

    Then how many of their values are of each of `PROPERTY_KINDS`.
    """
    rows = _properties(scope, owner).subquery("rows")
    members = func.json_each(rows.c.properties).table_valued(
        column("key"), column("type"), name="members"
    )
    found = value_ops.MemberKind(members.c.type)
    counts = (func.count(case((found == ops.text(kind), 1))) for kind in PROPERTY_KINDS)
    statement = select(members.c.key, func.count().label("owners"), *counts).select_from(
        rows.join(members, true())
    )
    if search:
        statement = statement.where(
            ops.Contains(ops.Lower(members.c.key), ops.text(search.lower()))
        )
    statement = statement.group_by(members.c.key)
    return statement.order_by(func.count().desc(), members.c.key).limit(limit)


def _properties(scope: Scope, owner: Owner) -> Select[*tuple[Any, ...]]:
    """The properties of each of the owners; the scope's range and filter are of events."""
    match owner:
        case Owner.EVENT:
            return scoped(select(EVENTS.c.properties), scope, Source.EVENTS)
        case Owner.PROFILE | Owner.GROUP:
            table = PROFILES if owner is Owner.PROFILE else GROUPS
            mine = table.c.project == ops.integer(scope.project)
            return select(table.c.properties).where(mine)
        case _:
            assert_never(owner)
