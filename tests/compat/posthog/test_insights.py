"""Insights and dashboards: saved, listed, answered, changed; and discovery."""

import csv
import io
from typing import Any

import pytest

from tests.compat.posthog.world import TRENDS, Json, World

pytestmark = pytest.mark.anyio

DAYS = ["2025-02-28", "2025-03-01", "2025-03-02", "2025-03-03"]


def series(*events: str, **parts: object) -> Json:
    nodes = [{"kind": "EventsNode", "event": event} for event in events]
    return {**TRENDS, "series": nodes, **parts}


async def result_of(world: World, query: Json) -> Any:  # noqa: ANN401 — JSON.
    insight = await world.insight("Asked", query)
    answer = await world.get(f"/insights/{insight['id']}/", refresh="blocking")
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def test_an_insight_comes_back_as_it_was_written(world: World) -> None:
    query = {"kind": "InsightVizNode", "source": TRENDS}
    body = {"name": "Views", "description": "All", "query": query, "tags": ["a"], "saved": True}
    made = await world.made("/insights/", body)
    assert made["query"] == query
    assert (made["filters"], made["result"], made["deleted"]) == ({}, None, False)
    for reference in (made["id"], made["short_id"]):
        found = (await world.get(f"/insights/{reference}/")).json()
        assert found == made
    listed = (await world.get("/insights/", search="View", saved="true", insight="TRENDS")).json()
    assert made["id"] in [row["id"] for row in listed["results"]]
    assert (await world.get("/insights/", insight="FUNNELS", search="View")).json()["count"] == 0


async def test_a_change_is_partial_and_deleting_hides(world: World) -> None:
    made = await world.insight("Old")
    path = f"/insights/{made['id']}/"
    changed = (await world.send("PATCH", path, {"name": "New", "favorited": True})).json()
    assert (changed["name"], changed["favorited"], changed["query"]) == ("New", True, made["query"])
    assert (await world.send("PATCH", path, {"deleted": True})).json()["deleted"] is True
    assert (await world.get(path)).status_code == 404
    assert (await world.send("PATCH", path, {"deleted": False})).json()["deleted"] is False
    assert (await world.get(path)).status_code == 200
    refused = await world.send("DELETE", path, {})
    assert (refused.status_code, refused.content) == (405, b"")


BAD_QUERIES: list[tuple[Any, str]] = [
    ({}, "query__kind"),
    ("text", "query"),
    ({"kind": "NoSuchQuery"}, "query__kind"),
    ({"kind": "EventsQuery"}, "query__kind"),
    ({**TRENDS, "series": "x"}, "query__series"),
    ({**TRENDS, "series": [{"kind": "ActionsNode", "id": 1}]}, "query__series__0__kind"),
    ({**TRENDS, "series": [{"event": 1}]}, "query__series__0__event"),
    ({**TRENDS, "series": [{"math": "hogql"}]}, "query__series__0__math"),
    ({**TRENDS, "series": [{"math": "sum"}]}, "query__series__0__math_property"),
    ({**TRENDS, "interval": "fortnight"}, "query__interval"),
    ({**TRENDS, "dateRange": {"date_from": "soon"}}, "query__dateRange__date_from"),
    ({**TRENDS, "trendsFilter": {"formula": "A +"}}, "query__trendsFilter__formula"),
    ({**TRENDS, "trendsFilter": {"display": "Hologram"}}, "query__trendsFilter__display"),
    (
        {**TRENDS, "properties": [{"key": "a", "operator": "like"}]},
        "query__properties__0__operator",
    ),
    (
        {**TRENDS, "series": [{"math": "weekly_active"}, {"math": "total"}]},
        "query__series__1__math",
    ),
    (
        {
            **TRENDS,
            "series": [{"math": "weekly_active"}],
            "breakdownFilter": {"breakdown": "$browser"},
        },
        "query__breakdownFilter__breakdown",
    ),
    (
        {**TRENDS, "trendsFilter": {"formula": "A * 2", "smoothingIntervals": 7}},
        "query__trendsFilter__formula",
    ),
    (
        {**TRENDS, "trendsFilter": {"smoothingIntervals": 0}},
        "query__trendsFilter__smoothingIntervals",
    ),
    ({**TRENDS, "properties": [{"value": 1}]}, "query__properties__0__key"),
    (
        {**TRENDS, "properties": [{"key": "a", "operator": "gt", "value": "x"}]},
        "query__properties__0__value",
    ),
    ({"kind": "FunnelsQuery", "series": [{"event": "a"}]}, "query__series"),
    (
        {"kind": "RetentionQuery", "retentionFilter": {"totalIntervals": 0}},
        "query__retentionFilter__totalIntervals",
    ),
]


