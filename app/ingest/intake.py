"""From a request's events to an acknowledgement: one writer, everything that waits at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from app.analytics.errors import OverloadedError
from app.analytics.records import Event
from app.ingest.buffer import RETRY_AFTER_SECONDS, Buffer, Receipt, Submission
from app.ingest.encoding import MAX_BATCH_ROWS, encode_event, first_position
from app.ingest.journal import Appended, ImportProgress, Told

Append: TypeAlias = Callable[
    [Sequence[bytes], Sequence[ImportProgress], Mapping[int, Told]], Awaitable[Appended]
]
"""Makes a batch durable, as `Journal.append_once` does."""

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
        return (await self._submit(events, progress, None)).position

    async def submit_once(self, event: Event) -> Receipt:
        """What became of an event that may be told again, now that it is durable.

        The same event is known by its project and its id. Raises what `submit` raises.
        """
        # Ids may come from callers, and then be those of another project's events as well.
        told = Told(f"{event.project}:{event.id}", event.device_id, event.session_id)
        return await self._submit([event], None, told)

    async def _submit(
        self, events: Sequence[Event], progress: ImportProgress | None, told: Told | None
    ) -> Receipt:
        rows = [encode_event(event) for event in events]
        receipt: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._buffer.put(Submission(events, rows, progress, told, receipt))
        return await receipt

    async def run(self) -> None:
        """Journals until the intake is closed and nothing waits."""
        while submissions := await self._buffer.take():
            await self._journal([one for one in submissions if not one.receipt.cancelled()])

    def close(self) -> None:
        """Takes no more; `run` ends after what waits."""
        self._buffer.close()

    async def _journal(self, submissions: Sequence[Submission]) -> None:
        rows: list[bytes] = []
        told: dict[int, Told] = {}
        for submission in submissions:
            if submission.told is not None:
                told[len(rows)] = submission.told
            rows += submission.rows
        steps = [submission.progress for submission in submissions if submission.progress]
        try:
            appended = await self._append(rows, steps, told)
        except Exception as error:  # noqa: BLE001 — each waiter is told; none is left hanging.
            self._refuse(submissions, error)
            return
        self._is_failing = False
        self._acknowledge(submissions, appended)

    def _acknowledge(self, submissions: Sequence[Submission], appended: Appended) -> None:
        position = first_position(appended.position)
        place = 0
        kept: list[Event] = []
        for submission in submissions:
            earlier = appended.repeated.get(place) if submission.told else None
            place += len(submission.events)
            if earlier is None:
                receipt = Receipt(position + len(kept))
                kept += submission.events
            else:
                receipt = Receipt(0, earlier)
            if not submission.receipt.done():
                submission.receipt.set_result(receipt)
        # Whoever waits for a receipt goes on only after this.
        if kept:
            self._tell(kept, position)

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
            if not submission.receipt.done():
                refusal = OverloadedError(
                    "The events can't be stored durably at the moment.", RETRY_AFTER_SECONDS
                )
                refusal.__cause__ = error
                submission.receipt.set_exception(refusal)
