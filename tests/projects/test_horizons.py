"""Lists that are looked for only as far as the last one like them reached."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from app.analytics import runner
from app.analytics.answers.steps import Steps
from app.analytics.periods import TimeRange
from app.analytics.queries import After, EventOrder, EventsQuery, Moment, Page, Walk
from app.analytics.ranges import ANY_TIME
from app.analytics.records import Event
from app.analytics.results import EventsResult
from app.projects.horizons import Horizons
from app.stores.base import EventStore
from tests.support.engines import fill, store

__all__ = ["store"]

pytestmark = pytest.mark.anyio

QUERY = EventsQuery(project=1, range=ANY_TIME, page=Page(10))
NOW = 10**9
MOMENT = Moment(NOW, ZoneInfo("UTC"))


def events(instants: Sequence[int]) -> list[Event]:
    return [
        Event(project=1, id=f"e{place:03}", name="n", created_at=instant, received_at=0)
        for place, instant in enumerate(instants)
    ]


async def asked(
    store: EventStore, query: EventsQuery, horizon: int | None
) -> tuple[EventsResult, int]:
    """The answer, and how many statements it took."""
    moment = replace(MOMENT, horizon=horizon)
    steps: Steps[EventsResult] = runner.answer(query, moment)
    taken = 0
    try:
        statements = next(steps)
        while True:
            taken += len(statements)
            statements = steps.send([await store.fetch(one, 10) for one in statements])
    except StopIteration as finished:
        return finished.value, taken


@pytest.mark.parametrize("order", EventOrder)
@pytest.mark.parametrize("walk", Walk)
async def test_a_known_horizon_leads_to_the_same_rows_whether_it_is_right_or_not(
    store: EventStore, order: EventOrder, walk: Walk
) -> None:
    await fill(store, events([1_000 * (place // 3) for place in range(60)]))
    query = replace(QUERY, order=order, walk=walk)
    without, _ = await asked(store, query, None)
    assert without.reach is not None
    found, taken = await asked(store, query, without.reach[1])
    assert (found.events, found.reach, taken) == (without.events, without.reach, 1)
    for wrong in (-(10**6), 10**6, without.reach[0]):
        found, _ = await asked(store, query, wrong)
        assert (found.events, found.reach) == (without.events, without.reach)


async def test_pages_behind_a_cursor_need_one_statement_each(store: EventStore) -> None:
    await fill(store, events([1_000 * place for place in range(60)]))
    horizons = Horizons()
    query, seen = QUERY, list[str]()
    for page in range(6):
        answer, taken = await asked(store, query, horizons.find(query, MOMENT))
        assert taken == 1 or page == 5
        seen += [event.id for event in answer.events]
        if answer.reach is not None:
            horizons.learn(query, MOMENT, answer.reach)
        last = answer.events[-1]
        query = replace(QUERY, after=After(last.created_at, last.id))
    assert seen == [f"e{place:03}" for place in range(59, -1, -1)]


def test_the_front_is_where_the_last_first_page_ended() -> None:
    horizons = Horizons()
    assert horizons.find(QUERY, MOMENT) is None
    horizons.learn(QUERY, MOMENT, (9_000, 5_000))
    assert horizons.find(QUERY, MOMENT) == 5_000
    assert horizons.find(replace(QUERY, columns=frozenset({"path"})), MOMENT) == 5_000
    assert horizons.find(replace(QUERY, page=Page(11)), MOMENT) is None
    behind = replace(QUERY, after=After(3_000, "e"))
    assert horizons.find(behind, MOMENT) == 3_000 - 2 * 4_000
    horizons.learn(behind, MOMENT, (3_000, 2_900))
    assert (horizons.find(QUERY, MOMENT), horizons.find(behind, MOMENT)) == (5_000, 2_800)


def test_only_the_newest_lists_are_known() -> None:
    horizons = Horizons()
    for project in range(2_000):
        horizons.learn(replace(QUERY, project=project), MOMENT, (1, 0))
    assert len(horizons) < 1_000


@pytest.mark.parametrize(
    ("order", "span", "expected"),
    [
        (EventOrder.NEWEST, TimeRange(5, NOW + 7), 5_000),
        (EventOrder.NEWEST, TimeRange(5, NOW - 59_000), 5_000),
        (EventOrder.NEWEST, TimeRange(0, NOW - 61_000), None),
        (EventOrder.NEWEST, TimeRange(7, 5), 5_000),
        (EventOrder.OLDEST, TimeRange(0, 10), 5_000),
        (EventOrder.OLDEST, TimeRange(1, 10), None),
    ],
)
def test_lists_that_begin_together_are_alike(
    order: EventOrder, span: TimeRange, expected: int | None
) -> None:
    horizons = Horizons()
    query = replace(QUERY, order=order)
    horizons.learn(query, MOMENT, (9_000, 5_000))
    assert horizons.find(replace(query, range=span), MOMENT) == expected


async def test_no_row_is_looked_for_beyond_the_range(store: EventStore) -> None:
    await fill(store, events([1_000 * place for place in range(60)]))
    recent = replace(QUERY, range=TimeRange(55_000, NOW))
    answer, taken = await asked(store, recent, 50_000)
    assert (len(answer.events), taken) == (5, 1)
    answer, taken = await asked(store, recent, 57_000)
    assert (len(answer.events), taken) == (5, 2)