@pytest.mark.parametrize(("query", "attr"), BAD_QUERIES)
async def test_a_query_that_cant_be_asked_is_named(world: World, query: object, attr: str) -> None:
    answer = await world.send("POST", "/insights/", {"query": query})
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert (problem["type"], problem["code"], problem["attr"]) == (
        "invalid_request",
        "parse_error",
        attr,
    )


async def test_trends_have_a_part_per_series_and_value(world: World) -> None:
    (part,) = await result_of(world, series("$pageview"))
    assert part["days"] == DAYS
    assert part["labels"] == ["28-Feb-2025", "1-Mar-2025", "2-Mar-2025", "3-Mar-2025"]
    assert (part["label"], part["data"], part["count"]) == ("$pageview", [0, 0, 5, 0], 5)
    assert part["action"]["id"] == "$pageview"
    broken = series("$pageview", breakdownFilter={"breakdown": "$browser"})
    parts = await result_of(world, broken)
    told = {each["breakdown_value"]: each["count"] for each in parts}
    assert told == {"Chrome": 2, "Safari": 1, "$$_posthog_breakdown_null_$$": 2}


CASES: list[tuple[Json, list[Any]]] = [
    ({"series": [{"event": "$pageview", "math": "dau"}]}, [0, 0, 2, 0]),
    (
        {"series": [{"event": "revenue", "math": "sum", "math_property": "$revenue"}]},
        [0, 0, 1999, 0],
    ),
    (
        {"series": [{"event": "sign_up", "math": "p90", "math_property": "seats"}]},
        [None, None, 3, None],
    ),
    ({"series": [{"event": None}]}, [0, 0, 7, 0]),
    ({"properties": [{"key": "$browser", "value": ["Chrome"], "operator": "exact"}]}, [0, 0, 2, 0]),
    ({"properties": [{"key": "$browser", "value": "Chrome", "operator": "is_not"}]}, [0, 0, 3, 0]),
    (
        {"properties": [{"key": "$pathname", "value": "PRIC", "operator": "icontains"}]},
        [0, 0, 1, 0],
    ),
    ({"properties": [{"key": "$browser", "operator": "is_not_set"}]}, [0, 0, 2, 0]),
    (
        {
            "series": [{"event": "sign_up"}],
            "properties": [{"key": "seats", "value": "2", "operator": "gt"}],
        },
        [0, 0, 1, 0],
    ),
    (
        {
            "properties": {
                "type": "OR",
                "values": [
                    {"type": "AND", "values": [{"key": "$browser", "value": "Safari"}]},
                    {"type": "AND", "values": [{"key": "$pathname", "value": "/docs"}]},
                ],
            }
        },
        [0, 0, 2, 0],
    ),
    ({"series": [{"event": "$pageview", "math": "weekly_active"}]}, [0, 0, 2, 2]),
    ({"series": [{"event": "$pageview", "math": "monthly_active"}]}, [0, 0, 2, 2]),
    ({"series": [{"event": "$pageview", "math": "first_time_for_user"}]}, [0, 0, 2, 0]),
    ({"trendsFilter": {"display": "ActionsLineGraphCumulative"}}, [0, 0, 5, 5]),
    (
        {
            "series": [{"event": "$pageview", "math": "dau"}],
            "trendsFilter": {"display": "ActionsLineGraphCumulative"},
        },
        [0, 0, 2, 2],
    ),
    ({"trendsFilter": {"smoothingIntervals": 2}}, [0, 0, 2.5, 2.5]),
    (
        {
            "series": [{"event": "$pageview"}, {"event": "$pageview", "math": "dau"}],
            "trendsFilter": {"formula": "A / B"},
        },
        [0, 0, 2.5, 0],
    ),
]


@pytest.mark.parametrize(("change", "points"), CASES)
async def test_series_are_counted_filtered_and_computed(
    world: World, change: Json, points: list[Any]
) -> None:
    (part,) = await result_of(world, {**TRENDS, **change})
    assert part["data"] == points


async def test_active_people_of_a_day_a_week_and_a_month_stand_side_by_side(world: World) -> None:
    maths = ("dau", "weekly_active", "monthly_active")
    query = {
        **TRENDS,
        "series": [{"event": "$pageview", "math": math} for math in maths],
        "compareFilter": {"compare": True},
    }
    parts = await result_of(world, query)
    told = [part["data"] for part in parts if part["compare_label"] == "current"]
    assert told == [[0, 0, 2, 0], [0, 0, 2, 2], [0, 0, 2, 2]]
    assert all(sum(part["data"]) == 0 for part in parts if part["compare_label"] == "previous")


