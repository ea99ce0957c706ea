"""Recordings of sessions, in chunks.

They live in a database of their own, by default a file beside the control store. A page
that records sends up to two megabytes every ten seconds: inside the control store's file
those would hold its single writer while profiles wait, swell its log and its backups, and
push what is looked up all the time out of its cache. Recordings are also worth less: they
are deleted after some weeks, nothing refers to them, and the file can be removed while
the server stands still. On PostgreSQL, where writers don't wait for each other and large
values are kept apart from their rows, the URL may be the control store's own.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import anyio
import anyio.to_thread
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.control.base import NAMING
from app.control.engine import WRITES, open_engine, take_migration_lock, write_gate

_METADATA: Final = MetaData(naming_convention=NAMING)

# The payload stands last, so that SQLite reads a row's other columns without it.
_CHUNKS: Final = Table(
    "replay_chunks",
    _METADATA,
    Column("project", Integer, primary_key=True, autoincrement=False),
    Column("session_id", Text, primary_key=True),
    Column("chunk_index", Integer, primary_key=True, autoincrement=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("events_count", Integer, nullable=False),
    Column("is_full_snapshot", Boolean, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("packed_bytes", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    # Holds all that the limits ask for: the rows themselves need not be read.
    Index(None, "project", "session_id", "packed_bytes"),
    Index(None, "received_at"),
)

_PACKING_THREADS: Final = 2
_PURGED_AT_ONCE: Final = 200
_IDS_PER_STATEMENT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayChunk:
    """One piece of a session's recording; `index` counts from 0, instants are milliseconds.

    `payload` is the text that the recorder sent, a JSON array.
    """

    project: int
    session_id: str
    index: int
    started_at: int
    ended_at: int
    events_count: int
    is_full_snapshot: bool
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayLimits:
    """How much of one session is kept: chunks, and bytes as they are stored."""

    chunks: int = 5_000
    packed_bytes: int = 64 * 1024 * 1024


class ReplayOutcome(Enum):
    """What became of a chunk."""

    STORED = auto()
    KNOWN = auto()
    """The session has a chunk of that index already; the first one stays."""
    OVER_LIMIT = auto()
    """The session has as much as may be kept; the chunk was dropped."""


def default_replay_url(data_directory: Path) -> str:
    """The URL of the SQLite file inside that directory."""
    return f"sqlite+aiosqlite:///{quote(str(data_directory / 'replays.sqlite3'))}"


class ReplayStore:
    """Keeps recordings of sessions. Several processes may share it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(**WRITES)
        self._gate = write_gate(engine)
        # Packing must not take every worker thread from those who answer requests.
        self._packing = anyio.CapacityLimiter(_PACKING_THREADS)

    @classmethod
    def open(cls, url: str) -> "ReplayStore":
        """The store at a SQLAlchemy URL with an asynchronous driver; connects when first asked."""
        return cls(open_engine(url))

    async def migrate(self) -> None:
        """Makes the table where it is missing."""
        async with self._gate, self._writing.begin() as connection:
            await connection.run_sync(_make_table)

    async def add(
        self, chunk: ReplayChunk, *, received_at: int, limits: ReplayLimits
    ) -> ReplayOutcome:
        """What became of the chunk, which is durable when it was stored.

        Sending a chunk again changes nothing. Processes on PostgreSQL that add to one
        session at once may go over its limits by a chunk each.
        """
        packed = await anyio.to_thread.run_sync(_packed, chunk.payload, limiter=self._packing)
        row: dict[str, object] = {
            "project": chunk.project,
            "session_id": chunk.session_id,
            "chunk_index": chunk.index,
            "started_at": chunk.started_at,
            "ended_at": chunk.ended_at,
            "events_count": chunk.events_count,
            "is_full_snapshot": chunk.is_full_snapshot,
            "received_at": received_at,
            "packed_bytes": len(packed),
            "packed": packed,
        }
        try:
            async with self._gate, self._writing.begin() as connection:
                outcome = await _outcome(connection, chunk, len(packed), limits)
                if outcome is ReplayOutcome.STORED:
                    await connection.execute(insert(_CHUNKS), row)
        except IntegrityError:
            # Another process was quicker with the same chunk.
            return ReplayOutcome.KNOWN
        return outcome

    async def chunks(
        self, project: int, session_id: str, *, after: int = -1, limit: int = 20
    ) -> list[ReplayChunk]:
        """Up to `limit` chunks of the session whose index is over `after`, in order."""
        statement = (
            select(_CHUNKS)
            .where(*_of_session(project, session_id), _CHUNKS.c.chunk_index > after)
            .order_by(_CHUNKS.c.chunk_index)
            .limit(limit)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).all()
        return await anyio.to_thread.run_sync(_chunks_of, rows, limiter=self._packing)

    async def recorded(self, project: int, session_ids: Sequence[str]) -> frozenset[str]:
        """Those of the sessions that have a recording."""
        found: set[str] = set()
        async with self._engine.connect() as connection:
            for start in range(0, len(session_ids), _IDS_PER_STATEMENT):
                some = session_ids[start : start + _IDS_PER_STATEMENT]
                statement = (
                    select(_CHUNKS.c.session_id)
                    .where(_CHUNKS.c.project == project, _CHUNKS.c.session_id.in_(some))
                    .distinct()
                )
                found.update((await connection.scalars(statement)).all())
        return frozenset(found)

    async def purge(self, older_than_ms: int) -> int:
        """How many chunks that were received before that instant were deleted.

        It goes by the server's clock, for a recorder's may be wrong by years. A little at
        a time, so that chunks which arrive meanwhile get in between. A SQLite file keeps
        its size and fills the room anew.
        """
        purged = 0
        key = tuple_(_CHUNKS.c.project, _CHUNKS.c.session_id, _CHUNKS.c.chunk_index)
        old = (
            select(_CHUNKS.c.project, _CHUNKS.c.session_id, _CHUNKS.c.chunk_index)
            .where(_CHUNKS.c.received_at < older_than_ms)
            .order_by(_CHUNKS.c.received_at)
            .limit(_PURGED_AT_ONCE)
        )
        while True:
            async with self._gate, self._writing.begin() as connection:
                keys = [tuple(row) for row in await connection.execute(old)]
                if keys:
                    await connection.execute(delete(_CHUNKS).where(key.in_(keys)))
            purged += len(keys)
            if len(keys) < _PURGED_AT_ONCE:
                return purged

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()


