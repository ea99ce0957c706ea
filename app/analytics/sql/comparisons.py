"""How a value, as an expression, stands to the operands of a comparison."""

from typing import Any, Final, assert_never

from sqlalchemy import ColumnElement, case, or_, true
from sqlalchemy.sql import false

from app.analytics.fields import Field, ValueType
from app.analytics.filters import Case, Compare, Operand, Operator
from app.analytics.sql import ops

_TOO_LARGE: Final = 2**63


def comparison(compare: Compare, value: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether `value`, which is the field's, stands in the relation."""
    match compare.operator:
        case Operator.IS_EMPTY:
            return is_empty(compare.field, value)
        case Operator.EQUALS:
            return _equals(compare, value)
        case Operator.GREATER | Operator.AT_LEAST | Operator.LESS | Operator.AT_MOST:
            return or_(false(), *(_ordered(compare, each, value) for each in compare.values))
        case Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH | Operator.MATCHES:
            return or_(false(), *(_textual(compare, each, value) for each in compare.values))
        case _:
            assert_never(compare.operator)


def number_in(field: Field, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The field's value as a number; NULL where it is none."""
    return ops.NumberIn(value) if field.type is ValueType.STRING else value


def cast_as(kind: ValueType, text: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text read as another type; NULL where it is no such value."""
    match kind:
        case ValueType.NUMBER:
            return ops.NumberIn(text)
        case ValueType.INSTANT:
            return ops.InstantIn(text)
        case ValueType.BOOLEAN:
            small = ops.Lower(text)
            return case((small.in_(["true", "1"]), true()), (small.in_(["false", "0"]), false()))
        case ValueType.STRING:
            return text
        case _:
            assert_never(kind)


def is_empty(field: Field, value: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the value is absent or the empty text."""
    if field.type is ValueType.STRING:
        return or_(value.is_(None), value == "")
    return value.is_(None)


def text_of_operand(value: Operand) -> str:
    """How an operand is spelled when it is compared as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _is_number(value: Operand) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equals(compare: Compare, value: ColumnElement[Any]) -> ColumnElement[bool]:
    field = compare.field
    if field.type is ValueType.BOOLEAN:
        constants = [true() if each else false() for each in compare.values]
        return or_(false(), *(value.is_(constant) for constant in constants))
    numbers = [each for each in compare.values if _is_number(each)]
    texts = [text_of_operand(each) for each in compare.values if not _is_number(each)]
    parts: list[ColumnElement[bool]] = []
    if numbers:
        parts.append(number_in(field, value).in_([_bound(each) for each in numbers]))
    if texts and field.type is ValueType.STRING:
        if compare.case is Case.INSENSITIVE:
            value, texts = ops.Lower(value), [text.lower() for text in texts]
        parts.append(value.in_(texts) if len(texts) > 1 else value == ops.text(texts[0]))
    return or_(false(), *parts)


def _bound(value: Operand) -> ColumnElement[Any]:
    # Whole numbers beyond 64 bits are compared as the floating point numbers they come near.
    is_integer = isinstance(value, int) and abs(value) < _TOO_LARGE
    return ops.integer(int(value)) if is_integer else ops.number(float(value))


def _ordered(compare: Compare, operand: Operand, value: ColumnElement[Any]) -> ColumnElement[bool]:
    left, right = value, ops.text(text_of_operand(operand))
    if _is_number(operand) and compare.field.type is not ValueType.BOOLEAN:
        left, right = number_in(compare.field, value), _bound(operand)
    elif compare.field.type is not ValueType.STRING:
        return false()
    match compare.operator:
        case Operator.GREATER:
            return left > right
        case Operator.AT_LEAST:
            return left >= right
        case Operator.LESS:
            return left < right
        case _:
            return left <= right


_TEXTUAL: Final = {
    Operator.CONTAINS: ops.Contains,
    Operator.STARTS_WITH: ops.StartsWith,
    Operator.ENDS_WITH: ops.EndsWith,
    Operator.MATCHES: ops.Matches,
}


def _textual(compare: Compare, operand: Operand, value: ColumnElement[Any]) -> ColumnElement[bool]:
    if compare.field.type is not ValueType.STRING:
        return false()
    text, part = value, text_of_operand(operand)
    if compare.case is Case.INSENSITIVE and compare.operator is not Operator.MATCHES:
        text, part = ops.Lower(text), part.lower()
    elif compare.case is Case.INSENSITIVE:
        part = f"(?i){part}"
    return _TEXTUAL[compare.operator](text, ops.text(part))
