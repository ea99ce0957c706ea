from collections.abc import Callable
from itertools import count
from pathlib import Path

import anyio
import pytest

from app.control.engine import default_url
from app.control.models import SaltRow
from app.control.repositories import salts
from app.control.store import ControlStore
from app.projects.salts import SaltBook, Salts, random_salt

pytestmark = pytest.mark.anyio

DAY = 86_400_000
NOON = 20_000 * DAY + DAY // 2
MIDNIGHT = 20_001 * DAY


def numbered() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"salt {next(numbers)}"


async def stored(store: ControlStore) -> list[int]:
    async with store.read() as session:
        return [row.utc_day for row in await salts.list_newest_first(session)]


async def test_two_salts_are_made_at_the_first_start(store: ControlStore) -> None:
    book = SaltBook(store, numbered())
    assert await book.salts(NOON) == Salts(current="salt 1", previous="salt 2")
    assert await stored(store) == [20_000, 19_999]


async def test_salts_stay_until_the_last_millisecond_of_the_utc_day(store: ControlStore) -> None:
    book = SaltBook(store, numbered())
    first = await book.salts(NOON)
    assert await book.salts(MIDNIGHT - 1) == first
    turned = await book.salts(MIDNIGHT)
    assert turned == Salts(current="salt 3", previous=first.current)


async def test_older_salts_are_deleted(store: ControlStore) -> None:
    book = SaltBook(store, numbered())
    for day in range(3):
        await book.salts(NOON + day * DAY)
    assert await stored(store) == [20_002, 20_001]


async def test_restart_keeps_the_salts_of_the_day(store: ControlStore) -> None:
    first = await SaltBook(store).salts(NOON)
    assert await SaltBook(store).salts(NOON + 1) == first


async def test_salt_before_a_long_pause_is_the_previous_one(store: ControlStore) -> None:
    first = await SaltBook(store).salts(NOON)
    later = await SaltBook(store).salts(NOON + 40 * DAY)
    assert later.previous == first.current


async def test_clock_that_was_set_back_turns_nothing(store: ControlStore) -> None:
    book = SaltBook(store)
    now = await book.salts(NOON)
    assert await book.salts(NOON - DAY) == now
    assert await SaltBook(store).salts(NOON - DAY) == now


async def test_missing_previous_salt_is_made(store: ControlStore) -> None:
    async with store.write() as session:
        await session.add(SaltRow(utc_day=20_000, salt="kept"))
    assert await SaltBook(store, numbered()).salts(NOON) == Salts("kept", "salt 1")
    assert await stored(store) == [20_000, 19_999]


async def test_processes_that_turn_at_once_agree(store: ControlStore, tmp_path: Path) -> None:
    other = ControlStore.open(default_url(tmp_path))
    books = [SaltBook(store), SaltBook(other), SaltBook(other)]
    for instant in (NOON, MIDNIGHT):
        seen: list[Salts] = []

        async def ask(book: SaltBook, now: int, seen: list[Salts] = seen) -> None:
            seen.append(await book.salts(now))

        async with anyio.create_task_group() as group:
            for book in books * 3:
                group.start_soon(ask, book, instant)
        assert len(seen) == 9
        assert len(set(seen)) == 1
    await other.close()
    assert await stored(store) == [20_001, 20_000]


def test_salt_is_long_and_random() -> None:
    assert len(random_salt()) == 32
    assert random_salt() != random_salt()
