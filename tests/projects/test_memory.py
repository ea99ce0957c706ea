import anyio
import anyio.lowlevel
import pytest

from app.kit.clock import FixedClock
from app.projects.expiring import Expiring
from app.projects.verdicts import LIFETIME_MS, Verdicts

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("later_ms", "expected"), [(0, "v"), (99, "v"), (100, None), (-1, None)])
def test_value_lives_for_its_time(clock: FixedClock, later_ms: int, expected: str | None) -> None:
    kept = Expiring[str, str](clock, lifetime_ms=100, capacity=2)
    kept.keep("k", "v")
    clock.advance(later_ms)
    assert kept.find("k") == expected


def test_oldest_value_leaves_first(clock: FixedClock) -> None:
    kept = Expiring[str, int](clock, lifetime_ms=100, capacity=2)
    for number, key in enumerate("abac"):
        kept.keep(key, number)
    assert [kept.find(key) for key in "abc"] == [2, None, 3]


def test_forgotten_value_is_gone(clock: FixedClock) -> None:
    kept = Expiring[str, int](clock, lifetime_ms=100, capacity=2)
    kept.keep("a", 1)
    kept.forget("a")
    kept.forget("never kept")
    assert kept.find("a") is None


@pytest.mark.parametrize("outcome", ["good", None])
async def test_outcome_is_judged_once_in_its_time(clock: FixedClock, outcome: str | None) -> None:
    verdicts = Verdicts[str](clock)
    calls = 0

    async def judge() -> str | None:
        nonlocal calls
        calls += 1
        await anyio.sleep(0.01)
        return outcome

    async def ask() -> None:
        assert await verdicts.of(b"k", judge) == outcome

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(ask)
    clock.advance(LIFETIME_MS - 1)
    await ask()
    assert calls == 1
    clock.advance(1)
    await ask()
    assert calls == 2


async def test_next_caller_judges_when_the_first_is_cancelled(clock: FixedClock) -> None:
    verdicts = Verdicts[str](clock)
    answers: list[str | None] = []

    async def never() -> str | None:
        await anyio.sleep_forever()
        return None

    async def at_once() -> str | None:
        await anyio.lowlevel.checkpoint()
        return "good"

    async def wait_in_line() -> None:
        answers.append(await verdicts.of(b"k", at_once))

    async with anyio.create_task_group() as group:
        with anyio.move_on_after(0.02):
            group.start_soon(wait_in_line)
            await verdicts.of(b"k", never)
    assert answers == ["good"]


async def test_failed_judgement_is_not_remembered(clock: FixedClock) -> None:
    verdicts = Verdicts[str](clock)

    async def fail() -> str | None:
        raise LookupError

    async def succeed() -> str | None:
        await anyio.lowlevel.checkpoint()
        return "good"

    with pytest.raises(LookupError):
        await verdicts.of(b"k", fail)
    assert await verdicts.of(b"k", succeed) == "good"


async def test_flood_of_bad_ones_leaves_the_good_ones(clock: FixedClock) -> None:
    verdicts = Verdicts[str](clock)

    async def good() -> str | None:
        await anyio.lowlevel.checkpoint()
        return "good"

    async def bad() -> str | None:
        return None

    async def fail() -> str | None:
        raise LookupError

    await verdicts.of(b"good", good)
    for number in range(10_001):
        await verdicts.of(number.to_bytes(4, "big"), bad)
    assert await verdicts.of(b"good", fail) == "good"
