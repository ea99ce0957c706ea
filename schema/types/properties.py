"""Properties of events and profiles: objects of any JSON, whole or in parts."""

from typing import Annotated

import strawberry

from app.analytics import records
from app.analytics.properties import at_pointer, pointers_of
from schema.definitions import given
from schema.scalars import Json

PropertyKeys = Annotated[
    list[str] | None,
    strawberry.argument(description="Only these keys, of the outermost level."),
]
PropertyKeyArgument = Annotated[
    str,
    strawberry.argument(description="The key; a dot leads into an object or a list."),
]


def properties_of(held: dict[str, records.Json], keys: list[str] | None) -> Json:
    """The object, or what it has of these keys."""
    keys = given(keys)
    return Json(held if keys is None else {key: held[key] for key in keys if key in held})


def property_of(held: dict[str, records.Json], key: str) -> Json | None:
    """The value at a key that may lead into objects and lists; None where there is none."""
    for place in pointers_of(key):
        value = at_pointer(held, place)
        if value is not None:
            return Json(value)
    return None
