"""Texts of expressions. What is no text gives undefined; letters are compared as they fold."""

from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import quote

import re2

from app.analytics.expressions.tree import UNDEFINED, Undefined, Value
from app.analytics.expressions.values import folded, is_number
from app.analytics.properties import as_text
from app.analytics.records import Json

LONGEST_PATTERN: Final = 1_000
_LONGEST_RESULT: Final = 1 << 24

HOST_PATTERN: Final = (
    r"^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?(?:[^/?#@]*@)?([^/:?#\[\]]+|\[[^\]/?#]*\])"
)
"""Finds the host of an address as its first group, in every engine."""

SCHEME_PATTERN: Final = r"^([A-Za-z][A-Za-z0-9+.-]*:)//"
"""Finds the protocol of an address as its first group, in every engine."""

_SECOND_LEVELS: Final = frozenset({"co", "com", "net", "org", "gov", "edu", "ac", "or", "ne"})
_LONGEST_SECOND_LEVEL: Final = 2


class PatternError(ValueError):
    """The text is no regular expression, or too long a one."""


def starts_with(text: Value, part: Value) -> Value:
    """Whether the text begins with the part."""
    if isinstance(text, str) and isinstance(part, str):
        return folded(text).startswith(folded(part))
    return UNDEFINED


def ends_with(text: Value, part: Value) -> Value:
    """Whether the text ends with the part."""
    if isinstance(text, str) and isinstance(part, str):
        return folded(text).endswith(folded(part))
    return UNDEFINED


def upper(text: Value) -> Value:
    """The text in capital letters."""
    return text.upper() if isinstance(text, str) else UNDEFINED


def lower(text: Value) -> Value:
    """The text in small letters."""
    return folded(text) if isinstance(text, str) else UNDEFINED


def length(value: Value) -> Value:
    """How many characters a text has, or members a list."""
    return len(value) if isinstance(value, str | list) else UNDEFINED


def left(text: Value, count: Value) -> Value:
    """The first characters."""
    wanted = _count(count)
    return text[:wanted] if isinstance(text, str) and wanted is not None else UNDEFINED


def right(text: Value, count: Value) -> Value:
    """The last characters."""
    wanted = _count(count)
    if not isinstance(text, str) or wanted is None:
        return UNDEFINED
    return text[max(len(text) - wanted, 0) :]


def middle(text: Value, start: Value, count: Value) -> Value:
    """So many characters from a place on, which is counted from 1."""
    first, wanted = _count(start), _count(count)
    if not isinstance(text, str) or first is None or wanted is None or first < 1:
        return UNDEFINED
    return text[first - 1 : first - 1 + wanted]


def split(text: Value, delimiter: Value, *place: Value) -> Value:
    """The parts between delimiters, or the one at the place that is told, counted from 1."""
    if not isinstance(text, str) or not isinstance(delimiter, str):
        return UNDEFINED
    parts: list[Json] = [*text.split(delimiter)] if delimiter else [*text]
    if not place:
        return parts
    wanted = _count(place[0])
    if wanted is None or not 1 <= wanted <= len(parts):
        return UNDEFINED
    return parts[wanted - 1]


@lru_cache(maxsize=256)
def pattern_of(pattern: str) -> Any:  # noqa: ANN401 — RE2 has no stubs.
    """The regular expression, which doesn't tell capital from small letters unless it says so.

    Raises PatternError.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"a regular expression has at most {LONGEST_PATTERN} characters")
    options: Any = re2.Options()  # pyright: ignore[reportUnknownMemberType] # It has no stubs.
    options.log_errors = False
    options.case_sensitive = False
    try:
        return re2.compile(pattern, options)  # pyright: ignore[reportUnknownMemberType] # The same.
    except re2.error as error:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        reason = _reason(cast("Exception", error))
        raise PatternError(f"the regular expression is wrong: {reason}") from None


def _reason(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)


def matches(text: Value, pattern: Value) -> Value:
    """Whether the regular expression finds something in the text."""
    found = _search(text, pattern)
    return UNDEFINED if found is UNDEFINED else found is not None


def extract(text: Value, pattern: Value, group: Value = 0) -> Value:
    """What the regular expression finds first, or one group of it; undefined without a find."""
    found, wanted = _search(text, pattern), _count(group)
    if found is UNDEFINED or found is None or wanted is None or wanted > found.re.groups:
        return UNDEFINED
    value = found.group(wanted)
    return UNDEFINED if value is None else str(value)


def replace(text: Value, pattern: Value, replacement: Value) -> Value:
    """The text with all that the regular expression finds replaced, as it stands."""
    if not all(isinstance(each, str) for each in (text, pattern, replacement)):
        return UNDEFINED
    compiled = _compiled(str(pattern))
    if compiled is None:
        return UNDEFINED

    def put(_: object) -> str:
        return str(replacement)

    result = str(compiled.sub(put, text))
    return result if len(result) <= _LONGEST_RESULT else UNDEFINED


def host(address: Value) -> Value:
    """The host of an address, in small letters."""
    if not isinstance(address, str):
        return UNDEFINED
    return folded(first_group(address, HOST_PATTERN) or "") or UNDEFINED


def scheme(address: Value) -> Value:
    """The protocol of an address, with its colon."""
    if not isinstance(address, str):
        return UNDEFINED
    return folded(first_group(address, SCHEME_PATTERN) or "") or UNDEFINED


def first_group(text: str, pattern: str) -> str | None:
    """What the first group of the pattern finds in the text; None for nothing."""
    found = _exact(pattern).search(text)
    return None if found is None else found.group(1) or None


@lru_cache(maxsize=16)
def _exact(pattern: str) -> Any:  # noqa: ANN401 — RE2 has no stubs.
    return re2.compile(pattern)  # pyright: ignore[reportUnknownMemberType] # It has no stubs.


def domain(address: Value) -> Value:
    """The host without what stands before the domain, such as `www.`."""
    name = host(address)
    if not isinstance(name, str) or name.replace(".", "").isdigit():
        return name
    labels = name.split(".")
    is_deep = len(labels) > 2 and (
        labels[-2] in _SECOND_LEVELS and len(labels[-1]) == _LONGEST_SECOND_LEVEL
    )
    return ".".join(labels[-3 if is_deep else -2 :])


def join(*values: Value) -> Value:
    """The texts among the values, one behind the other; undefined without any."""
    found = [value for value in values if isinstance(value, str)]
    return "".join(found) if any(found) else UNDEFINED


def query_text(members: Value) -> Value:
    """An object as the query of an address; undefined for an empty one."""
    if not isinstance(members, dict) or not members:
        return UNDEFINED
    return "?" + "&".join(f"{_encoded(key)}={_encoded(value)}" for key, value in members.items())


def _encoded(value: Json) -> str:
    return quote(as_text(value) or "", safe="-._~")


def _compiled(pattern: str) -> Any | None:  # noqa: ANN401 — RE2 has no stubs.
    try:
        return pattern_of(pattern)
    except PatternError:
        return None


def _search(text: Value, pattern: Value) -> Any | Undefined | None:  # noqa: ANN401 — the same.
    if not isinstance(text, str) or not isinstance(pattern, str):
        return UNDEFINED
    compiled = _compiled(pattern)
    return UNDEFINED if compiled is None else compiled.search(text)


def _count(value: Value) -> int | None:
    number: Any = value
    if not is_number(value) or float(number) != int(number) or number < 0:
        return None
    return int(number)
