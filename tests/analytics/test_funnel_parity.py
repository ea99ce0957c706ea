"""Funnels on every engine are what trying every chain gives."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.journey_results import StepReached
from app.analytics.journeys import (
    Exclusion,
    FunnelOrder,
    FunnelProfilesQuery,
    FunnelQuery,
    FunnelStep,
    FunnelTrendQuery,
    Outcome,
)
from app.analytics.periods import Interval, WeekStart, count_buckets
from app.analytics.ranges import PreviousPeriod
from app.analytics.records import Event, Profile
from tests.support.asking import Engine, engine, moment_of
from tests.support.funnel_oracle import FunnelOracle, Steps, compared, trend
from tests.support.journeys import PEOPLE, ZONES, ranges
from tests.support.oracle import close
from tests.support.walks import BREAKDOWNS, CONDITIONS, EXAMPLES, MOSTLY_ALL, PERS, WINDOWS, walks

__all__ = ["engine"]


@st.composite
def funnels(draw: st.DrawFn, now: int) -> FunnelQuery:
    """A funnel of one to four steps, of any kind."""
    conditions = draw(st.lists(CONDITIONS, min_size=1, max_size=4))
    order = draw(st.sampled_from([FunnelOrder.INCREASING, *FunnelOrder]))
    exclusions: list[Exclusion] = []
    if order is FunnelOrder.INCREASING and len(conditions) > 1 and draw(st.booleans()):
        for _ in range(draw(st.integers(1, 2))):
            after = draw(st.integers(0, len(conditions) - 2))
            before = draw(st.integers(after + 1, len(conditions) - 1))
            exclusions.append(Exclusion(draw(CONDITIONS), after, before))
    return FunnelQuery(
        project=1,
        steps=tuple(FunnelStep(where) for where in conditions),
        range=draw(ranges(now)),
        filter=draw(MOSTLY_ALL),
        per=draw(PERS),
        order=order,
        window_ms=draw(WINDOWS),
        exclusions=tuple(exclusions),
        breakdown=draw(BREAKDOWNS),
        top=draw(st.sampled_from([1, 3, 10])),
        compare=draw(st.sampled_from([None, None, PreviousPeriod.PERIOD])),
    )


def same(found: tuple[StepReached, ...], expected: Steps) -> bool:
    return len(found) == len(expected) and all(
        step.count == count
        and close(step.average_seconds, average)
        and close(step.median_seconds, median)
        for step, (count, average, median) in zip(found, expected, strict=True)
    )


@EXAMPLES
@given(walks(), PEOPLE, st.data())
def test_funnels_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    query = replace(data.draw(funnels(world[1])), project=number)
    answer = engine.ask(query, moment)
    oracle = FunnelOracle(facts, moment, query)
    expected = oracle.groups()
    assert answer.previous_range == oracle.before()
    assert [group.labels for group in answer.groups] == [labels for labels, _ in expected]
    for group, (_, steps), before in zip(
        answer.groups, expected, compared(oracle, expected), strict=True
    ):
        assert same(group.steps, steps), (group.steps, steps)
        assert (group.previous is None) is (before is None)
        assert before is None or same(group.previous, before), (group.previous, before)


@settings(max_examples=40)
@given(walks(), PEOPLE, st.data())
def test_profiles_behind_steps_equal_the_oracle_slice_by_slice(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    funnel = replace(data.draw(funnels(world[1])), project=number)
    oracle = FunnelOracle(facts, moment, funnel)
    outcome = data.draw(st.sampled_from(Outcome)) if len(funnel.steps) > 1 else Outcome.COMPLETED
    first = 1 if outcome is Outcome.DROPPED else 0
    groups = [None, *(labels for labels, _ in oracle.groups())]
    query = FunnelProfilesQuery(
        funnel=funnel,
        step=data.draw(st.integers(first, len(funnel.steps) - 1)),
        outcome=outcome,
        labels=data.draw(st.sampled_from(groups)),
        limit=data.draw(st.integers(1, 2)),
    )
    expected = oracle.profiles(query)
    found: list[str] = []
    while True:
        answer = engine.ask(query, moment)
        assert answer.total_count == len(expected)
        found += answer.profile_ids
        if not answer.has_more:
            break
        query = replace(query, after=found[-1])
    assert found == expected


@settings(max_examples=min(settings().max_examples, 60))
@given(walks(most=8), PEOPLE, st.data())
def test_funnels_over_time_equal_trying_every_chain(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    funnel = replace(data.draw(funnels(world[1])), project=number)
    span = FunnelOracle(facts, moment, funnel).span
    sizes = [size for size in Interval if count_buckets(span, size) <= 400]
    query = FunnelTrendQuery(
        funnel=funnel,
        interval=data.draw(st.sampled_from(sizes)),
        week_start=data.draw(st.sampled_from(WeekStart)),
    )
    told = engine.ask(query, moment)
    expected = trend(FunnelOracle(facts, moment, funnel), query, moment.zone)
    assert [line.labels for line in told.lines] == [labels for labels, _, _ in expected]
    for line, (_, points, whole) in zip(told.lines, expected, strict=True):
        assert len(line.points) == len(points)
        assert all(map(close, line.points, points))
        assert close(line.total, whole)