async def test_running_totals_come_to_their_last_point(world: World) -> None:
    query = {**TRENDS, "trendsFilter": {"display": "ActionsLineGraphCumulative"}}
    (part,) = await result_of(world, query)
    assert (part["data"], part["count"]) == ([0, 0, 5, 5], 5)
    content = await world.content(export_format="text/csv", export_context={"source": query})
    assert content.splitlines()[1] == b"$pageview,0,0,5,5,5"


async def test_values_beyond_the_limit_are_told_together(world: World) -> None:
    broken = {"breakdown": "$pathname", "breakdown_limit": 1}
    query = series("$pageview", breakdownFilter=broken)
    first, others = await result_of(world, query)
    assert others["breakdown_value"] == "$$_posthog_breakdown_other_$$"
    assert first["count"] + others["count"] == 5
    content = await world.content(export_format="text/csv", export_context={"source": query})
    last = content.decode().splitlines()[-1]
    assert last.startswith("$pageview,Other (i.e. all remaining values),0,0,")
    hidden = {**broken, "breakdown_hide_other_aggregation": True}
    (only,) = await result_of(world, series("$pageview", breakdownFilter=hidden))
    assert only["data"] == first["data"]


async def test_a_comparison_has_both_parts(world: World) -> None:
    now, before = await result_of(world, series("$pageview", compareFilter={"compare": True}))
    assert (now["compare_label"], now["count"]) == ("current", 5)
    assert (before["compare_label"], before["count"]) == ("previous", 0)


async def test_single_values_have_an_aggregate(world: World) -> None:
    query = series("$pageview", trendsFilter={"display": "BoldNumber"})
    (part,) = await result_of(world, query)
    assert (part["aggregated_value"], part["data"]) == (5, [])


async def test_funnels_tell_each_step(world: World) -> None:
    query = {
        "kind": "FunnelsQuery",
        "dateRange": {"date_from": "-3d"},
        "series": [{"event": "$pageview"}, {"event": "sign_up", "custom_name": "Joined"}],
    }
    first, second = await result_of(world, query)
    assert (first["name"], first["count"], first["average_conversion_time"]) == (
        "$pageview",
        2,
        None,
    )
    assert (second["name"], second["count"], second["order"]) == ("Joined", 1, 1)
    assert second["average_conversion_time"] == 100
    broken = {**query, "breakdownFilter": {"breakdown": "$browser"}}
    groups = await result_of(world, broken)
    assert [group[0]["breakdown_value"] for group in groups] == [["Chrome"], ["None (no value)"]]


async def test_retention_is_triangular(world: World) -> None:
    query = {"kind": "RetentionQuery", "retentionFilter": {"period": "Day", "totalIntervals": 3}}
    rows = await result_of(world, query)
    assert [row["label"] for row in rows] == ["Day 0", "Day 1", "Day 2"]
    assert [row["date"] for row in rows] == [f"{day}T00:00:00Z" for day in DAYS[1:]]
    assert [[each["count"] for each in row["values"]] for row in rows] == [[0, 0, 0], [2, 0], [0]]


async def test_paths_lead_from_page_to_page(world: World) -> None:
    query = {
        "kind": "PathsQuery",
        "dateRange": {"date_from": "-3d"},
        "pathsFilter": {"includeEventTypes": ["$pageview"]},
    }
    found = {(row["source"], row["target"]): row["value"] for row in await result_of(world, query)}
    assert found == {("1_/", "2_/pricing"): 1, ("1_/docs", "2_/"): 1}


async def test_stickiness_and_lifecycle_are_like_trends(world: World) -> None:
    node = [{"event": "$pageview"}]
    asked = {"dateRange": {"date_from": "-1d"}, "series": node}
    (part,) = await result_of(world, {"kind": "StickinessQuery", **asked})
    assert (part["days"], part["labels"], part["data"]) == ([1, 2], ["1 day", "2 days"], [2, 0])
    parts = await result_of(world, {"kind": "LifecycleQuery", **asked})
    told = {each["status"]: each["data"] for each in parts}
    assert told["new"] == [2, 0]
    assert told["dormant"] == [0, -2]


async def test_files_of_journeys_have_their_own_columns(world: World) -> None:
    steps = [{"event": "$pageview"}, {"event": "sign_up"}]
    funnel = {"kind": "FunnelsQuery", "dateRange": {"date_from": "-3d"}, "series": steps}
    retention = {"kind": "RetentionQuery", "retentionFilter": {"totalIntervals": 2}}
    cases = [
        (funnel, "name,breakdown_value,action_id,count,median_conversion_time (seconds)"),
        (retention, "cohort,cohort size,Day 0,Day 1"),
        ({"kind": "PathsQuery"}, "source,target,value,average_conversion_time"),
        ({"kind": "StickinessQuery", "series": [{"event": "$pageview"}]}, "series,1 day"),
        ({"kind": "LifecycleQuery", "series": [{"event": "$pageview"}]}, "series,24-Feb-2025"),
    ]
    for source, head in cases:
        content = await world.content(export_format="text/csv", export_context={"source": source})
        assert content.decode().startswith(head), content


