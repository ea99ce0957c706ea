"""Instants inside texts, read in one way everywhere."""

import re
from datetime import UTC, datetime
from typing import Final

DAY_PATTERN: Final = "[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]"
"""A day of the years 1000 to 9999, in a form that every engine's expressions read."""

LOCAL_PATTERN: Final = (
    f"{DAY_PATTERN}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{{1,6}})?)?)?"
)
"""A day, perhaps with a time; without an offset it is UTC."""

OFFSET_PATTERN: Final = (
    f"{DAY_PATTERN}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{{1,6}})?"
    "(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])"
)
"""A day and a time with seconds, and how far they are from UTC."""

_INSTANT: Final = re.compile(f"{LOCAL_PATTERN}|{OFFSET_PATTERN}", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_instant(text: str | None) -> int | None:
    """The instant (UTC ms) that an ISO 8601 text tells; None for any other text.

    Without a time it is the start of the day, without an offset it is UTC.
    """
    if text is None or _INSTANT.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError):
        return None
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
