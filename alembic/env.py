"""Runs migrations for the `alembic` command and for the program itself.

The store is, in this order: the connection or the URL in the configuration's
attributes, `-x url=…`, `ROSETTA_DATABASE_URL`, the SQLite file in `ROSETTA_DATA_DIR`.
"""

import asyncio
import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection

from app.control import models
from app.control.engine import WRITES, default_url, open_engine, take_migration_lock

TARGET = models.ProjectRow.metadata


def store_url() -> str:
    given = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get(
        "url"
    )
    data_directory = Path(os.environ.get("ROSETTA_DATA_DIR", "data"))
    return given or os.environ.get("ROSETTA_DATABASE_URL") or default_url(data_directory)


def run_on(connection: Connection) -> None:
    # SQLite can't alter most things in place: a batch copies the table instead. Its DDL is
    # transactional, which Alembic doesn't assume.
    context.configure(
        connection=connection,
        target_metadata=TARGET,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        take_migration_lock(connection)
        context.run_migrations()


async def run_on_own_engine() -> None:
    engine = open_engine(store_url())
    try:
        async with engine.execution_options(**WRITES).connect() as connection:
            await connection.run_sync(run_on)
            await connection.commit()
    finally:
        await engine.dispose()


def print_sql() -> None:
    context.configure(url=store_url(), target_metadata=TARGET, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


given_connection = context.config.attributes.get("connection")
if context.is_offline_mode():
    print_sql()
elif given_connection is not None:
    run_on(given_connection)
else:
    asyncio.run(run_on_own_engine())
