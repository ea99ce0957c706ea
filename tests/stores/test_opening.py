"""Opening an event store: URLs, versions, and who owns it."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from duckdb_sqlalchemy import Dialect

from app.stores.base import ConfigurationError, Row, StoreLockedError
from app.stores.ddl import Step, migrate
from app.stores.duckdb import DuckDBLimits
from app.stores.lock import acquire, try_acquire
from app.stores.open import StoreLimits, open_event_store
from tests.support.engines import ENGINES, store_url

pytestmark = pytest.mark.anyio


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


def test_a_directory_has_one_owner_at_a_time(tmp_path: Path) -> None:
    owner = acquire(tmp_path)
    assert try_acquire(tmp_path) is None
    with pytest.raises(StoreLockedError, match=str(tmp_path)):
        acquire(tmp_path)
    owner.release()
    owner.release()
    acquire(tmp_path).release()
