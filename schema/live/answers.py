"""Answers that are asked for again and again, and told when they have changed."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from typing import TypeVar

import structlog

from app.analytics.errors import DomainError, NotFoundError

T = TypeVar("T")

_log = structlog.get_logger("rosetta.graphql")


async def changing(
    ask: Callable[[], Awaitable[T]],
    essence: Callable[[T], Awaitable[Hashable]],
    every_seconds: float,
) -> AsyncGenerator[T]:
    """The answer, and from then on each that differs in its essence from the one before.

    What the first asking raises is raised before; later ones that fail are left out, except that
    nothing follows when the thing is gone.
    """
    first = await ask()
    return _changes(first, await essence(first), ask, essence, every_seconds)


async def _changes(
    answer: T,
    told: Hashable,
    ask: Callable[[], Awaitable[T]],
    essence: Callable[[T], Awaitable[Hashable]],
    every_seconds: float,
) -> AsyncGenerator[T]:
    yield answer
    while True:
        await asyncio.sleep(every_seconds)
        try:
            answer = await ask()
            new = await essence(answer)
        except NotFoundError:
            return
        except DomainError as error:
            _log.warning("A subscription's question failed.", code=error.code)
            continue
        if new != told:
            told = new
            yield answer
