"""An event store inside the process: one writing connection, several reading ones.

What DuckDB and SQLite have in common. Every engine call runs in a worker thread; the
event loop never waits for the engine.
"""

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Boolean, CursorResult, Engine, Table, text

from app.analytics.boundaries import NONE_CLOSED, BoundaryChanges
from app.analytics.capabilities import Capabilities
from app.analytics.event_row import EventRow, event_rows
from app.analytics.records import Group, Profile
from app.analytics.sessions import SessionState
from app.analytics.sql.kept import Prepared, Statement, parts_of
from app.analytics.sql.tables import EVENTS, GROUPS, PROFILES, SESSIONS
from app.stores.arrow import Columns, EventParts, event_columns
from app.stores.base import Begun, Changes, DeviceWindow, Finish, Lines, ProfileRename, Row
from app.stores.calls import Calls, Running
from app.stores.ddl import migrate
from app.stores.driver import SELECT_SESSIONS, Reads, Writer
from app.stores.generations import (
    Arrivals,
    Generations,
    arrivals_of,
    arrivals_of_boundaries,
    newcomers_of,
    projects_of,
    projects_of_boundaries,
)
from app.stores.marks import boundaries_in
from app.stores.rows import (
    group_columns,
    profile_columns,
    session_columns,
    session_state,
)

Answer = TypeVar("Answer")

_ALIASES: Final = "aliases"
"""Among the journals' positions: the sequence of the newest alias that was followed."""

STREAM_THREADS: Final = 2
"""How many portions of streams are read at the same time, in all."""


