"""The event store's tables, one description for every engine.

Column names equal the fields of the records. JSON stays text: every engine reads
paths out of text, and DuckDB's own variant type measured far slower to read.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Integer, MetaData, Table, Text

METADATA: Final = MetaData()


def _place_and_technology() -> list[Column[object]]:
    texts_before = ("country", "region", "city")
    texts_after = ("os", "os_version", "browser", "browser_version", "device", "brand", "model")
    return [
        *(Column(name, Text) for name in texts_before),
        Column("longitude", Double),
        Column("latitude", Double),
        *(Column(name, Text) for name in texts_after),
    ]


def _source() -> list[Column[object]]:
    names = ("referrer", "referrer_name", "referrer_type")
    tags = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
    return [Column(name, Text) for name in (*names, *tags)]


EVENTS: Final = Table(
    "events",
    METADATA,
    Column("project", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("imported_at", BigInteger),
    Column("profile_id", Text),
    Column("device_id", Text),
    Column("session_id", Text),
    Column("path", Text),
    Column("origin", Text),
    Column("title", Text),
    *_source(),
    *_place_and_technology(),
    Column("sdk_name", Text),
    Column("sdk_version", Text),
    Column("duration", BigInteger, nullable=False),
    Column("revenue", BigInteger, nullable=False),
    Column("groups", Text, nullable=False),
    Column("properties", Text, nullable=False),
)
"""Immutable facts, and the boundaries of sessions, which follow from `SESSIONS`.

`position` is the order of arrival, for a boundary that of its session's anchor with a bit
that no arrival has; it is unique. `groups` is a JSON array.
"""

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("project", Integer, nullable=False),
    Column("id", Text, nullable=False),
    Column("device_id", Text, nullable=False),
    Column("profile_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("duration", BigInteger, nullable=False),
    Column("is_bounce", Boolean, nullable=False),
    Column("screen_view_count", BigInteger, nullable=False),
    Column("event_count", BigInteger, nullable=False),
    Column("revenue", BigInteger, nullable=False),
    Column("entry_path", Text),
    Column("entry_origin", Text),
    Column("exit_path", Text),
    Column("exit_origin", Text),
    *_source(),
    *_place_and_technology(),
    Column("groups", Text, nullable=False),
    # What merging two parts of one session needs beyond the facts above.
    Column("anchor_position", BigInteger, nullable=False),
    Column("opening_position", BigInteger, nullable=False),
    Column("opening_is_pathless_view", Boolean, nullable=False),
    Column("pathed_view_count", BigInteger, nullable=False),
    Column("activity_count", BigInteger, nullable=False),
    Column("entry_at", BigInteger),
    Column("entry_position", BigInteger),
    Column("exit_at", BigInteger),
    Column("exit_position", BigInteger),
    Column("profile_at", BigInteger),
    Column("profile_position", BigInteger),
    Column("opening_properties", Text, nullable=False),
)
"""What `sessionize` makes of the events, kept beside them."""

PROFILES: Final = Table(
    "profiles",
    METADATA,
    Column("project", Integer, nullable=False),
    Column("id", Text, nullable=False),
    Column("is_external", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("email", Text),
    Column("avatar", Text),
    Column("groups", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)
"""A read copy of the control store's profiles, for joins and filters."""

GROUPS: Final = Table(
    "groups",
    METADATA,
    Column("project", Integer, nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)
"""A read copy of the control store's groups, for joins and filters."""

JOURNAL_POSITION: Final = Table(
    "journal_position",
    METADATA,
    Column("journal", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
)
"""The last journalled batch that is stored, per journal; changed with the batch itself."""

CLOSED_SESSIONS: Final = Table(
    "closed_sessions",
    METADATA,
    Column("ended_before", BigInteger, nullable=False),
)
"""One row: sessions that ended before this instant (ms) are closed and have their end."""
