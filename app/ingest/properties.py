"""Properties as callers may send them: any JSON, within bounds that every store can keep."""

from typing import Final, TypeAlias

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json

MAX_DEPTH: Final = 16
"""Levels of objects and lists inside properties."""

MAX_VALUES: Final = 2_000
"""Values in the properties of one call, counted on every level."""

_Path: TypeAlias = tuple[str | int, ...]


def checked_properties(properties: dict[str, Json], path: _Path) -> dict[str, Json]:
    """The same properties, if they nest and number no more than allowed.

    Raises InvalidQueryError that names the place, which begins with `path`.
    """
    values = len(properties)
    waiting: list[tuple[_Path, int, Json]] = []
    for key, value in properties.items():
        if isinstance(value, dict | list):
            waiting.append(((*path, key), 1, value))
    while waiting:
        place, depth, container = waiting.pop()
        if depth >= MAX_DEPTH:
            raise InvalidQueryError.at(
                *place, message=f"Properties nest at most {MAX_DEPTH} levels deep."
            )
        inside = _inside(container)
        values += len(inside)
        if values > MAX_VALUES:
            break
        waiting.extend(
            ((*place, key), depth + 1, value)
            for key, value in inside
            if isinstance(value, dict | list)
        )
    if values > MAX_VALUES:
        raise InvalidQueryError.at(
            *path, message=f"At most {MAX_VALUES} property values can be sent at once."
        )
    return properties


def _inside(value: Json) -> list[tuple[str | int, Json]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
