"""Medians of repeated calls."""

import statistics
import time
from collections.abc import Callable


def median_ms(
    call: Callable[[], object],
    runs: int = 15,
    warm_up: int = 3,
    before: Callable[[], object] | None = None,
) -> float:
    """The median time of a call in milliseconds, after a few that don't count.

    What is done `before` each call does not count either.
    """
    (median,) = medians_ms(call, runs=runs, warm_up=warm_up, before=before)
    return median


def medians_ms(
    *calls: Callable[[], object],
    runs: int = 15,
    warm_up: int = 3,
    before: Callable[[], object] | None = None,
) -> list[float]:
    """The median time of each call; they take turns, so that a busy moment meets all."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(warm_up + runs):
        for call, mine in zip(calls, times, strict=True):
            if before is not None:
                before()
            started = time.perf_counter()
            call()
            if turn >= warm_up:
                mine.append(time.perf_counter() - started)
    return [statistics.median(mine) * 1000 for mine in times]
