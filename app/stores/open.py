"""Which event store a URL names."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.stores.base import ConfigurationError, EventStore
from app.stores.duckdb import MEMORY, DuckDBLimits, open_duckdb
from app.stores.sqlite import open_sqlite

_LATER: Final = {
    "postgresql": "PostgreSQL",
    "clickhousedb": "ClickHouse",
    "clickhouse": "ClickHouse",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """What an event store may use. `readers` is how many questions run at the same time."""

    readers: int = 4
    duckdb: DuckDBLimits = field(default_factory=DuckDBLimits)


def open_event_store(url: str, limits: StoreLimits | None = None) -> EventStore:
    """The event store at `url`; its tables come with `migrate`.

    `duckdb:///relative/path`, `duckdb:////absolute/path`, `duckdb:///:memory:` and
    `sqlite+aiosqlite:///path`. A missing folder is made. Raises ConfigurationError.
    """
    limits = limits or StoreLimits()
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError("The event store's URL is not a URL.") from error
    engine = parsed.get_backend_name()
    if engine in _LATER:
        raise ConfigurationError(
            f"{_LATER[engine]} is not available as an event store in this version; "
            "use duckdb:///… or sqlite+aiosqlite:///…."
        )
    path = parsed.database or ""
    match engine:
        case "duckdb":
            return open_duckdb(_prepared(path or MEMORY), limits.duckdb, limits.readers)
        case "sqlite" if path not in {"", MEMORY}:
            return open_sqlite(_prepared(path), limits.readers)
        case "sqlite":
            raise ConfigurationError(
                "An event store on SQLite needs a file; duckdb:///:memory: needs none."
            )
        case _:
            raise ConfigurationError(
                f"There is no event store called {engine}; "
                "use duckdb:///… or sqlite+aiosqlite:///…."
            )


def _prepared(path: str) -> str:
    if path != MEMORY:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return path
