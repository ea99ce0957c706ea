"""Audiences on every engine are what the oracle says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.audiences import (
    Audience,
    AudiencesQuery,
    FirstTime,
    InBucket,
    SinceStart,
    Trailing,
)
from app.analytics.errors import InvalidQueryError
from app.analytics.periods import Interval, WeekStart, count_buckets
from app.analytics.ranges import PreviousPeriod, last_days
from app.analytics.records import Event, Profile
from app.analytics.resolve import previous_range
from app.analytics.resolve_journeys import resolve_audiences
from tests.support.asking import Engine, engine, moment_of
from tests.support.audience_oracle import AudienceOracle
from tests.support.journeys import PEOPLE, ZONES, ranges
from tests.support.walks import CONDITIONS, MOSTLY_ALL, PERS, STRETCHED

__all__ = ["engine"]

PRESENCES = st.sampled_from(
    [InBucket(), SinceStart(), FirstTime(), Trailing(1), Trailing(2), Trailing(7), Trailing(30)]
)
AUDIENCES = st.lists(st.builds(Audience, PRESENCES, CONDITIONS), min_size=1, max_size=3)


@settings(max_examples=min(settings().max_examples, 60))
@given(STRETCHED, PEOPLE, AUDIENCES, st.data())
def test_audiences_equal_the_oracle(
    engine: Engine,
    world: tuple[list[Event], int],
    people: list[Profile],
    audiences: list[Audience],
    data: st.DataObject,
) -> None:
    number, facts = engine.load(world[0], people)
    moment = moment_of(world[1], data.draw(st.sampled_from(ZONES)))
    query = AudiencesQuery(
        project=number,
        audiences=tuple(audiences),
        range=data.draw(ranges(moment.now)),
        interval=Interval.DAY,
        filter=data.draw(MOSTLY_ALL),
        per=data.draw(PERS),
        compare=data.draw(st.sampled_from([None, PreviousPeriod.PERIOD])),
        week_start=data.draw(st.sampled_from(WeekStart)),
    )
    looks_back = any(isinstance(each.presence, Trailing) for each in audiences)
    span = AudienceOracle(facts, moment, query).oracle.span(query)
    sizes = [
        size
        for size in Interval
        if count_buckets(span, size) <= 100
        and not (looks_back and size in (Interval.MINUTE, Interval.HOUR))
    ]
    if not sizes:
        return
    query = replace(query, interval=data.draw(st.sampled_from(sizes)))
    oracle = AudienceOracle(facts, moment, query)
    before = previous_range(query.compare, span, moment.zone, moment, query.week_start)
    told = engine.ask(query, moment)
    for audience, line in zip(audiences, told.lines, strict=True):
        assert ([*line.points], line.total) == oracle.line(audience, span)
        if before is not None:
            earlier = [*line.previous_points], line.previous_total
            assert earlier == oracle.line(audience, before)


def test_what_cannot_be_looked_back_on_is_refused() -> None:
    moment = moment_of(1_741_000_530_000, ZONES[0])
    query = AudiencesQuery(
        project=1, audiences=(Audience(Trailing(7)),), range=last_days(2), interval=Interval.HOUR
    )
    for wrong in (
        query,
        replace(query, interval=Interval.DAY, audiences=(Audience(Trailing(0)),)),
        replace(query, interval=Interval.DAY, audiences=(Audience(Trailing(91)),)),
        replace(query, interval=Interval.DAY, audiences=()),
    ):
        with pytest.raises(InvalidQueryError):
            resolve_audiences(wrong, moment)
