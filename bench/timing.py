"""Medians of repeated calls."""

import statistics
import time
from collections.abc import Callable


def median_ms(call: Callable[[], object], runs: int = 15, warm_up: int = 3) -> float:
    """The median time of a call in milliseconds, after a few that don't count."""
    (median,) = medians_ms(call, runs=runs, warm_up=warm_up)
    return median


def medians_ms(*calls: Callable[[], object], runs: int = 15, warm_up: int = 3) -> list[float]:
    """The median time of each call; they take turns, so that a busy moment meets all."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(warm_up + runs):
        for call, mine in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            if turn >= warm_up:
                mine.append(time.perf_counter() - started)
    return [statistics.median(mine) * 1000 for mine in times]
