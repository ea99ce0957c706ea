"""Funnels, retention, paths and habits: every question gets the reader's own answer."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.analytics.fields import COLUMNS
from app.analytics.filters import All, Compare, Operator
from app.analytics.journeys import (
    Exclusion,
    FunnelOrder,
    FunnelQuery,
    FunnelStep,
    LifecycleQuery,
    PathsQuery,
    RetentionCriterion,
    RetentionQuery,
    RetentionStart,
    RetentionWindow,
    StickinessQuery,
)
from app.analytics.metrics import named
from app.analytics.periods import Interval, WeekStart
from app.analytics.ranges import PreviousPeriod, last_days
from app.analytics.records import Event
from tests.schema.conftest import DAY, MINUTE, NOW, Server, recorded

pytestmark = pytest.mark.anyio

MONTH = last_days(29)
PROFILE = COLUMNS["profile_id"]
SWEDEN = All((Compare(COLUMNS["country"], Operator.EQUALS, ("SE",)),))


def traffic(server: Server) -> list[Event]:
    """Thirty days of five people who look, put things into carts and sometimes buy."""
    events: list[Event] = []
    for n in range(150):
        at = NOW - (n * n % 37) * DAY - (n * 17 % 400) * MINUTE
        events.append(
            server.event(
                n,
                created_at=at,
                name=("view", "view", "cart", "buy", "help")[n * 7 % 11 % 5],
                device_id=f"d{n % 6}",
                profile_id=f"p{n % 5}",
                country=("SE", "DE", None)[n % 3],
                path=f"/{n % 4}",
            )
        )
    return events


@pytest.fixture(scope="module")
async def busy(shared: Server) -> Server:
    """The shared server with traffic in its first project."""
    await shared.keep(*traffic(shared))
    return shared


async def test_funnels_are_the_readers(busy: Server) -> None:
    answer = await busy.ask(
        """{ project(id: "demo") { funnel(
          steps: [{name: "view"}, {name: "cart", label: "In the cart"},
            {filter: {name: {eq: "buy"}}}],
          range: {preset: LAST_30_DAYS}, window: {amount: 2, unit: DAY},
          filter: {path: {in: ["/0", "/1", "/2", "/3"]}},
          exclusions: [{event: {name: "help"}, after: 1}],
          breakdown: [{field: COUNTRY}], top: 2, compare: {previous: PERIOD}
        ) { groups { key labels conversion previousConversion steps {
          label count conversion fromPrevious dropped previousCount
          averageSecondsFromPrevious medianSecondsFromPrevious } } info { timezone } } } }"""
    )
    groups = answer.data["project"]["funnel"]["groups"]
    paths = Compare(COLUMNS["path"], Operator.EQUALS, ("/0", "/1", "/2", "/3"))
    query = FunnelQuery(
        project=busy.project.number,
        steps=tuple(FunnelStep(named(name)) for name in ("view", "cart", "buy")),
        range=MONTH,
        filter=paths,
        per=PROFILE,
        window_ms=2 * DAY,
        exclusions=(Exclusion(named("help"), 1, 2),),
        breakdown=(COLUMNS["country"],),
        top=2,
        compare=PreviousPeriod.PERIOD,
    )
    expected = (await busy.services.reader.ask(query, busy.project)).groups
    assert [group["key"] for group in groups] == [list(group.labels) for group in expected]
    for group, told in zip(groups, expected, strict=True):
        counts = [step.count for step in told.steps]
        assert [step["count"] for step in group["steps"]] == counts
        assert [step["averageSecondsFromPrevious"] for step in group["steps"]] == [
            step.average_seconds for step in told.steps
        ]
        assert [step["medianSecondsFromPrevious"] for step in group["steps"]] == [
            step.median_seconds for step in told.steps
        ]
        assert [step["previousCount"] for step in group["steps"]] == [
            step.count for step in told.previous or ()
        ]
        assert [step["dropped"] for step in group["steps"]] == [
            before - count for before, count in zip([counts[0], *counts], counts, strict=False)
        ]
        assert group["conversion"] == group["steps"][-1]["conversion"]
    assert [step["label"] for step in groups[0]["steps"]] == ["view", "In the cart", "Step 3"]


STEP = """query ($outcome: StepOutcome!, $first: Int, $after: String) { project(id: "demo") {
  funnel(steps: [{name: "view"}, {name: "buy"}], range: {preset: LAST_30_DAYS}, order: ANY) {
    groups { steps { count dropped profiles(outcome: $outcome, first: $first, after: $after) {
      nodes { profileId } totalCount pageInfo { hasNextPage endCursor } } } } } } }"""


async def behind(server: Server, **variables: object) -> list[dict[str, Any]]:
    answer = await server.ask(STEP, variables)
    steps: list[dict[str, Any]] = answer.data["project"]["funnel"]["groups"][0]["steps"]
    return steps


async def test_profiles_stand_behind_steps(busy: Server) -> None:
    first, last = await behind(busy, outcome="COMPLETED")
    assert first["profiles"]["totalCount"] == first["count"]
    assert last["profiles"]["totalCount"] == last["count"]
    first, last = await behind(busy, outcome="DROPPED")
    assert first["profiles"]["nodes"] == []
    assert last["profiles"]["totalCount"] == last["dropped"]


async def test_profiles_behind_steps_come_in_slices(busy: Server) -> None:
    whole = (await behind(busy, outcome="COMPLETED"))[0]["profiles"]["nodes"]
    found: list[Any] = []
    after = None
    while True:
        page = (await behind(busy, outcome="COMPLETED", first=2, after=after))[0]["profiles"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (
            'start: {name: "view"}, returning: {name: "buy", filter: {country: {eq: "SE"}}}',
            {
                "start": named("view"),
                "returning": All((named("buy"), SWEDEN.members[0])),
                "interval": Interval.WEEK,
                "criterion": RetentionCriterion.ON_OR_AFTER,
            },
        ),
        (
            (
                "period: DAY, periods: 3, mode: ON, starting: RECURRING, cut: ROLLING, "
                "breakdown: [{field: COUNTRY}], top: 2"
            ),
            {
                "interval": Interval.DAY,
                "periods": 3,
                "criterion": RetentionCriterion.ON,
                "starting": RetentionStart.RECURRING,
                "window": RetentionWindow.ROLLING,
                "breakdown": (COLUMNS["country"],),
                "top": 2,
            },
        ),
    ],
)
async def test_retention_is_the_readers(
    busy: Server, arguments: str, query: dict[str, Any]
) -> None:
    answer = await busy.ask(
        f"""{{ project(id: "demo") {{ retention(
          range: {{preset: LAST_30_DAYS}}, timezone: "Asia/Kathmandu", weekStart: SUNDAY,
          {arguments}
        ) {{ period groups {{ key average cohorts {{ start size counts rates }} }} }} }} }}"""
    )
    found = answer.data["project"]["retention"]
    asked = RetentionQuery(
        project=busy.project.number,
        range=MONTH,
        zone=ZoneInfo("Asia/Kathmandu"),
        week_start=WeekStart.SUNDAY,
        **query,
    )
    expected = await busy.services.reader.ask(asked, busy.project)
    assert found["period"] == expected.interval.name
    assert [group["key"] for group in found["groups"]] == [
        list(group.labels) for group in expected.groups
    ]
    for group, told in zip(found["groups"], expected.groups, strict=True):
        assert tuple(group["average"]) == told.average
        for cohort, its in zip(group["cohorts"], told.cohorts, strict=True):
            start = datetime.fromisoformat(cohort["start"])
            assert start.timestamp() * 1000 == its.start
            assert (cohort["size"], tuple(cohort["counts"])) == (its.size, its.counts)
            rates = [count / its.size if its.size else None for count in its.counts]
            assert cohort["rates"] == rates


async def test_paths_are_the_readers(busy: Server) -> None:
    answer = await busy.ask(
        """{ project(id: "demo") { paths(
          range: {preset: LAST_30_DAYS}, from: {name: "view"}, item: {field: NAME},
          countBy: PROFILES, steps: 3, top: 1, filter: {country: {in: ["SE", "DE"]}}
        ) {
          count nodes { key step item label count } links { from to count averageSeconds }
        } } }"""
    )
    found = answer.data["project"]["paths"]
    query = PathsQuery(
        project=busy.project.number,
        range=MONTH,
        item=COLUMNS["name"],
        per=PROFILE,
        start=named("view"),
        steps=3,
        top=1,
        filter=Compare(COLUMNS["country"], Operator.EQUALS, ("SE", "DE")),
    )
    expected = await busy.services.reader.ask(query, busy.project)
    assert found["count"] == expected.paths
    assert [(node["step"], node["item"], node["count"]) for node in found["nodes"]] == [
        (node.step, node.item, node.count) for node in expected.nodes
    ]
    keys = {node["key"]: node["count"] for node in found["nodes"]}
    assert len(keys) == len(found["nodes"])
    assert {link[end] for link in found["links"] for end in ("from", "to")} <= {*keys}
    assert [(link["count"], link["averageSeconds"]) for link in found["links"]] == [
        (link.count, link.average_seconds) for link in expected.links
    ]
    assert "(others)" in {node["label"] for node in found["nodes"]}


async def test_habits_are_the_readers(busy: Server) -> None:
    answer = await busy.ask(
        """{ project(id: "demo") {
          stickiness(range: {preset: LAST_30_DAYS}, interval: WEEK, atLeast: 2, weekStart: SUNDAY)
            { interval counts }
          lifecycle(range: {preset: LAST_30_DAYS}, filter: {name: {ne: "help"}}, countBy: SESSIONS)
            { interval buckets new returning resurrecting dormant }
        } }"""
    )
    found = answer.data["project"]
    stickiness = await busy.services.reader.ask(
        StickinessQuery(
            project=busy.project.number,
            range=MONTH,
            interval=Interval.WEEK,
            at_least=2,
            week_start=WeekStart.SUNDAY,
        ),
        busy.project,
    )
    assert tuple(found["stickiness"]["counts"]) == stickiness.counts
    lifecycle = found["lifecycle"]
    assert len(lifecycle["buckets"]) == 30
    totals = [sum(lifecycle[name]) for name in ("new", "returning", "resurrecting", "dormant")]
    assert totals[0] > 0
    expected = await busy.services.reader.ask(
        LifecycleQuery(
            project=busy.project.number,
            range=MONTH,
            interval=Interval.DAY,
            per=COLUMNS["session_id"],
        ),
        busy.project,
    )
    assert len(expected.new) == 30


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("funnel(steps: [], range: {preset: TODAY}) { groups { key } }", ["steps"]),
        (
            (
                'funnel(steps: [{name: "a"}], range: {preset: TODAY}, '
                "window: {amount: 1, unit: YEAR}) { groups { key } }"
            ),
            ["window", "unit"],
        ),
        (
            (
                'funnel(steps: [{name: "a"}], range: {preset: TODAY}, '
                "window: {amount: 0, unit: DAY}) { groups { key } }"
            ),
            ["window"],
        ),
        (
            (
                'funnel(steps: [{name: "a"}, {name: "b"}], range: {preset: TODAY}, order: ANY, '
                'exclusions: [{event: {name: "x"}}]) { groups { key } }'
            ),
            ["exclusions", 0],
        ),
        ("retention(range: {preset: TODAY}, period: YEAR) { period }", ["period"]),
        ("retention(range: {preset: TODAY}, period: AUTO) { period }", ["period"]),
        ("retention(range: {preset: TODAY}, periods: 0) { period }", ["periods"]),
        ("paths(range: {preset: TODAY}, steps: 1) { count }", ["steps"]),
        ("paths(range: {preset: TODAY}, item: {field: DURATION}) { count }", ["item"]),
        ("stickiness(range: {preset: TODAY}, atLeast: 0) { counts }", ["atLeast"]),
        ("lifecycle(range: {preset: TODAY}, interval: AUTO) { new }", ["interval"]),
    ],
)
async def test_what_cannot_be_asked_names_its_argument(
    busy: Server, field: str, path: list[str | int]
) -> None:
    answer = await busy.ask(f'{{ project(id: "demo") {{ {field} }} }}')
    assert answer.code == "BAD_USER_INPUT"
    assert answer.error["extensions"]["argument"] == path


async def test_a_part_that_fails_leaves_the_rest(busy: Server) -> None:
    answer = await busy.ask(
        """{ project(id: "demo") {
          bad: funnel(steps: [], range: {preset: TODAY}) { groups { key } }
          good: stickiness(range: {preset: LAST_7_DAYS}) { counts }
        } }"""
    )
    assert answer.body["data"]["project"]["bad"] is None
    assert len(answer.body["data"]["project"]["good"]["counts"]) == 7


async def test_profiles_are_only_asked_for_where_they_are_selected(busy: Server) -> None:
    asked = recorded(busy.services.reader)
    await busy.ask(
        """{ project(id: "demo") { funnel(steps: [{name: "view"}], range: {preset: TODAY},
          order: ADJACENT) { groups { conversion } } } }"""
    )
    assert asked == ["FunnelQuery"]
    assert FunnelOrder.ADJACENT.value == "adjacent"
