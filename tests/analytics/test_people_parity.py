"""Stays, active profiles, and profiles themselves equal the oracle on every engine."""

from dataclasses import replace
from itertools import pairwise
from typing import Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, PROFILE_COLUMNS, GroupColumn, ProfileProperty
from app.analytics.filters import EVERYTHING, All, Any, Compare, Filter, Not, Operator
from app.analytics.metrics import named
from app.analytics.periods import Interval, WeekStart, bucket_start, buckets, to_datetime
from app.analytics.presence import ActiveQuery, LastSeenQuery, ProfileOrder, StaysQuery
from app.analytics.queries import After, Page, ProfilesQuery, Walk
from app.analytics.ranges import last_days
from app.analytics.records import Event, Group, Profile
from tests.support.asking import Engine, engine, moment_of
from tests.support.journeys import COMPANIES, FILTERS, PEOPLE, ZONES, deeds, ranges, worlds
from tests.support.oracle import Oracle, World, close, holds, meets

__all__ = ["engine"]

Facts: TypeAlias = tuple[tuple[list[Event], int], list[Profile], list[Group]]

FACTS: Final[st.SearchStrategy[Facts]] = st.tuples(worlds(), PEOPLE, COMPANIES)

SOME: Final[st.SearchStrategy[Filter]] = st.one_of(st.just(EVERYTHING), st.just(named("click")))

ABOUT_PEOPLE: Final[st.SearchStrategy[Filter]] = st.recursive(
    st.one_of(
        st.sampled_from(
            [
                EVERYTHING,
                Compare(PROFILE_COLUMNS["email"], Operator.CONTAINS, ("a",)),
                Compare(PROFILE_COLUMNS["is_external"], Operator.EQUALS, (True,)),
                Compare(ProfileProperty("plan"), Operator.EQUALS, ("x",)),
                Compare(GroupColumn("name", "Group"), Operator.IS_EMPTY),
            ]
        ),
        deeds(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda members: All(tuple(members))),
        st.lists(inner, max_size=2).map(lambda members: Any(tuple(members))),
        inner.map(Not),
    ),
    max_leaves=3,
)


@settings(max_examples=30)
@given(FACTS, st.data())
def test_stays_equal_the_oracle(engine: Engine, drawn: Facts, data: st.DataObject) -> None:
    (events, now), people, companies = drawn
    number, facts = engine.load(events, people, companies)
    moment = moment_of(now, data.draw(st.sampled_from(ZONES)))
    query = StaysQuery(
        project=number,
        range=data.draw(ranges(now)),
        interval=data.draw(st.sampled_from([Interval.HOUR, Interval.DAY, Interval.MONTH])),
        filter=data.draw(FILTERS),
    )
    answer = engine.ask(query, moment)
    condition = All((named("screen_view"), query.filter))
    seen = [
        event
        for event in facts.events
        if event.session_id is not None
        and answer.range.start <= event.created_at < answer.range.end
        and meets(condition, event, facts, answer.range.start)
    ]
    seen.sort(key=lambda event: (event.session_id, event.created_at, event.position))
    stays: dict[int, list[int]] = {}
    for view, after in pairwise(seen):
        if after.session_id == view.session_id and after.created_at > view.created_at:
            start = bucket_start(view.created_at, answer.interval, moment.zone, query.week_start)
            stays.setdefault(start, []).append(after.created_at - view.created_at)
    for start, seconds in zip(answer.buckets, answer.seconds, strict=True):
        lasting = stays.get(start, [])
        assert close(seconds, sum(lasting) / len(lasting) / 1000 if lasting else 0)


