"""Streams leave the engine's memory about as they found it, and disturb nobody for good."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from app.stores.duckdb_cache import FileCache

ROWS: Final = 600_000
PORTION: Final = 50_000
MB: Final = 1 << 20
WHOLE_MB: Final = 55
"""Not more than what the engine holds of the whole file."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with some 60 MB that can't be made smaller."""
    path = tmp_path_factory.mktemp("cache") / "events.duckdb"
    with duckdb.connect(str(path)) as database:
        texts = ", ".join(f"md5((number * 7 + {place})::VARCHAR)" for place in range(6))
        database.execute(
            f"CREATE TABLE events AS SELECT number, {texts} FROM range({ROWS}) AS r(number)"  # noqa: S608
        )
    return path


@pytest.fixture
def database(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(file), config={"threads": 2}) as database:
        yield database


@pytest.fixture
def cache(database: duckdb.DuckDBPyConnection) -> FileCache:
    return FileCache(database)


def held_mb(database: duckdb.DuckDBPyConnection) -> int:
    held = "SELECT sum(memory_usage_bytes) FROM duckdb_memory() WHERE tag = 'BASE_TABLE'"
    ((found,),) = database.cursor().execute(held).fetchall()
    return int(found) // MB


def portion(database: duckdb.DuckDBPyConnection, start: int) -> list[Any]:
    statement = "SELECT max(columns(*)) FROM events WHERE number BETWEEN ? AND ?"
    return database.cursor().execute(statement, [start, start + PORTION - 1]).fetchall()


def stream(database: duckdb.DuckDBPyConnection, cache: FileCache) -> list[list[Any]]:
    starts = range(0, ROWS, PORTION)
    return [cache.stream(partial(portion, database, start)) for start in starts]


def test_what_a_stream_read_is_forgotten(
    database: duckdb.DuckDBPyConnection, cache: FileCache
) -> None:
    limit = database.execute("SELECT current_setting('memory_limit')").fetchall()
    told = stream(database, cache)
    assert held_mb(database) < 45
    assert database.execute("SELECT current_setting('memory_limit')").fetchall() == limit
    assert [portion(database, start) for start in range(0, ROWS, PORTION)] == told
    assert held_mb(database) >= WHOLE_MB


def test_what_others_read_stays(database: duckdb.DuckDBPyConnection, cache: FileCache) -> None:
    for start in range(0, ROWS // 2, PORTION):
        portion(database, start)
    before = held_mb(database)
    stream(database, cache)
    assert before - 5 < held_mb(database) < before + 35


def test_nothing_is_forgotten_beside_what_must_not_be_disturbed(
    database: duckdb.DuckDBPyConnection, cache: FileCache
) -> None:
    with cache.left_alone():
        stream(database, cache)
        assert held_mb(database) >= WHOLE_MB


def test_what_lacked_memory_while_some_was_taken_is_read_again(
    database: duckdb.DuckDBPyConnection, cache: FileCache
) -> None:
    tried: list[int] = []

    def starved() -> str:
        tried.append(held_mb(database))
        stream(database, cache)
        if len(tried) == 1:
            raise duckdb.OutOfMemoryException("no room")
        return "read"

    assert cache.read(starved) == "read"
    assert len(tried) == 2
    assert held_mb(database) >= WHOLE_MB


def test_the_limit_is_whole_again_however_many_streams_take_memory(
    database: duckdb.DuckDBPyConnection, cache: FileCache
) -> None:
    limit = database.execute("SELECT current_setting('memory_limit')").fetchall()
    with ThreadPoolExecutor(4) as pool:
        streams = [pool.submit(stream, database, cache) for _ in range(6)]
        told = [each.result() for each in streams]
    assert told == told[:1] * 6
    assert database.execute("SELECT current_setting('memory_limit')").fetchall() == limit


def test_a_lack_of_memory_that_nobody_caused_is_told(cache: FileCache) -> None:
    tried: list[int] = []

    def starved() -> None:
        tried.append(1)
        raise duckdb.OutOfMemoryException("no room")

    with pytest.raises(duckdb.OutOfMemoryException):
        cache.read(starved)
    assert tried == [1]


def test_large_answers_are_right_beside_streams(
    database: duckdb.DuckDBPyConnection, cache: FileCache
) -> None:
    grouped = (
        "SELECT count(*), sum(n) FROM (SELECT number % 300007, count(*) n FROM events GROUP BY 1)"
    )

    def ask(_: int) -> list[Any]:
        return cache.read(lambda: database.cursor().execute(grouped).fetchall())

    with ThreadPoolExecutor(3) as pool:
        streams = [pool.submit(stream, database, cache) for _ in range(2)]
        answers = list(pool.map(ask, range(10)))
        told = [each.result() for each in streams]
    assert answers == [[(300_007, ROWS)]] * 10
    assert told[0] == told[1]


def test_bulk_work_and_streams_ask_side_by_side(
    database: duckdb.DuckDBPyConnection, cache: FileCache
) -> None:
    def work_in_bulk() -> None:
        for start in range(0, 300 * 10, 10):
            with cache.left_as_found():
                database.cursor().execute(
                    "SELECT max(number) FROM events WHERE number < ?", [start]
                )

    def read() -> list[int]:
        return [cache.stream(partial(int, place)) for place in range(600)]

    with ThreadPoolExecutor(3) as threads:
        bulk = threads.submit(work_in_bulk)
        streams = [threads.submit(read) for _ in range(2)]
        bulk.result()
        assert [each.result() for each in streams] == [[*range(600)]] * 2


def test_bulk_work_leaves_about_as_much_in_memory_as_there_was(
    database: duckdb.DuckDBPyConnection, cache: FileCache
) -> None:
    with cache.left_as_found():
        for start in range(0, ROWS, PORTION):
            portion(database, start)
        assert held_mb(database) > WHOLE_MB // 2
    assert held_mb(database) <= WHOLE_MB // 2
