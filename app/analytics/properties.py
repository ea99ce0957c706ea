"""Reading event properties: the one definition of what a property's text is."""

from collections.abc import Iterator
from itertools import product
from typing import Final

import orjson

from app.analytics.records import Json

_MISSING: Final = object()


def pointer(parts: list[str]) -> str:
    """The JSON pointer of a nested member. Source: RFC 6901."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def pointers_of(key: str) -> tuple[str, ...]:
    """Where a property of that key may stand: under its whole name, else nested."""
    whole = pointer([key])
    return (whole, pointer(key.split("."))) if "." in key else (whole,)


def _member(value: object, part: str) -> object:
    if isinstance(value, dict):
        return value.get(part, _MISSING)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(value, list) and part.isascii() and part.isdigit() and str(int(part)) == part:
        index = int(part)
        return value[index] if index < len(value) else _MISSING  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return _MISSING


def at_pointer(properties: Json, place: str) -> Json:
    """The value at a JSON pointer; None where there is none."""
    value: object = properties
    for part in place.split("/")[1:]:
        value = _member(value, part.replace("~1", "/").replace("~0", "~"))
        if value is _MISSING:
            return None
    return value  # type: ignore[return-value]


def as_text(value: Json) -> str | None:
    """How a value compares and groups: texts as they are, all else as compact JSON.

    An engine may spell exponents of numbers, and escapes inside lists and objects, in
    another way.
    """
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def property_text(properties: dict[str, Json], key: str) -> str | None:
    """The text of the property called `key`; None where it is missing or null."""
    for place in pointers_of(key):
        text = as_text(at_pointer(properties, place))
        if text is not None:
            return text
    return None


def texts_at(properties: dict[str, Json], pattern: str) -> list[str]:
    """The texts of every property to which the pattern's parts lead, without nulls.

    A star is any member of an object or a list, a whole number both a name and an index.
    """
    found = (as_text(value) for value in _led_to(properties, pattern.split(".")))
    return [text for text in found if text is not None]


def _led_to(value: Json, parts: list[str]) -> Iterator[Json]:
    if not parts:
        yield value
        return
    part, *others = parts
    if part != "*":
        member = _member(value, part)
        if member is not _MISSING:
            yield from _led_to(member, others)  # type: ignore[arg-type]
    elif isinstance(value, dict):
        for member in value.values():
            yield from _led_to(member, others)
    elif isinstance(value, list):
        for member in value:
            yield from _led_to(member, others)


def paths_of(pattern: str) -> list[str]:
    """The JSON paths that together lead where the pattern does."""
    spellings = [_spellings(part) for part in pattern.split(".")]
    return ["$" + "".join(steps) for steps in product(*spellings)]


def _spellings(part: str) -> tuple[str, ...]:
    if part == "*":
        return (".*", "[*]")
    return (f'."{part}"', f"[{int(part)}]") if _is_index(part) else (f'."{part}"',)


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdigit() and str(int(part)) == part and len(part) < 10