@settings(max_examples=30)
@given(FACTS, st.data())
def test_active_profiles_equal_the_oracle(
    engine: Engine, drawn: Facts, data: st.DataObject
) -> None:
    (events, now), people, companies = drawn
    number, facts = engine.load(events, people, companies)
    moment = moment_of(now, data.draw(st.sampled_from(ZONES)))
    query = ActiveQuery(
        project=number,
        range=data.draw(st.sampled_from([last_days(0), last_days(6)])),
        days=data.draw(st.sampled_from([1, 2, 7])),
        filter=data.draw(SOME),
    )
    answer = engine.ask(query, moment)
    span = Oracle(facts, moment).span(query)
    assert answer.days == tuple(buckets(span, Interval.DAY, moment.zone, WeekStart.MONDAY))
    for start, count in zip(answer.days, answer.profiles, strict=True):
        last = to_datetime(start, moment.zone).date().toordinal()
        active = {
            event.profile_id
            for event in facts.events
            if event.profile_id
            and holds(query.filter, facts.row(event))
            and event.created_at < span.end
            and last - query.days
            < to_datetime(event.created_at, moment.zone).date().toordinal()
            <= last
        }
        assert count == len(active)


def _chosen(facts: World, condition: Filter) -> list[str]:
    """The ids of the profiles that meet the condition, as an event of theirs would."""
    return [
        profile.id
        for profile in facts.profiles.values()
        if holds(condition, facts.row(_standing_for(profile)))
    ]


def _sorted(facts: World, ids: list[str], order: ProfileOrder) -> list[str]:
    """The ids, which ascend, in that order of their profiles."""

    def first_seen(one: str) -> int:
        return facts.profiles[one].created_at

    match order:
        case ProfileOrder.NEWEST:
            return sorted(ids, key=lambda one: -first_seen(one))
        case ProfileOrder.OLDEST:
            return sorted(ids, key=first_seen)
        case ProfileOrder.FIRST_SEEN:
            return sorted(ids, key=lambda one: (first_seen(one), one), reverse=True)
        case ProfileOrder.LAST_SEEN:
            return sorted(
                ids, key=lambda one: (facts.profiles[one].last_seen_at, one), reverse=True
            )
        case ProfileOrder.ID:
            return ids


def _standing_for(profile: Profile) -> Event:
    return Event(
        project=1,
        id="",
        name="",
        created_at=0,
        received_at=0,
        profile_id=profile.id,
        groups=profile.groups,
    )


@settings(max_examples=30)
@given(
    FACTS,
    ABOUT_PEOPLE,
    st.tuples(st.sampled_from(ProfileOrder), st.sampled_from(Walk)),
    st.data(),
)
def test_profiles_equal_the_oracle(
    engine: Engine,
    drawn: Facts,
    condition: Filter,
    how: tuple[ProfileOrder, Walk],
    data: st.DataObject,
) -> None:
    (events, now), people, companies = drawn
    order, walk = how
    seen_at = st.integers(1, 3)
    people = [
        replace(one, created_at=data.draw(seen_at), last_seen_at=data.draw(seen_at))
        for one in people
    ]
    number, facts = engine.load(events, people, companies)
    moment = moment_of(now, data.draw(st.sampled_from(ZONES)))
    chosen = sorted(_chosen(facts, condition))
    told = [facts.profiles[one] for one in _sorted(facts, chosen, order)]
    query = ProfilesQuery(project=number, filter=condition, order=order, walk=walk, page=Page(2))
    found: list[Profile] = []
    while True:
        answer = engine.ask(query, moment)
        slice_ = list(answer.profiles)
        found = [*found, *slice_] if walk is Walk.FORWARD else [*slice_, *found]
        if not answer.has_more:
            break
        last = slice_[-1] if walk is Walk.FORWARD else slice_[0]
        instant = last.last_seen_at if order is ProfileOrder.LAST_SEEN else last.created_at
        query = replace(query, after=After(instant, last.id))
    assert found == told
    seen = engine.ask(LastSeenQuery(project=number, filter=condition), moment)
    assert sum(row.profiles for row in seen.rows) == len(chosen)


@pytest.mark.parametrize("make", [ProfilesQuery, LastSeenQuery])
def test_profiles_are_not_chosen_by_what_events_have(engine: Engine, make: type) -> None:
    condition = Compare(COLUMNS["path"], Operator.EQUALS, ("/",))
    with pytest.raises(InvalidQueryError, match="path is no field of profiles"):
        engine.ask(make(project=1, filter=condition), moment_of(0, ZONES[0]))
