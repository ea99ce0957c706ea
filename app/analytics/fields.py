"""What events and sessions can be filtered, grouped and measured by."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from app.analytics.errors import InvalidQueryError


class ValueType(StrEnum):
    """What a field's values are."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"


class Source(StrEnum):
    """The facts that a measure counts."""

    EVENTS = "events"
    SESSIONS = "sessions"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of events, of sessions, or of both under one name."""

    name: str
    label: str
    type: ValueType = ValueType.STRING
    sources: frozenset[Source] = frozenset(Source)


@dataclass(frozen=True, slots=True)
class Property:
    """An event property.

    A dotted key means the property of exactly that name, else the nested one; a part
    that is a whole number is an index into a list.
    """

    key: str

    @property
    def name(self) -> str:
        """How the property is called in answers and errors."""
        return f"properties.{self.key}"

    @property
    def label(self) -> str:
        """How the property is shown to people."""
        return self.key

    @property
    def type(self) -> ValueType:
        """Properties are compared as text unless the comparison is with a number."""
        return ValueType.STRING

    @property
    def sources(self) -> frozenset[Source]:
        """Only events have properties."""
        return _EVENTS


@dataclass(frozen=True, slots=True)
class ProfileColumn:
    """A column of the profile that an event or a session belongs to."""

    column: str
    label: str
    type: ValueType = ValueType.STRING

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return f"profile.{self.column}"

    @property
    def sources(self) -> frozenset[Source]:
        """Events and sessions both have a profile."""
        return _BOTH


@dataclass(frozen=True, slots=True)
class ProfileProperty:
    """A property of the profile that an event or a session belongs to; keys as `Property`."""

    key: str

    @property
    def name(self) -> str:
        """How the field is called in answers and errors."""
        return f"profile.properties.{self.key}"

    @property
    def label(self) -> str:
        """How the field is shown to people."""
        return self.key

    @property
    def type(self) -> ValueType:
        """Compared as text unless the comparison is with a number."""
        return ValueType.STRING

    @property
    def sources(self) -> frozenset[Source]:
        """Events and sessions both have a profile."""
        return _BOTH


Field: TypeAlias = Column | Property | ProfileColumn | ProfileProperty

_BOTH: Final = frozenset(Source)


def uses_profiles(fields: Iterable[Field]) -> bool:
    """Whether any of the fields is a profile's."""
    return any(isinstance(field, ProfileColumn | ProfileProperty) for field in fields)


_EVENTS: Final = frozenset({Source.EVENTS})
_SESSIONS: Final = frozenset({Source.SESSIONS})

_SHARED: Final = (
    ("referrer", "Referrer"),
    ("referrer_name", "Referrer name"),
    ("referrer_type", "Referrer type"),
    ("utm_source", "UTM source"),
    ("utm_medium", "UTM medium"),
    ("utm_campaign", "UTM campaign"),
    ("utm_term", "UTM term"),
    ("utm_content", "UTM content"),
    ("country", "Country"),
    ("region", "Region"),
    ("city", "City"),
    ("os", "Operating system"),
    ("os_version", "Operating system version"),
    ("browser", "Browser"),
    ("browser_version", "Browser version"),
    ("device", "Device"),
    ("brand", "Brand"),
    ("model", "Model"),
    ("device_id", "Device id"),
    ("profile_id", "Profile id"),
    ("session_id", "Session id"),
)
_OF_EVENTS: Final = (
    ("id", "Event id"),
    ("name", "Event"),
    ("path", "Path"),
    ("origin", "Origin"),
    ("title", "Title"),
    ("sdk_name", "SDK"),
    ("sdk_version", "SDK version"),
)
_OF_SESSIONS: Final = (
    ("entry_path", "Entry path"),
    ("entry_origin", "Entry origin"),
    ("exit_path", "Exit path"),
    ("exit_origin", "Exit origin"),
)


def _columns() -> dict[str, Column]:
    number, instant, boolean = ValueType.NUMBER, ValueType.INSTANT, ValueType.BOOLEAN
    columns = [
        *(Column(name, label) for name, label in _SHARED),
        *(Column(name, label, sources=_EVENTS) for name, label in _OF_EVENTS),
        *(Column(name, label, sources=_SESSIONS) for name, label in _OF_SESSIONS),
        Column("longitude", "Longitude", number),
        Column("latitude", "Latitude", number),
        Column("created_at", "Created at", instant),
        Column("imported_at", "Imported at", instant, _EVENTS),
        Column("ended_at", "Ended at", instant, _SESSIONS),
        Column("duration", "Duration", number),
        Column("revenue", "Revenue", number),
        Column("is_bounce", "Bounce", boolean, _SESSIONS),
        Column("screen_view_count", "Screen views", number, _SESSIONS),
        Column("event_count", "Events in the session", number, _SESSIONS),
    ]
    return {column.name: column for column in columns}


COLUMNS: Final = _columns()
"""Every column that can be asked for, by name."""


PROFILE_COLUMNS: Final = {
    column.column: column
    for column in (
        ProfileColumn("id", "Profile id"),
        ProfileColumn("email", "E-mail"),
        ProfileColumn("first_name", "First name"),
        ProfileColumn("last_name", "Last name"),
        ProfileColumn("avatar", "Avatar"),
        ProfileColumn("is_external", "Identified", ValueType.BOOLEAN),
        ProfileColumn("created_at", "First seen", ValueType.INSTANT),
        ProfileColumn("last_seen_at", "Last seen", ValueType.INSTANT),
    )
}
"""Every column of profiles that can be asked for, by name."""


def find_column(name: str) -> Column | None:
    """The column of that name, if there is one."""
    return COLUMNS.get(name)


def get_column(name: str, *path: str | int) -> Column:
    """The column of that name; raises InvalidQueryError at `path` for an unknown one."""
    column = COLUMNS.get(name)
    if column is None:
        raise InvalidQueryError.at(*path, message=f"Unknown field {name!r}.")
    return column
