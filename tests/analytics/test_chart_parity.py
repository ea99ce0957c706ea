"""Every engine draws the chart that the oracle draws, on generated traffic and questions."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.chart_results import ChartResult, Points, summary_of
from app.analytics.charts import ChartSeries, Computed, Measured, Rank, Reach, Visibility
from app.analytics.formulas import parse_formula
from app.analytics.periods import Interval, WeekStart, count_buckets
from app.analytics.queries import ChartQuery, Page
from app.analytics.ranges import AutoInterval, PreviousPeriod
from app.analytics.records import Event, Profile
from tests.support.asking import Engine, engine, moment_of
from tests.support.chart_oracle import Drawn, Expected, Key, chart, rank_value
from tests.support.journeys import FILTERS, LABELS, METRICS, PEOPLE, ZONES, ranges, worlds
from tests.support.oracle import Oracle, close

__all__ = ["engine"]

_FORMULAS = st.sampled_from(["A", "A / B", "-B + 2", "max(A, B) ^ 2 % 7", "A - B * A", "3"])


@st.composite
def series(draw: st.DrawFn) -> tuple[ChartSeries, ...]:
    """One to three measured series, and a formula over the first two of them."""
    shown = st.sampled_from(Visibility)
    measured = [Measured(metric, draw(shown)) for metric in draw(METRICS)]
    if len(measured) < 2 or draw(st.booleans()):
        return tuple(measured)
    return (*measured, Computed(parse_formula(draw(_FORMULAS)), draw(shown)))


@settings(max_examples=min(200, settings().max_examples))
@given(worlds(most=12), PEOPLE, st.data())
def test_charts_equal_the_oracle(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    query = ChartQuery(
        project=number,
        series=data.draw(series()),
        range=data.draw(ranges(world[1])),
        interval=AutoInterval(),
        filter=data.draw(FILTERS),
        breakdown=data.draw(st.one_of(st.just(()), LABELS)),
        compare=data.draw(st.sampled_from([None, *PreviousPeriod])),
        rank=data.draw(st.sampled_from(Rank)),
        reach=data.draw(st.sampled_from(Reach)),
        top=data.draw(st.sampled_from([1, 2, 500])),
        page=Page(data.draw(st.sampled_from([1, 3, 1000])), data.draw(st.sampled_from([0, 0, 1]))),
        week_start=data.draw(st.sampled_from(WeekStart)),
    )
    span = Oracle(facts, moment).span(query)
    sizes: list[Interval | AutoInterval] = [
        size for size in Interval if count_buckets(span, size) <= 300
    ]
    query = replace(query, interval=data.draw(st.sampled_from([AutoInterval(), *sizes])))
    expected = chart(Oracle(facts, moment), query)
    # With few cells allowed, the engine ranks the lines before any of them are read.
    limits = replace(moment.limits, cells=data.draw(st.sampled_from([100_000, 1])))
    compare(query, expected, engine.ask(query, replace(moment, limits=limits)))


def compare(query: ChartQuery, expected: Expected, answer: ChartResult) -> None:
    """Lines of equal rank may stand in another order where sums of fractions differ."""
    page, order = query.page, expected.order
    assert list(answer.buckets) == expected.now.starts
    assert answer.total_count == len(order)
    wanted = order[page.offset : page.offset + page.limit]
    found = [(line.series, line.labels) for line in answer.lines]
    assert len(found) == len(wanted)
    for key, line, same_place in zip(found, answer.lines, wanted, strict=True):
        assert close(
            rank_value(query, expected.now, key), rank_value(query, expected.now, same_place)
        ), (found, wanted)
        check(query, expected.now, key, line.now)
        if expected.before is None or key not in expected.before.lines:
            assert line.previous is None
        else:
            assert line.previous is not None
            check(query, expected.before, key, line.previous)
    points = [point for key in order for point in expected.now.lines[key]]
    assert close(answer.summary.sum, summary_of(points).sum)


def check(query: ChartQuery, drawn: Drawn, key: Key, found: Points) -> None:
    points = drawn.lines[key]
    assert len(found.points) == len(points)
    assert all(map(close, found.points, points)), (key, found.points, points)
    is_counted = query.reach is Reach.COUNTED and isinstance(query.series[key[0]], Measured)
    assert found.profiles == (drawn.profiles[key] if is_counted else None)
