"""Shared computations: begun once, ended with the last feed, bounded for slow readers."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from schema.live.events import Sampler
from schema.transport.hub import Feed, Hub

pytestmark = pytest.mark.anyio


class Source:
    """A computation that the test drives, and what became of it."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()

    async def start(self) -> AsyncIterator[bytes]:
        """Begins."""
        self.begun += 1
        return self._run()

    async def _run(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield await self.frames.get()
        finally:
            self.ended += 1


async def turns() -> None:
    """Lets everything that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_feed_loses_its_oldest_frames_and_tells_how_many() -> None:
    feed = Feed(most=3)
    for number in range(5):
        feed.push(b'{"data":%d}' % number)
    assert feed.take() == b'{"data":2,"extensions":{"dropped":2}}'
    assert feed.take() == b'{"data":3}'
    feed.push(b'{"data":5}')
    assert [feed.take(), feed.take(), feed.take()] == [b'{"data":4}', b'{"data":5}', None]


async def test_equal_keys_share_one_computation() -> None:
    hub, source = Hub(), Source()
    feeds = [Feed() for _ in range(3)]
    for feed in feeds:
        await hub.join("key", source.start, feed, is_state=False)
    await source.frames.put(b"{}")
    await turns()
    assert [feed.take() for feed in feeds] == [b"{}"] * 3
    assert (source.begun, len(hub)) == (1, 1)
    for feed in feeds[1:]:
        hub.leave("key", feed)
    await turns()
    assert source.ended == 0
    hub.leave("key", feeds[0])
    await turns()
    assert (source.ended, len(hub)) == (1, 0)


async def test_a_late_feed_has_the_newest_state_and_no_event_of_the_past() -> None:
    for is_state, expected in ((True, b'{"n":1}'), (False, None)):
        hub, source = Hub(), Source()
        first, late = Feed(), Feed()
        await hub.join("key", source.start, first, is_state=is_state)
        await source.frames.put(b'{"n":1}')
        await turns()
        await hub.join("key", source.start, late, is_state=is_state)
        assert late.take() == expected
        assert [first.take(), first.take()] == [b'{"n":1}', None]
        await hub.close()


async def test_what_beginning_raises_reaches_everyone_who_waits() -> None:
    async def refuse() -> AsyncIterator[bytes]:
        await asyncio.sleep(0)
        raise ValueError("no")

    hub = Hub()
    joining = (hub.join("key", refuse, Feed(), is_state=False) for _ in range(2))
    outcomes = await asyncio.gather(*joining, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError]
    assert len(hub) == 0


async def test_feeds_end_with_their_computation() -> None:
    async def once() -> AsyncIterator[bytes]:
        async def frames() -> AsyncIterator[bytes]:
            yield b"{}"

        return frames()

    hub, feed = Hub(), Feed()
    await hub.join("key", once, feed, is_state=False)
    assert [frame async for frame in feed.frames()] == [b"{}"]
    assert len(hub) == 0


def test_of_too_many_things_the_sampled_ones_are_spread_over_each_second() -> None:
    now = 0.0
    sampler = Sampler(10, lambda: now)
    passed: list[float] = []
    for step in range(2_000):
        now = step / 500
        if sampler.passes():
            passed.append(now)
    at_once, spread = passed[:10], passed[10:]
    assert at_once == [step / 500 for step in range(10)]
    assert spread[0] == pytest.approx(1.0)
    pauses = [after - before for before, after in itertools.pairwise(spread)]
    assert max(pauses) <= 0.1021
    assert len(spread) >= 29
    clustered = Sampler(10, lambda: now)
    for step in range(2_000):
        now = 10 + step // 75 * 0.15
        clustered.passes()
    assert 2_000 - clustered.left_out >= 38
    assert sampler.told() == 2_000 - len(passed)


def test_sampling_passes_what_comes_at_once_and_counts_what_is_too_much() -> None:
    now = 0.0
    sampler = Sampler(2, lambda: now)
    assert [sampler.passes() for _ in range(5)] == [True, True, False, False, False]
    now = 0.9
    assert not sampler.passes()
    now = 1.0
    assert sampler.passes()
    assert [sampler.told(), sampler.told()] == [4, 0]
