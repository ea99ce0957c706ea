"""One question about journeys through every door that can ask it: the numbers are the same."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.schema.doors import BUY, RANGE, SPAN, VIEW, Doors, numbers, open_doors

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """The doors of one server, which the questions don't change."""
    async for opened in open_doors(tmp_path_factory.mktemp("doors")):
        yield opened


@pytest.mark.parametrize("broken_down", [False, True])
@pytest.mark.parametrize(
    ("order", "in_graphql", "in_openpanel"),
    [("ordered", "ORDERED", "strict"), ("strict", "ADJACENT", "adjacent"),
     ("unordered", "ANY", "any")],
)  # fmt: skip
async def test_funnels_are_the_same_numbers(
    doors: Doors, order: str, in_graphql: str, in_openpanel: str, *, broken_down: bool
) -> None:
    options = {
        "funnelOrderType": order,
        "funnelWindowInterval": 72,
        "funnelWindowIntervalUnit": "hour",
    }
    by = {"breakdownFilter": {"breakdown": "$browser"}} if broken_down else {}
    source = {
        "kind": "FunnelsQuery",
        "dateRange": RANGE,
        "series": [VIEW, {"event": "sign_up"}, BUY],
        "funnelsFilter": options,
        **by,
    }
    insight, parts = await doors.result(source)
    groups = parts if broken_down else [parts]
    result = {
        (step.get("breakdown_value") or [""])[0]: [
            (s["count"], s["average_conversion_time"], s["median_conversion_time"]) for s in steps
        ]
        for steps in groups
        for step in steps[:1]
    }
    assert all(steps[1][0] > 0 for steps in result.values())
    rows = await doors.file(insight)
    in_file: dict[str, list[tuple[float | None, ...]]] = {}
    for row in rows:
        mean, median = (f"{name}_conversion_time (seconds)" for name in ("average", "median"))
        told = tuple(numbers([row["count"], row[mean], row[median]]))
        in_file.setdefault(row["breakdown_value"], []).append(told)
    assert in_file == result
    steps = ", ".join(f'{{name: "{name}"}}' for name in ("screen_view", "sign_up", "purchase"))
    split = "breakdown: [{field: BROWSER}]" if broken_down else ""
    answer = await doors.graphql(
        f"funnel(steps: [{steps}], {SPAN}, order: {in_graphql}, "
        f"window: {{amount: 72, unit: HOUR}} {split}) {{ groups {{ key steps {{ count "
        "averageSecondsFromPrevious medianSecondsFromPrevious } } }"
    )
    shown = {
        (group["key"] or [""])[0]: [tuple(step.values()) for step in group["steps"]]
        for group in answer["groups"]
    }
    assert shown == result
    names = json.dumps([{"name": name} for name in ("screen_view", "sign_up", "purchase")])
    body = await doors.openpanel(
        "funnel",
        events=names,
        funnelGroup="profile_id",
        funnelOrder=in_openpanel,
        funnelWindow="72",
        **({"breakdowns": '[{"name":"browser"}]'} if broken_down else {}),
    )
    told_groups: list[Any] = body["breakdowns"] if broken_down else [{"breakdowns": [""], **body}]
    assert {
        group["breakdowns"][0]: [
            (step["count"], step["averageSeconds"], step["medianSeconds"])
            for step in group["steps"]
        ]
        for group in told_groups
    } == result


@pytest.mark.parametrize("kind", ["retention_first_time", "retention_recurring"])
@pytest.mark.parametrize("cumulative", [False, True])
async def test_retention_is_the_same_numbers(doors: Doors, kind: str, *, cumulative: bool) -> None:
    entity = {"id": "$pageview", "type": "events"}
    source = {
        "kind": "RetentionQuery",
        "retentionFilter": {
            "period": "Day",
            "totalIntervals": 7,
            "retentionType": kind,
            "targetEntity": entity,
            "returningEntity": {"id": "purchase", "type": "events"},
            "cumulative": cumulative,
        },
    }
    insight, parts = await doors.result(source)
    result = [[value["count"] for value in row["values"]] for row in parts]
    rows = await doors.file(insight)
    in_file = [
        [int(row[f"Day {place}"]) for place in range(7) if row[f"Day {place}"]] for row in rows
    ]
    assert in_file == result
    assert [int(row["cohort size"]) for row in rows] == [row[0] for row in result]
    starting = "FIRST_TIME" if kind == "retention_first_time" else "RECURRING"
    told = await doors.graphql(
        'retention(range: {days: {from: "2026-02-23", to: "2026-03-01"}}, period: DAY, '
        f"periods: 6, mode: {'ON_OR_AFTER' if cumulative else 'ON'}, starting: {starting}, "
        'start: {name: "screen_view"}, returning: {name: "purchase"}) '
        "{ groups { cohorts { counts } } }"
    )
    assert [cohort["counts"] for cohort in told["groups"][0]["cohorts"]] == result


