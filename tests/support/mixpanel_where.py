"""`where` expressions in plain Python, over the exported line and the profile: the reference.

It walks what the parser made, knows nothing of how events are stored, and shares no code with
what answers.
"""
# Values of the language have no types until they are looked at.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnnecessaryComparison=false

import json
import math
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeAlias, cast

import re2

from app.compat.mixpanel.where.nodes import (
    Accessor,
    Binary,
    Call,
    Listing,
    Literal,
    Logical,
    Member,
    Node,
    Root,
    Special,
    Unary,
    Variable,
)
from app.compat.mixpanel.where.parse import parse

Value: TypeAlias = Any
"""What an expression comes to, which is of any type."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN: Final = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))


class Missing:
    """The type of what is undefined."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Missing()


@dataclass(frozen=True)
class Moment:
    """An instant, in whole seconds."""

    at: int


@dataclass(frozen=True)
class Reference:
    """One event's line, its profile, and when the request came (seconds)."""

    line: Mapping[str, Value]
    profile: Mapping[str, Value]
    now: int

    def keeps(self, text: str) -> bool:
        """Whether the event is kept."""
        node = parse(text)
        return node is None or self.value(node, {}) is True

    def value(self, node: Node, names: Mapping[str, Value]) -> Value:  # noqa: C901, PLR0912 — one case for each kind of part.
        match node:
            case Literal(_, Special.NOW):
                return self.now
            case Literal(_, Special.UNDEFINED):
                return UNDEFINED
            case Literal(_, value):
                return value
            case Accessor(_, root, key):
                return self.look_up(root, key)
            case Member(_, container, key):
                return _member(self.value(container, names), key)
            case Variable(_, name):
                return names[name]
            case Listing(_, members):
                return [self.value(member, names) for member in members]
            case Logical(_, "and", operands):
                return all(self.value(operand, names) is True for operand in operands)
            case Logical(_, _, operands):
                return any(self.value(operand, names) is True for operand in operands)
            case Unary(_, "not", operand):
                return _not(self.value(operand, names))
            case Unary(_, _, operand):
                value = self.value(operand, names)
                return -value if _is_number(value) else UNDEFINED
            case Binary(_, operator, left, right):
                return _binary(operator, self.value(left, names), self.value(right, names))
            case Call():
                return self.call(node, names)

    def look_up(self, root: Root, key: str) -> Value:
        properties = self.line["properties"]
        if root is Root.USER:
            return self.profile.get(key, UNDEFINED)
        if key in {"time", "$time"}:
            return Moment(properties["time"])
        if key == "$event_name":
            return self.line["event"]
        return properties.get("distinct_id" if key == "$distinct_id" else key, UNDEFINED)

    def call(self, node: Call, names: Mapping[str, Value]) -> Value:
        given = node.arguments
        match node.function:
            case "let":
                return self.value(given[2], {**names, _name(given[0]): self.value(given[1], names)})
            case "any" | "all" | "filter" | "map":
                return self.iterate(node, names)
            case "if":
                chosen = given[1] if self.value(given[0], names) is True else given[2]
                return self.value(chosen, names)
            case "ifs":
                for condition, value in zip(given[::2], given[1::2], strict=True):
                    if self.value(condition, names) is True:
                        return self.value(value, names)
                return UNDEFINED
            case "today":
                return Moment(self.now // 86400 * 86400)
            case function:
                return _FUNCTIONS[function](*(self.value(each, names) for each in given))

    def iterate(self, node: Call, names: Mapping[str, Value]) -> Value:
        name, members, body = node.arguments
        found = self.value(members, names)
        if not isinstance(found, list):
            return UNDEFINED
        items: list[Value] = found
        values = [self.value(body, {**names, _name(name): item}) for item in items]
        match node.function:
            case "any":
                return True in [value is True for value in values]
            case "all":
                return False not in [value is True for value in values]
            case "filter":
                return [item for item, value in zip(items, values, strict=True) if value is True]
            case _:
                return values


def _name(node: Node) -> str:
    assert isinstance(node, Variable)
    return node.name


def _is_number(value: Value) -> bool:
    return type(value) in {int, float}


def _not(value: Value) -> Value:
    if value is UNDEFINED:
        return True
    return not value if isinstance(value, bool) else UNDEFINED


def fold(text: str) -> str:
    """The text with each letter small by itself, as Unicode's table of single letters has it."""
    return "".join("i" if c == "İ" else c.lower() for c in text)


def _type(value: Value) -> type:
    return float if _is_number(value) else type(value)


def equal(one: Value, other: Value) -> bool:
    """Whether the two are of one type and the same."""
    if _type(one) is not _type(other):
        return False
    if isinstance(one, str):
        return fold(one) == fold(other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return set(one) == set(other) and all(equal(one[key], other[key]) for key in one)
    return bool(float(one) == float(other)) if _is_number(one) else bool(one == other)


def _order(one: Value, other: Value) -> int | None:
    if isinstance(one, str) and isinstance(other, str):
        one, other = fold(one), fold(other)
    else:
        one = one.at if isinstance(one, Moment) else one
        other = other.at if isinstance(other, Moment) else other
        if not (_is_number(one) and _is_number(other)):
            return None
        one, other = float(one), float(other)
    return int(one > other) - int(one < other)


def _contained(part: Value, whole: Value) -> Value:
    if isinstance(whole, list):
        return any(equal(part, member) for member in whole)
    if isinstance(part, str) and isinstance(whole, str):
        return fold(part) in fold(whole)
    return UNDEFINED


def _member(container: Value, key: str | int) -> Value:
    if isinstance(container, dict) and isinstance(key, str):
        return container.get(key, UNDEFINED)
    if isinstance(container, list) and isinstance(key, int) and key < len(container):
        return container[key]
    return UNDEFINED


def _shifted(moment: Moment, by: float) -> Value:
    return _moment(moment.at + by)


def _moment(seconds: float) -> Value:
    low, high = ((day - _EPOCH).total_seconds() for day in _SPAN)
    return Moment(math.floor(seconds)) if low <= seconds < high + 1 else UNDEFINED


def _finite(value: float) -> Value:
    return value if math.isfinite(value) else UNDEFINED


def _calculated(operator: str, one: float, other: float) -> Value:
    one, other = float(one), float(other)
    if operator in {"/", "%"} and other == 0:
        return UNDEFINED
    match operator:
        case "+":
            return _finite(one + other)
        case "-":
            return _finite(one - other)
        case "*":
            return _finite(one * other)
        case "/":
            return _finite(one / other)
        case _:
            return math.copysign(math.fmod(abs(one), abs(other)), one)


def _arithmetic(operator: str, one: Value, other: Value) -> Value:
    if _is_number(one) and _is_number(other):
        return _calculated(operator, one, other)
    if operator == "+" and isinstance(one, str) and isinstance(other, str):
        return one + other
    if operator in {"+", "-"} and isinstance(one, Moment) and _is_number(other):
        return _shifted(one, cast("float", other if operator == "+" else -other))
    if operator == "+" and isinstance(other, Moment) and _is_number(one):
        return _shifted(other, cast("float", one))
    return UNDEFINED


def _binary(operator: str, one: Value, other: Value) -> Value:
    match operator:
        case "==":
            return equal(one, other)
        case "!=":
            return not equal(one, other)
        case "in":
            return _contained(one, other)
        case "not in":
            return _not(_contained(one, other))
        case "<" | "<=" | ">" | ">=":
            order = _order(one, other)
            if order is None:
                return UNDEFINED
            return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]
        case _:
            return _arithmetic(operator, one, other)


def _boolean(value: Value) -> bool:
    if _is_number(value):
        return bool(value)
    return value is not None and value is not UNDEFINED and value not in ("", "false", False)


def _number(value: Value) -> Value:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Moment):
        return value.at
    if isinstance(value, str):
        if not re.fullmatch(
            r"[ \t\n\v\f\r]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\v\f\r]*", value
        ):
            return UNDEFINED
        return _finite(float(value))
    return value if _is_number(value) else UNDEFINED


