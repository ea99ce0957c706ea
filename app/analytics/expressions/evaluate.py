"""Expressions over one event, in Python: what every engine must agree with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from app.analytics.errors import DomainError
from app.analytics.expressions import arithmetic, calendar, comparing, texts
from app.analytics.expressions.tree import (
    UNDEFINED,
    Apply,
    Bind,
    ColumnValue,
    Constant,
    Each,
    Expression,
    Groups,
    Iteration,
    Name,
    OccurredAt,
    Op,
    Owner,
    Second,
    Stored,
    Value,
)
from app.analytics.expressions.values import (
    is_number,
    kind_of,
    to_boolean,
    to_instant,
    to_number,
    to_text,
)
from app.analytics.periods import offset_at
from app.analytics.records import Json

MOST_STEPS: Final = 200_000
"""Steps that one event may take: more than any honest expression needs."""

_UTC: Final = ZoneInfo("UTC")


class CostlyExpressionError(DomainError):
    """The expression multiplies its work on an event beyond what is allowed."""

    code = "BAD_USER_INPUT"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an expression is evaluated about: one event, and its profile if it has one."""

    columns: Mapping[str, str | float | bool | None]
    properties: Mapping[str, Json]
    groups: tuple[str, ...] = ()
    profile_columns: Mapping[str, str | float | bool | None] = field(
        default_factory=dict[str, str | float | bool | None]
    )
    profile_properties: Mapping[str, Json] = field(default_factory=dict[str, Json])


def is_true(expression: Expression, subject: Subject, clock: ZoneInfo = _UTC) -> bool:
    """Whether the expression is true of the event; raises CostlyExpressionError."""
    return _Evaluation(subject, clock).of(expression, {}) is True


def evaluate(expression: Expression, subject: Subject, clock: ZoneInfo = _UTC) -> Value:
    """The expression's value for the event; raises CostlyExpressionError."""
    return _Evaluation(subject, clock).of(expression, {})


