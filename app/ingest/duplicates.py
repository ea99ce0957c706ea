"""Requests that are sent twice at once, as eager clients do: the second one is not stored.

It gets the answer of the first, waiting for it if need be. This is about accidents within a
moment; whoever wants to try again later tells an `insert_id`.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Answer = TypeVar("Answer")

WINDOW_MS: Final = 100
"""How long after a request an identical one is its duplicate."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[Answer]):
    """The answer to a request, and whether an earlier identical one had got it."""

    answer: Answer
    is_duplicate: bool


@dataclass(frozen=True, slots=True)
class _Request(Generic[Answer]):
    at_ms: int
    answer: "asyncio.Future[Answer]"


class DuplicateGuard(Generic[Answer]):
    """Knows the requests of the last moment, at most `capacity` of them.

    Beyond that the oldest are forgotten, and a duplicate of one is taken for a new request.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._requests: OrderedDict[bytes, _Request[Answer]] = OrderedDict()

    async def once(
        self, fingerprint: bytes, now_ms: int, work: Callable[[], Awaitable[Answer]]
    ) -> Answered[Answer]:
        """The answer of `work`, or that of the same request less than `WINDOW_MS` ago.

        Raises what `work` raises; a duplicate of a request that failed is worked on itself.
        """
        self._forget(now_ms)
        while (earlier := self.find(fingerprint, now_ms)) is not None:
            await asyncio.wait({earlier})
            if not earlier.cancelled() and earlier.exception() is None:
                return Answered(earlier.result(), is_duplicate=True)
            self._drop(fingerprint, earlier)
        return Answered(await self._first(fingerprint, now_ms, work), is_duplicate=False)

    def find(self, fingerprint: bytes, now_ms: int) -> "asyncio.Future[Answer] | None":
        """The answer, perhaps to come, of the same request less than `WINDOW_MS` ago."""
        request = self._requests.get(fingerprint)
        # A clock that was set back must not make yesterday's request a duplicate.
        return request.answer if request and 0 <= now_ms - request.at_ms < WINDOW_MS else None

    def __len__(self) -> int:
        return len(self._requests)

    async def _first(
        self, fingerprint: bytes, now_ms: int, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._requests[fingerprint] = _Request(now_ms, answer)
        self._requests.move_to_end(fingerprint)
        try:
            result = await work()
        except BaseException:
            answer.cancel()
            self._drop(fingerprint, answer)
            raise
        answer.set_result(result)
        return result

    def _forget(self, now_ms: int) -> None:
        while self._requests:
            oldest = next(iter(self._requests.values()))
            is_recent = 0 <= now_ms - oldest.at_ms < WINDOW_MS
            if is_recent and len(self._requests) < self._capacity:
                return
            self._requests.popitem(last=False)

    def _drop(self, fingerprint: bytes, answer: "asyncio.Future[Answer]") -> None:
        request = self._requests.get(fingerprint)
        if request is not None and request.answer is answer:
            del self._requests[fingerprint]


def fingerprint_of(
    body: bytes, *, ip: str | None, origin: str | None, client_id: str | None
) -> bytes | None:
    """What identical requests share; None when anything is missing that tells clients apart."""
    if not (ip and origin and client_id):
        return None
    digest = hashlib.blake2b(digest_size=16)
    for part in (ip.encode(), origin.encode(), client_id.encode(), body):
        # Lengths keep the parts apart, whatever they hold.
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()
