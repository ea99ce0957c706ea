"""The event store on DuckDB: a file, or memory, that belongs to this process alone."""

import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, TypeVar, cast

import duckdb
from sqlalchemy import NullPool, Table, create_engine

from app.analytics.session_merging import (
    Relabel,
)
from app.analytics.sql.engines.duckdb import CAPABILITIES
from app.analytics.sql.tables import EVENTS, SESSIONS
from app.stores.arrow import Columns, EventTable, arrow, event_stream, give_back
from app.stores.base import (
    ConfigurationError,
    DeviceWindow,
    ProfileRename,
    Row,
    StoreLockedError,
)
from app.stores.driver import RENAMED_SESSION, SELECT_SESSIONS, Reads
from app.stores.duckdb_cache import FileCache
from app.stores.duckdb_reading import DuckDBReader, read_lines
from app.stores.duckdb_workers import Workers
from app.stores.embedded import EmbeddedStore
from app.stores.session_table import SessionTable, schema_of, session_stream

Answer = TypeVar("Answer")

MEMORY: Final = ":memory:"

_FETCHED_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckDBLimits:
    """What the engine may use; None leaves the engine's own choice.

    `memory` is a size with its unit, such as "2GB".
    """

    memory: str | None = None
    threads: int | None = None


def open_duckdb(path: str, limits: DuckDBLimits, readers: int) -> EmbeddedStore:
    """The store in the file at `path`, which is made when it is missing.

    Raises StoreLockedError when another process has it open, and ConfigurationError when
    it can't be opened for another reason.
    """
    database = _connect(path, limits)
    engine = create_engine(
        "duckdb:///:memory:",
        creator=lambda: DuckDBReader(database.cursor()),
        poolclass=NullPool,
        # Readers are in no transaction that could be left open.
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,
    )
    cache = FileCache(database, limits.memory)
    workers = Workers(database)
    writer = DuckDBWriter(database, cache, workers)
    reads = Reads(read_lines, _Guarded(cache, workers))
    return EmbeddedStore(engine, writer, readers, reads, CAPABILITIES)


@dataclass(frozen=True, slots=True)
class _Guarded:
    """Questions and streams, who share the engine's memory and its threads."""

    cache: FileCache
    workers: Workers

    def read(self, work: Callable[[], Answer]) -> Answer:
        with self.workers.for_question():
            return self.cache.read(work)

    def stream(self, work: Callable[[], Answer]) -> Answer:
        with self.workers.for_portion():
            return self.cache.stream(work)


def _connect(path: str, limits: DuckDBLimits) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        # Nothing is fetched from elsewhere, and no statement reads the machine's files.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        # Each checkpoint compresses again what it adds to; four times fewer cost less.
        "checkpoint_threshold": "64MB",
        # Texts that are fetched together may have more than two gigabytes.
        "arrow_large_buffer_size": True,
    }
    if limits.memory is not None:
        config["memory_limit"] = limits.memory
    if limits.threads is not None:
        config["threads"] = limits.threads
    spare_searches()
    try:
        database = duckdb.connect(path, config=config)
        # It makes files a fifth smaller, and both writing and reading texts slower.
        # Trap: as a part of the configuration it is taken and forgotten.
        database.execute("SET disabled_compression_methods = 'fsst'")
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StoreLockedError(
                f"The event store {path} is open in another process; a DuckDB file belongs "
                "to one process at a time."
            ) from error
        raise ConfigurationError(f"The event store {path} can't be opened.") from error
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise ConfigurationError(f"The event store {path} can't be opened: {reason}") from error
    return database


def spare_searches() -> None:
    """Lets DuckDB know that there is no pandas, where there is none.

    For each statement with parameters it looks for the package four times, in vain, which
    takes longer than many statements do.
    """
    if "pandas" not in sys.modules and find_spec("pandas") is None:
        sys.modules["pandas"] = cast("Any", None)


