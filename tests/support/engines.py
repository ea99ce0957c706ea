"""An opened event store of each engine, for suites that hold the engines to one answer.

A test module takes the fixture by importing it: `from tests.support.engines import store`.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from sqlalchemy import select

from app.analytics.boundaries import END_OFFSET, START_OFFSET
from app.analytics.event_row import EventRow, event_row
from app.analytics.records import Event
from app.analytics.session_merging import (
    Outcome,
    merge_sessions,
    session_ids,
)
from app.analytics.sessions import (
    SessionNaming,
    sessionize,
)
from app.analytics.sql.tables import EVENTS
from app.stores.base import Changes, EventStore, Row
from app.stores.open import open_event_store
from tests.support.naming import name_session

ENGINES: Final = ("duckdb", "sqlite")

IN_MEMORY: Final = {"duckdb": "duckdb:///:memory:"}
"""The URLs of engines that need no file."""

IS_DERIVED: Final = EVENTS.c.position.op("&")(START_OFFSET | END_OFFSET) != 0
"""Which rows of events are boundaries that the server made."""


def store_url(engine: str, directory: Path) -> str:
    """The URL of a file of that engine in the directory."""
    schemes = {"duckdb": "duckdb:///", "sqlite": "sqlite+aiosqlite:///"}
    return f"{schemes[engine]}{directory / f'events.{engine}'}"


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventStore]:
    """An empty, migrated store of each engine in turn."""
    opened = open_event_store(store_url(request.param, tmp_path))
    await opened.migrate()
    yield opened
    await opened.close()


async def fill(
    store: EventStore, events: list[Event], naming: SessionNaming = name_session
) -> list[Event]:
    """Stores the events with their sessions in an empty store; the events as stored.

    Events without a position are numbered in the order given.
    """
    arrived = [
        event if event.position else replace(event, position=place)
        for place, event in enumerate(events, start=1)
    ]
    outcome: Outcome = merge_sessions((), sessionize(arrived, naming))
    ids = session_ids(arrived, outcome)
    await store.apply(
        Changes(
            journal="test",
            position=1,
            events=arrived,
            sessions=outcome.states,
            session_ids=ids,
        )
    )
    return [
        replace(event, session_id=session_id)
        for event, session_id in zip(arrived, ids, strict=True)
    ]


async def stored_events(store: EventStore) -> list[Event]:
    """All events of the store that arrived, in that order."""
    rows = await store.fetch(select(EVENTS).where(~IS_DERIVED).order_by(EVENTS.c.position), 60)
    return [_event_of(row) for row in rows]


async def stored_boundaries(store: EventStore) -> list[EventRow]:
    """All events of the store that it derived from sessions, by position."""
    rows = await store.fetch(select(EVENTS).where(IS_DERIVED).order_by(EVENTS.c.position), 60)
    return [event_row(_event_of(row)) for row in rows]


def _event_of(row: Row) -> Event:
    held: dict[str, Any] = dict(zip(EVENTS.columns.keys(), row, strict=True))
    held["groups"] = tuple(orjson.loads(held["groups"]))
    held["properties"] = orjson.loads(held["properties"])
    return Event(**held)
