"""Numbers of expressions: whatever can't be calculated is undefined, never an error."""

import math
from collections.abc import Callable
from typing import Any, Final

from app.analytics.expressions.tree import UNDEFINED, Second, Undefined, Value
from app.analytics.expressions.values import finite, is_number, second

_LONGEST_TEXT: Final = 1 << 24


def finite_or_undefined(value: float) -> Value:
    """The number, if it is one that JSON can hold."""
    return finite(value)


def add(left: Value, right: Value) -> Value:
    """The sum of numbers, texts one behind the other, or an instant that many seconds later."""
    match left, right:
        case str(), str():
            return left + right if len(left) + len(right) <= _LONGEST_TEXT else UNDEFINED
        case Second(seconds), _ if is_number(right):
            return _moved(seconds, right)
        case _, Second(seconds) if is_number(left):
            return _moved(seconds, left)
        case _:
            return _numeric(left, right, lambda one, other: one + other)


def subtract(left: Value, right: Value) -> Value:
    """The difference of numbers, or an instant that many seconds earlier."""
    if isinstance(left, Second) and is_number(right):
        number: Any = right
        return _moved(left.seconds, -number)
    return _numeric(left, right, lambda one, other: one - other)


def multiply(left: Value, right: Value) -> Value:
    """The product of numbers."""
    return _numeric(left, right, lambda one, other: one * other)


def divide(left: Value, right: Value) -> Value:
    """The quotient of numbers; undefined for a divisor of 0."""
    return _numeric(left, right, lambda one, other: one / other if other else math.nan)


def remainder(left: Value, right: Value) -> Value:
    """The rest of a division, with the dividend's sign; undefined for a divisor of 0."""
    return _numeric(left, right, lambda one, other: math.fmod(one, other) if other else math.nan)


def minimum(left: Value, right: Value) -> Value:
    """The smaller number."""
    return _numeric(left, right, min)


def maximum(left: Value, right: Value) -> Value:
    """The greater number."""
    return _numeric(left, right, max)


def negate(value: Value) -> Value:
    """The number with the other sign."""
    return _single(value, lambda number: -number)


def floor(value: Value) -> Value:
    """The greatest whole number that is not greater."""
    return _single(value, lambda number: float(math.floor(number)))


def ceiling(value: Value) -> Value:
    """The smallest whole number that is not smaller."""
    return _single(value, lambda number: float(math.ceil(number)))


def round_half_away(value: Value) -> Value:
    """The nearest whole number; of two, the one further from 0."""
    return _single(value, _rounded)


def _rounded(number: float) -> float:
    whole = float(math.trunc(number))
    return whole + math.copysign(1.0, number) if abs(number - whole) >= 0.5 else whole


def _single(value: Value, work: Callable[[float], float]) -> Value:
    if not is_number(value):
        return UNDEFINED
    number: Any = value
    return finite(work(float(number)))


def _numeric(left: Value, right: Value, work: Callable[[float, float], float]) -> Value:
    if not (is_number(left) and is_number(right)):
        return UNDEFINED
    one: Any = left
    other: Any = right
    return finite(work(float(one), float(other)))


def _moved(seconds: int, by: Any) -> Second | Undefined:  # noqa: ANN401  narrowed by the caller
    return second(seconds + float(by))
