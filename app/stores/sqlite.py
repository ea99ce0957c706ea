"""The event store on SQLite: one file in write-ahead mode."""

import json
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import accumulate, repeat
from typing import Final

from sqlalchemy import Connection, QueuePool, Table, create_engine

from app.analytics.session_merging import (
    Relabel,
)
from app.analytics.sql.engines.sqlite import AGGREGATES, CAPABILITIES, FUNCTIONS
from app.analytics.sql.kept import Prepared, Statement, parts_of
from app.analytics.sql.tables import EVENTS, SESSIONS
from app.stores.arrow import Columns, EventTable, event_columns, give_back
from app.stores.base import ConfigurationError, DeviceWindow, Finish, Lines, ProfileRename, Row
from app.stores.driver import RENAMED_SESSION, SELECT_SESSIONS, Reads
from app.stores.embedded import STREAM_THREADS, EmbeddedStore
from app.stores.rows import session_columns
from app.stores.session_table import SessionTable

_BUSY_SECONDS: Final = 30.0

_INDEXES: Final = (
    "CREATE UNIQUE INDEX IF NOT EXISTS events_position ON events (position)",
    "CREATE INDEX IF NOT EXISTS events_time ON events (project, created_at)",
    "CREATE INDEX IF NOT EXISTS events_name ON events (project, name, created_at)",
    "CREATE INDEX IF NOT EXISTS events_profile ON events (project, profile_id)",
    "CREATE INDEX IF NOT EXISTS events_session ON events (session_id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS sessions_key ON sessions (project, id)",
    "CREATE INDEX IF NOT EXISTS sessions_time ON sessions (project, created_at)",
    "CREATE INDEX IF NOT EXISTS sessions_profile ON sessions (project, profile_id)",
    "CREATE INDEX IF NOT EXISTS sessions_device ON sessions (project, device_id, ended_at)",
    "CREATE INDEX IF NOT EXISTS sessions_end ON sessions (ended_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS profiles_key ON profiles (project, id)",
    "CREATE INDEX IF NOT EXISTS profiles_sequence ON profiles (sequence)",
    "CREATE UNIQUE INDEX IF NOT EXISTS groups_key ON groups (project, id)",
)


def open_sqlite(path: str, readers: int) -> EmbeddedStore:
    """The store in the file at `path`, which is made when it is missing.

    Raises ConfigurationError when it can't be opened.
    """
    try:
        writer = SQLiteWriter(_connect(path))
    except sqlite3.Error as error:
        raise ConfigurationError(f"The event store {path} can't be opened: {error}.") from error
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: _connect(path),
        poolclass=QueuePool,
        pool_size=readers + STREAM_THREADS,
        max_overflow=0,
    )
    return EmbeddedStore(engine, writer, readers, Reads(_read_lines), CAPABILITIES)


def _read_lines(
    connection: Connection, asked: Statement | Prepared, most: int | None, finish: Finish
) -> Lines:
    statement, values = parts_of(asked)
    found = connection.execute(statement, values or None).all()
    rows = found[:most]
    if not rows:
        return Lines((), 0, ())
    texts = [row[0] for row in rows if row[0] is not None]
    lines = Lines(
        (finish("".join(texts).encode()),) if texts else (),
        len(rows),
        tuple(rows[-1][1:]),
        tuple(rows[0][1:]),
        is_whole=len(texts) == len(rows),
    )
    if most is None:
        return lines
    return replace(
        lines,
        beyond=tuple(found[len(rows)][1:]) if len(rows) < len(found) else (),
        ends=[*accumulate(len(text.encode()) for text in texts)],
        keys=[tuple(row[1:]) for row in rows],
    )


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")
    for name, arguments, function in FUNCTIONS:
        connection.create_function(name, arguments, function, deterministic=True)
    for name, arguments, aggregate in AGGREGATES:
        connection.create_aggregate(name, arguments, aggregate)
    return connection


class SQLiteWriter:
    """The writing connection."""

    indexes: Sequence[str] = _INDEXES

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing of what is done inside; durable when it is left."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def in_bulk(self) -> Generator[None]:
        """Leaves memory as it was found, though what is done inside takes much of it."""
        try:
            yield
        finally:
            give_back()

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """The rows of one statement with `?` parameters."""
        with closing(self._connection.execute(statement, tuple(parameters))) as cursor:
            return cursor.fetchall()

    def insert(self, table: Table, columns: Columns) -> None:
        """Adds rows, given as the table's columns in order."""
        marks = ", ".join(repeat("?", len(columns)))
        self._connection.executemany(
            f"INSERT INTO {table.name} VALUES ({marks})",  # noqa: S608 — a table of ours.
            zip(*columns, strict=True),
        )

    def insert_events(self, parts: Iterable[EventTable]) -> None:
        """Adds events that are columns; each part is taken when it is needed."""
        for table in parts:
            for rows in table.parts():
                self.insert(EVENTS, event_columns(rows, None))

    def insert_sessions(self, parts: Iterable[SessionTable]) -> None:
        """Adds sessions that are columns; as events come."""
        for part in parts:
            self.insert(SESSIONS, session_columns(part.states()))

    def delete(self, table: Table, keys: Sequence[tuple[int, str]]) -> None:
        """Removes the rows with these projects and ids."""
        self._connection.executemany(
            f"DELETE FROM {table.name} WHERE project = ? AND id = ?",  # noqa: S608 — the same.
            keys,
        )

    def withdraw(self, positions: Sequence[int]) -> None:
        """Removes the events at these positions."""
        self._connection.executemany(
            "DELETE FROM events WHERE position = ?", [(position,) for position in positions]
        )

    def relabel(self, relabels: Sequence[Relabel]) -> None:
        """Moves stored events to the sessions' new names."""
        self._connection.executemany(
            "UPDATE events SET session_id = ? WHERE project = ? AND session_id = ?",
            [(relabel.new, relabel.project, relabel.old) for relabel in relabels],
        )

    def rename_profiles(self, renames: Sequence[ProfileRename]) -> None:
        """Moves stored events and sessions to other profiles; each is found by an index."""
        names = [(rename.new, rename.project, rename.old) for rename in renames]
        for changed in ("events SET", f"sessions SET {RENAMED_SESSION},"):
            self._connection.executemany(
                f"UPDATE {changed} profile_id = ? WHERE project = ? AND profile_id = ?",
                names,
            )

    def sessions_near(self, windows: Sequence[DeviceWindow]) -> list[Row]:
        """The sessions (all columns) of those devices that overlap their windows."""
        asked = json.dumps(
            [(window.project, window.device_id, window.start, window.end) for window in windows]
        )
        # CROSS JOIN holds SQLite to the order: each window looks its device up in the index.
        return self.run(
            f"{SELECT_SESSIONS.replace('FROM', 'FROM json_each(?) AS w CROSS JOIN')} "
            "WHERE s.project = json_extract(w.value, '$[0]') "
            "AND s.device_id = json_extract(w.value, '$[1]') "
            "AND s.ended_at >= json_extract(w.value, '$[2]') "
            "AND s.created_at <= json_extract(w.value, '$[3]')",
            (asked,),
        )

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()
