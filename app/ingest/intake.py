"""From a request's events to an acknowledgement: one writer, everything that waits at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from app.analytics.errors import OverloadedError
from app.analytics.records import Event
from app.ingest.buffer import RETRY_AFTER_SECONDS, Buffer, Submission
from app.ingest.encoding import MAX_BATCH_ROWS, encode_event, first_position
from app.ingest.journal import ImportProgress

Append: TypeAlias = Callable[[Sequence[bytes], Sequence[ImportProgress]], Awaitable[int]]
"""Makes a batch durable; gives its position."""

Acknowledged: TypeAlias = Callable[[Sequence[Event], int], None]
"""Told of events that are durable now, and the position of the first of them."""

_LOG: Final = logging.getLogger(__name__)


class Intake:
    """Collects what arrives while the writer is busy, and journals it as one batch.

    `capacity` bounds the waiting events; as many may be in the writer's hands besides.
    """

    def __init__(self, append: Append, acknowledged: Acknowledged, capacity: int) -> None:
        self._append = append
        self._acknowledged = acknowledged
        self._buffer = Buffer(min(capacity, MAX_BATCH_ROWS))
        self._is_failing = False

    async def submit(self, events: Sequence[Event], progress: ImportProgress | None = None) -> int:
        """The position of the first event, once all of them are durable.

        Raises UnstorableEventError, PayloadTooLargeError or OverloadedError; then none of
        them was acknowledged. One that waits no longer may find its events kept or not.
        """
        rows = [encode_event(event) for event in events]
        position: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._buffer.put(Submission(events, rows, progress, position))
        return await position

    async def run(self) -> None:
        """Journals until the intake is closed and nothing waits."""
        while submissions := await self._buffer.take():
            await self._journal([one for one in submissions if not one.position.cancelled()])

    def close(self) -> None:
        """Takes no more; `run` ends after what waits."""
        self._buffer.close()

    async def _journal(self, submissions: Sequence[Submission]) -> None:
        rows = [row for submission in submissions for row in submission.rows]
        steps = [submission.progress for submission in submissions if submission.progress]
        try:
            batch = await self._append(rows, steps)
        except Exception as error:  # noqa: BLE001 — each waiter is told; none is left hanging.
            self._refuse(submissions, error)
            return
        self._is_failing = False
        position = first_position(batch)
        for submission in submissions:
            if not submission.position.done():
                submission.position.set_result(position)
            self._tell(submission.events, position)
            position += len(submission.events)

    def _tell(self, events: Sequence[Event], position: int) -> None:
        try:
            self._acknowledged(events, position)
        except Exception:  # noqa: BLE001 — the events are durable whatever a listener does.
            _LOG.exception("Acknowledged events could not be announced inside the server.")

    def _refuse(self, submissions: Sequence[Submission], error: Exception) -> None:
        if not self._is_failing:
            _LOG.error("The journal can't be written; events are refused.", exc_info=error)
        self._is_failing = True
        for submission in submissions:
            if not submission.position.done():
                refusal = OverloadedError(
                    "The events can't be stored durably at the moment.", RETRY_AFTER_SECONDS
                )
                refusal.__cause__ = error
                submission.position.set_exception(refusal)
