import os
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.kit.parallel import WorkerLostError, spread


def doubled(number: int) -> int:
    """Takes longer for some, so that order shows."""
    time.sleep(0.002 * (number % 3))
    return number * 2


def big(size: int) -> bytes:
    return b"x" * size


def refused(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def fatal(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number


@pytest.mark.parametrize("processes", [0, 1, 3])
def test_results_come_in_the_order_of_what_was_given(processes: int) -> None:
    assert list(spread(doubled, range(20), processes)) == [number * 2 for number in range(20)]


@pytest.mark.parametrize("processes", [0, 2])
def test_nothing_given_makes_nothing(processes: int) -> None:
    assert list(spread(doubled, [], processes)) == []


def test_results_larger_than_a_pipe_do_not_block() -> None:
    sizes = [1 << 20] * 12
    assert [len(made) for made in spread(big, sizes, 2)] == sizes


@pytest.mark.parametrize("processes", [0, 2])
def test_error_of_the_work_is_raised_at_its_place(processes: int) -> None:
    parts = spread(refused, range(9), processes)
    assert [next(parts) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(parts)


def test_error_of_what_is_given_is_raised_after_what_came_before() -> None:
    def given() -> Iterator[int]:
        yield from range(4)
        raise OSError("the disk is gone")

    parts = spread(doubled, given(), 2)
    assert [next(parts) for _ in range(4)] == [0, 2, 4, 6]
    with pytest.raises(OSError, match="the disk"):
        next(parts)


def test_lost_worker_is_told() -> None:
    with pytest.raises(WorkerLostError):
        list(spread(fatal, range(9), 1))


def test_leaving_early_ends_the_workers_at_once() -> None:
    started = time.monotonic()
    with closing(spread(big, [1 << 20] * 50, 2)) as parts:
        next(parts)
    assert time.monotonic() - started < 4
