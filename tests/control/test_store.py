from pathlib import Path

import anyio
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from app.control.engine import default_url, open_engine
from app.control.models import ClientRow, CounterRow, SaltRow
from app.control.repositories import counters, salts
from app.control.repositories.counters import Counter
from app.control.store import ControlStore

pytestmark = pytest.mark.anyio


async def test_write_that_ends_well_is_seen_by_the_next_reader(store: ControlStore) -> None:
    async with store.write() as session:
        await session.add(SaltRow(utc_day=1, salt="a"))
    async with store.read() as session:
        assert [row.salt for row in await salts.list_newest_first(session)] == ["a"]


async def test_write_that_fails_leaves_no_trace(store: ControlStore) -> None:
    async def fail_after_adding() -> None:
        async with store.write() as session:
            await session.add(SaltRow(utc_day=1, salt="a"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_after_adding()
    async with store.read() as session:
        assert await salts.list_newest_first(session) == []


async def test_cancelled_write_leaves_no_trace_and_lets_the_next_one_in(
    store: ControlStore,
) -> None:
    with anyio.move_on_after(0.05) as scope:
        async with store.write() as session:
            await session.add(SaltRow(utc_day=1, salt="a"))
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    async with store.write() as session:
        await session.add(SaltRow(utc_day=2, salt="b"))
    async with store.read() as session:
        assert [row.salt for row in await salts.list_newest_first(session)] == ["b"]


async def test_reader_keeps_its_moment_while_another_writes(store: ControlStore) -> None:
    async with store.read() as reader:
        assert await salts.list_newest_first(reader) == []
        async with store.write() as writer:
            await writer.add(SaltRow(utc_day=1, salt="a"))
        assert await salts.list_newest_first(reader) == []


async def test_writers_of_two_stores_on_one_file_wait_for_each_other(
    store: ControlStore, tmp_path: Path
) -> None:
    other = ControlStore.open(default_url(tmp_path))

    async def advance(through: ControlStore) -> None:
        for _ in range(10):
            async with through.write() as session:
                value = await session.get(select(CounterRow.value).limit(1))
                await counters.advance(session, Counter.PROFILE_SEQUENCE)
                assert value >= 0

    async with anyio.create_task_group() as group:
        for through in (store, other, store, other):
            group.start_soon(advance, through)
    await other.close()
    async with store.write() as session:
        assert await counters.advance(session, Counter.PROFILE_SEQUENCE) == 41


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 15000)],
)
async def test_sqlite_connection_is_durable_and_checks_keys(
    tmp_path: Path, pragma: str, value: object
) -> None:
    engine = open_engine(default_url(tmp_path))
    async with engine.connect() as connection:
        assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value
    await engine.dispose()


async def test_credential_of_no_project_is_refused(store: ControlStore) -> None:
    async def add_client(project: int, kind: str) -> None:
        async with store.write() as session:
            row = ClientRow(
                id="1",
                type=kind,
                project=project,
                name="",
                secret_hash="",
                ignore_cors_and_secret=False,
                created_at=0,
            )
            await session.add(row)

    with pytest.raises(IntegrityError):
        await add_client(99, "read")


async def test_folder_of_the_file_is_made(tmp_path: Path) -> None:
    store = ControlStore.open(default_url(tmp_path / "deep" / "er"))
    await store.migrate()
    await store.close()
    assert (tmp_path / "deep" / "er" / "control.sqlite3").exists()


async def test_store_without_migrations_says_which_table_is_missing(tmp_path: Path) -> None:
    store = ControlStore.open(default_url(tmp_path))
    async with store.read() as session:
        with pytest.raises(OperationalError, match="salts"):
            await salts.list_newest_first(session)
    await store.close()


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
def test_store_in_memory_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="needs a file"):
        ControlStore.open(url)


@pytest.mark.parametrize("name", ["with space", "50%", "%20", "smörgås", "a#b", "a?b=c", "a@b:c"])
async def test_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    store = ControlStore.open(default_url(tmp_path / name))
    await store.migrate()
    async with store.write() as session:
        await session.add(SaltRow(utc_day=1, salt="a"))
    await store.close()
    assert (tmp_path / name / "control.sqlite3").exists()