class DuckDBWriter:
    """The writing connection; rows travel in bulk as Arrow tables.

    Events have no unique index: DuckDB's would cost more than the appending itself. The
    journal's position, written with them, is what keeps them from being stored twice.
    """

    indexes: Sequence[str] = ()

    def __init__(
        self, database: duckdb.DuckDBPyConnection, cache: FileCache, workers: Workers
    ) -> None:
        self._database = database
        self._cursor = database.cursor()
        self._cache = cache
        self._workers = workers

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing of what is done inside; durable when it is left."""
        with self._cache.left_alone():
            self._cursor.begin()
            try:
                yield
            except BaseException:
                self._cursor.rollback()
                raise
            self._cursor.commit()

    @contextmanager
    def in_bulk(self) -> Generator[None]:
        """Leaves memory as it was found, though what is done inside takes much of it."""
        try:
            with self._cache.left_as_found():
                yield
        finally:
            give_back()

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """The rows of one statement with `?` parameters."""
        with self._cache.left_alone():
            return self._cursor.execute(statement, list(parameters)).fetchall()

    def insert(self, table: Table, columns: Columns) -> None:
        """Adds rows, given as the table's columns in order."""
        schema = schema_of(table)
        arrays = [arrow.array(held, one.type) for held, one in zip(columns, schema, strict=True)]
        self._append(table.name, arrow.table(arrays, schema=schema))

    def insert_events(self, parts: Iterable[EventTable]) -> None:
        """Adds events that are columns already; each part is taken when it is needed.

        Trap: what was shown to the engine is kept until the transaction ends, but for what it
        read from a stream.
        """
        self._append(EVENTS.name, event_stream(parts))

    def insert_sessions(self, parts: Iterable[SessionTable]) -> None:
        """Adds sessions that are columns already; as events come."""
        self._append(SESSIONS.name, session_stream(parts))

    def _append(self, table: str, rows: object) -> None:
        with self._shown(rows):
            self._cursor.execute(f"INSERT INTO {table} SELECT * FROM incoming")  # noqa: S608 — a table of ours.

    def delete(self, table: Table, keys: Sequence[tuple[int, str]]) -> None:
        """Removes the rows with these projects and ids."""
        projects, ids = zip(*keys, strict=True)
        rows = arrow.table({"project": _integers(projects), "id": _texts(ids)})
        with self._shown(rows):
            self._cursor.execute(
                f"DELETE FROM {table.name} AS t USING incoming AS i "  # noqa: S608 — a table of ours.
                "WHERE t.project = i.project AND t.id = i.id"
            )

    def withdraw(self, positions: Sequence[int]) -> None:
        """Removes the events at these positions."""
        with self._shown(arrow.table({"position": _integers(positions)})):
            self._cursor.execute(
                "DELETE FROM events AS e USING incoming AS i WHERE e.position = i.position "
                # The bounds of all let whole row groups be passed over.
                "AND e.position BETWEEN ? AND ?",
                [min(positions), max(positions)],
            )

    def relabel(self, relabels: Sequence[Relabel]) -> None:
        """Moves stored events to the sessions' new names."""
        rows = arrow.table(
            {
                "project": _integers([relabel.project for relabel in relabels]),
                "old": _texts([relabel.old for relabel in relabels]),
                "new": _texts([relabel.new for relabel in relabels]),
            }
        )
        with self._shown(rows):
            self._cursor.execute(
                "UPDATE events SET session_id = i.new FROM incoming AS i "
                "WHERE events.project = i.project AND events.session_id = i.old"
            )

    def rename_profiles(self, renames: Sequence[ProfileRename]) -> None:
        """Moves stored events and sessions to other profiles; one pass over each table."""
        rows = arrow.table(
            {
                "project": _integers([rename.project for rename in renames]),
                "old": _texts([rename.old for rename in renames]),
                "new": _texts([rename.new for rename in renames]),
            }
        )
        with self._shown(rows):
            for changed in ("events SET", f"sessions SET {RENAMED_SESSION},"):
                table = changed.partition(" ")[0]
                self._cursor.execute(
                    f"UPDATE {changed} profile_id = i.new FROM incoming AS i "
                    f"WHERE {table}.project = i.project AND {table}.profile_id = i.old"
                )

    def sessions_near(self, windows: Sequence[DeviceWindow]) -> list[Row]:
        """The sessions (all columns) of those devices that overlap their windows."""
        rows = arrow.table(
            {
                "project": _integers([window.project for window in windows]),
                "device_id": _texts([window.device_id for window in windows]),
                "from_ms": _integers([window.start for window in windows]),
                "to_ms": _integers([window.end for window in windows]),
            }
        )
        with self._cache.left_alone(), self._shown(rows):
            answer = self._cursor.execute(
                f"{SELECT_SESSIONS} JOIN incoming AS i "
                "ON s.project = i.project AND s.device_id = i.device_id "
                "AND s.created_at <= i.to_ms AND s.ended_at >= i.from_ms "
                # The bounds of all windows let whole row groups be passed over.
                "WHERE s.ended_at >= ? AND s.created_at <= ?",
                [min(window.start for window in windows), max(window.end for window in windows)],
            )
            # Trap: fetching holds the interpreter; in small parts, requests go on in between.
            found: list[Row] = []
            while part := answer.fetchmany(_FETCHED_AT_ONCE):
                found += part
            return found

    def close(self) -> None:
        """Lets go of the file."""
        self._cache.close()
        self._workers.close()
        self._cursor.close()
        self._database.close()

    @contextmanager
    def _shown(self, rows: object) -> Generator[None]:
        """While inside, the Arrow table is readable as `incoming`."""
        self._cursor.register("incoming", rows)
        try:
            yield
        finally:
            self._cursor.unregister("incoming")


def _integers(values: Sequence[int]) -> object:
    return arrow.array(values, arrow.int64())


def _texts(values: Sequence[str]) -> object:
    return arrow.array(values, arrow.string())
