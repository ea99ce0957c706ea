"""What an engine inside the process brings along: its one writer, and how it is read."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection, Table

from app.analytics.session_merging import (
    Relabel,
)
from app.analytics.sql.kept import Prepared, Statement
from app.analytics.sql.tables import SESSIONS
from app.stores.arrow import Columns, EventTable
from app.stores.base import DeviceWindow, Finish, Lines, ProfileRename, Row
from app.stores.session_table import SessionTable

Answer = TypeVar("Answer")

_SESSIONS: Final = ", ".join(f's."{name}"' for name in SESSIONS.columns.keys())  # noqa: SIM118 — SQLAlchemy's columns iterate over columns, not names.

SELECT_SESSIONS: Final = f"SELECT {_SESSIONS} FROM sessions AS s"  # noqa: S608 — names of ours.
"""All columns of the sessions, in the table's order."""

RENAMED_SESSION: Final = (
    "profile_at = coalesce(profile_at, ended_at), "
    "profile_position = coalesce(profile_position, anchor_position)"
)
"""What else changes of a session with its profile: one that had a device's is named now."""

ReadLines: TypeAlias = Callable[[Connection, Statement | Prepared, int | None, Finish], Lines]
"""Runs a statement and puts the texts of its first column together, of so many rows."""


class Writer(Protocol):
    """The one writing connection of an engine; used by one thread at a time."""

    indexes: Sequence[str]
    """Statements that make the engine's indexes."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing of what is done inside; durable when it is left."""
        ...

    def in_bulk(self) -> AbstractContextManager[None]:
        """Leaves memory as it was found, though what is done inside takes much of it."""
        ...

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """The rows of one statement with `?` parameters."""
        ...

    def insert(self, table: Table, columns: Columns) -> None:
        """Adds rows, given as the table's columns in order."""
        ...

    def insert_events(self, parts: Iterable[EventTable]) -> None:
        """Adds events that are columns already; each part is taken when it is needed."""
        ...

    def insert_sessions(self, parts: Iterable[SessionTable]) -> None:
        """Adds sessions that are columns already; as events come."""
        ...

    def delete(self, table: Table, keys: Sequence[tuple[int, str]]) -> None:
        """Removes the rows with these projects and ids."""
        ...

    def withdraw(self, positions: Sequence[int]) -> None:
        """Removes the events at these positions."""
        ...

    def relabel(self, relabels: Sequence[Relabel]) -> None:
        """Moves stored events to the sessions' new names."""
        ...

    def rename_profiles(self, renames: Sequence[ProfileRename]) -> None:
        """Moves stored events and sessions to other profiles, as `RENAMED_SESSION` tells."""
        ...

    def sessions_near(self, windows: Sequence[DeviceWindow]) -> list[Row]:
        """The sessions (all columns) of those devices that overlap their windows."""
        ...

    def close(self) -> None:
        """Lets go of the connection."""
        ...


class Guard(Protocol):
    """What stands around reading, where an engine needs it."""

    def read(self, work: Callable[[], Answer]) -> Answer:
        """The answer of what only reads."""
        ...

    def stream(self, work: Callable[[], Answer]) -> Answer:
        """The answer of what reads a portion of a stream."""
        ...


class Unguarded:
    """Reading as it is."""

    def read(self, work: Callable[[], Answer]) -> Answer:
        """The answer of what only reads."""
        return work()

    def stream(self, work: Callable[[], Answer]) -> Answer:
        """The answer of what reads a portion of a stream."""
        return work()


@dataclass(frozen=True, slots=True)
class Reads:
    """How an engine is read: `lines` puts texts together, `guard` stands around each reading."""

    lines: ReadLines
    guard: Guard = field(default_factory=Unguarded)
