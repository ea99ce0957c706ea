"""A stream gives every event once, in order, as its shape says, on each engine."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics import runner
from app.analytics.answers.steps import Steps
from app.analytics.answers.stream import gathered, plan_stream
from app.analytics.fields import COLUMNS
from app.analytics.filters import All, Compare, Filter, Operator
from app.analytics.metrics import named
from app.analytics.periods import TimeRange
from app.analytics.queries import Moment
from app.analytics.ranges import ANY_TIME, RangeSpec
from app.analytics.records import Event
from app.analytics.shapes import Absent, Member, Shape, Spread, Text
from app.analytics.streams import Portion, Stream, StreamKey, StreamOrder, StreamQuery
from app.kit.jsonl import ascii_only
from app.projects.streams import EventStream, key_of
from app.stores.base import EventStore, Lines
from tests.support.engines import fill, store
from tests.support.lines import EVERY_KIND, row_of

__all__ = ["store"]

pytestmark = pytest.mark.anyio

DAY = 86_400_000
NOW = 1_760_000_000_000
MOMENT = Moment(NOW, ZoneInfo("UTC"))


def events() -> list[Event]:
    """Events in an order of arrival that is not that of time; many share an instant."""
    instants = [0, 5, 5, 5, 1_700_000_000_123, 1_700_000_000_123, 3 * DAY, NOW, 7, 7]
    texts = ['å ☃ 😀 \x00\n\\"', "", None, "b", "%s :x /"]
    return [
        Event(
            project=1 + (place % 7 == 6),
            id=f"e{(place * 37) % 100:02}",
            name="click" if place % 3 else "view",
            created_at=instants[place % len(instants)],
            received_at=0,
            imported_at=None if place % 2 else 86_399_999,
            path=texts[place % len(texts)],
            origin=texts[(place + 1) % len(texts)],
            title=texts[(place + 2) % len(texts)],
            longitude=None if place % 3 else 18.068580800000063,
            latitude=None if place % 4 else -0.5,
            revenue=place,
            groups=("g", 'ü"') if place % 2 else (),
            properties={} if place % 5 == 4 else {"plan": "på", "n": [1, 2.5, None, {"x": True}]},
        )
        for place in range(60)
    ]


def expected(stored: list[Event], order: StreamOrder) -> list[Event]:
    if order is StreamOrder.NEWEST:
        return sorted(stored, key=lambda event: (-event.created_at, event.id))
    return sorted(stored, key=lambda event: (event.created_at, event.position))


def asked(
    order: StreamOrder, span: RangeSpec = ANY_TIME, *members: Filter, after: StreamKey | None = None
) -> StreamQuery:
    return StreamQuery(
        project=1, range=span, shape=EVERY_KIND, filter=All(members), order=order, after=after
    )


async def drive(store: EventStore, steps: Steps[Stream]) -> Stream:
    try:
        statements = next(steps)
        while True:
            statements = steps.send([await store.fetch(each, 60) for each in statements])
    except StopIteration as finished:
        stream: Stream = finished.value
        return stream


async def read(store: EventStore, query: StreamQuery, most: int = 32_000) -> list[Lines]:
    stream = await drive(store, plan_stream(query, MOMENT, most))
    async with aclosing(EventStream(store, stream, 60).lines()) as lines:
        return [each async for each in lines]


def rows(lines: list[Lines]) -> list[Any]:
    return [json.loads(line) for each in lines for line in each.body.decode().split("\n")[:-1]]


@pytest.mark.parametrize("order", StreamOrder)
@pytest.mark.parametrize("most", [1, 7, 32_000])
async def test_every_event_comes_once_in_order(
    store: EventStore, order: StreamOrder, most: int
) -> None:
    stored = [event for event in await fill(store, events()) if event.project == 1]
    lines = await read(store, asked(order), most)
    assert rows(lines) == [row_of(event) for event in expected(stored, order)]
    assert all(each.count == each.body.count(b"\n") > 0 for each in lines)


@pytest.mark.parametrize("order", StreamOrder)
async def test_a_stream_goes_on_after_any_key(store: EventStore, order: StreamOrder) -> None:
    stored = [event for event in await fill(store, events()) if event.project == 1]
    whole = expected(stored, order)
    for number, event in list(enumerate(whole))[::7]:
        tie = event.id if order is StreamOrder.NEWEST else event.position
        rest = await read(store, asked(order, after=StreamKey(event.created_at, tie)), 9)
        assert [row["id"] for row in rows(rest)] == [event.id for event in whole[number + 1 :]]


async def test_ranges_are_half_open_and_filters_hold(store: EventStore) -> None:
    stored = await fill(store, events())
    span = TimeRange(5, 1_700_000_000_123)
    path = Compare(COLUMNS["path"], Operator.EQUALS, ("b",))
    lines = await read(store, asked(StreamOrder.ARRIVAL, span, named("click"), path))
    kept = [
        event
        for event in stored
        if event.project == 1
        and span.start <= event.created_at < span.end
        and event.name == "click"
        and event.path == "b"
    ]
    assert kept
    assert rows(lines) == [row_of(event) for event in expected(kept, StreamOrder.ARRIVAL)]


async def test_a_stream_of_nothing_is_empty(store: EventStore) -> None:
    await fill(store, events())
    assert await read(store, replace(asked(StreamOrder.NEWEST), project=99)) == []
    assert await read(store, asked(StreamOrder.NEWEST, TimeRange(5, 5))) == []


async def test_the_last_key_stands_beside_the_lines(store: EventStore) -> None:
    stored = await fill(store, events())
    (lines,) = await read(store, asked(StreamOrder.ARRIVAL))
    last = expected([event for event in stored if event.project == 1], StreamOrder.ARRIVAL)[-1]
    assert key_of(lines.last) == StreamKey(last.created_at, last.position)


async def test_an_abandoned_stream_leaves_nothing_running(store: EventStore) -> None:
    await fill(store, events())
    stream = await drive(store, runner.plan(asked(StreamOrder.ARRIVAL), MOMENT))
    cut = replace(stream, portions=stream.portions * 50)
    before = asyncio.all_tasks()
    async with aclosing(EventStream(store, cut, 60).lines()) as lines:
        async for _ in lines:
            break
    # What others had under way before may have ended meanwhile.
    assert asyncio.all_tasks() <= before


_COUNTS = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 30)), min_size=1, max_size=30)


@given(_COUNTS, st.integers(1, 40), st.sampled_from(StreamOrder))
def test_portions_cover_the_range_and_stay_small(
    slices: list[tuple[int, int]], most: int, order: StreamOrder
) -> None:
    at, parts = 100, list[Portion]()
    for width, count in slices:
        parts.append(Portion(TimeRange(at, at + width), count))
        at += 2 * width
    portions = gathered(parts, TimeRange(0, at), most, order)
    if order is StreamOrder.NEWEST:
        portions.reverse()
    assert [portion.range.start for portion in portions] == [
        0,
        *(portion.range.end for portion in portions[:-1]),
    ]
    assert portions[-1].range.end == at
    assert sum(portion.count for portion in portions) == sum(count for _, count in slices)
    alone = {part.count for part in parts}
    assert all(portion.count <= most or portion.count in alone for portion in portions)


def test_the_first_portions_are_small() -> None:
    parts = [Portion(TimeRange(at, at + 1), 100) for at in range(1_000)]
    for order in StreamOrder:
        counts = [portion.count for portion in gathered(parts, TimeRange(0, 1_000), 32_000, order)]
        assert counts[:4] == [500, 2_000, 8_000, 32_000]
        assert sum(counts) == 100_000


@pytest.mark.parametrize(
    "parts", [(), (Spread(),), (Member("a", Text(COLUMNS["path"]), Absent.OMITTED),)]
)
async def test_an_object_must_begin_with_a_member_that_is_always_there(
    parts: tuple[Member | Spread, ...],
) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Shape(parts)


async def test_lines_are_finished_in_parts_of_whole_rows(store: EventStore) -> None:
    titles = ["å" * 40_000, "", "b" * 150_000, "☃"]
    stored = [replace(event, title=titles[n % 4]) for n, event in enumerate(events())]
    await fill(store, stored)
    query = asked(StreamOrder.ARRIVAL)
    stream = EventStream(store, await drive(store, plan_stream(query, MOMENT)), 60)
    async with aclosing(stream.parts()) as parts:
        plain = b"".join([part async for part in parts])
    async with aclosing(stream.parts(ascii_only)) as parts:
        escaped = [part async for part in parts]
    assert all(part.endswith(b"\n") for part in escaped)
    assert b"".join(escaped) == ascii_only(plain)
