"""What an order for an export says, checked field by field in the order of the fields."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from app.analytics.records import Json
from app.compat.posthog.bodies import Body, whole_number
from app.compat.posthog.errors import invalid
from app.exports.records import ExportFormat

VIDEOS: Final = ("video/mp4", "video/webm", "image/gif")
_SUFFIXES: Final = {"video/mp4": "mp4", "video/webm": "webm", "image/gif": "gif"}
FORMATS: Final = frozenset({*map(str, ExportFormat), *VIDEOS})
DEFAULT_LIFE: Final = timedelta(weeks=26)

_DATE_FORMS: Final = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
_DATE: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)


def suffix_of(export_format: str) -> str:
    """How files of that media type end."""
    return _SUFFIXES.get(export_format) or ExportFormat(export_format).suffix


@dataclass(frozen=True, slots=True)
class OrderFields:
    """The fields of an order; `expires_at` is in milliseconds."""

    dashboard: int | None
    insight: int | None
    format: str
    context: dict[str, Json] | None
    expires_at: int | None


def order_fields(body: Body) -> OrderFields:
    """The fields; raises ApiError for the first that is wrong."""
    dashboard = _key(body, "dashboard")
    insight = _key(body, "insight")
    export_format = _format(body)
    context = _context(body)
    expires_at = _expiry(body)
    return OrderFields(dashboard, insight, export_format, context, expires_at)


def _key(body: Body, name: str) -> int | None:
    value = body.get(name)
    return None if value is None else whole_number(value, name)


def _format(body: Body) -> str:
    value = body.fields.get("export_format")
    if "export_format" not in body:
        raise invalid("This field is required.", "export_format", "required")
    if value is None:
        raise invalid("This field may not be null.", "export_format", "null")
    if not isinstance(value, str) or value not in FORMATS:
        raise invalid(
            f'"{_shown(value)}" is not a valid choice.', "export_format", "invalid_choice"
        )
    return value


def _shown(value: Json) -> str:
    return str(value)[:200]


def _context(body: Body) -> dict[str, Json] | None:
    value = body.document("export_context")
    if value is None or isinstance(value, dict):
        return value
    kind = type(value).__name__
    message = f'Expected a dictionary of items but got type "{kind}".'
    raise invalid(message, "export_context", "not_a_dict")


def _expiry(body: Body) -> int | None:
    value = body.get("expires_after")
    if value is None:
        return None
    moment = _moment(value) if isinstance(value, str) else None
    if moment is None:
        message = "Datetime has wrong format. Use one of these formats instead: "
        raise invalid(message + _DATE_FORMS, "expires_after")
    return int(moment.timestamp() * 1000)


def _moment(text: str) -> datetime | None:
    if _DATE.fullmatch(text.strip()) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "T"))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def default_expiry(now_ms: int) -> int:
    """The midnight (UTC) half a year from now, in milliseconds."""
    day: date = (datetime.fromtimestamp(now_ms / 1000, UTC) + DEFAULT_LIFE).date()
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
