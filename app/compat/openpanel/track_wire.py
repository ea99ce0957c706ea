"""The body of `/track`: what is accepted, and what it asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from app.analytics.errors import InvalidQueryError
from app.analytics.records import BOUNDARY_EVENTS, REVENUE, Json
from app.compat.openpanel.javascript import instant_ms, number_text
from app.compat.openpanel.payload_wire import Name, Payload, ProfileId, Properties, validated
from app.compat.openpanel.people_wire import (
    AliasPayload,
    AssignGroupPayload,
    DecrementPayload,
    GroupPayload,
    IncrementPayload,
    PeopleCall,
    PeoplePayload,
    ReplayPayload,
    people_call,
)
from app.ingest.bodies import read_json
from app.ingest.calls import NO_TECHNOLOGY, IdentifyCall, Technology, TrackCall
from app.ingest.encoding import LARGEST_AMOUNT
from app.ingest.properties import checked_properties

_LONGEST_NAME: Final = 200
_LONGEST_DEVICE_ID: Final = 64
_WRONG_AMOUNT: Final = f"An amount is a whole number from 0 to {LARGEST_AMOUNT}."
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")

INSERT_ID: Final = "__insertId"
"""The property by which calls are known that tell of the same event."""

MIXPANEL_INSERT_ID: Final = "$insert_id"
"""The same in Mixpanel's words.

A plain `insert_id` is none: it may be anybody's own property, the same for many events.
"""

_CONSUMED: Final = frozenset(
    {
        "__path",
        "__referrer",
        "__timestamp",
        "__revenue",
        "__ip",
        "__bot",
        "__bot_reasons",
        INSERT_ID,
    }
)
"""Properties that are not kept under their own names.

They go to fields of the event; the address is used and forgotten; what is said of bots is
for the server to say.
"""


_TECHNOLOGY: Final = frozenset(
    {"__os", "__osVersion", "__browser", "__browserVersion", "__device", "__brand", "__model"}
)
"""Properties in which callers correct what their user agent tells."""


class TrackPayload(Payload):
    """What a `track` message tells."""

    name: Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]
    properties: Properties = None
    profile_id: ProfileId | None = Field(default=None, alias="profileId")
    groups: list[Name] | None = None

    @field_validator("name")
    @classmethod
    def _is_free_name(cls, name: str) -> str:
        if name in BOUNDARY_EVENTS:
            raise ValueError(f"{name} is written by the server alone")
        if "\n" in name or "\r" in name:
            raise ValueError("A name is a single line")
        return name


class IdentifyPayload(Payload):
    """What an `identify` message tells."""

    profile_id: ProfileId = Field(alias="profileId")
    first_name: str | None = Field(default=None, alias="firstName")
    last_name: str | None = Field(default=None, alias="lastName")
    email: Any = None
    avatar: Any = None
    properties: Properties = None


_MODELS: Final[Mapping[str, type[TrackPayload | IdentifyPayload | PeoplePayload]]] = {
    "track": TrackPayload,
    "identify": IdentifyPayload,
    "alias": AliasPayload,
    "increment": IncrementPayload,
    "decrement": DecrementPayload,
    "group": GroupPayload,
    "assign_group": AssignGroupPayload,
    "replay": ReplayPayload,
}
"""What each type of message tells."""

Call: TypeAlias = TrackCall | IdentifyCall | PeopleCall
"""What a message may ask for."""


@dataclass(frozen=True, slots=True)
class BodyCredentials:
    """What the body itself says about the client, for callers that can't set headers."""

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TrackMessage:
    """A valid body. `claims_revenue` tells that it names an amount, of whatever event."""

    payload: TrackPayload | IdentifyPayload | PeoplePayload
    credentials: BodyCredentials
    claims_revenue: bool

    def call(self, project: int, project_slug: str, *, insert_id: str | None = None) -> Call:
        """What the message asks of the project with this number and id.

        An `insert_id` from outside goes before that of the body. Raises InvalidQueryError
        for properties out of bounds or an impossible amount.
        """
        match self.payload:
            case TrackPayload():
                return _track_call(self.payload, project, project_slug, insert_id)
            case IdentifyPayload():
                return _identify_call(self.payload, project, ("payload",))
            case _:
                return people_call(self.payload, project)


def read_message(body: bytes) -> TrackMessage:
    """The message in the body; raises InvalidQueryError that names each wrong part."""
    envelope = read_json(body)
    if not isinstance(envelope, dict):
        raise InvalidQueryError.at(message="The body is a JSON object.")
    return _message(envelope, envelope.get("type"), envelope.get("payload"))


def read_legacy_message(body: bytes, kind: str) -> TrackMessage:
    """The message of that type whose payload is the body itself, without an envelope.

    Raises InvalidQueryError whose paths begin with "payload". There an amount to add has to
    be told.
    """
    payload = read_json(body)
    if not isinstance(payload, dict):
        raise InvalidQueryError.at(message="The body is a JSON object.")
    if kind in {"increment", "decrement"} and payload.get("value") is None:
        raise InvalidQueryError.at("payload", "value", message="Field required")
    return _message(payload, kind, payload)


