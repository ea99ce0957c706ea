"""The engine's own threads, and when it is faster without them."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock
from typing import Final

import duckdb

_ALONE: Final = 1
"""The engine counts the thread that asks it."""


class Workers:
    """The threads with which the engine answers; they rest from a stream to the next question.

    A thread that asks DuckDB takes part in the work, and where one of the engine's own has
    taken what is left of it, looks for more without pause, under the interpreter's lock. For
    a question whose work can be divided that is a moment. A portion of a stream is too small
    to be divided: looking takes as long as reading, of the very processors that the other
    portion needs. Since portions are read side by side, each is better read by one thread.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        """The threads of that database, as many as it has now."""
        self._cursor = database.cursor()
        ((told,),) = self._cursor.execute("SELECT current_setting('threads')").fetchall()
        self._all = int(told)
        self._at_work = self._all
        self._counts = Lock()
        self._turn = Lock()
        self._questions = 0
        self._portions = 0
        self._was_asked = False
        self._rest = False

    @contextmanager
    def for_question(self) -> Generator[None]:
        """While inside, all threads are there."""
        with self._counts:
            self._questions += 1
            self._was_asked = True
            self._rest = False
        try:
            self._settle()
            yield
        finally:
            with self._counts:
                self._questions -= 1

    @contextmanager
    def for_portion(self) -> Generator[None]:
        """While inside, a portion is read; beside others and no question, by one thread."""
        with self._counts:
            self._portions += 1
            if self._portions > 1 and not self._was_asked:
                self._rest = True
            # Where questions follow each other, sending the threads off and back costs more.
            self._was_asked = self._questions > 0
        try:
            self._settle()
            yield
        finally:
            with self._counts:
                self._portions -= 1

    def close(self) -> None:
        """Lets go of the engine."""
        self._cursor.close()

    def _settle(self) -> None:
        """Makes it as many threads as there should be.

        Trap: sending one off waits for what it is doing. Nobody waits for whoever does so,
        who afterwards looks again at what has become of the counts.
        """
        while self._wanted != self._at_work and self._turn.acquire(blocking=False):
            try:
                wanted = self._wanted
                self._cursor.execute(f"SET threads = {wanted}")
                self._at_work = wanted
            except duckdb.OutOfMemoryException:
                # The next to come tries again.
                return
            finally:
                self._turn.release()

    @property
    def _wanted(self) -> int:
        return _ALONE if self._rest else self._all