class _Evaluation:
    """One evaluation; counts its steps, which nested iterations multiply."""

    def __init__(self, subject: Subject, clock: ZoneInfo) -> None:
        self._subject = subject
        self._clock = clock
        self._steps = 0

    def of(self, expression: Expression, names: Mapping[str, Value]) -> Value:
        self._spend(1)
        match expression:
            case Constant(value):
                return value
            case ColumnValue(column, owner):
                return self._column(column, owner)
            case OccurredAt():
                return self._occurred_at()
            case Groups():
                groups: Value = list(self._subject.groups)
                return groups or UNDEFINED
            case Stored(path, owner, only):
                found = self._stored(path, owner)
                return found if only in {None, kind_of(found)} else UNDEFINED
            case Name(name):
                return names.get(name, UNDEFINED)
            case Bind(name, value, body):
                return self.of(body, {**names, name: self.of(value, names)})
            case Each():
                return self._each(expression, names)
            case Apply():
                return self._apply(expression, names)
            case _:
                assert_never(expression)

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise CostlyExpressionError("The expression takes too many steps on one event.")

    def _column(self, column: str, owner: Owner) -> Value:
        columns = self._subject.columns if owner is Owner.EVENT else self._subject.profile_columns
        value = columns.get(column)
        return UNDEFINED if value is None or value == "" else value

    def _occurred_at(self) -> Value:
        at = self._subject.columns["created_at"]
        if not isinstance(at, int):
            return UNDEFINED
        return Second((at + offset_at(at, self._clock)) // 1000)

    def _stored(self, path: tuple[str | int, ...], owner: Owner) -> Value:
        subject = self._subject
        properties = subject.properties if owner is Owner.EVENT else subject.profile_properties
        value: Value = dict(properties)
        for key in path:
            value = comparing.member(value, key)
        return value

    def _each(self, each: Each, names: Mapping[str, Value]) -> Value:
        members = self.of(each.members, names)
        if not isinstance(members, list):
            return UNDEFINED
        values = [self.of(each.body, {**names, each.name: member}) for member in members]
        match each.iteration:
            case Iteration.ANY:
                return any(value is True for value in values)
            case Iteration.ALL:
                return all(value is True for value in values)
            case Iteration.FILTER:
                kept = zip(members, values, strict=True)
                return [member for member, value in kept if value is True]
            case Iteration.MAP:
                # Undefined can stand in a list only as long as the expression is evaluated.
                return values  # type: ignore[return-value]
            case _:
                assert_never(each.iteration)

    def _apply(self, expression: Apply, names: Mapping[str, Value]) -> Value:
        op, arguments = expression.op, expression.arguments
        if op is Op.AND:
            return all(self.of(argument, names) is True for argument in arguments)
        if op is Op.OR:
            return any(self.of(argument, names) is True for argument in arguments)
        if op is Op.IF:
            condition, then, otherwise = arguments
            return self.of(then if self.of(condition, names) is True else otherwise, names)
        values = [self.of(argument, names) for argument in arguments]
        for value in values:
            self._spend(_weight(value, MOST_STEPS - self._steps))
        if op is Op.TO_INSTANT:
            return to_instant(values[0], self._clock)
        return _FUNCTIONS[op](*values)


def _weight(value: Value, most: int) -> int:
    """How much work a value is to look at as a whole; counting stops beyond `most`."""
    if isinstance(value, str):
        return len(value) >> 6
    weight = 0
    waiting: list[Value] = [value]
    while waiting and weight <= most:
        one = waiting.pop()
        weight += 1
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
    return weight - 1


def _negated(value: Value) -> Value:
    if isinstance(value, bool):
        return not value
    return True if value is UNDEFINED else UNDEFINED


def _listed(*values: Value) -> Value:
    return list(values)  # type: ignore[arg-type]


def _is_defined(value: Value) -> bool:
    return value is not UNDEFINED and value is not None


def _first(*values: Value) -> Value:
    blank: tuple[Value, ...] = (UNDEFINED, None, "")
    return next((value for value in values if value not in blank), UNDEFINED)


def _sum(values: Value) -> Value:
    if not isinstance(values, list):
        return UNDEFINED
    total = 0.0
    for value in values:
        if is_number(value):
            total += float(value)  # type: ignore[arg-type]
    return arithmetic.finite_or_undefined(total)


def _is_greater(left: Value, right: Value) -> Value:
    return comparing.is_less(right, left)


def _is_at_least(left: Value, right: Value) -> Value:
    return comparing.is_at_most(right, left)


_FUNCTIONS: Final[Mapping[Op, Callable[..., Value]]] = {
    Op.EQUAL: comparing.are_equal,
    Op.SAME: comparing.are_same,
    Op.LESS: comparing.is_less,
    Op.AT_MOST: comparing.is_at_most,
    Op.GREATER: _is_greater,
    Op.AT_LEAST: _is_at_least,
    Op.IN: comparing.is_in,
    Op.MEMBER: comparing.member,
    Op.ADD: arithmetic.add,
    Op.SUBTRACT: arithmetic.subtract,
    Op.MULTIPLY: arithmetic.multiply,
    Op.DIVIDE: arithmetic.divide,
    Op.REMAINDER: arithmetic.remainder,
    Op.NEGATE: arithmetic.negate,
    Op.FLOOR: arithmetic.floor,
    Op.CEILING: arithmetic.ceiling,
    Op.ROUND: arithmetic.round_half_away,
    Op.MINIMUM: arithmetic.minimum,
    Op.MAXIMUM: arithmetic.maximum,
    Op.SUM: _sum,
    Op.NOT: _negated,
    Op.TO_BOOLEAN: to_boolean,
    Op.TO_NUMBER: to_number,
    Op.TO_STRING: to_text,
    Op.DEFINED: _is_defined,
    Op.FIRST: _first,
    Op.LIST: _listed,
    Op.STARTS_WITH: texts.starts_with,
    Op.ENDS_WITH: texts.ends_with,
    Op.UPPER: texts.upper,
    Op.LOWER: texts.lower,
    Op.LENGTH: texts.length,
    Op.LEFT: texts.left,
    Op.RIGHT: texts.right,
    Op.MIDDLE: texts.middle,
    Op.SPLIT: texts.split,
    Op.MATCHES: texts.matches,
    Op.EXTRACT: texts.extract,
    Op.REPLACE: texts.replace,
    Op.HOST: texts.host,
    Op.DOMAIN: texts.domain,
    Op.SCHEME: texts.scheme,
    Op.JOIN: texts.join,
    Op.QUERY_TEXT: texts.query_text,
    Op.DAYS_BETWEEN: calendar.between,
}
