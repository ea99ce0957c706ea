"""Questions about profiles by alias, asked under the profiles' own ids."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from app.analytics.fields import COLUMNS
from app.analytics.filters import Compare, Operator, leaves, rewritten
from app.analytics.queries import Query
from app.analytics.streams import StreamQuery

Named: TypeAlias = tuple[int, str]
"""A project's number and an id that a profile is called by."""

Roots: TypeAlias = Callable[[Collection[Named]], Awaitable[Mapping[Named, str]]]
"""Gives the own ids of the profiles behind those names that are aliases."""

Asked = TypeVar("Asked", bound=Query | StreamQuery)


async def under_own_ids(query: Asked, roots: Roots) -> Asked:
    """The question with profiles' own ids in place of their aliases.

    Everything is stored under a profile's own id, so the others would find nothing.
    """
    condition = query.filter
    named = {
        (query.project, value)
        for leaf in leaves(condition)
        if _names_profiles(leaf)
        for value in leaf.values
        if isinstance(value, str)
    }
    if not named:
        return query
    own = await roots(named)
    if not own:
        return query

    def change(leaf: Compare) -> Compare:
        if not _names_profiles(leaf):
            return leaf
        ids = (own.get((query.project, str(value)), value) for value in leaf.values)
        return replace(leaf, values=tuple(dict.fromkeys(ids)))

    # Every kind of question has a filter of the same type.
    asked: Any = query
    changed: Asked = replace(asked, filter=rewritten(condition, change))
    return changed


def _names_profiles(leaf: Compare) -> bool:
    return leaf.field == COLUMNS["profile_id"] and leaf.operator is Operator.EQUALS
