"""The facts that are stored: events, sessions and profiles.

Instants are integer UTC milliseconds. `None` means absent, which is a different
fact from an empty string. Property values keep the JSON type they came with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""Any JSON value."""

SCREEN_VIEW = "screen_view"
SESSION_START = "session_start"
SESSION_END = "session_end"
REVENUE = "revenue"

BOUNDARY_EVENTS = frozenset({SESSION_START, SESSION_END})
"""Events that the server derives from sessions; they never count as activity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. Immutable once acknowledged.

    `project` is the project's integer number; `position` orders events by their
    arrival (0 until the journal has numbered it). `duration` is in milliseconds,
    `revenue` in minor currency units, coordinates in degrees.
    """

    project: int
    id: str
    name: str
    created_at: int
    received_at: int
    position: int = 0
    imported_at: int | None = None
    profile_id: str | None = None
    device_id: str | None = None
    session_id: str | None = None
    path: str | None = None
    origin: str | None = None
    title: str | None = None
    referrer: str | None = None
    referrer_name: str | None = None
    referrer_type: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    os: str | None = None
    os_version: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    device: str | None = None
    brand: str | None = None
    model: str | None = None
    sdk_name: str | None = None
    sdk_version: str | None = None
    duration: int = 0
    revenue: int = 0
    groups: tuple[str, ...] = ()
    properties: dict[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A run of one device's events with no gap over 30 minutes.

    Referrer, UTM, place and technology are those of the earliest event.
    `duration` is in milliseconds, `revenue` in minor currency units.
    """

    project: int
    id: str
    device_id: str
    profile_id: str
    created_at: int
    ended_at: int
    is_bounce: bool
    screen_view_count: int
    event_count: int
    revenue: int
    entry_path: str | None = None
    entry_origin: str | None = None
    exit_path: str | None = None
    exit_origin: str | None = None
    referrer: str | None = None
    referrer_name: str | None = None
    referrer_type: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    os: str | None = None
    os_version: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    device: str | None = None
    brand: str | None = None
    model: str | None = None
    groups: tuple[str, ...] = ()

    @property
    def duration(self) -> int:
        """Milliseconds between the first and the last event."""
        return self.ended_at - self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Someone or something that events belong to.

    `is_external` tells a profile that was identified by the caller from one that
    stands for a device alone. `sequence` grows with every change in the project's
    store and orders the read copy.
    """

    project: int
    id: str
    is_external: bool
    created_at: int
    last_seen_at: int
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    avatar: str | None = None
    groups: tuple[str, ...] = ()
    properties: dict[str, Json] = field(default_factory=dict[str, Json])
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What is known of a group; instants are in milliseconds.

    Profiles name the groups that they belong to. `sequence` numbers the change, in one
    count with profiles and aliases.
    """

    project: int
    id: str
    type: str
    name: str
    properties: Mapping[str, Json]
    created_at: int
    updated_at: int
    sequence: int
