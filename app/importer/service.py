"""Imports a file: each of its events once, however often it is begun anew."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from app.analytics.errors import DomainError, OverloadedError
from app.importer.lines import BadLine, Parsed, parse
from app.importer.rows import Circumstances
from app.ingest.journal import ImportProgress
from app.ingest.log import EventLog
from app.kit.jsonl import ReadingPlace, check_readable, fingerprint, portions
from app.kit.parallel import spread
from app.stores.lock import try_acquire

SHOWN_BAD_LINES: Final = 20
"""How many bad lines a report names; it counts all of them."""

_UNSTORED_ROWS: Final = 400_000
"""How far the journal may run ahead of the store: some portions, so that neither waits."""

_SMALL_FILE_BYTES: Final = 4 << 20
"""Up to here, starting other processes costs more than they save."""


class Strictness(Enum):
    """What becomes of a file with bad lines."""

    SKIP = "skip"
    """They are reported and left out."""
    REFUSE = "refuse"
    """The whole file is read first, and refused before anything is kept."""


class Repetition(Enum):
    """What becomes of a file that was imported before."""

    ONCE = "once"
    """Nothing, or what was missing is added."""
    AGAIN = "again"
    """All of its events are added again."""


class BadLinesError(DomainError):
    """A strict import met lines that hold no event; nothing was imported."""

    code = "BAD_LINES"

    def __init__(self, bad: "BadLines") -> None:
        first = bad.first[0]
        super().__init__(
            f"Nothing was imported: {bad.count} lines hold no event, "
            f"the first is line {first.line}: {first.reason}"
        )
        self.bad = bad


@dataclass(slots=True)
class BadLines:
    """How many lines held no event, and the first of them."""

    count: int = 0
    first: list[BadLine] = field(default_factory=list[BadLine])

    def add(self, lines: list[BadLine]) -> None:
        """Counts more of them."""
        self.count += len(lines)
        self.first += lines[: SHOWN_BAD_LINES - len(self.first)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What to import, and how. `at_ms` is now, `processes` is how many read lines."""

    path: Path
    data_dir: Path
    project: int
    at_ms: int
    processes: int
    strictness: Strictness = Strictness.SKIP
    repetition: Repetition = Repetition.ONCE


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `already` counts the events that an earlier one had brought.

    `boundaries` are the starts and ends of sessions that were left out, because the store
    makes them from the sessions.
    """

    imported: int
    already: int
    bad: BadLines
    boundaries: int = 0


Watcher: TypeAlias = Callable[[int, int], None]
"""Told of the bytes read and the events imported so far."""


async def import_file(log: EventLog, order: ImportOrder, watch: Watcher) -> ImportReport:
    """Journals the file's events; `log.settled` tells when they are stored.

    Progress is kept with the events, so an import that was broken off goes on where it was.
    A file is known by its content: a changed one is another one. Raises BadLinesError,
    DamagedFileError (then nothing is kept either) and OSError.
    """
    name = await asyncio.to_thread(fingerprint, order.path)
    before = ImportProgress(fingerprint=name, project=order.project, offset=0, rows=0, done=False)
    if order.repetition is Repetition.ONCE:
        before = await log.find_progress(name, order.project) or before
    bad = BadLines()
    if before.done:
        return ImportReport(0, before.rows, bad)
    # A file that is mended afterwards is another one, whose first lines would come twice.
    await asyncio.to_thread(check_readable, order.path)
    if order.strictness is Strictness.REFUSE:
        await _check(order, before)
    rows, end = before.rows, before.offset
    boundaries = 0
    ahead = _Ahead(log, order.data_dir)
    place = ReadingPlace()
    async with aclosing(_parsed(order, before, place)) as parts:
        async for part in parts:
            rows, end = rows + part.rows, part.end
            bad.add(part.bad)
            boundaries += part.boundaries
            progress = replace(before, offset=end, rows=rows)
            position = await log.append_columns(part.rows, part.batch, progress)
            watch(place.read_bytes, rows - before.rows)
            await ahead.note(position, part.rows)
    await log.append_encoded((), replace(before, offset=end, rows=rows, done=True))
    return ImportReport(rows - before.rows, before.rows, bad, boundaries)


class _Ahead:
    """How far the journal is ahead of the store."""

    def __init__(self, log: EventLog, data_dir: Path) -> None:
        self._log = log
        self._data_dir = data_dir
        self._unstored: deque[tuple[int, int]] = deque()
        self._rows = 0

    async def note(self, position: int, rows: int) -> None:
        """Takes in a batch, and waits for earlier ones to be stored while there are too many."""
        self._unstored.append((position, rows))
        self._rows += rows
        while self._rows > _UNSTORED_ROWS:
            oldest, count = self._unstored.popleft()
            self._rows -= count
            await wait_stored(self._log, self._data_dir, oldest)


async def wait_stored(log: EventLog, data_dir: Path, position: int | None = None) -> None:
    """Returns once what was journalled can be read, or when no process is there to store it.

    Or what was journalled up to the batch at that position. The log's own patience is made for
    requests; imports have more of it.
    """
    while True:
        try:
            await log.settled(position)
        except OverloadedError:
            if not log.owns_store and is_free(data_dir):
                return
        else:
            return


def is_free(data_dir: Path) -> bool:
    """Whether no process owns the event store of the data directory."""
    lock = try_acquire(data_dir)
    if lock is None:
        return False
    lock.release()
    return True


async def _check(order: ImportOrder, before: ImportProgress) -> None:
    bad = BadLines()
    async with aclosing(_parsed(order, before, ReadingPlace())) as parts:
        async for part in parts:
            bad.add(part.bad)
    if bad.count:
        raise BadLinesError(bad)


async def _parsed(
    order: ImportOrder, before: ImportProgress, place: ReadingPlace
) -> AsyncGenerator[Parsed]:
    """The file's portions from where the import stands, parsed in other processes."""
    work = partial(
        parse,
        circumstances=Circumstances(order.project, before.fingerprint, order.at_ms),
    )
    size = await asyncio.to_thread(lambda: order.path.stat().st_size)
    processes = order.processes if size > _SMALL_FILE_BYTES else 0
    given = portions(order.path, place, start=before.offset)
    with closing(spread(work, given, processes)) as parts:
        coming = _next_of(parts)
        try:
            while (part := await coming) is not None:
                # Whoever takes one shall not keep the others from making more.
                coming = _next_of(parts)
                yield part
        finally:
            # It can't be stopped, and nothing else of the generator works meanwhile.
            await asyncio.wait({coming})


def _next_of(parts: Generator[Parsed]) -> asyncio.Task[Parsed | None]:
    return asyncio.create_task(asyncio.to_thread(next, parts, None))
