"""From the parts of a `where` expression to an expression over what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from app.analytics.expressions import texts
from app.analytics.expressions.tree import (
    TRUE,
    UNDEFINED,
    Apply,
    Bind,
    Constant,
    Each,
    Expression,
    Name,
    Op,
    Second,
    Stored,
)
from app.analytics.expressions.values import to_instant
from app.compat.mixpanel.properties import event_property, profile_property
from app.compat.mixpanel.where.errors import wrong
from app.compat.mixpanel.where.functions import (
    FUNCTIONS,
    ITERATION_KINDS,
    ITERATIONS,
    NAMES,
    SUGGESTIONS,
    Function,
)
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

_DAY_SECONDS: Final = 86_400
_UTC: Final = ZoneInfo("UTC")

_BINARY: Final[Mapping[str, Op]] = {
    "==": Op.EQUAL,
    "<": Op.LESS,
    "<=": Op.AT_MOST,
    ">": Op.GREATER,
    ">=": Op.AT_LEAST,
    "in": Op.IN,
    "+": Op.ADD,
    "-": Op.SUBTRACT,
    "*": Op.MULTIPLY,
    "/": Op.DIVIDE,
    "%": Op.REMAINDER,
}
_ARITHMETIC: Final = frozenset("+-*/%")


@dataclass(frozen=True, slots=True)
class Lowering:
    """What the meaning of an expression depends on besides its text.

    `now` is the request's second on the project's `clock`. `is_about_profiles` makes
    `properties` those of profiles, as Mixpanel's profile queries have it.
    """

    now: int
    clock: ZoneInfo = _UTC
    is_about_profiles: bool = False


def read_where(text: str, lowering: Lowering) -> Expression:
    """The condition that a `where` parameter spells.

    Raises InvalidQueryError that tells the place and what could be meant.
    """
    node = parse(text)
    if node is None:
        return TRUE
    return _Lowerer(lowering).lower(node, frozenset())


class _Lowerer:
    def __init__(self, lowering: Lowering) -> None:
        self._lowering = lowering

    def lower(self, node: Node, names: frozenset[str]) -> Expression:
        match node:
            case Literal(_, value):
                return self._literal(value)
            case Accessor():
                return self._accessor(node)
            case Variable():
                return _variable(node, names)
            case Member(_, container, key):
                return _member(self.lower(container, names), key)
            case Unary(_, operator, operand):
                op = Op.NOT if operator == "not" else Op.NEGATE
                return Apply(op, (self.lower(operand, names),))
            case Listing(_, members):
                return Apply(Op.LIST, tuple(self.lower(member, names) for member in members))
            case Binary() | Logical() | Call():
                return self._composed(node, names)
            case _:
                assert_never(node)

    def _composed(self, node: Binary | Logical | Call, names: frozenset[str]) -> Expression:
        match node:
            case Binary():
                return self._binary(node, names)
            case Logical():
                return self._logical(node, names)
            case Call():
                return self._call(node, names)
            case _:
                assert_never(node)

    def _literal(self, value: "str | float | bool | Special | None") -> Expression:
        if value is Special.NOW:
            return Constant(self._lowering.now)
        return Constant(UNDEFINED if isinstance(value, Special) else value)

    def _accessor(self, node: Accessor) -> Expression:
        match node.root:
            case Root.PROPERTIES | Root.EVENT if self._lowering.is_about_profiles:
                return profile_property(node.key)
            case Root.PROPERTIES | Root.EVENT:
                return event_property(node.key)
            case Root.USER:
                return profile_property(node.key)
            case Root.GROUP:
                raise wrong(node.at, "properties of groups can't be asked for here")
            case _:
                assert_never(node.root)

    def _binary(self, node: Binary, names: frozenset[str]) -> Expression:
        sides = (self.lower(node.left, names), self.lower(node.right, names))
        match node.operator:
            case "!=":
                return Apply(Op.NOT, (Apply(Op.EQUAL, sides),))
            case "not in":
                return Apply(Op.NOT, (Apply(Op.IN, sides),))
            case operator:
                return Apply(_BINARY[operator], sides)

    def _logical(self, node: Logical, names: frozenset[str]) -> Expression:
        for operand in node.operands:
            kind = known_kind(operand)
            if kind not in {None, "boolean", "undefined"}:
                raise wrong(
                    operand.at, f"operand of '{node.operator}' must be boolean, found {kind}"
                )
        operands = tuple(self.lower(operand, names) for operand in node.operands)
        return Apply(Op.AND if node.operator == "and" else Op.OR, operands)

    def _call(self, node: Call, names: frozenset[str]) -> Expression:
        match node.function:
            case "let":
                name, value, body = self._named(node)
                inside = names | {name}
                return Bind(name, self.lower(value, names), self.lower(body, inside))
            case "any" | "all" | "filter" | "map":
                name, members, body = self._named(node)
                inner = self.lower(body, names | {name})
                return Each(ITERATIONS[node.function], name, self.lower(members, names), inner)
            case "ifs":
                return self._ifs(node, names)
            case "today":
                _check_count(node, 0, 0)
                now = self._lowering.now
                return Constant(Second(now - now % _DAY_SECONDS))
            case _:
                return self._plain_call(node, names)

    def _named(self, node: Call) -> tuple[str, Node, Node]:
        _check_count(node, 3, 3)
        name, value, body = node.arguments
        if not isinstance(name, Variable):
            raise wrong(name.at, f"the first argument of {node.function} is a name, such as x")
        return name.name, value, body

    def _ifs(self, node: Call, names: frozenset[str]) -> Expression:
        if not node.arguments or len(node.arguments) % 2:
            raise wrong(node.at, "ifs takes pairs of a condition and a value")
        given = [self.lower(argument, names) for argument in node.arguments]
        result: Expression = Constant(UNDEFINED)
        for place in range(len(given) - 2, -1, -2):
            result = Apply(Op.IF, (given[place], given[place + 1], result))
        return result

    def _plain_call(self, node: Call, names: frozenset[str]) -> Expression:
        function = FUNCTIONS.get(node.function)
        if function is None:
            hint = SUGGESTIONS.get(node.function) or f"known: {', '.join(sorted(NAMES))}"
            raise wrong(node.at, f"unknown function {node.function!r} ({hint})")
        _check_count(node, function.fewest, function.most)
        _check_literals(node, function)
        made = function.make(tuple(self.lower(argument, names) for argument in node.arguments))
        match made:
            case Apply(Op.TO_INSTANT, (Constant(value),)):
                return Constant(to_instant(value, self._lowering.clock))
            case _:
                return made


def known_kind(node: Node) -> str | None:
    """The type of the node's value if it is the same for every event, undefined aside."""
    match node:
        case Literal(_, value):
            return _literal_kind(value)
        case Unary(_, operator, _):
            return "boolean" if operator == "not" else "number"
        case Binary(_, operator, left, _):
            if operator not in _ARITHMETIC:
                return "boolean"
            kind = known_kind(left)
            return kind if operator == "+" and kind in {"string", "datetime"} else "number"
        case Logical():
            return "boolean"
        case Listing():
            return "list"
        case Call(_, name, _):
            if name == "today":
                return "datetime"
            function = FUNCTIONS.get(name)
            return ITERATION_KINDS.get(name) if function is None else function.kind
        case Accessor() | Member() | Variable():
            return None
        case _:
            assert_never(node)


