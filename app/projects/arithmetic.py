"""Adding to a number among a profile's properties."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeAlias

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json

Number: TypeAlias = int | float
"""A JSON number; never a truth value."""

_LARGEST: Final = 2**63 - 1
_LEADING_INTEGER: Final = re.compile(r"\s*([+-]?)0*([0-9]+)", re.ASCII)
_MOST_DIGITS: Final = 19


def with_added(properties: Mapping[str, Json], name: str, by: Number) -> dict[str, Json]:
    """The properties with `by` added to the one called `name`; the argument stays as it is.

    A dotted name means the property of exactly that name if there is one, else the nested
    one, whose objects are made where they are missing. Absent, null and empty count as 0.

    JSON numbers are added as the decimal numbers that they are written as: integers stay
    integers, and 0.1 three times is 0.3. A text is read as OpenPanel reads it, by the
    integer that it begins with: "12px" is 12 and "2.7" is 2, though the number 2.7 is 2.7.
    What the sum replaces is a number from then on.

    Raises InvalidQueryError for anything else, for a name with an empty part, and for a
    sum beyond 64 bits.
    """
    if properties.get(name) is not None:
        return {**properties, name: _sum(properties[name], by)}
    parts = name.split(".")
    if not all(parts):
        raise InvalidQueryError.at(
            "payload", "property", message="Each part of a property's name has a character."
        )
    return _with_added_at(properties, parts, by)


def _with_added_at(properties: Mapping[str, Json], parts: list[str], by: Number) -> dict[str, Json]:
    key, *rest = parts
    before = properties.get(key)
    if not rest:
        return {**properties, key: _sum(before, by)}
    if before is None:
        before = {}
    if not isinstance(before, dict):
        raise _not_a_number()
    return {**properties, key: _with_added_at(before, rest, by)}


def _sum(current: Json, by: Number) -> Number:
    known = _number_of(current)
    if isinstance(known, int) and isinstance(by, int):
        total: Number = known + by
    else:
        # Trap: binary fractions drift; what people see are the decimal ones.
        total = float(Decimal(repr(known)) + Decimal(repr(by)))
    if not math.isfinite(total) or abs(total) > _LARGEST:
        raise InvalidQueryError.at("payload", "value", message="The sum is out of range.")
    return total


def _number_of(value: Json) -> Number:
    if value is None or value == "":
        return 0
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    found = _LEADING_INTEGER.match(value) if isinstance(value, str) else None
    # Trap: Python refuses to read integers of thousands of digits, with another error.
    if found is None or len(found[2]) > _MOST_DIGITS:
        raise _not_a_number()
    return int(found[1] + found[2])


def _not_a_number() -> InvalidQueryError:
    return InvalidQueryError.at("payload", "property", message="Property value is not a number")
