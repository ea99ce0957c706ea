"""The engine's threads rest while only streams are read, and are there for every question."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Final

import duckdb
import pytest

from app.stores.duckdb_workers import Workers

THREADS: Final = 4
ROUNDS: Final = 50
WORK: Final = "SELECT sum(range) FROM range(1000)"
PATIENCE_SECONDS: Final = 30


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "events.duckdb"), config={"threads": THREADS}) as database:
        yield database


@pytest.fixture
def workers(database: duckdb.DuckDBPyConnection) -> Workers:
    return Workers(database)


def threads(database: duckdb.DuckDBPyConnection) -> int:
    ((found,),) = database.cursor().execute("SELECT current_setting('threads')").fetchall()
    return int(found)


def test_all_are_there_for_one_portion(
    database: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    with workers.for_portion():
        assert threads(database) == THREADS
    with workers.for_portion():
        assert threads(database) == THREADS


def test_they_rest_where_portions_are_read_side_by_side(
    database: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    with workers.for_portion(), workers.for_portion():
        assert threads(database) == 1
    # From one portion to the next nothing changes.
    assert threads(database) == 1
    with workers.for_portion():
        assert threads(database) == 1


def test_a_question_has_all_of_them(database: duckdb.DuckDBPyConnection, workers: Workers) -> None:
    with workers.for_portion(), workers.for_portion(), workers.for_question():
        assert threads(database) == THREADS
        with workers.for_portion():
            assert threads(database) == THREADS


def test_they_rest_again_once_a_portion_began_without_a_question(
    database: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    with workers.for_portion(), workers.for_portion():
        with workers.for_question():
            pass
        with workers.for_portion():
            assert threads(database) == THREADS
        with workers.for_portion():
            assert threads(database) == 1
    with workers.for_question():
        assert threads(database) == THREADS


def test_an_engine_of_one_thread_is_left_alone(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "one.duckdb"), config={"threads": 1}) as database:
        workers = Workers(database)
        with workers.for_portion(), workers.for_portion(), workers.for_question():
            assert threads(database) == 1


def test_a_failing_portion_or_question_is_over(
    database: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    for inside in (workers.for_question, workers.for_portion):
        with pytest.raises(LookupError), inside():
            raise LookupError
    with ExitStack() as held:
        held.enter_context(workers.for_portion())
        assert threads(database) == THREADS
        held.enter_context(workers.for_portion())
        assert threads(database) == 1


def test_whoever_comes_at_the_same_time_finds_what_it_needs(
    database: duckdb.DuckDBPyConnection, workers: Workers
) -> None:
    """Who sends threads off while a question begins brings them back before going on."""
    over = Event()

    def read_portions() -> None:
        while not over.is_set():
            with workers.for_portion():
                database.cursor().execute(WORK).fetchall()

    def ask() -> None:
        try:
            for _ in range(ROUNDS):
                with workers.for_question():
                    database.cursor().execute(WORK).fetchall()
            with workers.for_question():
                give_up = time.monotonic() + PATIENCE_SECONDS
                while threads(database) != THREADS and time.monotonic() < give_up:
                    pass
                assert threads(database) == THREADS
        finally:
            over.set()

    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(read_portions), pool.submit(read_portions), pool.submit(ask)]:
            each.result(2 * PATIENCE_SECONDS)