@pytest.mark.parametrize("kind", ["$pageview", "custom_event"])
async def test_paths_are_the_same_numbers(doors: Doors, kind: str) -> None:
    asked = {"includeEventTypes": [kind], "stepLimit": 4}
    source = {"kind": "PathsQuery", "dateRange": RANGE, "pathsFilter": asked}
    insight, parts = await doors.result(source)
    result = {(row["source"], row["target"]): row["value"] for row in parts}
    seconds = {
        (row["source"], row["target"]): row["average_conversion_time"] / 1000 for row in parts
    }
    assert sum(result.values()) > 0
    rows = await doors.file(insight)
    assert {(row["source"], row["target"]): int(row["value"]) for row in rows} == result
    told = {(row["source"], row["target"]): float(row["average_conversion_time"]) for row in rows}
    assert told == pytest.approx(seconds)
    negated = "" if kind == "$pageview" else "not: "
    item = "PATH" if kind == "$pageview" else "NAME"
    name = '{name: {eq: "screen_view"}}'
    condition = f"{{{negated}{name}}}" if negated else name
    answer = await doors.graphql(
        f"paths({SPAN}, steps: 4, top: 8, item: {{field: {item}}}, filter: {condition}) "
        "{ nodes { key step label } links { from to count } }"
    )
    nodes = {one["key"]: f"{one['step'] + 1}_{one['label']}" for one in answer["nodes"]}
    shown = {(nodes[one["from"]], nodes[one["to"]]): one["count"] for one in answer["links"]}
    assert shown == result


async def test_stickiness_is_the_same_numbers(doors: Doors) -> None:
    source = {"kind": "StickinessQuery", "dateRange": RANGE, "series": [VIEW]}
    insight, (part,) = await doors.result(source)
    assert sum(part["data"]) > 0
    (row,) = await doors.file(insight)
    assert [int(row[label]) for label in part["labels"]] == part["data"]
    told = await doors.graphql(
        f'stickiness({SPAN}, filter: {{name: {{eq: "screen_view"}}}}) {{ counts }}'
    )
    assert told["counts"] == part["data"]


async def test_lifecycle_is_the_same_numbers(doors: Doors) -> None:
    source = {"kind": "LifecycleQuery", "dateRange": RANGE, "series": [VIEW]}
    insight, parts = await doors.result(source)
    result = {part["status"]: part["data"] for part in parts}
    assert sum(result["returning"]) > 0
    rows = await doors.file(insight)
    in_file = {
        row["series"].rpartition(" - ")[2]: [int(row[label]) for label in parts[0]["labels"]]
        for row in rows
    }
    assert in_file == result
    told = await doors.graphql(
        f'lifecycle({SPAN}, filter: {{name: {{eq: "screen_view"}}}}) '
        "{ new returning resurrecting dormant }"
    )
    assert told == {**result, "dormant": [-count for count in result["dormant"]]}


def kept(*series: object, **parts: object) -> dict[str, object]:
    return {"kind": "TrendsQuery", "dateRange": RANGE, "series": [*series], **parts}


KEPT = [
    kept(*({**VIEW, "math": math} for math in ("dau", "weekly_active", "monthly_active"))),
    kept({**VIEW, "math": "first_time_for_user"}, dateRange={"date_from": "-25d"}),
    kept(VIEW, trendsFilter={"display": "ActionsLineGraphCumulative"}),
    kept({**VIEW, "math": "dau"}, trendsFilter={"display": "ActionsLineGraphCumulative"}),
    kept(VIEW, BUY, trendsFilter={"smoothingIntervals": 3}),
    kept(VIEW, breakdownFilter={"breakdown": "$pathname", "breakdown_limit": 2}),
    kept(VIEW, BUY, trendsFilter={"formulas": ["A / B", "A + B"]}),
    {
        "kind": "FunnelsQuery",
        "dateRange": RANGE,
        "series": [VIEW, BUY],
        "funnelsFilter": {"funnelVizType": "trends"},
        "breakdownFilter": {"breakdown": "$browser"},
    },
]


@pytest.mark.parametrize("source", KEPT, ids=lambda source: str(source)[40:100])
async def test_what_is_kept_through_one_door_is_the_same_through_the_others(
    doors: Doors, source: dict[str, object]
) -> None:
    insight, parts = await doors.result(source)
    result = [part["data"] for part in parts]
    assert sum(number or 0 for points in result for number in points) > 0
    days = len(result[0])
    rows = await doors.file(insight)
    assert [numbers([*row.values()][-days - 1 : -1]) for row in rows] == result
    told = await doors.graphql(
        f'insight(id: "{insight}") {{ result {{ ... on Timeseries {{ series {{ points }} }} }} }}'
    )
    assert [line["points"] for line in told["result"]["series"]] == result
