"""Retention, paths and habits on every engine are what the oracle says."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.analytics.fields import COLUMNS, Field, Property
from app.analytics.journeys import (
    LifecycleQuery,
    PathsQuery,
    Repeats,
    RetentionCriterion,
    RetentionQuery,
    RetentionStart,
    RetentionWindow,
    StickinessQuery,
)
from app.analytics.periods import Interval, WeekStart, count_buckets
from app.analytics.records import Event, Profile
from tests.support.asking import Engine, engine, moment_of
from tests.support.journey_oracle import JourneyOracle
from tests.support.journeys import PEOPLE, ZONES, ranges
from tests.support.oracle import close
from tests.support.walks import (
    BREAKDOWNS,
    CONDITIONS,
    EXAMPLES,
    MOSTLY_ALL,
    PERS,
    STRETCHED,
    walks,
)

__all__ = ["engine"]


@EXAMPLES
@given(STRETCHED, PEOPLE, st.data())
def test_retention_equals_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    query = RetentionQuery(
        project=number,
        range=data.draw(ranges(world[1])),
        interval=Interval.DAY,
        periods=data.draw(st.sampled_from([1, 3, 20])),
        start=data.draw(CONDITIONS),
        returning=data.draw(CONDITIONS),
        filter=data.draw(MOSTLY_ALL),
        per=data.draw(PERS),
        starting=data.draw(st.sampled_from(RetentionStart)),
        window=data.draw(st.sampled_from(RetentionWindow)),
        criterion=data.draw(st.sampled_from(RetentionCriterion)),
        breakdown=data.draw(BREAKDOWNS),
        top=data.draw(st.sampled_from([1, 3])),
        week_start=data.draw(st.sampled_from(WeekStart)),
    )
    oracle = JourneyOracle(facts, moment)
    span = oracle.oracle.span(query)
    sizes = [
        size
        for size in (Interval.HOUR, Interval.DAY, Interval.WEEK, Interval.MONTH)
        if count_buckets(span, size) <= 400
    ]
    query = replace(query, interval=data.draw(st.sampled_from(sizes)))
    answer = engine.ask(query, moment)
    expected = oracle.retention(query)
    assert [group.labels for group in answer.groups] == [labels for labels, _ in expected]
    for group, (_, cohorts) in zip(answer.groups, expected, strict=True):
        assert [(cohort.size, cohort.counts) for cohort in group.cohorts] == cohorts
        for period, average in enumerate(group.average):
            told = [(size, counts) for size, counts in cohorts if len(counts) > period]
            members = sum(size for size, _ in told)
            back = sum(counts[period] for _, counts in told)
            assert close(average, back / members if members else None)


@EXAMPLES
@given(walks(), PEOPLE, st.data())
def test_paths_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    anchors = st.one_of(st.none(), CONDITIONS)
    items: list[Field] = [COLUMNS["name"], COLUMNS["name"], COLUMNS["path"], Property("plan")]
    query = PathsQuery(
        project=number,
        range=data.draw(ranges(world[1])),
        filter=data.draw(MOSTLY_ALL),
        item=data.draw(st.sampled_from(items)),
        per=data.draw(PERS),
        start=data.draw(anchors),
        end=data.draw(anchors),
        steps=data.draw(st.integers(2, 5)),
        top=data.draw(st.integers(1, 3)),
        repeats=data.draw(st.sampled_from(Repeats)),
    )
    answer = engine.ask(query, moment)
    total, nodes, links = JourneyOracle(facts, moment).paths(query)
    assert answer.paths == total
    assert {(node.step, node.item, node.count) for node in answer.nodes} == set(nodes)
    assert len(answer.nodes) == len(nodes)
    expected = {link[:3]: link[3:] for link in links}
    assert len(answer.links) == len(expected)
    for link in answer.links:
        count, seconds = expected[link.step, link.source, link.target]
        assert link.count == count
        assert close(link.average_seconds, seconds)
    for told in (answer.nodes, answer.links):
        assert [(each.step, -each.count) for each in told] == sorted(
            (each.step, -each.count) for each in told
        )


@EXAMPLES
@given(STRETCHED, PEOPLE, st.data())
def test_stickiness_and_lifecycle_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    lifecycle = LifecycleQuery(
        project=number,
        range=data.draw(ranges(world[1])),
        interval=Interval.DAY,
        filter=data.draw(MOSTLY_ALL),
        per=data.draw(PERS),
        week_start=data.draw(st.sampled_from(WeekStart)),
    )
    oracle = JourneyOracle(facts, moment)
    span = oracle.oracle.span(lifecycle)
    sizes = [size for size in Interval if count_buckets(span, size) <= 400]
    lifecycle = replace(lifecycle, interval=data.draw(st.sampled_from(sizes)))
    answer = engine.ask(lifecycle, moment)
    told = zip(answer.new, answer.returning, answer.resurrecting, answer.dormant, strict=True)
    assert list(told) == oracle.lifecycle(lifecycle)
    stickiness = StickinessQuery(
        project=number,
        range=lifecycle.range,
        interval=lifecycle.interval,
        filter=lifecycle.filter,
        per=lifecycle.per,
        at_least=data.draw(st.integers(1, 2)),
        week_start=lifecycle.week_start,
    )
    assert list(engine.ask(stickiness, moment).counts) == oracle.stickiness(stickiness)
