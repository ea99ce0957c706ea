"""The rows that an expression is about, and how properties of theirs are read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, FromClause, and_, func

from app.analytics.fields import Fan, Source
from app.analytics.filters import Filter
from app.analytics.properties import pointer, pointers_of
from app.analytics.sql import ops
from app.analytics.sql.tables import EVENTS, PROFILES, SESSIONS

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$ -]*")
"""Names that a JSON path can quote without escapes and that are never a list index."""

_TABLES: Final = {Source.EVENTS: EVENTS, Source.SESSIONS: SESSIONS}


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows that an expression is about.

    `tables` maps each source to its table in the FROM clause; a column that both have is
    taken from `primary`. `project` and `since` bound the look-ups in the other table.
    `profiles` stand beside the rows where a field of theirs is used. Each row has one value
    of what is in `fans`, and for groups, the group of that id beside it.
    """

    primary: Source
    tables: dict[Source, FromClause]
    project: int
    since: ColumnElement[int]
    profiles: FromClause = PROFILES
    fans: Mapping[Fan, ColumnElement[str]] = field(default_factory=dict[Fan, ColumnElement[str]])

    def column(self, name: str) -> ColumnElement[Any]:
        """The column of that name: the primary table's, else the other one's."""
        own = self.tables[self.primary].c
        if name == "session_id" and self.primary is Source.SESSIONS:
            return own["id"]
        if name in own:
            return own[name]
        return next(table.c[name] for table in self.tables.values() if name in table.c)

    def beside(self, source: Source) -> "Frame":
        """The frame of a look-up in that source's table, with the same bounds."""
        return Frame(source, {source: _TABLES[source]}, self.project, self.since)


Truth: TypeAlias = Callable[[Filter, Frame], ColumnElement[bool]]
"""Writes a condition as an expression that is true exactly where the condition is."""


def events_frame(project: int, since: int) -> Frame:
    """The frame of a statement over events alone."""
    return Frame(Source.EVENTS, {Source.EVENTS: EVENTS}, project, ops.integer(since))


def sessions_frame(project: int, since: int) -> Frame:
    """The frame of a statement over sessions alone."""
    return Frame(Source.SESSIONS, {Source.SESSIONS: SESSIONS}, project, ops.integer(since))


def with_profiles(rows: FromClause, owner: FromClause) -> FromClause:
    """The rows with the profile of each beside it, where there is one."""
    same = and_(PROFILES.c.id == owner.c["profile_id"], PROFILES.c.project == owner.c["project"])
    return rows.outerjoin(PROFILES, same)


def property_text(key: str, properties: ColumnElement[str]) -> ColumnElement[str]:
    """The text of the property called `key`: of that whole name, else the nested one."""
    if _PLAIN_KEY.fullmatch(key):
        return ops.PropertyText(properties, ops.text(pointer([key])), ops.text(f'$."{key}"'))
    places = [ops.PropertyAt(properties, ops.text(place)) for place in pointers_of(key)]
    return places[0] if len(places) == 1 else func.coalesce(*places)
