"""Opening an event store: URLs, versions, and who owns it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from duckdb_sqlalchemy import Dialect

from app.analytics.boundaries import NONE_CLOSED, boundary_changes
from app.analytics.records import Event, Json
from app.analytics.sessions import sessionize
from app.stores.base import Changes, ConfigurationError, Row, StoreLockedError
from app.stores.ddl import Step, migrate
from app.stores.duckdb import DuckDBLimits
from app.stores.lock import acquire, try_acquire
from app.stores.open import StoreLimits, open_event_store
from tests.support.engines import ENGINES, store_url, stored_boundaries, stored_events
from tests.support.naming import MINUTE, name_session

pytestmark = pytest.mark.anyio

_AS_VERSION_4 = (
    "ALTER TABLE sessions DROP COLUMN opening_properties",
    "UPDATE events SET properties = '{}' WHERE name = 'session_start'",
    "UPDATE schema_version SET version = 4",
)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql+asyncpg://h/d", "PostgreSQL is not available as an event store"),
        ("clickhousedb+async://h/d", "ClickHouse is not available as an event store"),
        ("mysql://h/d", "There is no event store called mysql"),
        ("sqlite+aiosqlite:///:memory:", "needs a file"),
        ("no url", "is not a URL"),
    ],
)
async def test_a_url_that_can_not_work_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        open_event_store(url)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_file_that_is_no_store_is_refused(engine: str, tmp_path: Path) -> None:
    (tmp_path / f"events.{engine}").write_bytes(b"something else entirely\n" * 500)
    with pytest.raises(ConfigurationError, match="can't be opened"):
        open_event_store(store_url(engine, tmp_path))


async def test_a_duckdb_file_belongs_to_one_process(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    program = f"import duckdb; c = duckdb.connect({str(path)!r}); print(1, flush=True); input()"
    with subprocess.Popen(  # noqa: ASYNC220 — the test's own program; it answers at once.
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StoreLockedError, match="is open in another process") as refusal:
            open_event_store(f"duckdb:///{path}")
        holder.kill()
    assert str(path) in refusal.value.message
    assert "\n" not in refusal.value.message


async def test_duckdb_lives_in_memory_within_its_limits() -> None:
    limits = StoreLimits(duckdb=DuckDBLimits(memory="200MB", threads=1))
    store = open_event_store("duckdb:///:memory:", limits)
    await store.migrate()
    assert await store.last_position() == 0
    await store.close()


async def test_a_limit_that_the_engine_does_not_read_is_refused() -> None:
    limits = StoreLimits(duckdb=DuckDBLimits(memory="plenty"))
    with pytest.raises(ConfigurationError, match="can't be opened"):
        open_event_store("duckdb:///:memory:", limits)


@pytest.mark.parametrize("engine", ENGINES)
async def test_migrating_twice_changes_nothing(engine: str, tmp_path: Path) -> None:
    store = open_event_store(store_url(engine, tmp_path))
    await store.migrate()
    await store.migrate()
    await store.close()


def test_an_older_store_takes_the_steps_it_lacks_once() -> None:
    database = duckdb.connect()
    dialect = Dialect()

    def run(statement: str) -> list[Row]:
        return database.execute(statement).fetchall()

    migrate(run, dialect, (), ())
    steps = [
        Step(2, ("ALTER TABLE events ADD COLUMN extra TEXT",)),
        Step(3, ("UPDATE events SET extra = ''",)),
    ]
    migrate(run, dialect, (), steps)
    migrate(run, dialect, (), steps)
    assert run("SELECT version FROM schema_version ORDER BY version") == [(1,), (2,), (3,)]
    assert run("SELECT extra FROM events") == []
    with pytest.raises(ConfigurationError, match="has version 3"):
        migrate(run, dialect, (), steps[:1])


@pytest.mark.parametrize("engine", ENGINES)
async def test_starts_of_an_older_store_get_the_properties_of_their_openings(
    engine: str, tmp_path: Path
) -> None:
    first = visit(1, 2, {"plan": "pro"})
    events = [visit(2, 1, {"plan": "free"}), first, visit(60, 3, {}), visit(61, 4, {"a": [1]})]
    sessions = sessionize(events, name_session)
    starts = boundary_changes((), sessions, NONE_CLOSED, NONE_CLOSED)
    store = open_event_store(store_url(engine, tmp_path))
    await store.migrate()
    await store.apply(
        Changes(journal="test", position=1, events=events, sessions=sessions, boundaries=starts)
    )
    await store.close()
    file = tmp_path / f"events.{engine}"
    with closing(duckdb.connect(file) if engine == "duckdb" else sqlite3.connect(file)) as database:
        for statement in _AS_VERSION_4:
            database.execute(statement)
            database.commit()
    older = open_event_store(store_url(engine, tmp_path))
    await older.migrate()
    assert await older.sessions_since(0) == sessions
    assert [one.properties for one in await stored_boundaries(older)] == ['{"plan":"pro"}', "{}"]
    assert await stored_events(older) == sorted(events, key=lambda event: event.position)
    await older.close()


def visit(minute: int, position: int, properties: dict[str, Json]) -> Event:
    return Event(
        project=1,
        id=f"e{position}",
        name="screen_view",
        created_at=minute * MINUTE,
        received_at=0,
        position=position,
        device_id="d1",
        properties=properties,
    )


def test_a_directory_has_one_owner_at_a_time(tmp_path: Path) -> None:
    owner = acquire(tmp_path)
    assert try_acquire(tmp_path) is None
    with pytest.raises(StoreLockedError, match=str(tmp_path)):
        acquire(tmp_path)
    owner.release()
    owner.release()
    acquire(tmp_path).release()
