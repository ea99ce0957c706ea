"""Identical requests within a moment: one is worked on, all get its answer."""

import asyncio
from dataclasses import dataclass, field

import pytest

from app.ingest.duplicates import Answered, DuplicateGuard, fingerprint_of

pytestmark = pytest.mark.anyio


@dataclass
class Work:
    """Counts how often it is done; waits while its gate is closed."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None
    count: int = 0

    async def __call__(self) -> int:
        self.count += 1
        mine = self.count
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return mine


def done() -> Work:
    work = Work()
    work.gate.set()
    return work


@pytest.mark.parametrize(
    ("after_ms", "expected"),
    [
        (0, Answered(1, is_duplicate=True)),
        (99, Answered(1, is_duplicate=True)),
        (100, Answered(2, is_duplicate=False)),
        (-1, Answered(2, is_duplicate=False)),
    ],
)
async def test_a_request_is_a_duplicate_within_the_window(
    after_ms: int, expected: Answered[int]
) -> None:
    guard, work = DuplicateGuard[int](), done()
    assert await guard.once(b"a", 1000, work) == Answered(1, is_duplicate=False)
    assert await guard.once(b"a", 1000 + after_ms, work) == expected
    assert not (await guard.once(b"b", 1000, work)).is_duplicate


async def test_a_duplicate_waits_for_the_answer_of_the_first() -> None:
    guard, work = DuplicateGuard[int](), Work()
    tasks = [asyncio.create_task(guard.once(b"a", 0, work)) for _ in range(5)]
    await asyncio.sleep(0)
    work.gate.set()
    answers = await asyncio.gather(*tasks)
    assert [answer.is_duplicate for answer in answers] == [False, True, True, True, True]
    assert {answer.answer for answer in answers} == {1}


async def test_when_the_first_is_given_up_the_next_one_is_worked_on() -> None:
    guard, work = DuplicateGuard[int](), Work()
    first, second, third = (asyncio.create_task(guard.once(b"a", 0, work)) for _ in range(3))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    work.gate.set()
    assert await second == Answered(2, is_duplicate=False)
    assert await third == Answered(2, is_duplicate=True)


async def test_a_failure_is_nobody_elses() -> None:
    guard, work = DuplicateGuard[int](), done()
    work.failure = OSError("full")
    for _ in range(2):
        with pytest.raises(OSError, match="full"):
            await guard.once(b"a", 0, work)
    assert (work.count, len(guard)) == (2, 0)


async def test_no_more_is_kept_than_the_moment_and_the_capacity_allow() -> None:
    guard, work = DuplicateGuard[int](capacity=3), done()
    for number in range(10):
        await guard.once(b"%d" % number, 0, work)
        assert len(guard) <= 3
    await guard.once(b"later", 100, work)
    assert len(guard) == 1


@pytest.mark.parametrize(
    "changed", [{"body": b"2"}, {"ip": "2"}, {"origin": "2"}, {"client_id": "2"}]
)
def test_every_part_tells_requests_apart_and_none_may_be_missing(
    changed: dict[str, object],
) -> None:
    request: dict[str, object] = {"body": b"1", "ip": "1", "origin": "1", "client_id": "1"}
    same = fingerprint_of(**request)  # type: ignore[arg-type]  # A table of parts.
    assert same == fingerprint_of(**request)  # type: ignore[arg-type]
    assert same != fingerprint_of(**(request | changed))  # type: ignore[arg-type]
    for missing in ("ip", "origin", "client_id"):
        assert fingerprint_of(**(request | {missing: None})) is None  # type: ignore[arg-type]
