"""Every engine answers as the oracle does, on generated traffic and generated questions."""

from dataclasses import replace
from typing import Final, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from app.analytics.metrics import Calculated
from app.analytics.periods import Interval, WeekStart, count_buckets
from app.analytics.queries import (
    After,
    BreakdownQuery,
    ByLabel,
    ByMetric,
    Direction,
    EventOrder,
    EventsQuery,
    Page,
    PagesQuery,
    SeriesQuery,
    SessionsQuery,
    TotalsQuery,
    Walk,
)
from app.analytics.ranges import AutoInterval, PreviousPeriod
from app.analytics.records import Event, Group, Profile
from tests.support.asking import Engine, engine, moment_of
from tests.support.journeys import (
    CALCULATED,
    COMPANIES,
    FILTERS,
    LABELS,
    PEOPLE,
    ZONES,
    ranges,
    worlds,
)
from tests.support.oracle import Oracle, close
from tests.support.thresholds import thresholds
from tests.support.walks import EXAMPLES

__all__ = ["engine"]

Facts: TypeAlias = tuple[tuple[list[Event], int], list[Profile], list[Group]]

FACTS: Final[st.SearchStrategy[Facts]] = st.tuples(worlds(), PEOPLE, COMPANIES)


@EXAMPLES
@given(FACTS, st.data())
def test_totals_equal_the_oracle(engine: Engine, drawn: Facts, data: st.DataObject) -> None:
    (events, now), people, companies = drawn
    number, facts = engine.load(events, people, companies)
    moment = moment_of(now, data.draw(st.sampled_from(ZONES)))
    query = TotalsQuery(
        project=number,
        metrics=data.draw(CALCULATED),
        range=data.draw(ranges(now)),
        filter=data.draw(FILTERS),
        compare=data.draw(st.sampled_from([None, *PreviousPeriod])),
    )
    answer = engine.ask(query, moment)
    expected = Oracle(facts, moment).totals(query)
    for found, (value, previous) in zip(answer.values, expected, strict=True):
        assert close(found.value, value), (found, value)
        assert close(found.previous, previous), (found, previous)


@EXAMPLES
@given(FACTS, st.data())
def test_series_equal_the_oracle(engine: Engine, drawn: Facts, data: st.DataObject) -> None:
    (events, now), people, companies = drawn
    number, facts = engine.load(events, people, companies)
    moment = moment_of(now, data.draw(st.sampled_from(ZONES)))
    query = SeriesQuery(
        project=number,
        metrics=data.draw(CALCULATED),
        range=data.draw(ranges(now)),
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


@EXAMPLES
@given(FACTS, st.data())
def test_breakdowns_equal_the_oracle(engine: Engine, drawn: Facts, data: st.DataObject) -> None:
    (events, now), people, companies = drawn
    number, facts = engine.load(events, people, companies)
    moment = moment_of(now, data.draw(st.sampled_from(ZONES)))
    metrics, by = data.draw(CALCULATED), data.draw(LABELS)
    ranked = sum(not isinstance(metric.fold, Calculated) for metric in metrics)
    direction = data.draw(st.sampled_from(Direction))
    query = BreakdownQuery(
        project=number,
        by=by,
        metrics=metrics,
        range=data.draw(ranges(now)),
        filter=data.draw(FILTERS),
        having=data.draw(thresholds(metrics[:ranked])),
        order=data.draw(
            st.one_of(
                st.builds(ByMetric, st.integers(0, ranked - 1), st.just(direction)),
                st.builds(ByLabel, st.integers(0, len(by) - 1), st.just(direction)),
            )
        ),
        page=Page(data.draw(st.integers(0, 5)), data.draw(st.sampled_from([0, 0, 1, 50]))),
        compare=data.draw(st.sampled_from([None, *PreviousPeriod])),
    )
    answer = engine.ask(query, moment)
    rows, total = Oracle(facts, moment).breakdown(query)
    assert answer.total_count == total
    assert [row.labels for row in answer.rows] == [labels for labels, _ in rows]
    for found, (_, values) in zip(answer.rows, rows, strict=True):
        assert all(map(close, found.values, values)), (found, values)
    before = Oracle(facts, moment).breakdown_before(query, [labels for labels, _ in rows])
    if before is None:
        assert all(row.previous is None for row in answer.rows)
    for found, old in zip(answer.rows, before or (), strict=before is not None):
        assert found.previous is not None
        assert all(map(close, found.previous, old)), (found, old)


@EXAMPLES
@given(FACTS, st.data())
def test_listings_equal_the_oracle_slice_by_slice(
    engine: Engine, drawn: Facts, data: st.DataObject
) -> None:
    (events, now), people, companies = drawn
    number, facts = engine.load(events, people, companies)
    moment = moment_of(now, data.draw(st.sampled_from(ZONES)))
    make = data.draw(st.sampled_from([EventsQuery, SessionsQuery]))
    query = make(
        project=number,
        range=data.draw(ranges(now)),
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


@EXAMPLES
@given(FACTS, st.data())
def test_pages_equal_the_oracle(engine: Engine, drawn: Facts, data: st.DataObject) -> None:
    (events, now), people, companies = drawn
    number, facts = engine.load(events, people, companies)
    moment = moment_of(now, data.draw(st.sampled_from(ZONES)))
    query = PagesQuery(
        project=number,
        range=data.draw(ranges(now)),
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