async def _outcome(
    connection: AsyncConnection, chunk: ReplayChunk, size: int, limits: ReplayLimits
) -> ReplayOutcome:
    ours = _of_session(chunk.project, chunk.session_id)
    same = select(_CHUNKS.c.chunk_index).where(*ours, _CHUNKS.c.chunk_index == chunk.index)
    if (await connection.execute(same)).first() is not None:
        return ReplayOutcome.KNOWN
    kept = select(func.count(), func.coalesce(func.sum(_CHUNKS.c.packed_bytes), 0)).where(*ours)
    count, total = (await connection.execute(kept)).one()
    fits = count < limits.chunks and total + size <= limits.packed_bytes
    return ReplayOutcome.STORED if fits else ReplayOutcome.OVER_LIMIT


def _of_session(project: int, session_id: str) -> tuple[Any, Any]:
    return _CHUNKS.c.project == project, _CHUNKS.c.session_id == session_id


def _make_table(connection: Connection) -> None:
    take_migration_lock(connection)
    _METADATA.create_all(connection)


def _packed(payload: str) -> bytes:
    # A JSON body may hold half a surrogate pair; a recording may as well.
    return zlib.compress(payload.encode("utf-8", "surrogatepass"))


def _chunks_of(rows: Sequence[Row[Any]]) -> list[ReplayChunk]:
    return [
        ReplayChunk(
            project=row.project,
            session_id=row.session_id,
            index=row.chunk_index,
            started_at=row.started_at,
            ended_at=row.ended_at,
            events_count=row.events_count,
            is_full_snapshot=row.is_full_snapshot,
            payload=zlib.decompress(row.packed).decode("utf-8", "surrogatepass"),
        )
        for row in rows
    ]