def _literal_kind(value: "str | float | bool | Special | None") -> str:
    match value:
        case Special.UNDEFINED:
            return "undefined"
        case Special.NOW:
            return "number"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case None:
            return "null"
        case _:
            return "string"


def _member(container: Expression, key: str | int) -> Expression:
    if isinstance(container, Stored):
        return Stored((*container.path, key), container.owner)
    return Apply(Op.MEMBER, (container, Constant(key)))


def _variable(node: Variable, names: frozenset[str]) -> Expression:
    if node.name not in names:
        raise wrong(node.at, f'unknown name {node.name!r} (use: properties["{node.name}"])')
    return Name(node.name)


def _check_count(node: Call, fewest: int, most: int) -> None:
    given = len(node.arguments)
    if fewest <= given <= most:
        return
    wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
    noun = "argument" if wanted == "1" else "arguments"
    hint = ' (use: datetime("2025-01-31T12:00:00"))' if node.function == "datetime" else ""
    raise wrong(node.at, f"{node.function} takes {wanted} {noun}, found {given}{hint}")


def _check_literals(node: Call, function: Function) -> None:
    """Raises InvalidQueryError for literal arguments that can never mean anything."""
    if function.pattern is not None:
        pattern = node.arguments[function.pattern]
        if isinstance(pattern, Literal) and isinstance(pattern.value, str):
            try:
                texts.pattern_of(pattern.value)
            except texts.PatternError as error:
                raise wrong(pattern.at, str(error)) from None
    if node.function == "parse_url":
        part = node.arguments[1]
        if not (isinstance(part, Literal) and part.value in {"domain", "full_domain"}):
            raise wrong(part.at, 'the second argument is "domain" or "full_domain"')
    if node.function == "datedif":
        unit = node.arguments[2]
        known = {"D", "M", "Y", "MD", "YM", "YD"}
        if isinstance(unit, Literal) and str(unit.value).upper() not in known:
            raise wrong(unit.at, f"the unit is one of {', '.join(sorted(known))}")
