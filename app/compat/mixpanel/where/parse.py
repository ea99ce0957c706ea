"""From the text of a `where` expression to its parts."""

import re
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

from lark import (
    Lark,
    Token,
    Transformer,
    v_args,  # pyright: ignore[reportUnknownVariableType] # Its arguments are untyped.
)
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

from app.analytics.errors import InvalidQueryError
from app.compat.mixpanel.where.errors import wrong, wrong_character, wrong_token
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
    height_of,
    parts_of,
)

LONGEST: Final = 64 * 1024
"""Bytes in an expression."""

DEEPEST: Final = 100
"""Levels of parts within parts."""

_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED: Final = {
    '"': '"',
    "'": "'",
    "\\": "\\",
    "/": "/",
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
}


def parse(text: str) -> Node | None:
    """The expression's parts; None for an empty one, which every event meets.

    Raises InvalidQueryError that tells the place and what could be meant.
    """
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise wrong(LONGEST, f"an expression has at most {LONGEST} bytes")
    if "\0" in text:
        raise wrong(text.index("\0"), "NUL characters are not allowed")
    if not text.strip():
        return None
    try:
        node: Node = _parser().parse(text)  # type: ignore[assignment] # The builder makes nodes.
    except UnexpectedCharacters as error:
        raise wrong_character(text, error) from None
    except UnexpectedToken as error:
        raise wrong_token(text, error) from None
    except VisitError as error:
        if isinstance(error.orig_exc, InvalidQueryError):
            raise error.orig_exc from None
        raise
    return node


@cache
def _parser() -> Lark:
    grammar = files("app.compat.mixpanel.where").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder(), propagate_positions=False)


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Makes nodes while the text is read. Nothing is kept between expressions."""

    def string(self, token: Token) -> Node:
        return Literal(_at(token), _text(token))

    def integer(self, token: Token) -> Node:
        if len(token) > _MOST_DIGITS:
            raise wrong(_at(token), "the number is too large")
        return Literal(_at(token), int(token))

    def fraction(self, token: Token) -> Node:
        value = float(token)
        if value > _LARGEST:
            raise wrong(_at(token), "the number is too large")
        return Literal(_at(token), value)

    def true(self, token: Token) -> Node:
        return Literal(_at(token), True)

    def false(self, token: Token) -> Node:
        return Literal(_at(token), False)

    def null(self, token: Token) -> Node:
        return Literal(_at(token), None)

    def undefined(self, token: Token) -> Node:
        return Literal(_at(token), Special.UNDEFINED)

    def now(self, token: Token) -> Node:
        return Literal(_at(token), Special.NOW)

    def accessor(self, root: Token, key: Token) -> Node:
        return Accessor(_at(root), Root(str(root)), _text(key))

    def by_key(self, container: Node, key: Token) -> Node:
        return _checked(Member(container.at, container, _text(key)))

    def by_index(self, container: Node, index: Token) -> Node:
        if len(index) > _MOST_DIGITS:
            raise wrong(_at(index), "the number is too large")
        return _checked(Member(container.at, container, int(index)))

    def by_negative_index(self, _: Node, minus: Token, __: Token) -> Node:
        raise wrong(_at(minus), "an index counts from 0")

    def call(self, name: Token, *arguments: Node | None) -> Node:
        given = tuple(argument for argument in arguments if argument is not None)
        return _checked(Call(_at(name), str(name).lower(), given))

    def variable(self, name: Token) -> Node:
        return Variable(_at(name), str(name))

    def listing(self, *members: Node | None) -> Node:
        given = tuple(member for member in members if member is not None)
        return _checked(Listing(given[0].at if given else 0, given))

    def minus(self, sign: Token, operand: Node) -> Node:
        return _checked(Unary(_at(sign), "-", operand))

    def negation(self, word: Token, operand: Node) -> Node:
        return _checked(Unary(_at(word), "not", operand))

    def arithmetic(self, left: Node, operator: Token, right: Node) -> Node:
        return _checked(Binary(left.at, str(operator), left, right))

    def comparison(self, left: Node, operator: Token, right: Node) -> Node:
        return _checked(Binary(left.at, str(operator), left, right))

    def membership(self, left: Node, _: Token, right: Node) -> Node:
        return _checked(Binary(left.at, "in", left, right))

    def absence(self, left: Node, _: Token, __: Token, right: Node) -> Node:
        return _checked(Binary(left.at, "not in", left, right))

    def and_expr(self, *parts: Node | Token) -> Node:
        return _logical("and", parts)

    def or_expr(self, *parts: Node | Token) -> Node:
        return _logical("or", parts)


_MOST_DIGITS: Final = 18
_LARGEST: Final = 1.7976931348623157e308


def _logical(operator: str, parts: tuple[Node | Token, ...]) -> Node:
    operands = tuple(part for part in parts if not isinstance(part, Token))
    return _checked(Logical(operands[0].at, operator, operands))


def _checked(node: Member | Unary | Binary | Logical | Call | Listing) -> Node:
    """The node with its height; raises InvalidQueryError for too high a one."""
    height = 1 + max((height_of(part) for part in parts_of(node)), default=0)
    if height > DEEPEST:
        raise wrong(node.at, f"parts nest at most {DEEPEST} levels deep")
    return replace(node, height=height)


def _at(token: Token) -> int:
    return int(token.start_pos or 0)


def _text(token: Token) -> str:
    """The text that a quoted token stands for."""
    inside = str(token)[1:-1]
    if "\\" not in inside:
        return inside
    text = _ESCAPE.sub(_unescaped, inside)
    if "\0" in text:
        raise wrong(_at(token), "NUL characters are not allowed")
    # Halves of surrogate pairs belong together, and a lone one is no text.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(found: re.Match[str]) -> str:
    what = found[1]
    if len(what) > 1:
        return chr(int(what[1:], 16))
    # What is no escape is most likely meant for a regular expression.
    return _ESCAPED.get(what, f"\\{what}")
