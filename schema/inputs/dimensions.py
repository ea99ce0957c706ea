"""What a question can be about: fields of events and sessions, and event properties."""

from typing import Final, TypeAlias

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, Field, Property
from schema.definitions import choice_type
from schema.enums import EventField

Path: TypeAlias = tuple[str | int, ...]
"""Where in a field's arguments an input stands."""

_LONGEST_KEY: Final = 500


@choice_type
class DimensionInput:
    """A field to filter, group or measure by. Give exactly one of these."""

    field: EventField | None = strawberry.field(
        default=strawberry.UNSET, description="A field that every event or session has."
    )
    property: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="An event property by its key; a dot leads into an object or a list.",
    )


def field_of(dimension: DimensionInput, path: Path) -> Field:
    """The core's field; raises InvalidQueryError at `path` for a key that can't be one."""
    if dimension.field:
        return COLUMNS[dimension.field.value]
    key = dimension.property or ""
    if not 0 < len(key) <= _LONGEST_KEY:
        message = f"A property key has 1 to {_LONGEST_KEY} characters."
        raise InvalidQueryError.at(*path, "property", message=message)
    return Property(key)
