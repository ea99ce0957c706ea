"""What events and sessions can be filtered, grouped and measured by."""

import re
from collections.abc import Iterator
from typing import Final

from app.analytics.errors import InvalidQueryError
from app.analytics.field_kinds import (
    FIELDS,
    GROUPS,
    Cast,
    ClockPart,
    ClockUnit,
    Column,
    Fan,
    Field,
    GroupColumn,
    GroupProperty,
    HasProfile,
    Membership,
    Memberships,
    ProfileColumn,
    ProfileProperty,
    Property,
    PropertyPattern,
    Source,
    Text,
    ValueType,
    base_of,
    fan_of,
    fans_of,
    uses_groups,
    uses_profiles,
)
from app.kit.trees import nodes_of

__all__ = [
    "CLOCK_PARTS",
    "COLUMNS",
    "FIELDS",
    "GROUPS",
    "GROUP_COLUMNS",
    "PROFILE_COLUMNS",
    "Cast",
    "ClockPart",
    "ClockUnit",
    "Column",
    "Fan",
    "Field",
    "GroupColumn",
    "GroupProperty",
    "HasProfile",
    "Membership",
    "Memberships",
    "ProfileColumn",
    "ProfileProperty",
    "Property",
    "PropertyPattern",
    "Source",
    "Text",
    "ValueType",
    "base_of",
    "fan_of",
    "fans_of",
    "fields_of",
    "find_column",
    "get_column",
    "property_of",
    "uses_groups",
    "uses_profiles",
]

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


CLOCK_PARTS: Final = {
    part.name: part
    for part in (
        ClockPart(ClockUnit.DAY_OF_WEEK, "Day of the week"),
        ClockPart(ClockUnit.HOUR_OF_DAY, "Hour of the day"),
    )
}
"""What recurs of the local time of events and sessions, by name."""

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

GROUP_COLUMNS: Final = {
    column.column: column
    for column in (
        GroupColumn("id", "Group id"),
        GroupColumn("name", "Group"),
        GroupColumn("type", "Type of group"),
    )
}
"""Every column of groups that can be asked for, by name."""

_MOST_STARS: Final = 3
_LONGEST_PATTERN: Final = 200
_PLAIN_PART: Final = re.compile(r"[^\"\\\0*.]+")


def property_of(key: str) -> Property | PropertyPattern | None:
    """The property of that key; `*` and `[*]` between dots stand for any member.

    None for a key that no property can have, and for patterns that no engine reads: more
    than three stars, stars beside letters, quotation marks and backslashes.
    """
    if not key or "\0" in key:
        return None
    if "*" not in key:
        return Property(key)
    key = key.replace("[*]", ".*")
    parts = key.split(".")
    is_known = (
        len(key) <= _LONGEST_PATTERN
        and parts[0] != "*"
        and parts.count("*") <= _MOST_STARS
        and sum(part == "*" or part.isdigit() for part in parts) <= _MOST_STARS
        and all(part == "*" or _PLAIN_PART.fullmatch(part) for part in parts)
    )
    return PropertyPattern(key) if is_known else None


def find_column(name: str) -> Column | None:
    """The column of that name, if there is one."""
    return COLUMNS.get(name)


def get_column(name: str, *path: str | int) -> Column:
    """The column of that name; raises InvalidQueryError at `path` for an unknown one."""
    column = COLUMNS.get(name)
    if column is None:
        raise InvalidQueryError.at(*path, message=f"Unknown field {name!r}.")
    return column


def fields_of(question: object) -> Iterator[Field]:
    """Every field that the question, or whatever part of one, mentions anywhere."""
    return (node for node in nodes_of(question) if isinstance(node, FIELDS))
