"""An event as a row of the table of events: what the way into a store is paved with."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

import orjson

from app.analytics.records import Event, Json


class EventRow(NamedTuple):
    """An event's values in the order of the columns of `EVENTS`.

    Fields mean what they mean in `Event`; `properties` is JSON text. A row takes a third of
    an `Event`'s time to make, and many rows become columns at once.
    """

    project: int
    position: int
    id: str
    name: str
    created_at: int
    received_at: int
    imported_at: int | None
    profile_id: str | None
    device_id: str | None
    session_id: str | None
    path: str | None
    origin: str | None
    title: str | None
    referrer: str | None
    referrer_name: str | None
    referrer_type: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_term: str | None
    utm_content: str | None
    country: str | None
    region: str | None
    city: str | None
    longitude: float | None
    latitude: float | None
    os: str | None
    os_version: str | None
    browser: str | None
    browser_version: str | None
    device: str | None
    brand: str | None
    model: str | None
    sdk_name: str | None
    sdk_version: str | None
    duration: int
    revenue: int
    groups: tuple[str, ...]
    properties: str


_PROPERTIES: Final = EventRow._fields.index("properties")
_values_of: Final = attrgetter(*EventRow._fields[:_PROPERTIES])


def event_row(event: Event) -> EventRow:
    """The event as a row."""
    values: tuple[Any, ...] = _values_of(event)
    return EventRow._make((*values, properties_text(event)))


def event_rows(events: Sequence[Event] | Sequence[EventRow]) -> list[EventRow]:
    """The events as rows, those that are rows already as they are."""
    return [event if isinstance(event, EventRow) else event_row(event) for event in events]


def properties_text(event: Event) -> str:
    """The event's properties as JSON text."""
    return json_text(event.properties)


def json_text(properties: Mapping[str, Json] | str) -> str:
    """These properties as JSON text, which they may be already."""
    if isinstance(properties, str):
        return properties
    return orjson.dumps(properties).decode() if properties else "{}"
