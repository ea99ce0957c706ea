"""The engines behind the control store: the one place that knows how they differ."""

from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Final
from urllib.parse import quote

import anyio
from sqlalchemy import Connection, event, func, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

WRITES: Final = {"rosetta_writes": True}
"""Execution options of an engine or connection whose transactions write."""

_MIGRATION_LOCK: Final = 0x726F7365747461
_SQLITE_CONNECTION: Final = (
    # Trap: the timeout comes first, because changing the journal's mode can meet a lock.
    "PRAGMA busy_timeout = 15000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


def default_url(data_directory: Path) -> str:
    """The URL of the SQLite file inside that directory."""
    return f"sqlite+aiosqlite:///{quote(str(data_directory / 'control.sqlite3'))}"


def open_engine(url: str) -> AsyncEngine:
    """An engine for that URL; nothing is connected yet.

    The folder of a SQLite file is made when it is missing. Raises ValueError for SQLite
    without a file, which would give every connection a store of its own.
    """
    target = make_url(url)
    engine = create_async_engine(target, pool_pre_ping=target.get_backend_name() != "sqlite")
    if target.get_backend_name() == "sqlite":
        if target.database in (None, "", ":memory:"):
            raise ValueError("The control store needs a file: sqlite+aiosqlite:///path.sqlite3.")
        Path(str(target.database)).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def write_gate(engine: AsyncEngine) -> AbstractAsyncContextManager[object]:
    """What a writer of this process passes before its transaction.

    SQLite lets one writer in at a time and others poll for it; waiting in line costs
    less and is fair. Other engines lock rows, so the gate stands open.
    """
    return anyio.Lock() if engine.dialect.name == "sqlite" else nullcontext()


def take_migration_lock(connection: Connection) -> None:
    """Holds back other processes that migrate, until this transaction ends."""
    # On SQLite the transaction has the whole file already (BEGIN IMMEDIATE).
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Trap: the driver's own transactions begin late and skip DDL, so they are turned off
    # and `_begin_sqlite` says when one starts.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_CONNECTION:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Trap: a transaction that reads first and writes later fails at once, without any
    # waiting, when another one wrote in between. A writer therefore locks at its start.
    writes = "rosetta_writes" in connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
