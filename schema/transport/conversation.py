"""Operations that go on over one connection, and what waits to be sent of them.

The connection brings the words: how a result and an end are written down for its other side.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import orjson
from graphql import OperationType

from app.analytics.errors import DomainError
from app.http.errors import log_unexpected
from schema.context import Context
from schema.errors import MASKED, Code, coded, domain_error
from schema.execution.operations import Prepared
from schema.service import GraphQLService, NotBegunError, errors_body
from schema.transport.hub import Feed, Frame
from schema.transport.requests import RefusedOperationError

MOST_HELD_BYTES: Final = 8_000_000
"""Answers that wait for a slow reader; with more of them, nothing else is asked for it."""


class Words(Protocol):
    """How a protocol writes down what becomes of the operation of that name."""

    def result(self, name: str, frame: Frame) -> bytes:
        """A result of the operation."""
        ...

    def failure(self, name: str, errors: list[object]) -> bytes:
        """The operation was not executed, for these reasons; nothing follows."""
        ...

    def end(self, name: str) -> bytes:
        """No result follows."""
        ...


class Conversation:
    """What was asked over a connection, by the names that the other side gave.

    `wake` is set when something waits to be sent, and `room` while more may be asked. Results
    of subscriptions don't count: of these the oldest are lost when they wait too long.
    """

    def __init__(self, service: GraphQLService, words: Words, request_id: str) -> None:
        self.wake = asyncio.Event()
        self.room = asyncio.Event()
        self.room.set()
        self._service = service
        self._words = words
        self._request_id = request_id
        self._replies: deque[bytes] = deque()
        self._held_bytes = 0
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._feeds: dict[str, tuple[object, Feed]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._feeds or name in self._starting

    def __len__(self) -> int:
        # One that has just begun is among both for a moment.
        return len(self._feeds.keys() | self._starting.keys())

    def start(self, name: str, prepare: Callable[[], Prepared], context: Context) -> None:
        """Executes what `prepare` gives; what that raises is told as what becomes of it."""
        task = asyncio.create_task(self._start(name, prepare, context))
        self._starting[name] = task
        task.add_done_callback(lambda _: self._starting.pop(name, None))

    def stop(self, name: str) -> None:
        """Ends the operation without another word; one that has ended stays so."""
        if name in self._starting:
            self._starting[name].cancel()
        if name in self._feeds:
            self._service.hub.leave(*self._feeds.pop(name))

    def say(self, message: bytes) -> None:
        """Lets the message wait to be sent before any result."""
        self._replies.append(message)
        self.wake.set()
        self._held_bytes += len(message)
        if self._held_bytes > MOST_HELD_BYTES:
            self.room.clear()

    def waiting(self) -> Iterator[bytes]:
        """All that waits to be sent, of each subscription one result after another."""
        is_busy = True
        while is_busy:
            is_busy = False
            while self._replies:
                yield self._next_reply()
                is_busy = True
            for name, (_, feed) in list(self._feeds.items()):
                frame = feed.take()
                if frame is not None:
                    yield self._words.result(name, frame)
                    is_busy = True
                elif feed.is_closed and name in self._feeds:
                    del self._feeds[name]
                    yield self._words.end(name)

    def close(self) -> None:
        """Ends every operation."""
        for task in self._starting.values():
            task.cancel()
        for key, feed in self._feeds.values():
            self._service.hub.leave(key, feed)
        self._feeds.clear()

    def _next_reply(self) -> bytes:
        reply = self._replies.popleft()
        self._held_bytes -= len(reply)
        if self._held_bytes <= MOST_HELD_BYTES:
            self.room.set()
        return reply

    async def _start(self, name: str, prepare: Callable[[], Prepared], context: Context) -> None:
        try:
            prepared = prepare()
            if prepared.kind is OperationType.SUBSCRIPTION:
                feed = Feed(self.wake)
                self._feeds[name] = (await self._service.follow(prepared, context, feed), feed)
                self.wake.set()
                return
            body = await self._service.answer(prepared, context)
        except (RefusedOperationError, NotBegunError, DomainError) as error:
            self.say(self._words.failure(name, _told(error, self._request_id)))
        except Exception as error:  # noqa: BLE001 — this is where errors become messages.
            log_unexpected(error, self._request_id)
            masked = coded(MASKED, Code.INTERNAL_SERVER_ERROR).formatted
            self.say(self._words.failure(name, [masked]))
        else:
            self.say(self._words.result(name, orjson.dumps(body)))
            self.say(self._words.end(name))


def _told(
    error: RefusedOperationError | NotBegunError | DomainError, request_id: str
) -> list[object]:
    match error:
        case RefusedOperationError():
            errors: list[object] = errors_body(error.errors, request_id)["errors"]
            return errors
        case NotBegunError():
            errors = error.body["errors"]
            return errors
        case _:
            return [domain_error(error).formatted]
