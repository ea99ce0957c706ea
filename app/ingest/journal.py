"""The journal: what was acknowledged and may not be in the event store yet.

One SQLite file, to which several processes may append at once. A batch is durable when
`append` returns. Writers take turns, so batches become visible in the order of their
positions, and a reader that has seen one has seen all before it. Positions are never
used twice, though batches are removed once they are in the event store.
"""

import sqlite3
import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from app.ingest.encoding import MAX_BATCH_ROWS, encode_batch, weight_of
from app.kit.clock import Clock, SystemClock
from app.stores.calls import Calls

JOURNAL_NAME: Final = "journal.sqlite3"

TOLD_FOR_MS: Final = 7 * 24 * 3600 * 1000
"""How long an event that may be told again is known, unless it is set otherwise."""

_BUSY_SECONDS: Final = 30.0

_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS batches (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        rows INTEGER NOT NULL,
        source TEXT NOT NULL,
        created INTEGER NOT NULL,
        blob BLOB NOT NULL
    )""",
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS import_progress (
        fingerprint TEXT NOT NULL,
        project INTEGER NOT NULL,
        position INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        done INTEGER NOT NULL,
        PRIMARY KEY (fingerprint, project)
    )""",
    """CREATE TABLE IF NOT EXISTS told_events (
        id TEXT PRIMARY KEY,
        told INTEGER NOT NULL,
        device_id TEXT,
        session_id TEXT
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS told_events_age ON told_events (told)",
)


@dataclass(frozen=True, slots=True)
class Batch:
    """A journalled batch; `blob` is read with `decode_batch` or `decode_table`."""

    position: int
    rows: int
    blob: bytes

    @property
    def weight(self) -> int:
        """How many events, each held by itself, take the same memory."""
        return weight_of(self.rows, self.blob)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far the import of a file into a project has come.

    `fingerprint` names the file's content, `offset` is where in it to go on (bytes),
    `rows` is how many were taken over.
    """

    fingerprint: str
    project: int
    offset: int
    rows: int
    done: bool


@dataclass(frozen=True, slots=True)
class Told:
    """An event that may be told again, and the ids that whoever tells it is answered."""

    event_id: str
    device_id: str | None
    session_id: str | None


@dataclass(frozen=True, slots=True)
class Appended:
    """The position of the new batch, 0 without one, and which rows are not in it.

    `repeated` gives for the places of rows that had been told before what was told then.
    """

    position: int
    repeated: Mapping[int, Told]