def _string(value: Value) -> Value:
    if value is None or value is UNDEFINED or isinstance(value, str):
        return value
    if isinstance(value, Moment):
        return (_EPOCH + timedelta(seconds=value.at)).isoformat()[:19]
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else str(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _datetime(value: Value) -> Value:
    if isinstance(value, Moment):
        return value
    if _is_number(value):
        if value < 1:
            return UNDEFINED
        return _moment(value if value <= 4294967295 else value / 1000)
    if not isinstance(value, str) or not re.fullmatch(
        r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", value, re.ASCII
    ):
        return UNDEFINED
    whole = re.sub(r"\.\d+", "", value)
    try:
        at = datetime.fromisoformat(whole)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return _moment((at - _EPOCH) // timedelta(seconds=1))
    except (ValueError, OverflowError):
        return UNDEFINED


def _rounded(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _of_number(work: Value) -> Value:
    return lambda value: float(work(float(value))) if _is_number(value) else UNDEFINED


def _of_texts(work: Value) -> Value:
    def call(*values: Value) -> Value:
        return work(*values) if all(isinstance(each, str) for each in values) else UNDEFINED

    return call


def _found(pattern: str, text: str) -> Value:
    return re2.search(f"(?i){pattern}", text)


def _matches(text: str, pattern: str) -> Value:
    return _found(pattern, text) is not None


def _split(text: Value, delimiter: Value, *places: Value) -> Value:
    if not isinstance(text, str) or not isinstance(delimiter, str):
        return UNDEFINED
    parts = text.split(delimiter) if delimiter else list(text)
    if not places:
        return parts
    (place,) = places
    is_whole = _is_number(place) and place == int(place)
    return parts[int(place) - 1] if is_whole and 1 <= place <= len(parts) else UNDEFINED


def _extracted(text: Value, pattern: Value, group: Value = 0) -> Value:
    if not isinstance(text, str) or not isinstance(pattern, str):
        return UNDEFINED
    found = _found(pattern, text)
    wanted = _count(group)
    if found is None or wanted is None or wanted > found.re.groups:
        return UNDEFINED
    value = found.group(wanted)
    return UNDEFINED if value is None else value


def _address(text: str, part: str) -> Value:
    found = re.match(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?(?://)?(?:[^/?#@]*@)?([^/:?#]+)", text)
    if found is None:
        return UNDEFINED
    name = fold(found[1])
    labels = name.split(".")
    if part == "full_domain" or name.replace(".", "").isdigit():
        return name
    is_deep = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in {"co", "com"}
    return ".".join(labels[-3:] if is_deep else labels[-2:])


def _days(one: Value, other: Value, unit: str) -> Value:
    if not isinstance(one, Moment) or not isinstance(other, Moment):
        return UNDEFINED
    first, last = ((_EPOCH + timedelta(seconds=each.at)).date() for each in (one, other))
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    if last < first:
        return UNDEFINED
    whole = {"D": (last - first).days, "M": months, "Y": months // 12, "YM": months % 12}
    if unit in whole:
        return whole[unit]
    passed = months if unit == "MD" else months - months % 12
    year, month = divmod(first.year * 12 + first.month - 1 + passed, 12)
    day = min(first.day, monthrange(year, month + 1)[1])
    return (last - date(year, month + 1, day)).days


def _sum(values: Value) -> Value:
    if not isinstance(values, list):
        return UNDEFINED
    numbers: list[Value] = values
    return float(sum(float(value) for value in numbers if _is_number(value)))


def _two(work: Value) -> Value:
    def call(one: Value, other: Value) -> Value:
        return work(one, other) if _is_number(one) and _is_number(other) else UNDEFINED

    return call


def _count(value: Value) -> int | None:
    return int(value) if _is_number(value) and value == int(value) and value >= 0 else None


def _part(work: Value) -> Value:
    """A part of a text by whole numbers that aren't negative."""

    def call(text: Value, *places: Value) -> Value:
        counts = [_count(place) for place in places]
        if not isinstance(text, str) or None in counts:
            return UNDEFINED
        return work(text, *counts)

    return call


_FUNCTIONS: Final[Mapping[str, Value]] = {
    "boolean": _boolean,
    "number": _number,
    "string": _string,
    "datetime": _datetime,
    "defined": lambda value: value is not None and value is not UNDEFINED,
    "floor": _of_number(math.floor),
    "ceil": _of_number(math.ceil),
    "round": _of_number(_rounded),
    "min": _two(min),
    "max": _two(max),
    "sum": _sum,
    "len": lambda value: len(value) if isinstance(value, str | list) else UNDEFINED,
    "upper": _of_texts(str.upper),
    "lower": _of_texts(fold),
    "has_prefix": _of_texts(lambda text, part: fold(text).startswith(fold(part))),
    "has_suffix": _of_texts(lambda text, part: fold(text).endswith(fold(part))),
    "regex_match": _of_texts(_matches),
    "regex_extract": _extracted,
    "regex_replace": _of_texts(
        lambda text, pattern, new: re2.sub(f"(?i){pattern}", lambda _: new, text)
    ),
    "parse_url": lambda text, part: _address(text, part) if isinstance(text, str) else UNDEFINED,
    "datedif": lambda one, other, unit: _days(one, other, str(unit).upper()),
    "split": _split,
    "left": _part(lambda text, n: text[:n]),
    "right": _part(lambda text, n: text[len(text) - min(n, len(text)) :]),
    "mid": _part(lambda text, start, n: text[start - 1 :][:n] if start > 0 else UNDEFINED),
}
