"""Formulas over the series of a chart: parsed once, computed after the engine has answered.

`A` is the first series, `B` the second, and so on. Numbers are computed as IEEE 754 has
them, so that a part may be infinite; a result that is not finite counts as 0.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias, assert_never, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from app.analytics.errors import InvalidQueryError

LONGEST: Final = 1_000
"""The most characters of a formula."""

DEEPEST: Final = 200
"""The most levels of a formula."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A finite number."""

    value: float


@dataclass(frozen=True, slots=True)
class Letter:
    """The value of the series at that index."""

    index: int


@dataclass(frozen=True, slots=True)
class Negated:
    """The term with the other sign."""

    term: "Term"


@dataclass(frozen=True, slots=True)
class Operated:
    """Two terms with an operator between them: one of `+ - * / % ^`."""

    operator: str
    left: "Term"
    right: "Term"


@dataclass(frozen=True, slots=True)
class Called:
    """A function of `FUNCTIONS` with its arguments."""

    function: str
    arguments: tuple["Term", ...]


Term: TypeAlias = Constant | Letter | Negated | Operated | Called


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula and the text that it was parsed from."""

    text: str
    term: Term

    @property
    def letters(self) -> frozenset[int]:
        """The indexes of the series that the formula uses."""
        return frozenset(_letters(self.term))

    def value(self, series: Sequence[float]) -> float:
        """The result for these values of the series; 0 where it is not finite."""
        result = _value(self.term, series)
        return result if math.isfinite(result) else 0.0


def letter_of(index: int) -> str:
    """How the series at that index is called; "" after the last letter."""
    return chr(ord("A") + index) if index < 26 else ""


def _real(function: Callable[[float], float]) -> Callable[..., float]:
    """The function with no number where it is not defined, and infinity where it outgrows."""

    def call(argument: float) -> float:
        try:
            return function(argument)
        except ValueError:
            return -math.inf if argument == 0 else math.nan
        except OverflowError:
            return math.inf

    return call


def _rounded(argument: float) -> float:
    """The nearest whole number, halves away from zero."""
    if not math.isfinite(argument):
        return argument
    return math.copysign(math.floor(abs(argument) + 0.5), argument)


def _whole(function: Callable[[float], int]) -> Callable[..., float]:
    def call(argument: float) -> float:
        return float(function(argument)) if math.isfinite(argument) else argument

    return call


def _extreme(choose: Callable[..., float]) -> Callable[..., float]:
    """The extreme of the arguments; no number if any of them is none."""
    return lambda *found: math.nan if any(map(math.isnan, found)) else choose(found)


_ONE: Final = (1, 1)
_ANY: Final = (1, 20)

FUNCTIONS: Final[Mapping[str, tuple[Callable[..., float], tuple[int, int]]]] = {
    "abs": (math.fabs, _ONE),
    "ceil": (_whole(math.ceil), _ONE),
    "floor": (_whole(math.floor), _ONE),
    "round": (_rounded, _ONE),
    "sqrt": (_real(math.sqrt), _ONE),
    "min": (_extreme(min), _ANY),
    "max": (_extreme(max), _ANY),
    "log": (_real(math.log), _ONE),
    "log10": (_real(math.log10), _ONE),
    "exp": (_real(math.exp), _ONE),
}
"""Every function, and the fewest and the most arguments that it takes."""


def _quotient(left: float, right: float) -> float:
    if right:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)


def _rest(left: float, right: float) -> float:
    """What division leaves over, with the sign of the dividend."""
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except ValueError:
        return math.inf if base == 0 else math.nan
    except OverflowError:
        return math.inf


def _operated(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return _quotient(left, right)
        case "%":
            return _rest(left, right)
        case _:
            return _power(left, right)


def _value(term: Term, series: Sequence[float]) -> float:
    match term:
        case Constant(value):
            return value
        case Letter(index):
            return float(series[index])
        case Negated(inner):
            return -_value(inner, series)
        case Operated(operator, left, right):
            return _operated(operator, _value(left, series), _value(right, series))
        case Called(function, arguments):
            call, _ = FUNCTIONS[function]
            return call(*(_value(argument, series) for argument in arguments))
        case _:
            assert_never(term)


def _letters(term: Term) -> Iterator[int]:
    match term:
        case Constant():
            return
        case Letter(index):
            yield index
        case Negated(inner):
            yield from _letters(inner)
        case Operated(_, left, right):
            yield from _letters(left)
            yield from _letters(right)
        case Called(_, arguments):
            for argument in arguments:
                yield from _letters(argument)
        case _:
            assert_never(term)


_GRAMMAR: Final = r"""
?start: sum
?sum: product | sum PLUS product -> operated | sum MINUS product -> operated
?product: signed | product (TIMES | OVER | REST) signed -> operated
?signed: MINUS signed -> negated | PLUS signed -> same | power
?power: atom | atom RAISED signed -> operated
?atom: NUMBER -> constant | LETTER -> letter | "(" sum ")" | NAME "(" sum ("," sum)* ")" -> called

PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
REST: "%"
RAISED: "^"
LETTER.1: /[A-Z](?![A-Za-z0-9])/
NAME: /[a-z][a-z0-9]*/
NUMBER: /(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/
%ignore /[ \t\r\n]+/
"""


class _WrongError(Exception):
    """A part of the formula that the grammar allows can't be computed."""


@dataclass(frozen=True, slots=True)
class _Deep:
    """A term and its levels."""

    term: Term
    depth: int


class _Builder(Transformer[Token, _Deep]):
    """Makes terms while the text is parsed, so that no depth of it can exhaust the stack."""

    def constant(self, children: list[Any]) -> _Deep:
        """A literal number."""
        value = float(children[0])
        if not math.isfinite(value):
            raise _WrongError(f"{children[0]} is too large a number")
        return _Deep(Constant(value), 1)

    def letter(self, children: list[Any]) -> _Deep:
        """A series."""
        return _Deep(Letter(ord(children[0]) - ord("A")), 1)

    def same(self, children: list[Any]) -> _Deep:
        """A sign that changes nothing."""
        inner: _Deep = children[1]
        return inner

    def negated(self, children: list[Any]) -> _Deep:
        """A sign that changes the term."""
        return _deeper(Negated(children[1].term), [children[1]])

    def operated(self, children: list[Any]) -> _Deep:
        """Two terms and what stands between them."""
        left, operator, right = children
        return _deeper(Operated(str(operator), left.term, right.term), [left, right])

    def called(self, children: list[Any]) -> _Deep:
        """A function and its arguments."""
        name, *arguments = children
        known = FUNCTIONS.get(str(name))
        if known is None:
            raise _WrongError(f"There is no function {name}")
        fewest, most = known[1]
        if not fewest <= len(arguments) <= most:
            raise _WrongError(f"{name} takes {fewest} to {most} arguments, not {len(arguments)}")
        term = Called(str(name), tuple(argument.term for argument in arguments))
        return _deeper(term, arguments)


def _deeper(term: Term, inner: Sequence[_Deep]) -> _Deep:
    depth = 1 + max(each.depth for each in inner)
    if depth > DEEPEST:
        raise _WrongError(f"More than {DEEPEST} levels are too many")
    return _Deep(term, depth)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Builder())


def parse_formula(text: str, *path: str | int) -> Formula:
    """The formula that the text spells; raises InvalidQueryError at `path` for none."""
    if len(text) > LONGEST:
        raise InvalidQueryError.at(*path, message=f"A formula has at most {LONGEST} characters.")
    try:
        # The transformer makes terms of what the library's types call trees.
        parsed = cast("_Deep", _parser().parse(text))  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedInput as error:
        found = _unexpected(error, text)
        message = f"The formula can't be read: {found} was not expected."
        raise InvalidQueryError.at(*path, message=message) from error
    except _WrongError as error:
        raise InvalidQueryError.at(*path, message=f"{error}.") from error
    return Formula(text, parsed.term)


def _unexpected(error: UnexpectedInput, text: str) -> str:
    """What stands where something else should."""
    place: int = error.pos_in_stream or 0
    # The library has no types for what it read.
    token = cast("Any", getattr(error, "token", None))
    is_end = getattr(token, "type", "") == "$END"
    if is_end or not 0 <= place < len(text):
        return "the end"
    return f"{text[place]!r} at character {place + 1}"
