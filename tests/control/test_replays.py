import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from app.control.replays import (
    ReplayChunk,
    ReplayLimits,
    ReplayOutcome,
    ReplayStore,
    default_replay_url,
)

pytestmark = pytest.mark.anyio

STORED, KNOWN, OVER = ReplayOutcome.STORED, ReplayOutcome.KNOWN, ReplayOutcome.OVER_LIMIT


@pytest.fixture
async def replays(tmp_path: Path) -> AsyncIterator[ReplayStore]:
    opened = ReplayStore.open(default_replay_url(tmp_path))
    await opened.migrate()
    yield opened
    await opened.close()


def chunk(index: int, session_id: str = "s", payload: str = "[1]") -> ReplayChunk:
    return ReplayChunk(
        project=1,
        session_id=session_id,
        index=index,
        started_at=index * 10,
        ended_at=index * 10 + 9,
        events_count=3,
        is_full_snapshot=index == 0,
        payload=payload,
    )


async def add(
    replays: ReplayStore,
    told: ReplayChunk,
    received_at: int = 0,
    limits: ReplayLimits = ReplayLimits(),  # noqa: B008  Frozen.
) -> ReplayOutcome:
    return await replays.add(told, received_at=received_at, limits=limits)


async def test_chunks_come_back_in_order_as_they_were_sent(replays: ReplayStore) -> None:
    told = [chunk(index, payload=f'["ü\ud800", {index}]' * 50) for index in range(5)]
    shuffled = random.Random(1).sample(told, 5)
    for one in shuffled:
        assert await add(replays, one) is STORED
    await add(replays, chunk(9, session_id="other"))
    await add(replays, replace(chunk(9), project=2))
    assert await replays.chunks(1, "s") == told
    assert await replays.chunks(1, "s", after=1, limit=2) == told[2:4]
    assert await replays.chunks(1, "nobody") == []


async def test_chunk_sent_again_stays_as_it_was(replays: ReplayStore) -> None:
    assert await add(replays, chunk(0)) is STORED
    assert await add(replays, chunk(0, payload="[2]")) is KNOWN
    assert [one.payload for one in await replays.chunks(1, "s")] == ["[1]"]


async def test_session_is_capped_by_chunks(replays: ReplayStore) -> None:
    limits = ReplayLimits(chunks=2)
    outcomes = [await add(replays, chunk(index), limits=limits) for index in (0, 1, 2, 0)]
    assert outcomes == [STORED, STORED, OVER, KNOWN]
    assert await add(replays, chunk(0, session_id="other"), limits=limits) is STORED


async def test_session_is_capped_by_bytes_as_they_are_stored(replays: ReplayStore) -> None:
    limits = ReplayLimits(packed_bytes=10_000)
    noise = random.Random(1).randbytes(4_500).hex()
    small = "a" * 1_000_000
    told = [noise, small, noise, "[]"]
    outcomes = [
        await add(replays, chunk(index, payload=payload), limits=limits)
        for index, payload in enumerate(told)
    ]
    assert outcomes == [STORED, STORED, OVER, STORED]


async def test_one_chunk_sent_by_many_at_once_is_stored_once(
    replays: ReplayStore, tmp_path: Path
) -> None:
    second = ReplayStore.open(default_replay_url(tmp_path))
    await second.migrate()
    outcomes: list[ReplayOutcome] = []

    async def send(door: ReplayStore, index: int) -> None:
        outcomes.append(await add(door, chunk(index), limits=ReplayLimits(chunks=8)))

    async with anyio.create_task_group() as group:
        for number in range(40):
            group.start_soon(send, (replays, second)[number % 2], number // 4)
    await second.close()
    assert outcomes.count(STORED) == 8
    assert len(await replays.chunks(1, "s")) == 8


async def test_old_chunks_are_purged_by_when_they_were_received(replays: ReplayStore) -> None:
    for index in range(450):
        await add(replays, chunk(index), received_at=index)
    assert await replays.purge(430) == 430
    assert [one.index for one in await replays.chunks(1, "s", limit=50)] == list(range(430, 450))
    assert await replays.purge(430) == 0
    assert await add(replays, chunk(0)) is STORED


async def test_recorded_sessions_are_told_apart(replays: ReplayStore) -> None:
    for session_id in ("a", "b"):
        await add(replays, chunk(0, session_id))
        await add(replays, chunk(1, session_id))
    wanted = ["a", "c", *(f"x{number}" for number in range(1_500)), "b"]
    assert await replays.recorded(1, wanted) == {"a", "b"}
    assert await replays.recorded(2, wanted) == frozenset()
    assert await replays.recorded(1, []) == frozenset()
