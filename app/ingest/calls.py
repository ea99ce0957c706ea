"""What a caller asks to be recorded, in no vendor's words."""

from dataclasses import dataclass, field
from typing import Final

from app.analytics.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """The software and hardware in front of someone. Every part may be unknown."""

    os: str | None = None
    os_version: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    device: str | None = None
    brand: str | None = None
    model: str | None = None


NO_TECHNOLOGY: Final = Technology()
"""Nothing is known."""


@dataclass(frozen=True, slots=True)
class Brand:
    """A name that a browser goes by, and its version: the major number, or all of it."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHints:
    """What a browser says of itself in headers of its own. Every part may be unknown.

    `brands` have major versions, `full_brands` whole ones. `is_mobile` tells whether the
    browser prefers pages for small screens.
    """

    brands: tuple[Brand, ...] = ()
    full_brands: tuple[Brand, ...] = ()
    platform: str | None = None
    platform_version: str | None = None
    is_mobile: bool | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyCall:
    """Something that is said about a profile. None leaves a field as it was.

    The parts of `technology` replace what the server would find out.
    """

    project: int
    profile_id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    avatar: str | None = None
    properties: dict[str, Json] = field(default_factory=dict[str, Json])
    technology: Technology = NO_TECHNOLOGY


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackCall:
    """One event as the caller tells it.

    `project` is the project's number, and `project_slug` the id that device and session
    ids are made of. `at_ms` is the caller's own time; `url` is a page address or the name
    of an app's screen; `revenue` is in minor currency units. `device_id`, `ip` and the
    parts of `technology` replace what the server would find out. Calls with the same
    `insert_id` are the same event. `identify` is what the call says about its profile.
    """

    project: int
    project_slug: str
    name: str
    properties: dict[str, Json] = field(default_factory=dict[str, Json])
    profile_id: str | None = None
    groups: tuple[str, ...] = ()
    at_ms: int | None = None
    url: str | None = None
    referrer: str | None = None
    title: str | None = None
    revenue: int = 0
    device_id: str | None = None
    ip: str | None = None
    technology: Technology = NO_TECHNOLOGY
    insert_id: str | None = None
    identify: IdentifyCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a call, as the transport tells it. `received_at` is in milliseconds.

    `is_proven` tells that a secret came with it: anyone can claim a browser's origin.
    """

    received_at: int
    is_proven: bool = False
    ip: str | None = None
    user_agent: str | None = None
    hints: ClientHints | None = None
    sdk_name: str | None = None
    sdk_version: str | None = None
