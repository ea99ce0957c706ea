"""Subscriptions that are equal, run once: one computation and one serialised frame for all.

Each subscriber has a feed of its own. One that reads slower than frames come loses the oldest
of them, and is told how many; it costs the others nothing and never more memory than its feed.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import structlog

_log = structlog.get_logger("rosetta.graphql")

FEED_FRAMES: Final = 256
"""Frames that wait for one subscriber at most."""

Frame: TypeAlias = bytes
"""A result as JSON: an object that begins with `{` and ends with `}`."""

Start: TypeAlias = Callable[[], Awaitable[AsyncIterator[Frame]]]
"""Begins the computation; what it raises is raised for everyone who waits for it."""


class Feed:
    """The frames that wait for one subscriber."""

    def __init__(self, wake: asyncio.Event | None = None, most: int = FEED_FRAMES) -> None:
        self.wake: Final = wake or asyncio.Event()
        self.is_closed = False
        self._frames: deque[Frame] = deque()
        self._most = most
        self._dropped = 0

    def push(self, frame: Frame) -> None:
        """Adds the frame, in place of the oldest one when there is no room."""
        if len(self._frames) >= self._most:
            self._frames.popleft()
            self._dropped += 1
        self._frames.append(frame)
        self.wake.set()

    def close(self) -> None:
        """Ends the feed behind the frames that wait."""
        self.is_closed = True
        self.wake.set()

    def take(self) -> Frame | None:
        """The oldest frame, with the number of those lost before it; None when none waits."""
        if not self._frames:
            return None
        frame = self._frames.popleft()
        if not self._dropped:
            return frame
        told = b'%b,"extensions":{"dropped":%d}}' % (frame[:-1], self._dropped)
        self._dropped = 0
        return told

    async def frames(self) -> AsyncGenerator[Frame]:
        """Each frame as it comes, until the feed is closed."""
        while True:
            self.wake.clear()
            while (frame := self.take()) is not None:
                yield frame
            if self.is_closed:
                return
            await self.wake.wait()


@dataclass(eq=False, slots=True)
class _Topic:
    """One computation and whoever gets its frames."""

    opened: "asyncio.Future[None]"
    feeds: set[Feed] = field(default_factory=set[Feed])
    latest: Frame | None = None
    task: "asyncio.Task[None] | None" = None


class Hub:
    """The computations that are going on, by what they compute and for which rights."""

    def __init__(self) -> None:
        self._topics: dict[Hashable, _Topic] = {}

    def __len__(self) -> int:
        return len(self._topics)

    async def join(self, key: Hashable, start: Start, feed: Feed, *, is_state: bool) -> None:
        """Lets the feed have the frames of that computation, which is begun if need be.

        Of a state, the newest frame comes at once. Raises what beginning raises.
        """
        topic = self._topics.get(key)
        if topic is None:
            topic = _Topic(asyncio.get_running_loop().create_future())
            self._topics[key] = topic
            topic.task = asyncio.create_task(self._run(key, topic, start))
        topic.feeds.add(feed)
        if is_state and topic.latest is not None:
            feed.push(topic.latest)
        try:
            await asyncio.shield(topic.opened)
        except BaseException:
            self.leave(key, feed)
            raise

    def leave(self, key: Hashable, feed: Feed) -> None:
        """Ends what the feed gets; the computation ends with its last feed."""
        topic = self._topics.get(key)
        if topic is None or feed not in topic.feeds:
            return
        topic.feeds.remove(feed)
        if not topic.feeds:
            del self._topics[key]
            if topic.task is not None:
                topic.task.cancel()

    async def close(self) -> None:
        """Ends every computation and every feed."""
        topics = list(self._topics.values())
        self._topics.clear()
        for topic in topics:
            if topic.task is not None:
                topic.task.cancel()
                with suppress(asyncio.CancelledError):
                    await topic.task

    async def _run(self, key: Hashable, topic: _Topic, start: Start) -> None:
        try:
            frames = await start()
            topic.opened.set_result(None)
            async for frame in frames:
                topic.latest = frame
                for feed in topic.feeds:
                    feed.push(frame)
        except Exception as error:  # noqa: BLE001 — whoever waits for the beginning gets it.
            if topic.opened.done():
                _log.error("A subscription broke off.", exc_info=error)
            else:
                topic.opened.set_exception(error)
                # Nobody may be left who waits.
                topic.opened.exception()
        finally:
            if not topic.opened.done():
                topic.opened.cancel()
            if self._topics.get(key) is topic:
                del self._topics[key]
            for feed in topic.feeds:
                feed.close()
