"""What the readers of all formats share: an import's circumstances, and values of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from app.analytics.records import Json
from app.ingest.referrers import HandwrittenBook

Row: TypeAlias = dict[str, Json]
"""One line of a file."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

_FIRST_MS_VALUE: Final = 100_000_000_000
"""From here on a number counts milliseconds: as seconds it would be the year 5138."""

_LAST_INSTANT_MS: Final = 253_402_300_799_999
"""The end of the year 9999."""

REFERRERS: Final = HandwrittenBook()
"""Names the referrers that a row gives as addresses alone."""


class BadRowError(ValueError):
    """The line holds no event; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Which import a row belongs to. `fingerprint` names the file, `at_ms` is now."""

    project: int
    fingerprint: str
    at_ms: int


def instant_of(value: Json) -> int:
    """The instant in milliseconds.

    From ISO 8601, from `YYYY-MM-DD HH:MM:SS.mmm` (UTC without an offset), or from a number
    of seconds or milliseconds since 1970. Raises BadRowError for anything else.
    """
    match value:
        case bool() | None | list() | dict() | "":
            raise BadRowError("The event has no time.")
        case int() | float():
            instant = _of_number(value)
        case str():
            instant = _of_text(value)
    if not 0 <= instant <= _LAST_INSTANT_MS:
        raise BadRowError("The event's time is outside the years 1970 to 9999.")
    return instant


def all_milliseconds(values: Sequence[int]) -> bool:
    """Whether all of these numbers are instants as they are."""
    return min(values) >= _FIRST_MS_VALUE and max(values) <= _LAST_INSTANT_MS


def _of_number(value: float) -> int:
    if not abs(value) <= _LAST_INSTANT_MS:
        raise BadRowError("The event's time is outside the years 1970 to 9999.")
    return int(value) if abs(value) >= _FIRST_MS_VALUE else round(value * 1000)


def _of_text(value: str) -> int:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return _of_number(_number(value))
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise BadRowError(f'The event\'s time "{value[:40]}" is not a time.') from None


def name_of(value: Json) -> str:
    """The event's name. Raises BadRowError when there is none."""
    if isinstance(value, str) and value:
        return value
    raise BadRowError("The event has no name.")


def text_of(value: Json) -> str | None:
    """The value as text; an empty text is absent, as the systems write it."""
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, list | dict):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def whole_of(value: Json) -> int:
    """The value as a whole number; 0 when it is none."""
    match value:
        case bool() | None | list() | dict():
            return 0
        case int():
            return value
        case float() | str():
            try:
                return round(float(value))
            except (ValueError, OverflowError):
                return 0


@lru_cache(maxsize=4_096)
def _degrees(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def degrees_of(value: Json) -> float | None:
    """The value as a coordinate, or None."""
    match value:
        case bool() | None | list() | dict():
            return None
        case int() | float():
            return float(value)
        case str():
            return _degrees(value)


def groups_of(value: Json) -> tuple[str, ...]:
    """The texts of a list, empty ones left out."""
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)
