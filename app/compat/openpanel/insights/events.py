"""Events and sessions themselves, and what there is to ask about them."""

from typing import Any, Final

import orjson

from app.analytics.catalog import PropertyKeysQuery
from app.analytics.fields import COLUMNS, Field, property_of
from app.analytics.filters import EVERYTHING, All, Case, Compare, Filter, Operand, Operator
from app.analytics.metrics import EVENTS
from app.analytics.queries import (
    BreakdownQuery,
    EventsQuery,
    Page,
    SessionsQuery,
)
from app.analytics.records import Json
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.answer_wire import EventProperties, PropertyValues
from app.compat.openpanel.countries import country_code
from app.compat.openpanel.insights.asking import filter_of, range_of
from app.compat.openpanel.insights.endpoint import Endpoint
from app.compat.openpanel.insights.rows import event_row, session_row
from app.compat.openpanel.naming import field_of
from app.compat.openpanel.operations import FILTERS, RANGE
from app.http.operations import Parameter

_COLUMNS: Final[dict[str, Field]] = {
    "path": COLUMNS["path"],
    "country": COLUMNS["country"],
    "city": COLUMNS["city"],
    "device": COLUMNS["device"],
    "browser": COLUMNS["browser"],
    "os": COLUMNS["os"],
    "referrer": COLUMNS["referrer"],
    "referrerName": COLUMNS["referrer_name"],
    "referrerType": COLUMNS["referrer_type"],
    "profileId": COLUMNS["profile_id"],
}
"""Parameters that are compared with a column each."""

PICKED: Final = (
    "name",
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
    "duration",
    "revenue",
    "created_at",
    "device_id",
    "profile_id",
    "session_id",
)
"""Columns that are offered beside properties."""

_MOST_NAMES: Final = 50
_MOST_PROPERTIES: Final = 500
_MOST_VALUES: Final = 200


def limit_of(asked: Admitted, usual: int = 20, most: int = 100) -> Page:
    """The first rows, as many as are asked for."""
    return Page(asked.params.page("limit", default=usual, most=most))


async def events(asked: Admitted) -> Json:
    """The newest events that meet the conditions."""
    query = EventsQuery(
        project=asked.project.number,
        range=range_of(asked, "30d"),
        filter=All((*_conditions(asked), filter_of(asked, Case.INSENSITIVE))),
        page=limit_of(asked),
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    return [event_row(event, asked.project) for event in result.events]


async def sessions(asked: Admitted) -> Json:
    """The newest sessions that meet the conditions."""
    query = SessionsQuery(
        project=asked.project.number,
        range=range_of(asked, "30d"),
        filter=All((*_conditions(asked), filter_of(asked, Case.INSENSITIVE))),
        page=limit_of(asked),
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    return [session_row(session, asked.project) for session in result.sessions]


def _conditions(asked: Admitted) -> list[Filter]:
    found: list[Filter] = []
    names = asked.params.texts("eventNames", "eventName")
    if names:
        found.append(Compare(COLUMNS["name"], Operator.EQUALS, names))
    for parameter, field in _COLUMNS.items():
        values = asked.params.texts(parameter)
        if parameter == "country":
            values = tuple(map(country_code, values))
        if values:
            found.append(Compare(field, Operator.EQUALS, values))
    return [*found, *_properties(asked)]


def _properties(asked: Admitted) -> list[Filter]:
    """The equality tests of the parameter `properties`, a JSON object."""
    text = asked.params.text("properties")
    if text is None:
        return []
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        asked.params.fail("properties", message="Expected a JSON object")
        return []
    tests: dict[str, Any] = told  # pyright: ignore[reportUnknownVariableType] # Of any values.
    return [found for key, value in tests.items() if (found := _test(asked, key, value))]


def _test(asked: Admitted, key: str, value: object) -> Filter | None:
    field = property_of(key)
    if field is None or not isinstance(value, str | int | float) or "\0" in str(value):
        asked.params.fail("properties", key, message="Expected a name and a value")
        return None
    values: tuple[Operand, ...] = (value,)
    if isinstance(value, int | float) and not isinstance(value, bool):
        values = (float(value), str(value))
    return Compare(field, Operator.EQUALS, values)


async def names(asked: Admitted) -> Json:
    """The names of events, the most frequent first."""
    asked.params.check()
    found = await _labels(asked, COLUMNS["name"], EVERYTHING, _MOST_NAMES)
    return [*found]


async def properties(asked: Admitted) -> Json:
    """What can be asked about events: columns, and properties that are in use."""
    name = asked.params.text("eventName")
    query = PropertyKeysQuery(
        project=asked.project.number,
        range=range_of(asked, "30d"),
        filter=EVERYTHING if name is None else _named(name),
        limit=_MOST_PROPERTIES,
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    rows: list[Json] = [{"property_key": key.key, "event_name": name or "*"} for key in result.keys]
    return {"columns": [*PICKED], "properties": rows}


async def property_values(asked: Admitted) -> Json:
    """The values of a property, the most frequent first."""
    name, key = asked.params.text("eventName"), asked.params.text("propertyKey")
    for parameter, text in (("eventName", name), ("propertyKey", key)):
        if text is None:
            asked.params.fail(parameter, message="Required")
    field = field_of(f"properties.{(key or '').removeprefix('properties.')}")
    if key is not None and field is None:
        asked.params.fail("propertyKey", message=f"{key!r} is not a known field")
    asked.params.check()
    found = await _labels(asked, field or COLUMNS["name"], _named(name or ""), _MOST_VALUES)
    return {"event": name, "property": key, "values": [*found]}


def _named(name: str) -> Filter:
    return Compare(COLUMNS["name"], Operator.EQUALS, (name,))


async def _labels(asked: Admitted, field: Field, condition: Filter, most: int) -> list[str]:
    query = BreakdownQuery(
        project=asked.project.number,
        by=(field,),
        metrics=(EVENTS,),
        range=range_of(asked, "30d"),
        filter=condition,
        page=Page(most),
    )
    asked.params.check()
    result = await asked.services.reader.ask(query, asked.project)
    return [str(row.labels[0]) for row in result.rows if row.labels[0] is not None]


LIMIT: Final = Parameter(name="limit", says="Rows; at most 100.", kind=int, default=20)
_WHICH: Final = (
    *RANGE,
    Parameter(name="eventNames", says="Names of events, with commas between them."),
    *(Parameter(name=name, says="Equal to this.") for name in _COLUMNS),
    Parameter(name="properties", says="Values of properties.", kind=dict[str, Any], is_json=True),
    FILTERS,
    LIMIT,
)
_EVENT_NAME: Final = Parameter(name="eventName", says="The name of an event.")

ENDPOINTS: Final = (
    Endpoint("events", events, "Events, the newest first", list[dict[str, Any]], _WHICH),
    Endpoint("events/names", names, "Names of events in use", list[str]),
    Endpoint(
        "events/properties",
        properties,
        "Properties in use",
        EventProperties,
        (*RANGE, _EVENT_NAME),
    ),
    Endpoint(
        "events/property_values",
        property_values,
        "Values of a property",
        PropertyValues,
        (
            *RANGE,
            Parameter(name="eventName", says="The name of an event.", required=True),
            Parameter(name="propertyKey", says="The property.", required=True),
        ),
    ),
    Endpoint("sessions", sessions, "Sessions, the newest first", list[dict[str, Any]], _WHICH),
)
