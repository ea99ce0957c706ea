"""Retention, paths and habits: what they mean in small, and what can't be asked."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS
from app.analytics.filters import EVERYTHING, All, Compare, Operator
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
from app.analytics.metrics import named
from app.analytics.periods import DAY_MS, HOUR_MS, Interval, TimeRange
from app.analytics.queries import Moment
from app.analytics.records import Event
from app.analytics.resolve_journeys import (
    resolve_lifecycle,
    resolve_paths,
    resolve_retention,
    resolve_stickiness,
)
from tests.support.asking import Engine, engine

__all__ = ["engine"]

START = 20_000 * DAY_MS
WEEK = TimeRange(START, START + 5 * DAY_MS)
MOMENT = Moment(WEEK.end, ZoneInfo("UTC"))

RETENTION = RetentionQuery(project=1, range=WEEK, interval=Interval.DAY)
PATHS = PathsQuery(project=1, range=WEEK, item=COLUMNS["name"], per=COLUMNS["profile_id"])
STICKINESS = StickinessQuery(project=1, range=WEEK, interval=Interval.DAY)
LIFECYCLE = LifecycleQuery(project=1, range=WEEK, interval=Interval.DAY)


def events_of(told: str) -> list[Event]:
    """Events such as `ann:open@1.5`: who, what and on which day of the range."""
    events: list[Event] = []
    for position, one in enumerate(told.split(), start=1):
        who, _, rest = one.partition(":")
        name, _, day = rest.partition("@")
        at = START + int(float(day) * DAY_MS)
        events.append(
            Event(
                project=1,
                id=str(position),
                name=name,
                created_at=at,
                received_at=at,
                position=position,
                profile_id=who,
            )
        )
    return events


OPENED = "ann:open@0.5 ann:open@1.2 ann:open@3 bob:open@0.9 bob:open@2.5 cid:open@1"


@pytest.mark.parametrize(
    ("query", "counts"),
    [
        (RETENTION, [(2, 1, 1, 1, 0), (1, 0, 0, 0), (0, 0, 0), (0, 0), (0,)]),
        (
            replace(RETENTION, criterion=RetentionCriterion.ON_OR_AFTER),
            [(2, 2, 2, 1, 0), (1, 0, 0, 0), (0, 0, 0), (0, 0), (0,)],
        ),
        (
            replace(RETENTION, window=RetentionWindow.ROLLING),
            [(2, 1, 1, 0, 0), (1, 0, 0, 0), (0, 0, 0), (0, 0), (0,)],
        ),
        (
            replace(RETENTION, starting=RetentionStart.RECURRING, periods=1),
            [(2, 1), (2, 0), (1, 0), (1, 0), (0,)],
        ),
    ],
)
def test_cohorts_come_back(
    engine: Engine, query: RetentionQuery, counts: list[tuple[int, ...]]
) -> None:
    number, _ = engine.load(events_of(OPENED), [])
    (group,) = engine.ask(replace(query, project=number), MOMENT).groups
    assert [cohort.counts for cohort in group.cohorts] == counts


def test_a_first_time_before_the_range_is_no_first_time(engine: Engine) -> None:
    number, _ = engine.load(events_of("ann:open@-3 ann:open@0.5 ann:open@1"), [])
    query = replace(RETENTION, project=number)
    (group,) = engine.ask(query, MOMENT).groups
    assert {cohort.size for cohort in group.cohorts} == {0}
    assert group.average == (None,) * 5


def test_averages_weigh_cohorts_by_their_members(engine: Engine) -> None:
    number, _ = engine.load(events_of(OPENED), [])
    (group,) = engine.ask(replace(RETENTION, project=number), MOMENT).groups
    assert group.average == (1, 1 / 3, 1 / 3, 1 / 3, 0)


WALKED = "ann:home@0 ann:home@0.1 ann:list@0.2 ann:buy@0.3 ann:home@0.4 bob:home@1 bob:buy@1.5"


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        (
            replace(PATHS, steps=3),
            [(0, "home", 2), (1, "buy", 1), (1, "list", 1), (2, "buy", 1)],
        ),
        (
            replace(PATHS, steps=2, repeats=Repeats.KEEP),
            [(0, "home", 2), (1, "buy", 1), (1, "home", 1)],
        ),
        (
            replace(PATHS, start=named("list"), steps=5),
            [(0, "list", 1), (1, "buy", 1), (2, "home", 1)],
        ),
        (
            replace(PATHS, end=named("buy"), steps=2),
            [(0, "home", 1), (0, "list", 1), (1, "buy", 2)],
        ),
        (
            replace(PATHS, start=named("home"), end=named("buy"), steps=2),
            [(0, "home", 1), (1, "buy", 1)],
        ),
        (
            replace(PATHS, steps=2, top=1),
            [(0, "home", 2), (1, "buy", 1), (1, None, 1)],
        ),
    ],
)
def test_items_stand_at_their_steps(
    engine: Engine, query: PathsQuery, nodes: list[tuple[int, str | None, int]]
) -> None:
    number, _ = engine.load(events_of(WALKED), [])
    answer = engine.ask(replace(query, project=number), MOMENT)
    assert [(node.step, node.item, node.count) for node in answer.nodes] == nodes


VISITED = "ann:session_start@0 ann:home@0 ann:buy@0.1 ann:session_end@0.1 bob:session_start@1"


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        (PATHS, [(0, "home", 1), (1, "buy", 1)]),
        (
            replace(PATHS, start=named("session_start")),
            [(0, "session_start", 2), (1, "home", 1), (2, "buy", 1)],
        ),
        (
            replace(PATHS, end=named("session_end"), steps=2),
            [(0, "buy", 1), (1, "session_end", 1)],
        ),
        (
            replace(PATHS, start=named("session_start"), end=named("buy")),
            [(0, "session_start", 1), (1, "home", 1), (2, "buy", 1)],
        ),
    ],
)
def test_sessions_begin_and_end_paths_where_asked_to(
    engine: Engine, query: PathsQuery, nodes: list[tuple[int, str | None, int]]
) -> None:
    number, _ = engine.load(events_of(VISITED), [])
    answer = engine.ask(replace(query, project=number), MOMENT)
    assert [(node.step, node.item, node.count) for node in answer.nodes] == nodes


def test_links_tell_how_long_the_way_takes(engine: Engine) -> None:
    number, _ = engine.load(events_of(WALKED), [])
    answer = engine.ask(replace(PATHS, project=number, start=named("buy")), MOMENT)
    (link,) = answer.links
    assert (link.source, link.target, link.count) == ("buy", "home", 1)
    assert link.average_seconds == pytest.approx(0.1 * DAY_MS / 1000)
    assert answer.paths == 2


def test_stickiness_counts_the_intervals_of_each_journey(engine: Engine) -> None:
    number, _ = engine.load(events_of(OPENED + " cid:open@1.1"), [])
    query = replace(STICKINESS, project=number)
    assert engine.ask(query, MOMENT).counts == (1, 1, 1, 0, 0)
    assert engine.ask(replace(query, at_least=2), MOMENT).counts == (1, 0, 0, 0, 0)


def test_journeys_come_and_go(engine: Engine) -> None:
    number, _ = engine.load(events_of("old:open@-9 old:open@0 " + OPENED), [])
    answer = engine.ask(replace(LIFECYCLE, project=number), MOMENT)
    assert answer.new == (2, 1, 0, 0, 0)
    assert answer.returning == (0, 1, 0, 0, 0)
    assert answer.resurrecting == (1, 0, 1, 1, 0)
    assert answer.dormant == (0, 2, 2, 1, 1)


EMPTY = TimeRange(START, START)
HUGE = All((Compare(COLUMNS["path"], Operator.EQUALS, ("/",)),) * 101)


def test_empty_ranges_have_empty_answers(engine: Engine) -> None:
    number, _ = engine.load(events_of(OPENED), [])
    by_path = replace(RETENTION, breakdown=(COLUMNS["path"],))
    for query, groups in ((RETENTION, 1), (by_path, 0)):
        asked = replace(query, project=number, range=EMPTY)
        assert len(engine.ask(asked, MOMENT).groups) == groups
    assert engine.ask(replace(STICKINESS, project=number, range=EMPTY), MOMENT).counts == ()
    assert engine.ask(replace(LIFECYCLE, project=number, range=EMPTY), MOMENT).new == ()
    assert engine.ask(replace(PATHS, project=number, range=EMPTY), MOMENT).nodes == ()


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (replace(RETENTION, interval=Interval.YEAR), ("interval",)),
        (replace(RETENTION, periods=0), ("periods",)),
        (
            replace(
                RETENTION,
                range=TimeRange(START, START + 400 * HOUR_MS),
                interval=Interval.HOUR,
                periods=400,
            ),
            ("periods",),
        ),
        (replace(RETENTION, start=HUGE), ("start",)),
        (replace(RETENTION, returning=HUGE), ("returning",)),
        (replace(RETENTION, breakdown=(COLUMNS["entry_path"],)), ("breakdown",)),
        (replace(RETENTION, per=COLUMNS["revenue"]), ("per",)),
    ],
)
def test_retention_that_cannot_be_asked_names_its_part(
    query: RetentionQuery, path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        resolve_retention(query, MOMENT)
    assert refused.value.issues[0].path == path


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (replace(PATHS, steps=1), ("steps",)),
        (replace(PATHS, steps=11), ("steps",)),
        (replace(PATHS, top=0), ("top",)),
        (replace(PATHS, item=COLUMNS["revenue"]), ("item",)),
        (replace(PATHS, item=COLUMNS["entry_path"]), ("item",)),
        (replace(PATHS, start=HUGE), ("start",)),
        (replace(PATHS, end=HUGE), ("end",)),
        (replace(PATHS, per=COLUMNS["entry_path"]), ("per",)),
    ],
)
def test_paths_that_cannot_be_asked_name_their_part(
    query: PathsQuery, path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        resolve_paths(query, MOMENT)
    assert refused.value.issues[0].path == path


def test_habits_that_cannot_be_asked_name_their_part() -> None:
    with pytest.raises(InvalidQueryError, match="event"):
        resolve_stickiness(replace(STICKINESS, at_least=0), MOMENT)
    year = TimeRange(START, START + 365 * DAY_MS)
    with pytest.raises(InvalidQueryError, match="bucket"):
        resolve_lifecycle(replace(LIFECYCLE, range=year, interval=Interval.MINUTE), MOMENT)
    assert resolve_lifecycle(replace(LIFECYCLE, filter=EVERYTHING), MOMENT).scope.range == WEEK
