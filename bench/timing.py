"""Medians of repeated calls."""

import statistics
import time
from collections.abc import Callable


def median_ms(call: Callable[[], object], runs: int = 15, warm_up: int = 3) -> float:
    """The median time of a call in milliseconds, after a few that don't count."""
    for _ in range(warm_up):
        call()
    times: list[float] = []
    for _ in range(runs):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000
