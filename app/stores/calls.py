"""Blocking engine calls in a bounded number of threads, each of which can be stopped."""

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Final, TypeVar

from app.analytics.errors import QueryTimeoutError

Answer = TypeVar("Answer")

_INTERRUPT_EVERY_SECONDS: Final = 0.01


class Running:
    """A call in its thread: knows how to stop it, exactly while that is its own business."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stop: Callable[[], None] | None = None

    @contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Generator[None]:
        """While inside, `interrupt` calls `stop` (from another thread)."""
        with self._lock:
            self._stop = stop
        try:
            yield
        finally:
            with self._lock:
                self._stop = None

    def interrupt(self) -> None:
        """Stops what is running; harmless before it began and after it ended."""
        with self._lock:
            if self._stop is not None:
                self._stop()


class Calls:
    """Threads for one engine. Further calls wait for a free one."""

    def __init__(self, name: str, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """The answer of `work`; once begun it runs to its end, whoever stops waiting."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def run_within(self, work: Callable[[Running], Answer], timeout_seconds: float) -> Answer:
        """The answer of `work`, which is stopped after that time or on cancellation.

        The time counts from the call, waiting for a free thread included. Raises
        QueryTimeoutError once the engine has let go.
        """
        running = Running()
        future = self._executor.submit(work, running)
        waiting = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait({waiting}, timeout=timeout_seconds)
        except asyncio.CancelledError:
            await _stop_surely(future, waiting, running)
            raise
        if not done:
            await _stop_surely(future, waiting, running)
            raise QueryTimeoutError(
                f"The question took longer than the limit of {timeout_seconds:g} seconds."
            )
        return waiting.result()

    async def close(self) -> None:
        """Waits for the calls that are under way and ends the threads."""
        await asyncio.to_thread(self._executor.shutdown)


async def _stop_surely(
    future: Future[Answer], waiting: "asyncio.Future[Answer]", running: Running
) -> None:
    """Returns when the engine has let go, however often the waiting task is cancelled."""
    stopping = asyncio.ensure_future(_stop(future, waiting, running))
    while not stopping.done():
        # Trap: whoever cancels may do so again, which must not end the interrupting.
        with suppress(asyncio.CancelledError):
            await asyncio.shield(stopping)


async def _stop(
    future: Future[Answer], waiting: "asyncio.Future[Answer]", running: Running
) -> None:
    if future.cancel():
        return
    # Trap: an interrupt that comes before the engine has begun is lost, so one is not enough.
    while not waiting.done():
        running.interrupt()
        await asyncio.wait({waiting}, timeout=_INTERRUPT_EVERY_SECONDS)
    if not waiting.cancelled():
        waiting.exception()
