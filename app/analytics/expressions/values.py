"""Values of expressions: their kinds, how they compare, and what casts make of them."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from app.analytics.expressions.tree import UNDEFINED, Kind, Second, Undefined, Value
from app.analytics.numbers import parse_number
from app.analytics.periods import offset_at
from app.analytics.records import Json

FIRST_SECOND: Final = -62_135_596_800
"""The beginning of the year 1."""

LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999."""

LARGEST_SECONDS: Final = 4_294_967_295
"""A number up to here counts seconds when it becomes an instant, a larger one milliseconds."""

_CLOCK: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"

ISO_INSTANT: Final = (
    "([0-9]{4}-[0-9]{2}-[0-9]{2})"
    f"(?:[T ]({_CLOCK}(?::[0-5][0-9])?)(?:[.][0-9]+)?(Z|[+-]{_CLOCK})?)?"
)
"""An ISO date, or a date and time with or without an offset; for RE2 and Python alike."""

_ISO: Final = re.compile(ISO_INSTANT, re.ASCII)


def kind_of(value: Value) -> Kind:
    """The kind of the value."""
    match value:
        case str():
            return Kind.STRING
        case bool():
            return Kind.BOOLEAN
        case int() | float():
            return Kind.NUMBER
        case None:
            return Kind.NULL
        case list():
            return Kind.LIST
        case dict():
            return Kind.OBJECT
        case Second():
            return Kind.INSTANT
        case Undefined():
            return Kind.UNDEFINED


def is_number(value: object) -> bool:
    """Whether the value is a number, which a truth value is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def folded(text: str) -> str:
    """The text as it is compared: each letter small, by itself."""
    if text.isascii():
        return text.lower()
    # Trap: İ alone becomes two characters, of which engines have the first.
    return "".join(letter.lower()[0] for letter in text)


def finite(value: float) -> float | Undefined:
    """The number, if it is one that JSON can hold."""
    return value if math.isfinite(value) else UNDEFINED


def second(seconds: float) -> Second | Undefined:
    """The instant of the years 1 to 9999 that many seconds after 1970."""
    if not FIRST_SECOND <= seconds < LAST_SECOND + 1:
        return UNDEFINED
    return Second(math.floor(seconds))


def number_text(value: float) -> str:
    """The number in decimals, whole ones without a point."""
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def to_text(value: Value) -> str | Undefined | None:
    """The value as text; null and undefined stay what they are."""
    match value:
        case str() | None | Undefined():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case Second(seconds):
            return moment_of(seconds).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
        case list() | dict():
            return orjson.dumps(plain(value)).decode()


def to_number(value: Value) -> float | Undefined:
    """The value as a number."""
    match value:
        case bool():
            return 1 if value else 0
        case int() | float():
            return value
        case str():
            number = parse_number(value)
            return UNDEFINED if number is None else number
        case Second(seconds):
            return seconds
        case _:
            return UNDEFINED


def to_boolean(value: Value) -> bool:
    """The value as a truth."""
    match value:
        case bool():
            return value
        case int() | float():
            return value != 0
        case str():
            return value not in {"", "false"}
        case None | Undefined():
            return False
        case Second() | list() | dict():
            return True


def to_instant(value: Value, clock: ZoneInfo) -> Second | Undefined:
    """The value as an instant: seconds or milliseconds, or ISO text.

    All are what `clock` shows, except for a text that names its own offset.
    """
    match value:
        case Second():
            return value
        case bool():
            return UNDEFINED
        case int() | float():
            number = float(value)
            if number < 1:
                return UNDEFINED
            return second(number if number <= LARGEST_SECONDS else number / 1000)
        case str():
            return _instant_in(value, clock)
        case _:
            return UNDEFINED


def moment_of(seconds: int) -> datetime:
    """The date and time that many seconds after 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def plain(value: Value) -> Json:
    """The value inside lists as JSON: instants as text, undefined as null."""
    match value:
        case list():
            return [plain(member) for member in value]
        case dict():
            return {key: plain(member) for key, member in value.items()}
        case Undefined():
            return None
        case Second():
            return str(to_text(value))
        case _:
            return value


def _instant_in(text: str, clock: ZoneInfo) -> Second | Undefined:
    found = _ISO.fullmatch(text)
    if found is None:
        return UNDEFINED
    day, hours, offset = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{hours or '00:00'}").replace(tzinfo=UTC)
    except ValueError:
        return UNDEFINED
    seconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    if offset is None:
        return second(seconds)
    seconds -= _seconds_of(offset)
    in_range = isinstance(second(seconds), Second)
    return second(seconds + offset_at(seconds * 1000, clock) // 1000) if in_range else UNDEFINED


def _seconds_of(offset: str) -> int:
    if offset == "Z":
        return 0
    size = int(offset[1:3]) * 3600 + int(offset[4:6]) * 60
    return -size if offset[0] == "-" else size