class Journal:
    """The journal file, with one connection to write and one to read, a thread for each."""

    def __init__(
        self,
        directory: Path,
        source: str,
        clock: Clock | None = None,
        told_for_ms: int = TOLD_FOR_MS,
    ) -> None:
        """`source` names the writer in the file, for people who look into it.

        Events that may be told again are known for `told_for_ms`.
        """
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / JOURNAL_NAME
        self._source = source
        self._clock = clock or SystemClock()
        self._told_for_ms = told_for_ms
        self._writer = _connect(path)
        with self._transaction():
            for statement in _TABLES:
                self._writer.execute(statement)
            self._writer.execute(
                "INSERT OR IGNORE INTO meta VALUES ('identity', ?)", (str(uuid.uuid4()),)
            )
        self._reader = _connect(path)
        row = self._reader.execute("SELECT value FROM meta WHERE name = 'identity'").fetchone()
        self.identity: Final[str] = row[0]
        """Tells this journal from another at the same place."""
        self._writing = Calls("journal-write", 1)
        self._reading = Calls("journal-read", 1)

    async def append(self, rows: Sequence[bytes], progress: Sequence[ImportProgress] = ()) -> int:
        """The position of the new batch of encoded events, durable with the progress.

        At most `MAX_BATCH_ROWS`; none only makes the progress durable and gives 0.
        """
        return (await self.append_once(rows, progress, {})).position

    async def append_columns(
        self, rows: int, batch: bytes, progress: Sequence[ImportProgress] = ()
    ) -> int:
        """The position of the new batch of `encode_table`, durable with the progress.

        Without rows it only makes the progress durable and gives 0.
        """
        return await self._writing.run(partial(self._append_columns, rows, batch, progress))

    async def append_once(
        self,
        rows: Sequence[bytes],
        progress: Sequence[ImportProgress],
        told: Mapping[int, Told],
    ) -> Appended:
        """Makes a batch like `append`, without the rows that had been told before.

        `told` names by its place each row that may be told again; all of them are known from
        then on, durable with the batch. Of the same event twice in `rows`, the first counts.
        """
        return await self._writing.run(partial(self._append, rows, progress, told))

    async def last_position(self) -> int:
        """The position of the newest batch that is held, of whichever process; 0 without one."""
        return await self._reading.run(self._last_position)

    async def rows_after(self, position: int) -> int:
        """How many events the batches after that one hold."""
        return await self._reading.run(partial(self._rows_after, position))

    async def read(self, after: int, max_rows: int) -> list[Batch]:
        """The next batches in order: at least one if there is one, about `max_rows` events.

        Of events that are held column by column, as many as take the same memory.
        """
        return await self._reading.run(partial(self._read, after, max_rows))

    async def trim(self, stored: int) -> None:
        """Removes the batches up to `stored`, which are safe in the event store.

        And forgets the events that were told too long ago to be told again.
        """
        await self._writing.run(partial(self._trim, stored))

    async def stored_position(self) -> int:
        """The newest batch that the event store's owner told to be stored."""
        return await self._reading.run(self._stored_position)

    async def continue_after(self, position: int) -> None:
        """Gives the next batch a higher position than this.

        A new journal beside an older event store goes on where the store is, so that the
        order of arrival stays true across both.
        """
        await self._writing.run(partial(self._continue_after, position))

    async def find_progress(self, fingerprint: str, project: int) -> ImportProgress | None:
        """How far that import has come, or None when it never began."""
        return await self._reading.run(partial(self._find_progress, fingerprint, project))

    async def close(self) -> None:
        """Waits for running calls and lets go of the file."""
        await self._writing.close()
        await self._reading.close()
        self._writer.close()
        self._reader.close()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def _append(
        self,
        rows: Sequence[bytes],
        progress: Sequence[ImportProgress],
        told: Mapping[int, Told],
    ) -> Appended:
        if len(rows) > MAX_BATCH_ROWS:
            raise ValueError(f"A batch holds at most {MAX_BATCH_ROWS} events.")
        if not (told or progress):
            # A single statement is a transaction of its own. This thread waits for the
            # interpreter after each one, while requests use it.
            return Appended(self._insert(rows), {})
        with self._transaction():
            repeated = self._know(told)
            if repeated:
                rows = [row for place, row in enumerate(rows) if place not in repeated]
            position = self._insert(rows)
            self._keep_progress(progress)
        return Appended(position, repeated)

    def _append_columns(self, rows: int, batch: bytes, progress: Sequence[ImportProgress]) -> int:
        if rows > MAX_BATCH_ROWS:
            raise ValueError(f"A batch holds at most {MAX_BATCH_ROWS} events.")
        with self._transaction():
            position = self._insert_batch(rows, batch) if rows else 0
            self._keep_progress(progress)
        return position

    def _insert(self, rows: Sequence[bytes]) -> int:
        """The position of the new batch, 0 without rows."""
        return self._insert_batch(len(rows), encode_batch(rows)) if rows else 0

    def _insert_batch(self, rows: int, batch: bytes) -> int:
        cursor = self._writer.execute(
            "INSERT INTO batches (rows, source, created, blob) VALUES (?, ?, ?, ?)",
            (rows, self._source, self._clock.now_ms(), batch),
        )
        return cursor.lastrowid or 0

    def _keep_progress(self, progress: Sequence[ImportProgress]) -> None:
        self._writer.executemany(
            "INSERT OR REPLACE INTO import_progress VALUES (?, ?, ?, ?, ?)",
            [
                (step.fingerprint, step.project, step.offset, step.rows, step.done)
                for step in progress
            ],
        )

    def _know(self, told: Mapping[int, Told]) -> dict[int, Told]:
        """Keeps what is told for the first time; by place, what was known already."""
        now, known = self._clock.now_ms(), dict[int, Told]()
        for place, event in told.items():
            added = self._writer.execute(
                "INSERT OR IGNORE INTO told_events VALUES (?, ?, ?, ?)",
                (event.event_id, now, event.device_id, event.session_id),
            )
            if not added.rowcount:
                cursor = self._writer.execute(
                    "SELECT id, device_id, session_id FROM told_events WHERE id = ?",
                    (event.event_id,),
                )
                known[place] = Told(*cursor.fetchone())
        return known

    def _last_position(self) -> int:
        row = self._reader.execute("SELECT coalesce(max(position), 0) FROM batches").fetchone()
        position: int = row[0]
        return position

    def _read(self, after: int, max_rows: int) -> list[Batch]:
        cursor = self._reader.execute(
            "SELECT position, rows, blob FROM batches WHERE position > ? ORDER BY position",
            (after,),
        )
        batches: list[Batch] = []
        rows = 0
        try:
            for row in cursor:
                batch = Batch(*row)
                batches.append(batch)
                rows += batch.weight
                if rows >= max_rows:
                    break
        finally:
            # Trap: an open cursor holds its snapshot, and the write-ahead file grows with it.
            cursor.close()
        return batches

    def _rows_after(self, position: int) -> int:
        row = self._reader.execute(
            "SELECT coalesce(sum(rows), 0) FROM batches WHERE position > ?", (position,)
        ).fetchone()
        rows: int = row[0]
        return rows

    def _trim(self, stored: int) -> None:
        with self._transaction():
            self._writer.execute("DELETE FROM batches WHERE position <= ?", (stored,))
            self._writer.execute(
                "DELETE FROM told_events WHERE told < ?",
                (self._clock.now_ms() - self._told_for_ms,),
            )
            self._writer.execute(
                "INSERT OR REPLACE INTO meta VALUES ('stored_position', ?)", (str(stored),)
            )

    def _stored_position(self) -> int:
        row = self._reader.execute("SELECT value FROM meta WHERE name = 'stored_position'")
        found: tuple[str] | None = row.fetchone()
        return int(found[0]) if found else 0

    def _continue_after(self, position: int) -> None:
        with self._transaction():
            self._writer.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'batches', 0 "
                "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'batches')"
            )
            self._writer.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'batches'", (position,)
            )

    def _find_progress(self, fingerprint: str, project: int) -> ImportProgress | None:
        cursor = self._reader.execute(
            "SELECT position, rows, done FROM import_progress "
            "WHERE fingerprint = ? AND project = ?",
            (fingerprint, project),
        )
        found: tuple[int, int, int] | None = cursor.fetchone()
        if found is None:
            return None
        offset, rows, done = found
        return ImportProgress(
            fingerprint=fingerprint, project=project, offset=offset, rows=rows, done=bool(done)
        )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
