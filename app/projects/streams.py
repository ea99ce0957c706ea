"""Reading a planned stream: portion by portion, a little ahead of whoever consumes it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from app.analytics.expressions.evaluate import is_true
from app.analytics.expressions.tree import conjunction
from app.analytics.sql.build import LinesStatements, Prepared, subject_of
from app.analytics.streams import PORTION_EVENTS, Portion, Stream, StreamKey
from app.stores.base import EventStore, Finish, Lines, Row

_AHEAD: Final = 2
"""How many portions are read at the same time."""

_PORTION_BYTES: Final = 32 << 20
_FEWEST: Final = 100


@dataclass(frozen=True, slots=True)
class _Reading:
    """A portion on its way; with a `limit` there may be more of it."""

    portion: Portion
    limit: int | None
    lines: asyncio.Task[Lines]


class EventStream:
    """The lines of a planned stream."""

    def __init__(self, store: EventStore, stream: Stream, timeout_seconds: float) -> None:
        self._store = store
        self._stream = stream
        self._statements = LinesStatements(stream)
        self._timeout_seconds = timeout_seconds
        self._most = PORTION_EVENTS

    async def lines(self, finish: Finish = bytes) -> AsyncGenerator[Lines]:
        """The lines portion by portion, none of them empty, each with its last event's key.

        `finish` is what becomes of them, in the threads that read them.

        To be consumed inside `contextlib.aclosing`, so that reading ahead ends with the
        consumer. Raises QueryTimeoutError when one portion takes too long.
        """
        portions = iter(self._stream.portions)
        after = self._stream.after
        reading: deque[_Reading] = deque()
        try:
            while True:
                for portion in islice(portions, _AHEAD - len(reading)):
                    reading.append(self._begin(portion, after, finish))
                    after = None
                if not reading:
                    return
                first = reading[0]
                lines = await first.lines
                reading.popleft()
                if first.limit is not None and lines.count == first.limit:
                    rest = self._begin(first.portion, key_of(lines.last), finish)
                    reading.appendleft(rest)
                if lines.parts:
                    # Long lines make the next portions shorter ones.
                    fitting = _PORTION_BYTES * lines.count // lines.size
                    self._most = min(PORTION_EVENTS, max(_FEWEST, fitting))
                    yield lines
        finally:
            for each in reading:
                each.lines.cancel()
            await asyncio.gather(*(each.lines for each in reading), return_exceptions=True)

    async def parts(self, finish: Finish = bytes) -> AsyncGenerator[bytes]:
        """The same lines as bytes, each part of whole lines; to be consumed like them."""
        async with aclosing(self.lines(finish)) as portions:
            async for lines in portions:
                for part in lines.parts:
                    yield part

    def _begin(self, portion: Portion, after: StreamKey | None, finish: Finish) -> _Reading:
        limit = self._most if portion.count > self._most else None
        statement = self._statements.of(portion.range, after, limit)
        read = self._store.fetch_lines if not self._stream.rest else self._fetch_those
        lines = read(statement, self._timeout_seconds, finish)
        return _Reading(portion, limit, asyncio.ensure_future(lines))

    async def _fetch_those(
        self, statement: Prepared, timeout_seconds: float, finish: Finish
    ) -> Lines:
        """The lines of those events of which the rest of the condition is true.

        Their count, and the last event's key, are those before the rest of the condition.
        """
        return await self._store.fetch_for_stream(
            statement, partial(self._kept, finish), timeout_seconds
        )

    def _kept(self, finish: Finish, rows: list[Row]) -> Lines:
        if not rows:
            return Lines((), 0, ())
        stream = self._stream
        condition, zone = conjunction(stream.rest), stream.scope.zone
        lines = [
            str(line)
            for line, _, _, *values in rows
            if is_true(condition, subject_of(stream, values), zone)
        ]
        parts = (finish("".join(lines).encode()),) if lines else ()
        return Lines(parts, len(rows), rows[-1][1:3])


def key_of(row: Row) -> StreamKey:
    """The place of a line, from what stands behind it."""
    instant, tie = row
    if not isinstance(instant, int) or not isinstance(tie, int | str):
        raise TypeError(row)
    return StreamKey(instant, tie)
