import io
import sqlite3
import subprocess
import sys
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from app.control.base import Base
from app.control.engine import WRITES, default_url, open_engine
from app.control.migrations import FOLDER, migration_settings
from app.control.models import ProjectRow
from app.control.repositories.counters import Counter
from app.control.store import ControlStore

pytestmark = pytest.mark.anyio


def differences(file: Path) -> list[object]:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        found = list(compare_metadata(context, Base.metadata))
    engine.dispose()
    return found


def tables(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return names


async def test_migrations_make_exactly_the_mapped_tables(
    store: ControlStore, tmp_path: Path
) -> None:
    del store
    assert differences(tmp_path / "control.sqlite3") == []


async def test_every_counter_is_made(store: ControlStore, tmp_path: Path) -> None:
    del store
    connection = sqlite3.connect(tmp_path / "control.sqlite3")
    rows = connection.execute("SELECT name, value FROM counters").fetchall()
    connection.close()
    assert set(rows) == {(str(counter), 0) for counter in Counter}


async def test_upgrade_downgrade_upgrade_ends_where_it_began(tmp_path: Path) -> None:
    file = tmp_path / "control.sqlite3"
    settings = migration_settings(default_url(tmp_path))
    await anyio.to_thread.run_sync(command.upgrade, settings, "head")
    first = tables(file)
    await anyio.to_thread.run_sync(command.downgrade, settings, "base")
    assert tables(file).isdisjoint(Base.metadata.tables)
    await anyio.to_thread.run_sync(command.upgrade, settings, "head")
    assert tables(file) == first
    assert differences(file) == []


async def test_migrating_twice_changes_nothing(store: ControlStore) -> None:
    await store.migrate()
    async with store.write() as session:
        await session.add(
            ProjectRow(
                slug="a",
                name="a",
                timezone="UTC",
                origins=[],
                mixpanel_secret_hash="",
                created_at=0,
            )
        )
    await store.migrate()


async def test_stores_that_migrate_at_once_agree(tmp_path: Path) -> None:
    stores = [ControlStore.open(default_url(tmp_path)) for _ in range(3)]
    async with anyio.create_task_group() as group:
        for store in stores:
            group.start_soon(store.migrate)
    for store in stores:
        await store.close()
    assert differences(tmp_path / "control.sqlite3") == []


async def test_migration_runs_on_a_connection_that_is_passed_in(tmp_path: Path) -> None:
    engine = open_engine(default_url(tmp_path))
    settings = migration_settings(default_url(tmp_path / "never"))

    def upgrade(connection: Connection) -> None:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")

    async with engine.execution_options(**WRITES).begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()
    assert differences(tmp_path / "control.sqlite3") == []
    assert not (tmp_path / "never").exists()


async def test_migrating_prints_nothing_on_standard_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store = ControlStore.open(default_url(tmp_path))
    await store.migrate()
    await store.close()
    assert capfd.readouterr().out == ""


async def test_alembic_command_finds_the_store_by_the_environment(tmp_path: Path) -> None:
    done = await anyio.run_process(
        [
            sys.executable,
            "-m",
            "alembic",
            "-c",
            str(FOLDER.parent / "alembic.ini"),
            "upgrade",
            "head",
        ],
        cwd=tmp_path,
        env={"ROSETTA_DATA_DIR": str(tmp_path / "kept"), "PATH": ""},
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0
    assert differences(tmp_path / "kept" / "control.sqlite3") == []


async def test_alembic_check_finds_no_missing_migration(
    store: ControlStore, tmp_path: Path
) -> None:
    del store
    settings = migration_settings(default_url(tmp_path))
    await anyio.to_thread.run_sync(command.check, settings)


def test_migrations_are_written_for_postgresql_too() -> None:
    settings = migration_settings("postgresql+asyncpg://rosetta:p%40ss@localhost/rosetta")
    settings.output_buffer = written = io.StringIO()
    command.upgrade(settings, "head", sql=True)
    assert "CREATE TABLE projects" in written.getvalue()
    assert "number SERIAL NOT NULL" in written.getvalue()
    assert "CREATE INDEX ix_profiles_project_last_seen_at_id" in written.getvalue()


@pytest.mark.parametrize("name", sorted(Base.metadata.tables))
def test_mapped_table_is_valid_for_postgresql(name: str) -> None:
    dialect = make_url("postgresql://").get_dialect()()
    table = Base.metadata.tables[name]
    assert str(CreateTable(table).compile(dialect=dialect))
    for index in table.indexes:
        assert str(CreateIndex(index).compile(dialect=dialect))


async def test_processes_that_migrate_at_once_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from app.control.migrations import upgrade_to_head as up; up(sys.argv[1])"
    )
    arguments = [sys.executable, "-c", program, default_url(tmp_path)]
    codes: list[int] = []

    async def migrate() -> None:
        done = await anyio.run_process(arguments, cwd=FOLDER.parent)
        codes.append(done.returncode)

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(migrate)
    assert codes == [0, 0]
    assert differences(tmp_path / "control.sqlite3") == []