async def test_dashboards_show_insights_and_override_their_range(world: World) -> None:
    board = await world.made("/dashboards/", {"name": "Board", "pinned": True, "tags": ["x"]})
    insight = await world.insight("On it", dashboards=[board["id"]])
    path = f"/dashboards/{board['id']}/"
    whole = (await world.get(path, refresh="blocking")).json()
    (tile,) = whole["tiles"]
    assert tile["insight"]["result"][0]["count"] == 5
    box = {"x": 6, "y": 2, "w": 6, "h": 4}
    body = {
        "filters": {"date_from": "2025-03-03"},
        "tiles": [{"id": tile["id"], "layouts": {"sm": box}}],
    }
    changed = (await world.send("PATCH", path, body, refresh="blocking")).json()
    assert changed["filters"] == {"date_from": "2025-03-03"}
    assert changed["tiles"][0]["layouts"]["sm"] == box
    assert changed["tiles"][0]["insight"]["result"][0]["data"] == [0]
    insight_path = f"/insights/{insight['id']}/"
    assert (await world.get(insight_path)).json()["dashboards"] == [board["id"]]
    await world.send("PATCH", insight_path, {"dashboards": []})
    assert (await world.get(path)).json()["tiles"] == []
    listed = (await world.get("/dashboards/")).json()
    assert "tiles" not in listed["results"][0]
    await world.send("PATCH", path, {"deleted": True})
    assert (await world.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("export_format", "start"),
    [
        ("image/png", b"\x89PNG"),
        ("application/pdf", b"%PDF"),
        ("text/csv", b"One\r\nseries,"),
        ("application/zip", b"PK"),
        ("application/x-ndjson", b'{"table":"One","series"'),
        ("application/json", b'[{"title":"One"'),
        ("application/vnd.apache.parquet", b"PAR1"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
    ],
)
async def test_dashboards_are_exported_whole(
    world: World, export_format: str, start: bytes
) -> None:
    board = await world.made("/dashboards/", {"name": "Whole"})
    for name in ("One", "Two"):
        await world.insight(name, dashboards=[board["id"]])
    content = await world.content(export_format=export_format, dashboard=board["id"])
    assert content.startswith(start)


async def test_files_equal_the_result_and_the_charts(world: World) -> None:
    for query in (
        series("$pageview", "sign_up"),
        series("$pageview", breakdownFilter={"breakdown": "$browser"}),
    ):
        result = await result_of(world, query)
        content = await world.content(export_format="text/csv", export_context={"source": query})
        rows = list(csv.reader(io.StringIO(content.decode())))
        told = [[*map(int, row[-5:])] for row in rows[1:]]
        assert told == [[*part["data"], part["count"]] for part in result]


async def test_projects_and_users_can_be_discovered(world: World) -> None:
    listed = (await world.http.get("/api/projects/", headers=world.bearer("reads"))).json()
    assert [row["id"] for row in listed["results"]] == [world.demo.number]
    one = (await world.get("/", "reads")).json()
    assert (one["id"], one["name"], one["timezone"]) == (world.demo.number, "demo", "UTC")
    me = (await world.http.get("/api/users/@me/", headers=world.bearer())).json()
    assert me["team"]["id"] == world.demo.number
    refused = await world.http.get("/api/users/@me/", headers=world.bearer("reads"))
    assert refused.status_code == 403


async def test_older_filters_are_kept_as_the_query_that_they_mean(world: World) -> None:
    filters = {
        "insight": "TRENDS",
        "date_from": "-3d",
        "events": [{"id": "$pageview", "order": 1}, {"id": "sign_up", "order": 0, "math": "dau"}],
        "breakdown": "$browser",
        "breakdown_type": "event",
        "display": "ActionsTable",
    }
    made = await world.made("/insights/?refresh=blocking", {"name": "Old", "filters": filters})
    source = made["query"]["source"]
    assert made["filters"] == {}
    assert source["kind"] == "TrendsQuery"
    assert [node["event"] for node in source["series"]] == ["sign_up", "$pageview"]
    told = {part["label"]: part["aggregated_value"] for part in made["result"]}
    assert told["$pageview - Chrome"] == 2
    for wrong in ({"insight": "DREAMS"}, {"actions": [{"id": 1}]}, {"events": "x"}):
        answer = await world.send("POST", "/insights/", {"filters": wrong})
        assert answer.status_code == 400
        assert answer.json()["attr"].startswith("filters__")
