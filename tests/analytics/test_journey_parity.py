"""Retention, paths and habits on every engine are what the oracle says."""

from dataclasses import dataclass, replace
from typing import Any

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
from app.analytics.queries import Moment, Query
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
)

__all__ = ["engine"]


@dataclass(frozen=True)
class Asking:
    """A loaded world, and what to ask about it."""

    engine: Engine
    number: int
    moment: Moment
    oracle: JourneyOracle

    def answer(self, query: Query) -> Any:  # noqa: ANN401  Any kind of answer.
        return self.engine.ask(query, self.moment)


def check_retention(asking: Asking, data: st.DataObject) -> None:
    query = RetentionQuery(
        project=asking.number,
        range=data.draw(ranges(asking.moment.now)),
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
    span = asking.oracle.oracle.span(query)
    sizes = [
        size
        for size in (Interval.HOUR, Interval.DAY, Interval.WEEK, Interval.MONTH)
        if count_buckets(span, size) <= 400
    ]
    query = replace(query, interval=data.draw(st.sampled_from(sizes)))
    answer = asking.answer(query)
    expected = asking.oracle.retention(query)
    assert [group.labels for group in answer.groups] == [labels for labels, _ in expected]
    for group, (_, cohorts) in zip(answer.groups, expected, strict=True):
        assert [(cohort.size, cohort.counts) for cohort in group.cohorts] == cohorts
        for period, average in enumerate(group.average):
            told = [(size, counts) for size, counts in cohorts if len(counts) > period]
            members = sum(size for size, _ in told)
            back = sum(counts[period] for _, counts in told)
            assert close(average, back / members if members else None)


def check_paths(asking: Asking, data: st.DataObject) -> None:
    anchors = st.one_of(st.none(), CONDITIONS)
    items: list[Field] = [COLUMNS["name"], COLUMNS["name"], COLUMNS["path"], Property("plan")]
    query = PathsQuery(
        project=asking.number,
        range=data.draw(ranges(asking.moment.now)),
        filter=data.draw(MOSTLY_ALL),
        item=data.draw(st.sampled_from(items)),
        per=data.draw(PERS),
        start=data.draw(anchors),
        end=data.draw(anchors),
        steps=data.draw(st.integers(2, 5)),
        top=data.draw(st.integers(1, 3)),
        repeats=data.draw(st.sampled_from(Repeats)),
    )
    answer = asking.answer(query)
    total, nodes, links = asking.oracle.paths(query)
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


def check_stickiness_and_lifecycle(asking: Asking, data: st.DataObject) -> None:
    lifecycle = LifecycleQuery(
        project=asking.number,
        range=data.draw(ranges(asking.moment.now)),
        interval=Interval.DAY,
        filter=data.draw(MOSTLY_ALL),
        per=data.draw(PERS),
        week_start=data.draw(st.sampled_from(WeekStart)),
    )
    span = asking.oracle.oracle.span(lifecycle)
    sizes = [size for size in Interval if count_buckets(span, size) <= 400]
    lifecycle = replace(lifecycle, interval=data.draw(st.sampled_from(sizes)))
    answer = asking.answer(lifecycle)
    told = zip(answer.new, answer.returning, answer.resurrecting, answer.dormant, strict=True)
    assert list(told) == asking.oracle.lifecycle(lifecycle)
    stickiness = StickinessQuery(
        project=asking.number,
        range=lifecycle.range,
        interval=lifecycle.interval,
        filter=lifecycle.filter,
        per=lifecycle.per,
        at_least=data.draw(st.integers(1, 2)),
        week_start=lifecycle.week_start,
    )
    assert list(asking.answer(stickiness).counts) == asking.oracle.stickiness(stickiness)


@EXAMPLES
@given(STRETCHED, PEOPLE, st.data())
def test_retention_paths_and_habits_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    asking = Asking(engine, number, moment, JourneyOracle(facts, moment))
    # One world answers all of them: to make it costs more than to ask.
    check_retention(asking, data)
    check_paths(asking, data)
    check_stickiness_and_lifecycle(asking, data)
