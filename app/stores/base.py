"""What every event store can do, whatever engine is behind it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

from app.analytics.boundaries import BoundaryChanges
from app.analytics.capabilities import Capabilities
from app.analytics.errors import DomainError
from app.analytics.event_row import EventRow
from app.analytics.records import Event, Group, Profile
from app.analytics.session_merging import (
    Relabel,
    SessionKey,
)
from app.analytics.sessions import (
    SessionState,
)
from app.analytics.sql.kept import Prepared, Statement
from app.stores.arrow import EventParts, compute
from app.stores.session_table import SessionTable

Row: TypeAlias = tuple[object, ...]
"""One row of an answer, in the order of the statement's columns."""


Finish: TypeAlias = Callable[[bytes | memoryview], bytes]
"""What becomes of lines where they are read; given whole rows, and called in threads."""


class ConfigurationError(DomainError):
    """What was configured can't work; the message tells what and why."""

    code = "CONFIGURATION"


class StoreLockedError(ConfigurationError):
    """Another process has the event store open."""


@dataclass(frozen=True, slots=True)
class DeviceWindow:
    """A device and the instants (both included, ms) between which its sessions matter."""

    project: int
    device_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Begun:
    """Sessions that touch no stored one; those that ended before `closed_before` are closed.

    They are those of the table for which `mask`, an Arrow array, holds true.
    """

    table: SessionTable
    mask: Any
    closed_before: int

    def __len__(self) -> int:
        count: int = compute.sum(self.mask).as_py() or 0
        return count

    def parts(self) -> Iterator[SessionTable]:
        """The sessions, some thousands at once: all together would take as much memory again."""
        return self.table.parts_where(self.mask)

    def parts_since(self, ended_at: int) -> Iterator[SessionTable]:
        """Those of the sessions that ended at that instant (ms) or later, likewise."""
        is_recent = compute.greater_equal(self.table.column("ended_at"), ended_at)
        return self.table.parts_where(compute.and_(self.mask, is_recent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one step of the storer changes, all of it or nothing.

    `session_ids` are the ids of the events' sessions, in the order of the events; without
    them the events' own are taken. `sessions` replace the stored ones of the same key;
    `dropped` ones disappear. `position` is the last journalled batch contained, of the
    journal named `journal`. Changes that are stored already (that position of the journal
    or a later one) change nothing. Without `boundaries` the boundary events stay as they are.
    `begun` are further sessions, whose boundary events come with them.
    """

    journal: str
    position: int
    events: Sequence[Event] | Sequence[EventRow] | EventParts
    sessions: Sequence[SessionState]
    session_ids: Sequence[str | None] | None = None
    dropped: Sequence[SessionKey] = ()
    relabelled: Sequence[Relabel] = ()
    boundaries: BoundaryChanges | None = None
    begun: Begun | None = None

    @property
    def event_count(self) -> int:
        """How many events come, about: each session that begins has a start and an end."""
        derived = 0 if self.boundaries is None else len(self.boundaries.added)
        return len(self.events) + derived + (0 if self.begun is None else 2 * len(self.begun))


@dataclass(frozen=True, slots=True)
class ProfileRename:
    """Facts of the profile `old` are facts of `new` from now on."""

    project: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Lines:
    """What a statement with a text column in front answered, as bytes.

    `parts` hold the texts of all rows one after the other, in UTF-8, none of them empty and
    each of whole rows; `first` and `last` are what stands behind the text in these rows,
    empty without rows, and `beyond` in the first row that was left out, if any was.
    `is_whole` tells whether every row had a text. Slices of lists know where each of their
    rows ends in the body, and its key.
    """

    parts: Sequence[bytes]
    count: int
    last: Row
    first: Row = ()
    beyond: Row = ()
    is_whole: bool = True
    ends: Sequence[int] = ()
    keys: Sequence[Row] = ()

    def followed_by(self, others: "Lines", most: int) -> "Lines":
        """These lines and then as many of the others as fit into so many; both of slices."""
        if self.beyond or not others.count:
            return self
        room = min(most - self.count, others.count)
        beyond = others.keys[room] if room < others.count else others.beyond
        if not room:
            return replace(self, beyond=beyond)
        length = self.size
        fitting = others.body[: others.ends[room - 1]]
        return Lines(
            (b"".join((*self.parts, fitting)),),
            self.count + room,
            others.keys[room - 1],
            self.first or others.first,
            beyond,
            is_whole=self.is_whole and others.is_whole,
            ends=[*self.ends, *(end + length for end in others.ends[:room])],
            keys=[*self.keys, *others.keys[:room]],
        )

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return sum(map(len, self.parts))

    @property
    def body(self) -> bytes:
        """All bytes together."""
        return b"".join(self.parts)


class EventStore(Protocol):
    """Holds events, sessions, and read copies of profiles and groups. One writer, many readers."""

    async def migrate(self) -> None:
        """Brings the tables to the newest numbered definition."""
        ...

    async def close(self) -> None:
        """Waits for running calls and lets go of the engine."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What decisions have to know of the engine."""
        ...

    def generation(self, project: int) -> int:
        """Another number whenever what can be read of the project may have changed.

        Whoever waited for a change to be stored gets another number from then on. For this
        process alone.
        """
        ...

    def arrivals(self, project: int, since: int) -> Sequence[int] | None:
        """The instants (ms) of the project's events that came since that generation.

        None where more has become of its events, and where that is not known any more.
        """
        ...

    def newcomers(self, project: int, since: int) -> Sequence[EventRow] | None:
        """The events of `arrivals` themselves, as they are stored, if they are few."""
        ...

    async def fetch(self, statement: Statement | Prepared, timeout_seconds: float) -> list[Row]:
        """All rows of the answer.

        Raises QueryTimeoutError when the engine needs longer; the engine's work is stopped,
        as it is when the waiting task is cancelled.
        """
        ...

    async def fetch_lines(
        self,
        statement: Statement | Prepared,
        timeout_seconds: float,
        finish: Finish = bytes,
    ) -> Lines:
        """The texts of the answer's first column, put together without Python for each row.

        `finish` makes each of the parts, which are small, of what the engine has.

        Such calls have threads of their own, so that however long streams are, questions
        are answered meanwhile. Time limit and cancellation as in `fetch`.
        """
        ...

    async def fetch_for_stream(
        self,
        statement: Statement | Prepared,
        work: Callable[[list[Row]], Lines],
        timeout_seconds: float,
    ) -> Lines:
        """What `work` makes of all rows, on the threads of streams; else as `fetch_lines`.

        `work` is not stopped: the time limit is that of the engine alone.
        """
        ...

    async def fetch_slice(
        self, statement: Statement | Prepared, most: int, timeout_seconds: float
    ) -> Lines:
        """The first rows of the answer as lines, on the threads of questions."""
        ...

    async def apply(self, changes: Changes) -> None:
        """Stores the changes in one transaction, durably."""
        ...

    async def apply_boundaries(self, changes: BoundaryChanges) -> None:
        """Stores what becomes of boundary events alone, in one transaction, durably."""
        ...

    async def closed_before(self) -> int:
        """The instant (ms) up to which sessions are closed; `NONE_CLOSED` at first."""
        ...

    async def sessions_ended(self, start: int, end: int) -> list[SessionState]:
        """The stored sessions of all projects whose end lies in that half-open range (ms)."""
        ...

    async def position(self, journal: str) -> int:
        """The last batch of that journal that is stored; 0 when none is."""
        ...

    async def last_position(self) -> int:
        """The highest batch position that is stored, of whichever journal."""
        ...

    async def sessions_near(self, windows: Sequence[DeviceWindow]) -> list[SessionState]:
        """The stored sessions of those devices that overlap their windows."""
        ...

    async def sessions_since(self, ended_at: int) -> list[SessionState]:
        """The stored sessions of all projects that ended at that instant (ms) or later."""
        ...

    async def rename_profiles(self, renames: Sequence[ProfileRename], sequence: int) -> None:
        """Moves events and sessions to other profiles, and keeps the sequence, durably.

        The read copies of the old profiles disappear. Not to be called while a portion of
        events is between being merged and being applied.
        """
        ...

    async def alias_sequence(self) -> int:
        """The sequence of the newest renaming; 0 when there was none."""
        ...

    async def copy_profiles(self, profiles: Sequence[Profile]) -> None:
        """Replaces the read copies of these profiles."""
        ...

    async def profile_sequence(self) -> int:
        """The newest `sequence` among the read copies; 0 when there are none."""
        ...

    async def copy_groups(self, groups: Sequence[Group]) -> None:
        """Replaces the read copies of these groups."""
        ...

    async def group_sequence(self) -> int:
        """The newest `sequence` among the read copies of groups; 0 when there are none."""
        ...
