"""How large the events are that this API's documents let callers import."""

from collections.abc import Iterator, Mapping
from typing import Final

from app.analytics.records import Json

MOST_PROPERTIES: Final = 254
"""Properties of an event, keys of an object inside, and items of a list alike."""

DEEPEST: Final = 3
"""Levels of objects inside properties."""

LONGEST_NAME: Final = 255
"""Characters of an event's name, of a property's, and of a `distinct_id`."""


def excesses(name: str, told: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What is too large about an event: the field and what is wrong with it."""
    if len(name) > LONGEST_NAME:
        yield "event", f"'event' is invalid: must have at most {LONGEST_NAME} characters"
    if len(str(told.get("distinct_id", ""))) > LONGEST_NAME:
        field = "properties.distinct_id"
        yield field, f"'{field}' is invalid: must have at most {LONGEST_NAME} characters"
    if len(told) > MOST_PROPERTIES:
        most = MOST_PROPERTIES + 1
        yield "properties", f"'properties' is invalid: must have fewer than {most} properties"
    for key, value in told.items():
        field = f"properties.{key[:LONGEST_NAME]}"
        if len(key) > LONGEST_NAME:
            yield field, f"a property's name must have at most {LONGEST_NAME} characters"
        reason = _excess_of(value)
        if reason is not None:
            yield field, f"'{field}' is invalid: {reason}"


def _excess_of(value: Json) -> str | None:
    waiting: list[tuple[Json, int]] = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if not isinstance(one, dict | list):
            continue
        if len(one) > MOST_PROPERTIES:
            return f"must have fewer than {MOST_PROPERTIES + 1} keys or items in each place"
        inside = one.values() if isinstance(one, dict) else one
        level = depth + isinstance(one, dict)
        if level > DEEPEST:
            return f"objects nest at most {DEEPEST} levels deep"
        waiting += ((each, level) for each in inside)
    return None
