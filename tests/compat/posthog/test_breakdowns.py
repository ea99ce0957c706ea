"""Lines by what groups and cohorts are."""

from typing import Any

import pytest

from app.analytics.filters import Performed
from app.analytics.metrics import named
from app.projects.groups import GroupWord
from tests.compat.openpanel.world import NOW
from tests.compat.posthog.world import TRENDS, Json, World

pytestmark = pytest.mark.anyio


async def lines(world: World, query: Json) -> dict[Any, list[int]]:
    """The points of each line by the value that it is of."""
    insight = await world.insight("Broken down", query)
    answer = await world.get(f"/insights/{insight['id']}/", refresh="blocking")
    assert answer.status_code == 200, answer.text
    return {part.get("breakdown_value"): part["data"] for part in answer.json()["result"]}


async def test_groups_are_counted_filtered_and_broken_down_by(world: World) -> None:
    acme = GroupWord(id="acme", type="company", name="Acme", said_at=NOW, properties={"size": "xl"})
    await world.services.groups.upsert(world.demo.number, acme)
    joined: Json = {**TRENDS, "series": [{"event": "sign_up"}]}
    group = {"breakdown": "size", "breakdown_type": "group"}
    assert await lines(world, {**joined, "breakdownFilter": group}) == {"xl": [0, 0, 1, 0]}
    large = {"key": "size", "value": "xl", "type": "group"}
    everything: Json = {**TRENDS, "series": [{"event": None}], "properties": [large]}
    assert await lines(world, everything) == {None: [0, 0, 1, 0]}
    counted = {"event": None, "math": "unique_group", "math_group_type_index": 0}
    assert await lines(world, {**TRENDS, "series": [counted]}) == {None: [0, 0, 1, 0]}


async def test_cohorts_stand_beside_each_other(world: World) -> None:
    cohorts = world.services.cohorts
    joined = await cohorts.create(world.demo.number, "Joined", Performed(named("sign_up")))
    seen = await cohorts.create(world.demo.number, "Seen", Performed(named("screen_view")))
    for breakdown, told in (
        ([joined.cohort.id], {"Joined": [0, 0, 3, 0]}),
        ([joined.number, seen.cohort.id], {"Joined": [0, 0, 3, 0], "Seen": [0, 0, 5, 0]}),
        ([joined.cohort.id, "all"], {"Joined": [0, 0, 3, 0], "all users": [0, 0, 5, 0]}),
    ):
        members = {"breakdown": breakdown, "breakdown_type": "cohort"}
        assert await lines(world, {**TRENDS, "breakdownFilter": members}) == told
    nothing: Json = {"breakdown": [], "breakdown_type": "cohort"}
    answer = await world.send(
        "POST", "/insights/", {"query": {**TRENDS, "breakdownFilter": nothing}}
    )
    assert answer.json()["attr"] == "query__breakdownFilter__breakdown"


async def test_funnels_are_told_over_time(world: World) -> None:
    query: Json = {
        "kind": "FunnelsQuery",
        "dateRange": {"date_from": "-3d"},
        "series": [{"event": "$pageview"}, {"event": "sign_up"}],
        "funnelsFilter": {"funnelVizType": "trends"},
    }
    assert await lines(world, query) == {None: [0, 0, 50, 0]}
    by = {"breakdownFilter": {"breakdown": "$browser"}}
    told = await lines(world, {**query, **by})
    assert told == {"Chrome": [0, 0, 100, 0], "$$_posthog_breakdown_null_$$": [0, 0, 0, 0]}
    content = await world.content(export_format="text/csv", export_context={"source": query})
    assert content.decode().splitlines()[1] == "Conversion rate,0,0,50.0,0,50.0"
    order = {"export_format": "image/png", "export_context": {"source": query}}
    assert (await world.content(**order)).startswith(b"\x89PNG")
    board = await world.made("/dashboards/", {"name": "Now", "filters": {"date_from": "-1d"}})
    insight = await world.insight("Over time", query, dashboards=[board["id"]])
    path = f"/insights/{insight['id']}/"
    shown = await world.get(path, refresh="blocking", from_dashboard=str(board["id"]))
    assert [part["data"] for part in shown.json()["result"]] == [[50, 0]]