class EmbeddedStore:
    """The event store over one engine's writer and its reading connections.

    `threads` bounds the questions that are answered at the same time.
    """

    def __init__(
        self,
        readers: Engine,
        writer: Writer,
        threads: int,
        reads: Reads,
        capabilities: Capabilities,
    ) -> None:
        self._readers = readers.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = writer
        self._reads = reads
        self._reading = Calls("events-read", threads)
        self._streaming = Calls("events-stream", STREAM_THREADS)
        self._writing = Calls("events-write", 1)
        self._capabilities = capabilities
        self._generations = Generations()

    @property
    def capabilities(self) -> Capabilities:
        """What decisions have to know of the engine."""
        return self._capabilities

    def generation(self, project: int) -> int:
        """Another number whenever what can be read of the project may have changed."""
        return self._generations.of(project)

    def arrivals(self, project: int, since: int) -> Sequence[int] | None:
        """The instants (ms) of the project's events that came since that generation.

        None where more has become of its events, and where that is not known any more.
        """
        return self._generations.arrivals(project, since)

    def newcomers(self, project: int, since: int) -> Sequence[EventRow] | None:
        """The events of `arrivals` themselves, as they are stored, if they are few."""
        return self._generations.newcomers(project, since)

    async def migrate(self) -> None:
        """Brings the tables to the newest numbered definition."""
        await self._writing.run(self._migrate)

    async def close(self) -> None:
        """Waits for running calls and lets go of the engine."""
        await self._reading.close()
        await self._streaming.close()
        await self._writing.run(self._release)
        await self._writing.close()

    async def fetch(self, statement: Statement | Prepared, timeout_seconds: float) -> list[Row]:
        """All rows of the answer.

        Raises QueryTimeoutError when the engine needs longer; the engine's work is stopped,
        as it is when the waiting task is cancelled.
        """
        return await self._reading.run_within(partial(self._rows, statement), timeout_seconds)

    async def fetch_lines(
        self,
        statement: Statement | Prepared,
        timeout_seconds: float,
        finish: Finish = bytes,
    ) -> Lines:
        """The texts of the answer's first column, put together; limits as in `fetch`."""
        portion = partial(self._portion, partial(self._read_all, statement, None, finish))
        return await self._streaming.run_within(portion, timeout_seconds)

    async def fetch_slice(
        self, statement: Statement | Prepared, most: int, timeout_seconds: float
    ) -> Lines:
        """The first rows of the answer as lines, on the threads of questions."""
        return await self._reading.run_within(
            partial(self._lines, statement, most), timeout_seconds
        )

    async def fetch_for_stream(
        self,
        statement: Statement | Prepared,
        work: Callable[[list[Row]], Lines],
        timeout_seconds: float,
    ) -> Lines:
        """What `work` makes of all rows, on the threads of streams."""
        portion = partial(self._portion, partial(self._fetch_all, statement))
        rows = await self._streaming.run_within(portion, timeout_seconds)
        return await self._streaming.run(partial(work, rows))

    async def apply(self, changes: Changes) -> None:
        """Stores the changes in one transaction, durably."""
        await self._writing.run(partial(self._apply, changes))

    async def apply_boundaries(self, changes: BoundaryChanges) -> None:
        """Stores what becomes of boundary events alone, in one transaction, durably."""
        await self._writing.run(partial(self._apply_boundaries, changes))

    async def closed_before(self) -> int:
        """The instant (ms) up to which sessions are closed; `NONE_CLOSED` at first."""
        rows = await self._writing.run(
            partial(self._writer.run, "SELECT max(ended_before) FROM closed_sessions")
        )
        return NONE_CLOSED if rows[0][0] is None else _integer(rows)

    async def sessions_ended(self, start: int, end: int) -> list[SessionState]:
        """The stored sessions of all projects whose end lies in that half-open range (ms)."""
        return await self._writing.run(partial(self._ended, start, end))

    async def position(self, journal: str) -> int:
        """The last batch of that journal that is stored; 0 when none is."""
        return await self._writing.run(partial(self._position, journal))

    async def last_position(self) -> int:
        """The highest batch position that is stored, of whichever journal."""
        rows = await self._writing.run(
            partial(
                self._writer.run,
                "SELECT coalesce(max(position), 0) FROM journal_position WHERE journal <> ?",
                (_ALIASES,),
            )
        )
        return _integer(rows)

    async def sessions_near(self, windows: Sequence[DeviceWindow]) -> list[SessionState]:
        """The stored sessions of those devices that overlap their windows."""
        if not windows:
            return []
        return await self._writing.run(partial(self._near, windows))

    async def sessions_since(self, ended_at: int) -> list[SessionState]:
        """The stored sessions of all projects that ended at that instant (ms) or later."""
        return await self._writing.run(partial(self._since, ended_at))

    async def rename_profiles(self, renames: Sequence[ProfileRename], sequence: int) -> None:
        """Moves events and sessions to other profiles, and keeps the sequence, durably."""
        await self._writing.run(partial(self._rename_profiles, renames, sequence))

    async def alias_sequence(self) -> int:
        """The sequence of the newest renaming; 0 when there was none."""
        return await self.position(_ALIASES)

    async def copy_profiles(self, profiles: Sequence[Profile]) -> None:
        """Replaces the read copies of these profiles."""
        if profiles:
            columns = partial(profile_columns, _newest(profiles))
            await self._writing.run(partial(self._copy, PROFILES, profiles, columns))

    async def copy_groups(self, groups: Sequence[Group]) -> None:
        """Replaces the read copies of these groups."""
        if groups:
            columns = partial(group_columns, _newest(groups))
            await self._writing.run(partial(self._copy, GROUPS, groups, columns))

    async def profile_sequence(self) -> int:
        """The newest `sequence` among the read copies; 0 when there are none."""
        return await self._newest_sequence(PROFILES)

    async def group_sequence(self) -> int:
        """The newest `sequence` among the read copies of groups; 0 when there are none."""
        return await self._newest_sequence(GROUPS)

    async def _newest_sequence(self, table: Table) -> int:
        newest = f"SELECT coalesce(max(sequence), 0) FROM {table.name}"  # noqa: S608 — a table of ours.
        return _integer(await self._writing.run(partial(self._writer.run, newest)))

    def _rows(self, statement: Statement | Prepared, running: Running) -> list[Row]:
        return self._reads.guard.read(partial(self._fetch_all, statement, running))

    def _lines(self, statement: Statement | Prepared, most: int | None, running: Running) -> Lines:
        return self._reads.guard.read(partial(self._read_all, statement, most, bytes, running))

    def _portion(self, read: Callable[[Running], Answer], running: Running) -> Answer:
        return self._reads.guard.stream(partial(read, running))

    def _fetch_all(self, asked: Statement | Prepared, running: Running) -> list[Row]:
        statement, values = parts_of(asked)
        with self._readers.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            with running.stopped_by(driver.interrupt):
                result = connection.execute(statement, values or None)
                if any(isinstance(one.type, Boolean) for one in statement.selected_columns):
                    return [tuple(row) for row in result]
                # Only truth values need converting, and rows of the driver are tuples already:
                # for many rows, making others of them costs as much as reading them.
                rows: list[Row] = _cursor_of(result).fetchall()
                return rows

    def _read_all(
        self,
        statement: Statement | Prepared,
        most: int | None,
        finish: Finish,
        running: Running,
    ) -> Lines:
        with self._readers.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            with running.stopped_by(driver.interrupt):
                return self._reads.lines(connection, statement, most, finish)

    def _near(self, windows: Sequence[DeviceWindow]) -> list[SessionState]:
        return [session_state(row) for row in self._writer.sessions_near(windows)]

    def _ended(self, start: int, end: int) -> list[SessionState]:
        statement = f"{SELECT_SESSIONS} WHERE s.ended_at >= ? AND s.ended_at < ?"
        return [session_state(row) for row in self._writer.run(statement, (start, end))]

    def _since(self, ended_at: int) -> list[SessionState]:
        statement = f"{SELECT_SESSIONS} WHERE s.ended_at >= ?"
        return [session_state(row) for row in self._writer.run(statement, (ended_at,))]

    def _migrate(self) -> None:
        # The first connection teaches the dialect what its engine can do.
        with self._readers.connect() as connection:
            connection.execute(text("SELECT 1"))
        with self._change():
            migrate(self._writer.run, self._readers.dialect, self._writer.indexes)

    def _release(self) -> None:
        self._readers.dispose()
        self._writer.close()

    def _apply(self, changes: Changes) -> None:
        with nullcontext() if changes.begun is None else self._writer.in_bulk():
            self._apply_all(changes)

    def _apply_all(self, changes: Changes) -> None:
        writer = self._writer
        if self._position(changes.journal) >= changes.position:
            return
        with self._change(projects_of(changes), arrivals_of(changes), newcomers_of(changes)):
            gone = [(state.project, state.id) for state in changes.sessions]
            gone += [(key.project, key.id) for key in changes.dropped]
            if gone:
                writer.delete(SESSIONS, gone)
            if changes.boundaries is not None:
                self._withdraw(changes.boundaries)
            if changes.relabelled:
                writer.relabel(changes.relabelled)
            if changes.sessions:
                writer.insert(SESSIONS, session_columns(changes.sessions))
            self._add_events(changes)
            if changes.begun is not None:
                self._add_sessions(changes.begun)
            self._keep_position(changes.journal, changes.position)

    def _add_events(self, changes: Changes) -> None:
        derived = changes.boundaries.added if changes.boundaries else []
        session_ids = changes.session_ids
        if isinstance(changes.events, EventParts):
            self._writer.insert_events(changes.events.taken())
            events, session_ids = derived, None
        else:
            events = event_rows(changes.events) + derived
            if session_ids is not None:
                session_ids = [*session_ids, *(row.session_id for row in derived)]
        if events:
            self._writer.insert(EVENTS, event_columns(events, session_ids))

    def _add_sessions(self, begun: Begun) -> None:
        self._writer.insert_sessions(begun.parts())
        self._writer.insert_events(
            boundaries_in(part, begun.closed_before) for part in begun.parts()
        )

    def _apply_boundaries(self, changes: BoundaryChanges) -> None:
        projects, arrivals = projects_of_boundaries(changes), arrivals_of_boundaries(changes)
        with self._change(projects, arrivals, changes.added):
            self._withdraw(changes)
            if changes.added:
                self._writer.insert(EVENTS, event_columns(changes.added, None))

    def _withdraw(self, changes: BoundaryChanges) -> None:
        """Removes what is no longer true, and notes which sessions are closed now."""
        if changes.withdrawn:
            self._writer.withdraw(changes.withdrawn)
        self._writer.run("DELETE FROM closed_sessions")
        self._writer.run("INSERT INTO closed_sessions VALUES (?)", (changes.closed_before,))

    @contextmanager
    def _change(
        self,
        projects: Collection[int] | None = None,
        arrivals: Arrivals | None = None,
        newcomers: Sequence[EventRow] = (),
    ) -> Generator[None]:
        """All or nothing of what is done inside, which is a generation of these projects.

        Without projects it is one of all; with `arrivals` nothing else becomes of events,
        and `newcomers` are some of those that come.
        """
        with self._writer.transaction():
            yield
        self._generations.advance(projects, arrivals, newcomers)

    def _keep_position(self, journal: str, position: int) -> None:
        self._writer.run("DELETE FROM journal_position WHERE journal = ?", (journal,))
        self._writer.run(
            "INSERT INTO journal_position (journal, position) VALUES (?, ?)", (journal, position)
        )

    def _position(self, journal: str) -> int:
        return _integer(
            self._writer.run(
                "SELECT coalesce(max(position), 0) FROM journal_position WHERE journal = ?",
                (journal,),
            )
        )

    def _rename_profiles(self, renames: Sequence[ProfileRename], sequence: int) -> None:
        with self._change({rename.project for rename in renames}):
            if renames:
                self._writer.rename_profiles(renames)
                gone = [(rename.project, rename.old) for rename in renames]
                self._writer.delete(PROFILES, gone)
            self._keep_position(_ALIASES, sequence)

    def _copy(
        self,
        table: Table,
        records: Sequence[Profile] | Sequence[Group],
        columns: Callable[[], Columns],
    ) -> None:
        with self._change({record.project for record in records}, {}):
            keys = {(record.project, record.id) for record in records}
            self._writer.delete(table, list(keys))
            self._writer.insert(table, columns())


Copied = TypeVar("Copied", Profile, Group)


def _newest(records: Sequence[Copied]) -> list[Copied]:
    # Trap: one statement may not hold the same row twice; the newest copy counts.
    by_age = sorted(records, key=lambda record: record.sequence)
    return list({(record.project, record.id): record for record in by_age}.values())


def _cursor_of(result: CursorResult[*tuple[Any, ...]]) -> Any:  # noqa: ANN401 — the driver's own.
    return result.cursor


def _integer(rows: list[Row]) -> int:
    (value,) = rows[0]
    if not isinstance(value, int):
        raise TypeError(value)
    return value
