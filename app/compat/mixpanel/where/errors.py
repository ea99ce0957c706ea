"""What is wrong with a `where` expression, told with its place and a hint."""

from collections.abc import Iterable
from typing import Final, cast

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from app.analytics.errors import InvalidQueryError

END: Final = "$END"

_HINTS: Final = {
    "=": "unexpected '=' (use '==')",
    "&": "unexpected '&' (use 'and')",
    "|": "unexpected '|' (use 'or')",
    "!": "unexpected '!' (use 'not' or '!=')",
    ".": "unexpected '.' (use properties[\"name\"])",
    '"': "unterminated string",
    "'": "unterminated string",
}
_CLOSING: Final = {"RSQB": "]", "RPAR": ")"}


def wrong(at: int, reason: str) -> InvalidQueryError:
    """The error of an expression that is wrong at that character, which counts from 0."""
    message = f"Invalid where expression at position {at}: {reason}"
    return InvalidQueryError.at("where", message=message)


def wrong_character(text: str, error: UnexpectedCharacters) -> InvalidQueryError:
    """The error of a character that begins nothing."""
    at = int(cast("int | None", error.pos_in_stream) or 0)
    character = text[at : at + 1]
    return wrong(at, _HINTS.get(character, f"unexpected {character!r}"))


def wrong_token(text: str, error: UnexpectedToken) -> InvalidQueryError:
    """The error of something that can't stand where it does."""
    expected = set(cast("Iterable[str]", error.expected))
    token = cast("Token", error.token)
    at = len(text.rstrip()) if token.type == END else int(token.start_pos or 0)
    if expected == {"STRING"}:
        return wrong(at, "expected a quoted property name")
    if expected == {"LSQB"}:
        return wrong(at, "expected '[' and a quoted property name")
    if len(expected) == 1 and (closing := _CLOSING.get(expected.pop())):
        return wrong(at, f"expected '{closing}'")
    if token.type == END:
        return wrong(at, "unexpected end of the expression")
    return wrong(at, f"unexpected {str(token)[:40]!r}")
