"""Rows of OpenPanel's events, as its exports (camelCase) and its tables (snake_case) have them."""

from typing import Any, Final

from app.analytics.records import Event, Json
from app.importer.rows import (
    BadRowError,
    Circumstances,
    Row,
    degrees_of,
    groups_of,
    instant_of,
    name_of,
    text_of,
    whole_of,
)
from app.kit.ids import derived_id

TEXTS: Final = (
    "path",
    "origin",
    "referrer",
    "referrer_name",
    "referrer_type",
    "country",
    "region",
    "city",
    "os",
    "os_version",
    "browser",
    "browser_version",
    "device",
    "brand",
    "model",
    "sdk_name",
    "sdk_version",
)
"""The fields that are texts and nothing else."""

UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
"""The campaign's fields."""

QUERY: Final = frozenset({"__query", *(f"__query.{name}" for name in UTM)})
"""The properties that may tell of a campaign."""


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


SNAKE_OF: Final = {
    _camel(name): name
    for name in (*TEXTS, *UTM, "created_at", "profile_id", "device_id", "session_id")
    if "_" in name
}
"""The fields by the other spelling of their names."""


def event_of(row: Row, line: int, circumstances: Circumstances) -> Event:
    """The event of a row. Raises BadRowError.

    The session that the row names is left aside where there is a device, since sessions
    are made anew; without a device it is kept as it is. Empty texts are absent.
    """
    told = dict(row)
    for key in row.keys() & SNAKE_OF.keys():
        told[SNAKE_OF[key]] = row[key]
    name = name_of(told.get("name"))
    device_id = text_of(told.get("device_id"))
    properties = told.get("properties") or {}
    if not isinstance(properties, dict):
        raise BadRowError("The event's properties are not an object.")
    facts: dict[str, Any] = {}
    for field in TEXTS:
        value = told.get(field)
        if value:
            facts[field] = value if type(value) is str else text_of(value)
    return Event(
        project=circumstances.project,
        id=text_of(told.get("id")) or derived_id(circumstances.fingerprint, str(line)),
        name=name,
        created_at=instant_of(told.get("created_at")),
        received_at=circumstances.at_ms,
        imported_at=circumstances.at_ms,
        profile_id=text_of(told.get("profile_id")),
        device_id=device_id,
        session_id=text_of(told.get("session_id")) if device_id is None else None,
        title=text_of(told.get("title")) or text_of(properties.get("__title")),
        longitude=degrees_of(told.get("longitude")),
        latitude=degrees_of(told.get("latitude")),
        duration=whole_of(told.get("duration")),
        revenue=whole_of(told.get("revenue")),
        groups=groups_of(told.get("groups")),
        properties=properties,
        **facts,
        **campaign_of(told, properties),
    )


def campaign_of(told: Row, properties: dict[str, Json]) -> dict[str, Any]:
    """The campaign's columns, which exports have only among the properties."""
    if told.keys().isdisjoint(UTM) and properties.keys().isdisjoint(QUERY):
        return {}
    query = properties.get("__query")
    inside = query if isinstance(query, dict) else {}
    return {
        name: text_of(told.get(name) or properties.get(f"__query.{name}") or inside.get(name))
        for name in UTM
    }
