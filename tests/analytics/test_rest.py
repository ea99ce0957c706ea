"""The rest of a breakdown: what has none of the top labels, no more and no less."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.fields import COLUMNS, Field, ProfileProperty, Property
from app.analytics.metrics import EVENTS, named, narrowed
from app.analytics.periods import Interval, TimeRange
from app.analytics.queries import Rest, SeriesQuery, TotalsQuery
from app.analytics.ranges import PreviousPeriod
from app.analytics.records import Event, Profile
from tests.support.asking import Engine, engine, moment_of
from tests.support.journeys import PEOPLE, ZONES, ranges
from tests.support.oracle import Oracle
from tests.support.walks import MOSTLY_ALL, walks

__all__ = ["engine"]


SINGLE: Sequence[Field] = (
    *(COLUMNS[name] for name in ("name", "path", "country", "profile_id", "revenue")),
    Property("plan"),
    ProfileProperty("plan"),
)
"""Fields of which a row has one value."""


def _tuple(fields: Sequence[Field]) -> tuple[Field, ...]:
    return tuple(fields)


FIELDS = st.lists(st.sampled_from(SINGLE), min_size=1, max_size=3, unique=True).map(_tuple)


@settings(max_examples=min(settings().max_examples, 60))
@given(walks(most=14), PEOPLE, st.data())
def test_the_lines_and_the_rest_are_all_events(
    engine: Engine, world: tuple[list[Event], int], people: list[Profile], data: st.DataObject
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    query = SeriesQuery(
        project=number,
        metrics=(EVENTS,),
        range=data.draw(ranges(moment.now)),
        interval=Interval.MONTH,
        filter=data.draw(MOSTLY_ALL),
        breakdown=data.draw(FIELDS),
        top=data.draw(st.sampled_from([1, 2, 3])),
        rest=Rest.SHOWN,
        compare=data.draw(st.sampled_from([None, PreviousPeriod.PERIOD])),
    )
    told = engine.ask(query, moment)
    whole = TotalsQuery(
        project=number,
        metrics=query.metrics,
        range=query.range,
        filter=query.filter,
        compare=query.compare,
    )
    ((now, before),) = Oracle(facts, moment).totals(whole)
    assert sum(line.total for line in told.lines) == now
    if query.compare is not None and told.lines:
        assert sum(line.previous_total for line in told.lines) == before
    rest = [line for line in told.lines if line.is_rest]
    assert not rest or (told.lines[-1:] == (rest[0],) and len(told.lines) == query.top + 1)


def test_without_a_rest_there_is_no_line_of_it(engine: Engine) -> None:
    number, _ = engine.load(
        [
            Event(
                project=1, id=f"e{at}", name=name, created_at=at, received_at=0, position=at,
                properties={"plan": "a"},
            )
            for at, name in enumerate(("a", "b", "b", "c"), start=1)
        ],
        [],
    )  # fmt: skip
    moment = moment_of(10, ZONES[0])
    query = SeriesQuery(
        project=number,
        metrics=(EVENTS, narrowed(EVENTS, named("c"))),
        range=TimeRange(0, 10),
        interval=Interval.DAY,
        breakdown=(COLUMNS["name"],),
        top=3,
        rest=Rest.SHOWN,
    )
    assert not any(line.is_rest for line in engine.ask(query, moment).lines)
    # Of two metrics only the one is told that has something.
    *_, last = engine.ask(replace(query, top=2), moment).lines
    assert (last.is_rest, last.labels, last.total) == (True, (), 1)
    hidden = engine.ask(replace(query, top=1, rest=Rest.HIDDEN), moment)
    assert [line.labels for line in hidden.lines] == [("b",), ("b",)]
