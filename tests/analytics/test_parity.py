"""Every engine answers as the oracle does, on generated traffic and generated questions."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics import runner
from app.analytics.answers.steps import Steps
from app.analytics.periods import Interval, WeekStart, count_buckets
from app.analytics.queries import (
    After,
    BreakdownQuery,
    ByLabel,
    ByMetric,
    Direction,
    EventOrder,
    EventsQuery,
    Limits,
    Moment,
    Page,
    PagesQuery,
    Query,
    SeriesQuery,
    SessionsQuery,
    TotalsQuery,
    Walk,
)
from app.analytics.ranges import AutoInterval, PreviousPeriod
from app.analytics.records import Event, Profile
from app.analytics.sessions import merge_sessions, session_ids, sessionize
from app.stores.base import Changes, EventStore
from app.stores.open import open_event_store
from tests.support.engines import ENGINES, store_url
from tests.support.journeys import FILTERS, LABELS, METRICS, PEOPLE, ZONES, ranges, worlds
from tests.support.naming import name_session
from tests.support.oracle import Oracle, World, close


@dataclass
class Engine:
    """One opened store; each world becomes a project of its own in it."""

    store: EventStore
    loop: asyncio.AbstractEventLoop
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def load(self, events: list[Event], people: list[Profile]) -> tuple[int, World]:
        """Stores the events and profiles as a new project's; its number and its facts."""
        number = next(self.numbers)
        profiles = [replace(profile, project=number, sequence=number) for profile in people]
        self.loop.run_until_complete(self.store.copy_profiles(profiles))
        mine = [
            replace(event, project=number, position=number * 1000 + event.position)
            for event in events
        ]
        outcome = merge_sessions((), sessionize(mine, name_session))
        ids = session_ids(mine, outcome)
        changes = Changes(
            journal="parity",
            position=number,
            events=mine,
            sessions=outcome.states,
            session_ids=ids,
        )
        self.loop.run_until_complete(self.store.apply(changes))
        stored = [replace(event, session_id=id_) for event, id_ in zip(mine, ids, strict=True)]
        return number, World.of(stored, profiles)

    def ask(self, query: Query, moment: Moment) -> Any:  # noqa: ANN401  Any kind of answer.
        return self.loop.run_until_complete(self._drive(runner.answer(query, moment)))

    async def _drive(self, steps: Steps[Any]) -> Any:  # noqa: ANN401  The same.
        try:
            statements = next(steps)
            while True:
                rows = [await self.store.fetch(statement, 30) for statement in statements]
                statements = steps.send(rows)
        except StopIteration as finished:
            return finished.value


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine for the whole module."""
    directory: Path = tmp_path_factory.mktemp("parity")
    with asyncio.Runner() as runner_:
        store = open_event_store(store_url(request.param, directory))
        runner_.run(store.migrate())
        yield Engine(store, runner_.get_loop())
        runner_.run(store.close())


def moment_of(now: int, zone: ZoneInfo) -> Moment:
    return Moment(now, zone, Limits(buckets=20_000))


@given(worlds(), PEOPLE, st.data())
def test_totals_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    query = TotalsQuery(
        project=number,
        metrics=data.draw(METRICS),
        range=data.draw(ranges(world[1])),
        filter=data.draw(FILTERS),
        compare=data.draw(st.sampled_from([None, *PreviousPeriod])),
    )
    answer = engine.ask(query, moment)
    expected = Oracle(facts, moment).totals(query)
    for found, (value, previous) in zip(answer.values, expected, strict=True):
        assert close(found.value, value), (found, value)
        assert close(found.previous, previous), (found, previous)


@given(worlds(), PEOPLE, st.data())
def test_series_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    query = SeriesQuery(
        project=number,
        metrics=data.draw(METRICS),
        range=data.draw(ranges(world[1])),
        interval=AutoInterval(),
        filter=data.draw(FILTERS),
        breakdown=data.draw(st.one_of(st.just(()), LABELS)),
        top=data.draw(st.sampled_from([1, 3, 10])),
        week_start=data.draw(st.sampled_from(WeekStart)),
    )
    span = Oracle(facts, moment).span(query)
    sizes: list[Interval | AutoInterval] = [
        size for size in Interval if count_buckets(span, size) <= moment.limits.buckets
    ]
    query = replace(query, interval=data.draw(st.sampled_from([AutoInterval(), *sizes])))
    answer = engine.ask(query, moment)
    starts, points = Oracle(facts, moment).series(query)
    assert list(answer.buckets) == starts
    assert len(answer.lines) == len(points)
    for place, line in enumerate(answer.lines):
        expected = points[place % len(query.metrics), line.labels]
        assert all(map(close, line.points, expected)), (line, expected)


@given(worlds(), PEOPLE, st.data())
def test_breakdowns_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    metrics, by = data.draw(METRICS), data.draw(LABELS)
    direction = data.draw(st.sampled_from(Direction))
    query = BreakdownQuery(
        project=number,
        by=by,
        metrics=metrics,
        range=data.draw(ranges(world[1])),
        filter=data.draw(FILTERS),
        order=data.draw(
            st.one_of(
                st.builds(ByMetric, st.integers(0, len(metrics) - 1), st.just(direction)),
                st.builds(ByLabel, st.integers(0, len(by) - 1), st.just(direction)),
            )
        ),
        page=Page(data.draw(st.integers(0, 5)), data.draw(st.sampled_from([0, 0, 1, 50]))),
    )
    answer = engine.ask(query, moment)
    rows, total = Oracle(facts, moment).breakdown(query)
    assert answer.total_count == total
    assert [row.labels for row in answer.rows] == [labels for labels, _ in rows]
    for found, (_, values) in zip(answer.rows, rows, strict=True):
        assert all(map(close, found.values, values)), (found, values)


@given(worlds(), PEOPLE, st.data())
def test_listings_equal_the_oracle_slice_by_slice(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    make = data.draw(st.sampled_from([EventsQuery, SessionsQuery]))
    query = make(
        project=number,
        range=data.draw(ranges(world[1])),
        filter=data.draw(FILTERS),
        order=data.draw(st.sampled_from(EventOrder)),
        page=Page(data.draw(st.integers(1, 7))),
        walk=data.draw(st.sampled_from(Walk)),
    )
    is_forward = query.walk is Walk.FORWARD
    found: list[str] = []
    while True:
        answer = engine.ask(query, moment)
        rows = answer.events if isinstance(query, EventsQuery) else answer.sessions
        ids = [row.id for row in rows]
        found = [*found, *ids] if is_forward else [*ids, *found]
        if not answer.has_more:
            break
        last = rows[-1] if is_forward else rows[0]
        query = replace(query, after=After(last.created_at, last.id))
    assert found == Oracle(facts, moment).listed(query)


@given(worlds(), PEOPLE, st.data())
def test_pages_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    query = PagesQuery(
        project=number,
        range=data.draw(ranges(world[1])),
        filter=data.draw(FILTERS),
        page=Page(data.draw(st.integers(1, 5)), data.draw(st.sampled_from([0, 1]))),
    )
    answer = engine.ask(query, moment)
    expected = Oracle(facts, moment).pages(query)
    assert [
        (row.origin, row.path, row.title, row.sessions, row.views, row.revenue)
        for row in answer.rows
    ] == [row[:6] for row in expected]
    for found, (*_, bounce_rate, seconds) in zip(answer.rows, expected, strict=True):
        assert close(found.bounce_rate, bounce_rate)
        assert close(found.seconds, seconds)
