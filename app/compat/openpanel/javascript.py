"""Numbers and dates as JavaScript, in which this API's clients are written, means them."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Final

from app.analytics.records import Json

_LONGEST_DATE: Final = 128
_LARGEST_PLAIN: Final = 1e21
_SMALLEST_PLAIN: Final = 1e-6
_EXPONENT: Final = re.compile(r"e([+-])0+")
_LOCAL_DATE: Final = re.compile(
    r"(\w{3} \w{3} \d\d \d{4,6} \d\d:\d\d:\d\d) GMT([+-]\d{4})(?: \(.*\))?", re.ASCII
)
"""What `toString` writes: "Wed Jan 01 2025 13:00:00 GMT+0100 (Central European Standard Time)"."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = 1_000


def number_text(number: float) -> str:
    """The number in JavaScript's shortest form: `1.0` is "1", `1e-7` stays as it is.

    Whole numbers keep all their digits, even those that JavaScript can't count to.
    """
    if isinstance(number, int):
        return str(number)
    if number.is_integer() and abs(number) < _LARGEST_PLAIN:
        return str(int(number))
    if _SMALLEST_PLAIN <= abs(number) < 1:
        return format(Decimal(repr(number)), "f")
    return _EXPONENT.sub(r"e\1", repr(number))


def instant_ms(value: Json) -> int | None:
    """The instant in UTC milliseconds that a date, as text or as a number of them, means.

    Text without a zone is UTC. None for anything that is no date.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if abs(value) < _LARGEST_PLAIN else None
    if not isinstance(value, str) or len(value) > _LONGEST_DATE:
        return None
    text = _LOCAL_DATE.sub(r"\1 \2", value.strip())
    moment = _find_iso(text) or _find_mail_date(text)
    if moment is None:
        return None
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // _MILLISECOND


def _find_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _find_mail_date(text: str) -> datetime | None:
    """Dates like "Wed, 01 Jan 2025 12:00:00 GMT", which `toUTCString` writes."""
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
