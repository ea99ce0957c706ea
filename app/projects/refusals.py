"""Whether a project refuses something, decided by its filters and nothing else."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, TypeAlias, assert_never

import re2

from app.analytics.filters import Operand, Operator
from app.analytics.numbers import parse_number
from app.analytics.properties import property_text
from app.analytics.records import Event
from app.projects.filters import (
    ANY_NAME,
    PROPERTY_PREFIX,
    AddressFilter,
    EventCondition,
    EventFilter,
    ProfileFilter,
    ProjectFilter,
)

_Value: TypeAlias = str | int | float | None
"""Of a column, or the text of a property."""

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_TEXTUAL: Final = frozenset(
    {Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.MATCHES}
)


def refuses_address(filters: Iterable[ProjectFilter], address: str | None) -> bool:
    """Whether calls from that IP address are refused; false for what is no address."""
    wanted = [one.address for one in filters if isinstance(one, AddressFilter)]
    if not wanted or address is None:
        return False
    try:
        told = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(told, ipaddress.IPv6Address) and told.ipv4_mapped is not None:
        told = told.ipv4_mapped
    return any(told in _network(text) for text in wanted)


def refuses_profile(filters: Iterable[ProjectFilter], *ids: str | None) -> bool:
    """Whether calls about a profile with any of these ids are refused."""
    return any(isinstance(one, ProfileFilter) and one.profile_id in ids for one in filters)


def drops_event(filters: Iterable[ProjectFilter], event: Event) -> bool:
    """Whether the event is to be dropped without a word; then it opens no session either."""
    return any(isinstance(one, EventFilter) and _drops(one, event) for one in filters)


def _drops(one: EventFilter, event: Event) -> bool:
    if one.name not in (ANY_NAME, event.name):
        return False
    return all(_is_true(condition, event) for condition in one.conditions)


def _is_true(condition: EventCondition, event: Event) -> bool:
    value = _value(condition.field, event)
    if condition.operator is Operator.IS_EMPTY:
        return (value is None or value == "") is not condition.is_negated
    relates = any(_relates(condition.operator, value, one) for one in condition.values)
    return relates is not condition.is_negated


def _relates(operator: Operator, value: _Value, operand: Operand) -> bool:
    """Whether the value stands in the relation to the operand, as it does in questions."""
    is_number = isinstance(operand, int | float) and not isinstance(operand, bool)
    if is_number and operator not in _TEXTUAL:
        number = parse_number(value) if isinstance(value, str) else value
        return number is not None and _compares(operator, number, operand)
    return isinstance(value, str) and _compares(operator, value, _text(operand))


def _compares(operator: Operator, left: Any, right: Any) -> bool:  # noqa: ANN401, C901  Two numbers or two texts.
    match operator:
        case Operator.EQUALS:
            return bool(left == right)
        case Operator.GREATER:
            return bool(left > right)
        case Operator.AT_LEAST:
            return bool(left >= right)
        case Operator.LESS:
            return bool(left < right)
        case Operator.AT_MOST:
            return bool(left <= right)
        case Operator.CONTAINS:
            return right in left
        case Operator.STARTS_WITH:
            return bool(left.startswith(right))
        case Operator.ENDS_WITH:
            return bool(left.endswith(right))
        case Operator.MATCHES:
            return _pattern(right).search(left) is not None
        case Operator.IS_EMPTY:
            return False
        case _:
            assert_never(operator)


def _value(field: str, event: Event) -> _Value:
    if field.startswith(PROPERTY_PREFIX):
        return property_text(event.properties, field.removeprefix(PROPERTY_PREFIX))
    value: _Value = getattr(event, field)
    return value


def _text(operand: Operand) -> str:
    if isinstance(operand, bool):
        return "true" if operand else "false"
    return str(operand)


@lru_cache(maxsize=1024)
def _network(text: str) -> _Network:
    return ipaddress.ip_network(text, strict=False)


@lru_cache(maxsize=256)
def _pattern(text: str) -> Any:  # noqa: ANN401 — the library has no types.
    options = re2.Options()
    options.log_errors = False
    return re2.compile(text, options)  # pyright: ignore[reportUnknownMemberType] # It has no stubs.
