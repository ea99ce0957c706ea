"""What a shape makes of an event, in plain Python."""

from datetime import UTC, datetime, timedelta

from app.analytics.fields import COLUMNS, Column, Property
from app.analytics.properties import property_text
from app.analytics.records import Event, Json
from app.analytics.shapes import (
    Absent,
    Clock,
    Constant,
    Document,
    Instant,
    Member,
    Number,
    Object,
    Shape,
    Shown,
    Spread,
    Text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

EVERY_KIND = Shape(
    (
        Member("id", Text(COLUMNS["id"])),
        Member('n"ame', Text(COLUMNS["name"]), Absent.EMPTY),
        Member("path", Text(COLUMNS["path"])),
        Member("origin", Text(COLUMNS["origin"]), Absent.EMPTY),
        Member("title", Text(COLUMNS["title"]), Absent.OMITTED),
        Member("plan", Text(Property("plan")), Absent.OMITTED),
        Member("longitude", Number(COLUMNS["longitude"])),
        Member("latitude", Number(COLUMNS["latitude"]), Absent.OMITTED),
        Member("revenue", Number(COLUMNS["revenue"])),
        Member("at", Instant(COLUMNS["created_at"])),
        Member("imported", Instant(COLUMNS["imported_at"])),
        Member("kind", Constant({"a": ["%", ":x", None]})),
        Member("groups", Document("groups")),
        Member("raw", Document("properties")),
        Member(
            "properties",
            Object(
                (
                    Member("time", Instant(COLUMNS["created_at"], Clock.SECONDS)),
                    Member("ms", Instant(COLUMNS["created_at"], Clock.MILLISECONDS)),
                    Spread(),
                )
            ),
        ),
    )
)
"""A shape with everything that a shape can have."""


def row_of(event: Event, parts: tuple[Member | Spread, ...] = EVERY_KIND.parts) -> dict[str, Json]:
    """The JSON object that the event becomes."""
    row: dict[str, Json] = {}
    for part in parts:
        if isinstance(part, Spread):
            row |= event.properties
            continue
        value = _shown(event, part.value)
        if value is None and not isinstance(part.value, Constant):
            if part.absent is Absent.OMITTED:
                continue
            value = None if part.absent is Absent.NULL else ""
        row[part.key] = value
    return row


def _shown(event: Event, shown: Shown) -> Json:
    match shown:
        case Constant(value):
            return value
        case Object(parts):
            return row_of(event, parts)
        case Document("groups"):
            return [*event.groups]
        case Document():
            return event.properties
        case Text(Property(key)):
            return property_text(event.properties, key)
        case Text(Column(name)) | Number(Column(name)):
            held: Json = getattr(event, name)
            return held
        case Instant(Column(name), clock):
            instant: int | None = getattr(event, name)
            return None if instant is None else _clocked(instant, clock)
        case _:
            raise TypeError(shown)


def _clocked(instant: int, clock: Clock) -> Json:
    if clock is Clock.ISO:
        moment = _EPOCH + timedelta(milliseconds=instant)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return instant if clock is Clock.MILLISECONDS else instant // 1000