def _message(envelope: Mapping[str, Json], kind: Json, payload: Json) -> TrackMessage:
    model = _MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        listed = ", ".join(_MODELS)
        raise InvalidQueryError.at("type", message=f"The type is one of: {listed}.")
    if not isinstance(payload, dict):
        raise InvalidQueryError.at("payload", message="The payload is a JSON object.")
    properties = payload.get("properties")
    return TrackMessage(
        payload=validated(model, payload),
        credentials=_credentials(envelope),
        claims_revenue=isinstance(properties, dict) and properties.get("__revenue") is not None,
    )


def decode_track(body: bytes, *, project: int, project_slug: str) -> Call:
    """What the body asks of a project; raises InvalidQueryError for anything but a message."""
    return read_message(body).call(project, project_slug)


def credentials_in(body: bytes) -> BodyCredentials:
    """The client that the body names, if it is JSON and names one. Never raises."""
    try:
        envelope = read_json(body)
    except InvalidQueryError:
        return BodyCredentials()
    return _credentials(envelope) if isinstance(envelope, dict) else BodyCredentials()


def _credentials(envelope: Mapping[str, Json]) -> BodyCredentials:
    return BodyCredentials(_text(envelope.get("clientId")), _text(envelope.get("clientSecret")))


def _track_call(
    payload: TrackPayload, project: int, project_slug: str, insert_id: str | None
) -> TrackCall:
    told = cast("dict[str, Json]", payload.properties or {})
    checked_properties(told, ("payload", "properties"))
    identify = _nested_identify(told.get("__identify"), project)
    return TrackCall(
        project=project,
        project_slug=project_slug,
        name=payload.name,
        properties=_kept(told),
        profile_id=identify.profile_id if identify else payload.profile_id,
        groups=tuple(dict.fromkeys(payload.groups or ())),
        at_ms=instant_ms(told.get("__timestamp")),
        url=_text(told.get("__path")) or _text(told.get("path")),
        referrer=_text(told.get("__referrer")) or _text(told.get("referrer")),
        title=_text(told.get("__title")),
        revenue=_amount(told.get("__revenue")) if payload.name == REVENUE else 0,
        device_id=_device_id(told.get("__deviceId")),
        ip=_text(told.get("__ip")),
        insert_id=insert_id or _insert_id(told),
        technology=_technology(told),
        identify=identify if identify and _says_something(told.get("__identify")) else None,
    )


def _identify_call(payload: IdentifyPayload, project: int, path: tuple[str, ...]) -> IdentifyCall:
    told = cast("dict[str, Json]", payload.properties or {})
    return IdentifyCall(
        project=project,
        profile_id=payload.profile_id,
        first_name=payload.first_name,
        last_name=payload.last_name,
        email=_email(payload.email),
        avatar=_web_address(payload.avatar),
        properties=checked_properties(told, (*path, "properties")),
        technology=_technology(told),
    )


def _nested_identify(value: Json, project: int) -> IdentifyCall | None:
    """The identify that rides on an event; one that is not valid is only a property."""
    if not isinstance(value, dict):
        return None
    try:
        payload = IdentifyPayload.model_validate(value)
    except ValidationError:
        return None
    return _identify_call(payload, project, ("payload", "properties", "__identify"))


def _says_something(identify: Json) -> bool:
    return isinstance(identify, dict) and len(identify) > 1


def _kept(told: Mapping[str, Json]) -> dict[str, Json]:
    kept = {name: value for name, value in told.items() if name not in _CONSUMED}
    source = _told_id(kept.get(MIXPANEL_INSERT_ID))
    if source is None:
        return kept
    # Doors that show an event's own id under that name would show two.
    del kept[MIXPANEL_INSERT_ID]
    return kept | {"__source_insert_id": source}


def _insert_id(told: Mapping[str, Json]) -> str | None:
    return _told_id(told.get(INSERT_ID)) or _told_id(told.get(MIXPANEL_INSERT_ID))


def _told_id(value: Json) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return number_text(value)
    return _text(value)


def _technology(told: Mapping[str, Json]) -> Technology:
    if _TECHNOLOGY.isdisjoint(told):
        return NO_TECHNOLOGY
    return Technology(
        os=_text(told.get("__os")),
        os_version=_text(told.get("__osVersion")),
        browser=_text(told.get("__browser")),
        browser_version=_text(told.get("__browserVersion")),
        device=_text(told.get("__device")),
        brand=_text(told.get("__brand")),
        model=_text(told.get("__model")),
    )


def _amount(value: Json) -> int:
    """Minor currency units. JSON does not tell 100 from 100.0."""
    if value is None:
        return 0
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 <= (amount := cast("float", value)) <= LARGEST_AMOUNT:
        whole = int(amount)
        if whole == amount:
            return whole
    raise InvalidQueryError.at("payload", "properties", "__revenue", message=_WRONG_AMOUNT)


def _device_id(value: Json) -> str | None:
    if not isinstance(value, str):
        return None
    trimmed = value.strip()
    return trimmed if 1 <= len(trimmed) <= _LONGEST_DEVICE_ID else None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _email(value: object) -> str | None:
    return value if isinstance(value, str) and _EMAIL.fullmatch(value) else None


def _web_address(value: object) -> str | None:
    """The URL of a picture; other schemes could run in a browser that shows it."""
    if not isinstance(value, str):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.hostname else None
