"""The bounded buffer and the writer behind it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from app.analytics.errors import OverloadedError, PayloadTooLargeError
from app.analytics.records import Event
from app.ingest.encoding import BATCH_STRIDE, UnstorableEventError
from app.ingest.intake import Intake
from app.ingest.journal import Appended, ImportProgress, Told

pytestmark = pytest.mark.anyio

PLAIN = Event(project=1, id="e", name="n", created_at=0, received_at=0)


@dataclass
class Disk:
    """Takes batches while its gate is open; fails when it is told to."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None
    batches: list[int] = field(default_factory=list[int])
    steps: list[ImportProgress] = field(default_factory=list[ImportProgress])

    async def append(
        self,
        rows: Sequence[bytes],
        progress: Sequence[ImportProgress],
        _told: Mapping[int, Told],
    ) -> Appended:
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.batches.append(len(rows))
        self.steps += progress
        return Appended(len(self.batches), {})


@dataclass
class Heard:
    events: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    failure: Exception | None = None

    def __call__(self, events: Sequence[Event], position: int) -> None:
        self.events.append((len(events), position))
        if self.failure is not None:
            raise self.failure


async def started(task: "asyncio.Task[int]") -> "asyncio.Task[int]":
    await asyncio.sleep(0)
    return task


async def submitting(intake: Intake, count: int) -> "asyncio.Task[int]":
    return await started(asyncio.create_task(intake.submit([PLAIN] * count)))


async def test_what_arrives_while_the_writer_is_busy_becomes_one_batch() -> None:
    disk, heard = Disk(), Heard()
    intake = Intake(disk.append, heard, 100)
    writer = asyncio.create_task(intake.run())
    first = await submitting(intake, 1)
    await asyncio.sleep(0)
    second, third = await submitting(intake, 2), await submitting(intake, 3)
    disk.gate.set()
    positions = [await task for task in (first, second, third)]
    assert disk.batches == [1, 5]
    assert positions == [BATCH_STRIDE, 2 * BATCH_STRIDE, 2 * BATCH_STRIDE + 2]
    assert heard.events == [(1, positions[0]), (5, positions[1])]
    intake.close()
    await writer


async def test_a_full_buffer_refuses_with_a_time_to_come_back() -> None:
    disk = Disk()
    intake = Intake(disk.append, Heard(), 3)
    waiting = await submitting(intake, 2)
    with pytest.raises(OverloadedError) as refusal:
        await intake.submit([PLAIN] * 2)
    assert refusal.value.retry_after_seconds >= 1
    kept = await submitting(intake, 1)
    disk.gate.set()
    intake.close()
    await intake.run()
    await asyncio.gather(waiting, kept)
    assert disk.batches == [3]


async def test_more_than_could_ever_fit_is_too_large() -> None:
    intake = Intake(Disk().append, Heard(), 3)
    with pytest.raises(PayloadTooLargeError):
        await intake.submit([PLAIN] * 4)


async def test_a_failure_is_told_to_exactly_those_who_waited_for_it() -> None:
    disk, heard = Disk(failure=OSError("disk full")), Heard()
    intake = Intake(disk.append, heard, 100)
    writer = asyncio.create_task(intake.run())
    refused = [await submitting(intake, 1) for _ in range(3)]
    disk.gate.set()
    outcomes = await asyncio.gather(*refused, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {OverloadedError}
    disk.failure = None
    assert await intake.submit([PLAIN]) == BATCH_STRIDE
    assert heard.events == [(1, BATCH_STRIDE)]
    intake.close()
    await writer


async def test_one_unstorable_event_refuses_its_own_submission_only() -> None:
    disk = Disk()
    disk.gate.set()
    intake = Intake(disk.append, Heard(), 100)
    good = await submitting(intake, 1)
    with pytest.raises(UnstorableEventError):
        await intake.submit([PLAIN, replace(PLAIN, path="\ud800")])
    intake.close()
    await intake.run()
    assert await good == BATCH_STRIDE
    assert disk.batches == [1]


async def test_a_listener_that_fails_leaves_the_acknowledgement() -> None:
    disk = Disk()
    disk.gate.set()
    intake = Intake(disk.append, Heard(failure=RuntimeError("deaf")), 100)
    writer = asyncio.create_task(intake.run())
    assert [await intake.submit([PLAIN]) for _ in range(2)]
    intake.close()
    await writer


async def test_who_gave_up_before_the_writer_came_is_left_out() -> None:
    disk = Disk()
    disk.gate.set()
    intake = Intake(disk.append, Heard(), 100)
    gone, kept = await submitting(intake, 2), await submitting(intake, 1)
    gone.cancel()
    await asyncio.sleep(0)
    intake.close()
    await intake.run()
    assert await kept == BATCH_STRIDE
    assert disk.batches == [1]


async def test_progress_travels_with_its_events_and_a_closed_intake_refuses() -> None:
    disk = Disk()
    disk.gate.set()
    intake = Intake(disk.append, Heard(), 100)
    step = ImportProgress(fingerprint="f", project=1, offset=1, rows=1, done=True)
    sent = await started(asyncio.create_task(intake.submit([PLAIN], step)))
    intake.close()
    await intake.run()
    await sent
    assert disk.steps == [step]
    with pytest.raises(OverloadedError, match="stopping"):
        await intake.submit([PLAIN])
