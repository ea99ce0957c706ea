"""The event store's rows in a table of PostgreSQL, kept as its users would keep them."""

from pathlib import Path
from typing import Final

import duckdb

from bench.postgresql import psql

_COLUMNS: Final = {
    "id": "text PRIMARY KEY",
    "name": "text NOT NULL",
    "created_at": "timestamptz NOT NULL",
    **dict.fromkeys(
        (
            "profile_id", "device_id", "session_id", "path", "origin", "title",
            "referrer", "referrer_name", "referrer_type",
            "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
            "country", "region", "city",
            "os", "os_version", "browser", "browser_version", "device", "brand", "model",
            "sdk_name", "sdk_version",
        ),
        "text",
    ),
    "longitude": "double precision",
    "latitude": "double precision",
    "duration": "bigint NOT NULL",
    "revenue": "bigint NOT NULL",
    "groups": "jsonb NOT NULL",
    "properties": "jsonb NOT NULL",
}  # fmt: skip

_INDEXES: Final = """
CREATE INDEX ON events (created_at DESC, id DESC);
CREATE INDEX ON events (country);
CREATE INDEX ON events (path);
CREATE INDEX ON events (device);
VACUUM (ANALYZE) events;
"""
"""The newest first, and what is grouped by: PostGraphile offers to group by no other columns."""


def settle(database: Path) -> None:
    """Forgets sessions that are still open: their ends would be events that come later."""
    closed = "SELECT coalesce(max(ended_before), 0) FROM closed_sessions"
    recent = f"SELECT id FROM sessions WHERE ended_at >= ({closed})"  # noqa: S608  Our words.
    with duckdb.connect(str(database)) as store:
        store.execute(f"DELETE FROM events WHERE session_id IN ({recent})")  # noqa: S608  Our words.
        store.execute(f"DELETE FROM sessions WHERE id IN ({recent})")  # noqa: S608


def copy_events(database: Path, address: str) -> int:
    """Copies every event of the store's file, and answers how many there are."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
    psql(address, f"CREATE TABLE events ({columns});")
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    read = names.replace('"created_at"', "make_timestamp(created_at * 1000) || '+00'")
    target = database.parent / "events.csv"
    with duckdb.connect(str(database), read_only=True) as store:
        query = f"SELECT {read} FROM events ORDER BY created_at, position"  # noqa: S608  Our names.
        store.execute(f"COPY ({query}) TO '{target}' (FORMAT CSV, HEADER false, NULL '\\N')")
        [(count,)] = store.execute("SELECT count(*) FROM events").fetchall()
    psql(address, f"\\copy events ({names}) FROM '{target}' WITH (FORMAT csv, NULL '\\N')")
    target.unlink()
    psql(address, _INDEXES)
    return int(count)
