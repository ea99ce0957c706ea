"""Events over HTTP with Strawberry as it comes: what lists are measured against."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import duckdb
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

COLUMNS = (
    "id", "name", "created_at", "profile_id", "session_id", "path", "title", "referrer",
    "country", "city", "device", "os", "browser", "duration", "longitude",
)  # fmt: skip

SQL = f"""
SELECT {", ".join(COLUMNS)} FROM events WHERE project = ? ORDER BY created_at DESC, id LIMIT ?
"""  # noqa: S608 — names of ours.


@strawberry.type
class Event:
    """An event of fifteen fields."""

    id: str
    name: str
    created_at: datetime
    profile_id: str | None
    session_id: str | None
    path: str | None
    title: str | None
    referrer: str | None
    country: str | None
    city: str | None
    device: str | None
    os: str | None
    browser: str | None
    duration: int
    longitude: float | None


_database: duckdb.DuckDBPyConnection | None = None


@strawberry.type
class Query:
    """Where queries begin."""

    @strawberry.field
    async def events(self, first: int) -> list[Event]:
        """The newest events of the first project."""
        return await asyncio.to_thread(_read, first)


def _read(first: int) -> list[Event]:
    assert _database is not None  # noqa: S101 — opened before anything is served.
    rows = _database.cursor().execute(SQL, [1, first]).fetchall()
    return [_event(row) for row in rows]


def _event(row: tuple[Any, ...]) -> Event:
    held: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    held["created_at"] = datetime.fromtimestamp(held["created_at"] / 1000, UTC)
    return Event(**held)


def main() -> None:
    """Serves the events of the file that the second argument names."""
    global _database  # noqa: PLW0603 — the program is this module.
    _database = duckdb.connect(sys.argv[2], read_only=True)
    view: GraphQL[None, None] = GraphQL(strawberry.Schema(query=Query))
    application = Starlette(routes=[Route("/graphql", view), Route("/readyz", view)])
    uvicorn.run(
        application, port=int(sys.argv[1]), log_config=None, access_log=False, loop="uvloop"
    )


if __name__ == "__main__":
    main()
