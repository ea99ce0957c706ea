"""Conditions on single values; each turns into the core's own."""

from collections.abc import Iterator, Sequence
from typing import Any as AnyValue
from typing import Final, cast

import re2
import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import Field, ValueType
from app.analytics.filters import Case, Compare, Filter, Not, Operand, Operator
from schema.definitions import given, input_type
from schema.inputs.dimensions import Path
from schema.scalars import Json

_LARGEST: Final = 2**63 - 1

# The library has no stubs.
_PatternError = cast("type[Exception]", re2.error)  # pyright: ignore[reportUnknownMemberType]


@input_type
class StringMatchInput:
    """Conditions on a text; all that are given must hold."""

    eq: str | None = strawberry.field(default=strawberry.UNSET, description="Is this text.")
    ne: str | None = strawberry.field(default=strawberry.UNSET, description="Is not this text.")
    in_: list[str] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="Is one of these."
    )
    not_in: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Is none of these."
    )
    contains: str | None = strawberry.field(
        default=strawberry.UNSET, description="Has this somewhere inside."
    )
    starts_with: str | None = strawberry.field(
        default=strawberry.UNSET, description="Begins with this."
    )
    ends_with: str | None = strawberry.field(
        default=strawberry.UNSET, description="Ends with this."
    )
    matches: str | None = strawberry.field(
        default=strawberry.UNSET, description="This RE2 regular expression finds something in it."
    )
    is_null: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True: absent or empty. False: neither."
    )
    ignore_case: bool = strawberry.field(
        default=False, description="Whether capital and small letters are the same."
    )


@input_type
class ValueMatchInput:
    """Conditions on a value of any type; all that are given must hold.

    A text is compared as text, a number as a number: a property that is neither a number
    nor the text of one doesn't match a number.
    """

    eq: Json | None = strawberry.field(
        default=strawberry.UNSET, description="Is this text, number or boolean."
    )
    ne: Json | None = strawberry.field(
        default=strawberry.UNSET, description="Is not this text, number or boolean."
    )
    in_: list[Json] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="Is one of these."
    )
    not_in: list[Json] | None = strawberry.field(
        default=strawberry.UNSET, description="Is none of these."
    )
    gt: float | None = strawberry.field(
        default=strawberry.UNSET, description="Is larger than this."
    )
    gte: float | None = strawberry.field(default=strawberry.UNSET, description="Is this or larger.")
    lt: float | None = strawberry.field(
        default=strawberry.UNSET, description="Is smaller than this."
    )
    lte: float | None = strawberry.field(
        default=strawberry.UNSET, description="Is this or smaller."
    )
    contains: str | None = strawberry.field(
        default=strawberry.UNSET, description="Has this somewhere inside."
    )
    starts_with: str | None = strawberry.field(
        default=strawberry.UNSET, description="Begins with this."
    )
    ends_with: str | None = strawberry.field(
        default=strawberry.UNSET, description="Ends with this."
    )
    matches: str | None = strawberry.field(
        default=strawberry.UNSET, description="This RE2 regular expression finds something in it."
    )
    is_null: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True: absent or empty. False: neither."
    )
    ignore_case: bool = strawberry.field(
        default=False, description="Whether capital and small letters are the same."
    )


def value_conditions(field: Field, match: ValueMatchInput, path: Path) -> Iterator[Filter]:
    """What must hold; raises InvalidQueryError for values that can't be compared."""
    yield from text_conditions(field, match, path)
    bounds = (
        (Operator.GREATER, match.gt),
        (Operator.AT_LEAST, match.gte),
        (Operator.LESS, match.lt),
        (Operator.AT_MOST, match.lte),
    )
    for operator, bound in bounds:
        value = given(bound)
        if value is None:
            continue
        if field.type is ValueType.BOOLEAN:
            raise InvalidQueryError.at(*path, message=f"{field.label} has no larger or smaller.")
        yield Compare(field, operator, (value,))


def text_conditions(
    field: Field, match: StringMatchInput | ValueMatchInput, path: Path
) -> Iterator[Filter]:
    """The conditions that texts have; errors as `value_conditions`."""
    case = Case.INSENSITIVE if match.ignore_case else Case.SENSITIVE

    def compared(operator: Operator, values: Sequence[AnyValue], name: str) -> Compare:
        return Compare(field, operator, _operands(field, values, (*path, name)), case)

    if (value := given(match.eq)) is not None:
        yield compared(Operator.EQUALS, [value], "eq")
    if (value := given(match.ne)) is not None:
        yield Not(compared(Operator.EQUALS, [value], "ne"))
    listed: AnyValue = match.in_
    if (among := given(listed)) is not None:
        yield compared(Operator.EQUALS, among, "in")
    listed = match.not_in
    if (unwanted := given(listed)) is not None:
        yield Not(compared(Operator.EQUALS, unwanted, "notIn"))
    for operator, name, part in (
        (Operator.CONTAINS, "contains", match.contains),
        (Operator.STARTS_WITH, "startsWith", match.starts_with),
        (Operator.ENDS_WITH, "endsWith", match.ends_with),
        (Operator.MATCHES, "matches", match.matches),
    ):
        if (text := given(part)) is not None:
            if operator is Operator.MATCHES:
                _check_expression(text, (*path, name))
            yield compared(operator, [text], name)
    if (is_empty := given(match.is_null)) is not None:
        empty = Compare(field, Operator.IS_EMPTY)
        yield empty if is_empty else Not(empty)


def _operands(field: Field, values: Sequence[AnyValue], path: Path) -> tuple[Operand, ...]:
    for value in values:
        if isinstance(value, str) and field.type is ValueType.NUMBER:
            message = f"{field.label} is a number; compare it with numbers."
            raise InvalidQueryError.at(*path, message=message)
        if not isinstance(value, str | int | float):
            message = "A field is compared with texts, numbers and booleans only."
            raise InvalidQueryError.at(*path, message=message)
        if isinstance(value, str) and "\0" in value:
            raise InvalidQueryError.at(*path, message="The text holds the character U+0000.")
    return tuple(_storable(value) for value in values)


def _storable(value: Operand) -> Operand:
    """The value; a whole number that no engine has room for as the nearest one with decimals."""
    is_too_large = isinstance(value, int) and not -_LARGEST - 1 <= value <= _LARGEST
    return float(value) if is_too_large else value


def _check_expression(text: str, path: Path) -> None:
    options = re2.Options()
    # Without this, the library writes to the process's error output.
    options.log_errors = False
    try:
        re2.compile(text, options)  # pyright: ignore[reportUnknownMemberType] # It has no stubs.
    except _PatternError:
        message = "This is not a regular expression that RE2 understands."
        raise InvalidQueryError.at(*path, message=message) from None
