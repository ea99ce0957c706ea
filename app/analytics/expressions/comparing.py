"""How values of expressions relate."""

from typing import Any

from app.analytics.expressions.tree import UNDEFINED, Kind, Second, Undefined, Value
from app.analytics.expressions.values import folded, kind_of


def are_equal(left: Value, right: Value) -> bool:
    """Whether both are of one kind and the same; capital and small letters don't differ."""
    kind = kind_of(left)
    if kind is not kind_of(right):
        return False
    one: Any = left
    other: Any = right
    match kind:
        case Kind.STRING:
            return folded(one) == folded(other)
        case Kind.NUMBER:
            return float(one) == float(other)
        case Kind.LIST:
            pairs = zip(one, other, strict=False)
            return len(one) == len(other) and all(are_equal(a, b) for a, b in pairs)
        case Kind.OBJECT:
            return one.keys() == other.keys() and all(
                are_equal(value, other[key]) for key, value in one.items()
            )
        case _:
            return bool(one == other)


def are_same(left: Value, right: Value) -> bool:
    """Whether both are texts and equal to the letter."""
    return isinstance(left, str) and left == right


def is_less(left: Value, right: Value) -> bool | Undefined:
    """Whether the left one comes before; undefined for kinds without an order."""
    keys = _keys(left, right)
    return UNDEFINED if keys is None else bool(keys[0] < keys[1])


def is_at_most(left: Value, right: Value) -> bool | Undefined:
    """Whether the left one doesn't come after; undefined for kinds without an order."""
    keys = _keys(left, right)
    return UNDEFINED if keys is None else bool(keys[0] <= keys[1])


def _keys(left: Value, right: Value) -> tuple[Any, Any] | None:
    """What the two are ordered by. Instants are ordered among numbers as their seconds."""
    if isinstance(left, str) and isinstance(right, str):
        return folded(left), folded(right)
    one, other = _amount(left), _amount(right)
    return None if one is None or other is None else (one, other)


def _amount(value: Value) -> float | None:
    match value:
        case bool():
            return None
        case int() | float():
            return float(value)
        case Second(seconds):
            return float(seconds)
        case _:
            return None


def is_in(part: Value, whole: Value) -> bool | Undefined:
    """Whether a text contains another one, or a list has an equal member."""
    if isinstance(whole, list):
        return any(are_equal(part, member) for member in whole)
    if isinstance(part, str) and isinstance(whole, str):
        return folded(part) in folded(whole)
    return UNDEFINED


def member(container: Value, key: Value) -> Value:
    """The member of an object by a text, or of a list by a whole number; else undefined."""
    if isinstance(container, dict) and isinstance(key, str):
        return container.get(key, UNDEFINED)
    if isinstance(container, list) and isinstance(key, int) and not isinstance(key, bool):
        return container[key] if 0 <= key < len(container) else UNDEFINED
    return UNDEFINED
