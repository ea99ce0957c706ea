"""The few operations that engines spell differently.

Each is a Core construct whose parts are all clauses, so SQLAlchemy's statement cache
keys it rightly. How an engine spells it stands in `engines`.

# Trap: a construct with a plain Python attribute and `inherit_cache = True` silently
# runs the SQL of the first one compiled. Keep every part in `clauses`.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    Text,
    bindparam,
    literal_column,
)
from sqlalchemy.sql.functions import FunctionElement


class FloorDivide(FunctionElement[int]):
    """The whole part of non-negative `dividend` / `divisor`."""

    name = "floor_divide"
    type = BigInteger()
    inherit_cache = True


class WholeSum(FunctionElement[int]):
    """The sum of whole numbers, exact within 64 bits; beyond them it may be a float.

    Clauses: the numbers. NULL without any.
    """

    name = "whole_sum"
    type = BigInteger()
    inherit_cache = True


class PropertyText(FunctionElement[str]):
    """A JSON object's member as text; NULL where it is missing or null.

    Clauses: the JSON text, the member as a JSON pointer, the member as a JSON path.
    Only for names that mean the same in both.
    """

    name = "property_text"
    type = Text()
    inherit_cache = True


class PropertyAt(FunctionElement[str]):
    """Like PropertyText for any JSON pointer. Clauses: the JSON text, the pointer."""

    name = "property_at"
    type = Text()
    inherit_cache = True


class PropertyTexts(FunctionElement[str]):
    """The texts at a pattern as a JSON array. Clauses: the JSON text, the pattern, its paths."""

    name = "property_texts"
    type = Text()
    inherit_cache = True


class AnyElement(FunctionElement[bool]):
    """Whether a condition on `ELEMENT` holds for any text of a JSON array.

    Clauses: the array, the condition. Conditions hold no others of this kind.
    """

    name = "any_element"
    type = Boolean()
    inherit_cache = True


class HasAny(FunctionElement[bool]):
    """Whether a JSON array of texts has one that the subquery returns. Clauses: both."""

    name = "has_any"
    type = Boolean()
    inherit_cache = True


class ElementText(FunctionElement[str]):
    """The text of the `value` that `json_each` returns for a JSON array of texts."""

    name = "element_text"
    type = Text()
    inherit_cache = True


class LeastElement(FunctionElement[str]):
    """The first text of a JSON array by their order; NULL without any."""

    name = "least_element"
    type = Text()
    inherit_cache = True


class InstantIn(FunctionElement[int]):
    """The instant that a text tells, as `instants.parse_instant` reads it; else NULL."""

    name = "instant_in"
    type = BigInteger()
    inherit_cache = True


ELEMENT: Final = literal_column("element", Text())
"""The text that the condition of an `AnyElement` is about."""


class NumberIn(FunctionElement[float]):
    """The number that a text spells, as `numbers.parse_number` reads it; else NULL."""

    name = "number_in"
    type = Double[float]()
    inherit_cache = True


class Contains(FunctionElement[bool]):
    """Whether the first text contains the second."""

    name = "text_contains"
    type = Boolean()
    inherit_cache = True


class StartsWith(FunctionElement[bool]):
    """Whether the first text starts with the second."""

    name = "text_starts_with"
    type = Boolean()
    inherit_cache = True


class EndsWith(FunctionElement[bool]):
    """Whether the first text ends with the second."""

    name = "text_ends_with"
    type = Boolean()
    inherit_cache = True


class Matches(FunctionElement[bool]):
    """Whether the RE2 pattern finds something in the text. Clauses: text, pattern."""

    name = "text_matches"
    type = Boolean()
    inherit_cache = True


class Lower(FunctionElement[str]):
    """The text in small letters, of any alphabet."""

    name = "text_lower"
    type = Text()
    inherit_cache = True


class LatestBy(FunctionElement[str]):
    """The value in the group's row with the greatest key. Clauses: value, key.

    The statement must also select `max(key)`, and no other minimum or maximum.
    """

    name = "latest_by"
    type = Text()
    inherit_cache = True


class Gathered(FunctionElement[str]):
    """The group's whole numbers as a list, in any order; NULL is not among them."""

    name = "gathered"
    type = Text()
    inherit_cache = True


class FirstBeyond(FunctionElement[int]):
    """The smallest number of the list that is greater than the other; NULL without any.

    Clauses: a `Gathered` list, the number.
    """

    name = "first_beyond"
    type = BigInteger()
    inherit_cache = True


class Quantile(FunctionElement[float]):
    """The group's `numbers.quantile` at a share from 0 to 1. Clauses: number, share.

    NULL is no number of the group; NULL for a group without any.
    """

    name = "quantile"
    type = Double[float]()
    inherit_cache = True


class JsonText(FunctionElement[str]):
    """A text as a JSON string, quotes included; NULL stays NULL."""

    name = "json_text"
    type = Text()
    inherit_cache = True


class JsonNumber(FunctionElement[str]):
    """A number in JSON's form with all its digits, as text; NULL stays NULL."""

    name = "json_number"
    type = Text()
    inherit_cache = True


class JsonValue(FunctionElement[str]):
    """A text that is JSON, as a value of an object; NULL stays NULL."""

    name = "json_value_of"
    type = Text()
    inherit_cache = True


class JsonInstant(FunctionElement[str]):
    """UTC milliseconds as a JSON string in ISO 8601 with milliseconds and `Z`; NULL stays NULL."""

    name = "json_instant"
    type = Text()
    inherit_cache = True


class InstantText(FunctionElement[str]):
    """UTC milliseconds in ISO 8601 with milliseconds and `Z`; NULL stays NULL."""

    name = "instant_text"
    type = Text()
    inherit_cache = True


class MomentText(FunctionElement[str]):
    """UTC milliseconds in ISO 8601 with `+00:00`; NULL stays NULL.

    With microseconds, unless the second is a whole one.
    """

    name = "moment_text"
    type = Text()
    inherit_cache = True


class JsonObject(FunctionElement[str]):
    """A JSON object of texts, numbers and `JsonValue`s; NULL becomes null.

    Clauses: a key and its value, again and again.
    """

    name = "json_object_of"
    type = Text()
    inherit_cache = True


class Base64(FunctionElement[str]):
    """The UTF-8 of a text in URL-safe base64 without padding."""

    name = "base64_of"
    type = Text()
    inherit_cache = True


class Joined(FunctionElement[str]):
    """Texts one after the other; NULLs are left out."""

    name = "joined"
    type = Text()
    inherit_cache = True


def text(value: str) -> ColumnElement[str]:
    """A text parameter."""
    return bindparam(None, value, type_=Text(), unique=True)


def constant(value: str) -> ColumnElement[str]:
    """A text of ours that stands in the statement itself.

    Engines read long statements faster, and run them faster, than ones with as many parameters.
    """
    return bindparam(None, value, type_=Text(), unique=True, literal_execute=True)


def number(value: float) -> ColumnElement[float]:
    """A floating point parameter."""
    return bindparam(None, float(value), type_=Double(), unique=True)


def integer(value: int) -> ColumnElement[int]:
    """A 64-bit integer parameter."""
    return bindparam(None, value, type_=BigInteger(), unique=True)
