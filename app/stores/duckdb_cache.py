"""What DuckDB keeps in memory of its file, and how streams leave it about as they found it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from threading import Lock
from time import sleep
from typing import Final, TypeVar

import duckdb

from app.kit.memory import resident_bytes

Answer = TypeVar("Answer")

_MOST_LENT: Final = 32 << 20
"""Bytes read by streams from which on so many are forgotten: each time costs milliseconds."""

_ALWAYS_KEPT: Final = 16 << 20
"""Bytes that may stay, whoever read them: a portion of a stream reads what the last one did."""

_MOST_GROWN: Final = 32 << 20
"""Bytes by which streams may make the process grow before pages go back to the system."""

_RESTORE_AGAIN_SECONDS: Final = 0.001

_HELD: Final = (
    "SELECT coalesce(sum(memory_usage_bytes) FILTER (tag = 'BASE_TABLE'), 0), "
    "sum(memory_usage_bytes) FROM duckdb_memory()"
)


class FileCache:
    """The blocks of the file that the engine holds, up to its limit of memory.

    Left alone, whoever reads the whole file once fills memory with it for good: the engine
    forgets blocks only where it needs their room. Lowering its limit for a moment makes it
    forget those that were not used for the longest time.

    Trap: in that moment something else may fail for want of memory. What only reads is then
    done again, undisturbed; what writes is never disturbed.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, limit: str | None = None) -> None:
        """The blocks of that database, whose limit of memory was configured as that, or wasn't."""
        self._cursor = database.cursor()
        self._turn = Lock()
        self._undisturbed = 0
        self._reading = 0
        self._seen = 0
        self._lent = 0
        self._resident = 0
        # How often the limit was lowered and restored: odd while it is low.
        self._turns = 0
        # Trap: a RESET tells the old limit and leaves the new one in force. What is told is
        # rounded, so that a limit of nobody's choice is set to it at once and never moves again.
        (told,) = self._ask("SELECT current_setting('memory_limit')")
        self._restoring = f"SET memory_limit = '{limit or told}'"
        self._cursor.execute(self._restoring)

    def read(self, work: Callable[[], Answer]) -> Answer:
        """The answer of what only reads, whatever is forgotten meanwhile."""
        before = self._turns
        try:
            return work()
        except Exception as error:
            cause = getattr(error, "orig", error)
            is_disturbed = before % 2 == 1 or self._turns != before
            if not is_disturbed or not isinstance(cause, duckdb.OutOfMemoryException):
                raise
        with self.left_alone():
            return work()

    def stream(self, work: Callable[[], Answer]) -> Answer:
        """The answer of what reads a portion of a stream, whose blocks are forgotten in time."""
        with self._turn:
            if not self._reading:
                self._seen, _ = self._ask(_HELD)
                self._resident = resident_bytes()
            self._reading += 1
        try:
            return self.read(work)
        finally:
            with self._turn:
                self._reading -= 1
                # Where memory is short, the engine forgets by itself; the answer is what counts.
                with suppress(duckdb.OutOfMemoryException):
                    self._give_back()
                    self._trim()

    @contextmanager
    def left_alone(self) -> Generator[None]:
        """While inside, nothing is forgotten."""
        with self._turn:
            self._undisturbed += 1
        try:
            yield
        finally:
            with self._turn:
                self._undisturbed -= 1

    @contextmanager
    def left_as_found(self) -> Generator[None]:
        """What is done inside leaves about as much in memory as there was."""
        with self._turn:
            before, _ = self._ask(_HELD)
        try:
            yield
        finally:
            with self._turn, suppress(duckdb.OutOfMemoryException):
                held, used = self._ask(_HELD)
                self._forget(held - max(before, _ALWAYS_KEPT), used)
                self._let_go()

    def close(self) -> None:
        """Lets go of the engine."""
        self._cursor.close()

    def _give_back(self) -> None:
        """Forgets as many blocks as the streams have read, if they are many."""
        held, used = self._ask(_HELD)
        self._lent += max(0, held - self._seen)
        self._seen = held
        if self._lent >= _MOST_LENT and self._forget(min(self._lent, held - _ALWAYS_KEPT), used):
            self._lent = 0
            self._seen, _ = self._ask(_HELD)

    def _forget(self, excess: int, used: int) -> bool:
        """Forgets that many bytes of the used ones, where nobody wants to be left alone."""
        if excess <= 0 or self._undisturbed:
            return False
        self._turns += 1
        try:
            # Blocks that are in use can't be forgotten; then the engine keeps its limit.
            with suppress(duckdb.OutOfMemoryException):
                self._cursor.execute(f"SET memory_limit = '{used - excess}B'")
        finally:
            self._restore()
            self._turns += 1
        return True

    def _trim(self) -> None:
        """Lets go of what the streams made the process grow by, if it is much."""
        if resident_bytes() - self._resident >= _MOST_GROWN:
            self._let_go()

    def _let_go(self) -> None:
        """Gives the pages back to the system that no statement uses any more.

        Trap: the engine's allocator keeps what a thread once used, which for a portion of
        wide lines is a hundred megabytes, until that thread needs it again. Setting the
        limit of memory, be it to what it is, makes it let go; the pages cost time again when
        they are needed, so that it is done where there are many.
        """
        self._cursor.execute(self._restoring)

    def _restore(self) -> None:
        """Sets the engine's own limit again, however long that takes.

        Trap: the statement itself needs a little memory, which something else may have taken
        in the meantime. That ends or fails soon; a limit that stayed low would never end.
        """
        while True:
            try:
                self._cursor.execute(self._restoring)
            except duckdb.OutOfMemoryException:
                sleep(_RESTORE_AGAIN_SECONDS)
            else:
                return

    def _ask(self, statement: str) -> tuple[int, ...]:
        (row,) = self._cursor.execute(statement).fetchall()
        return tuple(row)
