"""What funnels mean, example by example, and what can't be asked."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, GROUP_COLUMNS, ProfileProperty
from app.analytics.filters import EVERYTHING, All, Filter, Not
from app.analytics.filters import Any as AnyOf
from app.analytics.journeys import (
    Exclusion,
    FunnelOrder,
    FunnelProfilesQuery,
    FunnelQuery,
    FunnelStep,
    Outcome,
)
from app.analytics.metrics import named
from app.analytics.periods import DAY_MS, TimeRange
from app.analytics.queries import Moment
from app.analytics.records import Event
from app.analytics.resolve_journeys import resolve_funnel, resolve_funnel_profiles
from tests.support.asking import Engine, engine

__all__ = ["engine"]

NOW = 1_750_000_000_000
MOMENT = Moment(NOW, ZoneInfo("UTC"))
A, B, C, X = (FunnelStep(named(name), name) for name in "abcx")


def steps_of(
    order: FunnelOrder, *steps: FunnelStep, window_ms: int = DAY_MS, exclusions: str = ""
) -> FunnelQuery:
    """A funnel per profile; exclusions such as `x01`: a name, the step after it, before it."""
    return FunnelQuery(
        project=1,
        steps=steps,
        range=TimeRange(NOW, NOW + DAY_MS),
        per=COLUMNS["profile_id"],
        order=order,
        window_ms=window_ms,
        exclusions=tuple(
            Exclusion(named(text[0]), int(text[1]), int(text[2])) for text in exclusions.split()
        ),
    )


IN_ORDER, ADJACENT, ANY = FunnelOrder

CASES = [
    ("the first step counts by itself", "a0", steps_of(IN_ORDER, A, B), [1, 0]),
    ("an event between two starts", "a0 b5 a10", steps_of(IN_ORDER, A, B), [1, 1]),
    ("the same instant does not connect", "a0 b0", steps_of(IN_ORDER, A, B), [1, 0]),
    ("a repeat with the second step hides nothing", "a0 a5 b5", steps_of(IN_ORDER, A, B), [1, 1]),
    ("one event is not two steps", "a0", steps_of(IN_ORDER, A, A), [1, 0]),
    ("twice the same step", "a0 a1", steps_of(IN_ORDER, A, A), [1, 1]),
    ("others may happen between", "a0 x1 b2", steps_of(IN_ORDER, A, B), [1, 1]),
    ("the window's end belongs to it", "a0 b9", steps_of(IN_ORDER, A, B, window_ms=9), [1, 1]),
    ("beyond the window", "a0 b10", steps_of(IN_ORDER, A, B, window_ms=9), [1, 0]),
    (
        "a later start is nearer",
        "a0 b5 a8 b9 c12",
        steps_of(IN_ORDER, A, B, C, window_ms=5),
        [1, 1, 1],
    ),
    ("wrong order", "b0 a1", steps_of(IN_ORDER, A, B), [1, 0]),
    ("excluded between", "a0 x1 b2", steps_of(IN_ORDER, A, B, exclusions="x01"), [1, 0]),
    ("tried again", "a0 x1 a2 b3", steps_of(IN_ORDER, A, B, exclusions="x01"), [1, 1]),
    ("excluded at the start", "a0 x0 b2", steps_of(IN_ORDER, A, B, exclusions="x01"), [1, 1]),
    ("excluded elsewhere", "a0 x1 b2 c3", steps_of(IN_ORDER, A, B, C, exclusions="x12"), [1] * 3),
    (
        "excluded across a step",
        "a0 b1 x1 c2",
        steps_of(IN_ORDER, A, B, C, exclusions="x02"),
        [1, 1, 0],
    ),
    ("adjacent", "a0 b1", steps_of(ADJACENT, A, B), [1, 1]),
    ("something between", "a0 x1 b2", steps_of(ADJACENT, A, B), [1, 0]),
    ("boundaries stand between nothing", "a0 session_end1 b2", steps_of(ADJACENT, A, B), [1, 1]),
    ("adjacent at a later start", "a0 a1 b2", steps_of(ADJACENT, A, B), [1, 1]),
    ("any order", "c0 a1 b2", steps_of(ANY, A, B, C), [1, 1, 1]),
    ("any order at one instant", "b0 a0", steps_of(ANY, A, B), [1, 1]),
    ("any order in the window", "c0 a8 b9", steps_of(ANY, A, B, C, window_ms=5), [1, 1, 0]),
]


@pytest.mark.parametrize(
    ("events", "query", "counts"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_journey_reaches(
    engine: Engine, events: str, query: FunnelQuery, counts: list[int]
) -> None:
    happened: list[Event] = []
    for position, event in enumerate(events.split(), start=1):
        name = event.rstrip("0123456789")
        at = NOW + int(event.removeprefix(name))
        happened.append(
            Event(
                project=1,
                id=str(position),
                name=name,
                created_at=at,
                received_at=at,
                position=position,
                profile_id="ann",
            )
        )
    number, _ = engine.load(happened, [])
    (group,) = engine.ask(replace(query, project=number), MOMENT).groups
    assert [step.count for step in group.steps] == counts


def test_times_are_those_of_the_first_start_that_leads_furthest(engine: Engine) -> None:
    times = [("a", 0), ("a", 4_000), ("b", 5_000), ("c", 9_000)]
    events = [
        Event(
            project=1,
            id=name + str(at),
            name=name,
            created_at=NOW + at,
            received_at=NOW,
            position=place,
            profile_id="ann",
        )
        for place, (name, at) in enumerate(times, start=1)
    ]
    number, _ = engine.load(events, [])
    query = replace(steps_of(IN_ORDER, A, B, C), project=number)
    for window_ms, seconds in ((DAY_MS, 5), (5_000, 1)):
        (group,) = engine.ask(replace(query, window_ms=window_ms), MOMENT).groups
        first, second, third = group.steps
        assert (first.average_seconds, first.median_seconds) == (None, None)
        assert (second.average_seconds, second.median_seconds) == (seconds, seconds)
        assert third.average_seconds == 4


@pytest.mark.parametrize("order", FunnelOrder)
@pytest.mark.parametrize("window_ms", [DAY_MS, 10])
def test_the_longest_funnels_fit_into_every_engine(
    engine: Engine, order: FunnelOrder, window_ms: int
) -> None:
    deep: Filter = named("a")
    for _ in range(8):
        deep = Not(AnyOf((All((Not(deep), named("a"))), named("b"))))
    step = FunnelStep(AnyOf((named("a"), deep)))
    exclusions = "x09" if order is IN_ORDER else ""
    query = steps_of(order, *[step] * 10, window_ms=window_ms, exclusions=exclusions)
    query = replace(query, filter=deep, breakdown=(COLUMNS["path"],))
    number, _ = engine.load([], [])
    asked = replace(query, project=number)
    assert engine.ask(asked, MOMENT).groups == ()
    assert engine.ask(FunnelProfilesQuery(funnel=asked, step=9), MOMENT).profile_ids == ()


def test_profiles_are_told_by_what_is_known_of_them(engine: Engine) -> None:
    number, _ = engine.load([], [])
    funnel = replace(steps_of(IN_ORDER, A, B), breakdown=(ProfileProperty("plan"),))
    asked = FunnelProfilesQuery(funnel=replace(funnel, project=number), step=1, labels=("pro",))
    assert engine.ask(asked, MOMENT).profile_ids == ()


def test_a_funnel_of_nothing_has_one_group_of_zeros(engine: Engine) -> None:
    number, _ = engine.load([], [])
    query = replace(steps_of(IN_ORDER, A, B), project=number)
    (group,) = engine.ask(query, MOMENT).groups
    assert [step.count for step in group.steps] == [0, 0]
    assert engine.ask(replace(query, breakdown=(COLUMNS["path"],)), MOMENT).groups == ()


GOOD = steps_of(IN_ORDER, A, B, C)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (replace(GOOD, steps=()), ("steps",)),
        (replace(GOOD, steps=(A,) * 11), ("steps",)),
        (replace(GOOD, window_ms=0), ("window",)),
        (replace(GOOD, window_ms=2**62), ("window",)),
        (replace(GOOD, exclusions=(Exclusion(EVERYTHING, 1, 1),)), ("exclusions", 0)),
        (replace(GOOD, exclusions=(Exclusion(EVERYTHING, 0, 3),)), ("exclusions", 0)),
        (replace(GOOD, exclusions=(Exclusion(EVERYTHING, 0, 1),) * 11), ("exclusions",)),
        (steps_of(ANY, A, B, exclusions="x01"), ("exclusions", 0)),
        (replace(GOOD, per=COLUMNS["entry_path"]), ("per",)),
        (replace(GOOD, per=COLUMNS["revenue"]), ("per",)),
        (replace(GOOD, per=GROUP_COLUMNS["name"]), ("per",)),
        (replace(GOOD, breakdown=(COLUMNS["entry_path"],)), ("breakdown",)),
        (replace(GOOD, breakdown=(COLUMNS["path"],) * 5), ("breakdown",)),
        (replace(GOOD, breakdown=(COLUMNS["path"],), top=0), ("top",)),
    ],
)
def test_what_cannot_be_asked_names_its_part(query: FunnelQuery, path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        resolve_funnel(query, MOMENT)
    assert refused.value.issues[0].path == path


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (FunnelProfilesQuery(funnel=GOOD, step=3), ("step",)),
        (FunnelProfilesQuery(funnel=GOOD, step=0, outcome=Outcome.DROPPED), ("step",)),
        (FunnelProfilesQuery(funnel=GOOD, step=0, labels=("SE",)), ("labels",)),
        (FunnelProfilesQuery(funnel=GOOD, step=0, limit=-1), ("limit",)),
    ],
)
def test_nobody_stands_behind_such_a_step(
    query: FunnelProfilesQuery, path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        resolve_funnel_profiles(query, MOMENT)
    assert refused.value.issues[0].path == path
