"""`GET /export/funnel` as documented, and what it adds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.journey_results import StepReached, conversions
from app.analytics.records import Event
from app.analytics.session_merging import (
    merge_sessions,
    session_ids,
)
from app.analytics.sessions import (
    sessionize,
)
from app.projects.records import Project
from app.stores.base import Changes
from tests.compat.openpanel.world import World, at
from tests.support.naming import name_session

pytestmark = pytest.mark.anyio

MARCH = {"startDate": "2025-03-01", "endDate": "2025-03-03"}
STEPS = '[{"name":"screen_view"},{"name":"sign_up"},{"name":"revenue"}]'


def counts(body: dict[str, Any]) -> list[int]:
    return [step["count"] for step in body["steps"]]


async def asked(world: World, **params: str) -> dict[str, Any]:
    answer = await world.get("/export/funnel", **MARCH, **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_the_documented_request_has_the_documented_shape(world: World) -> None:
    answer = await world.get(
        "/export/funnel",
        projectId="demo",
        events='[{"name":"screen_view"},{"name":"sign_up"}]',
        range="last_30_days",
    )
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["totalSessions", "steps"]
    assert body["totalSessions"] == 3
    assert body["steps"][0] == {
        "event": {"name": "screen_view", "displayName": "screen_view", "filters": []},
        "count": 3,
        "percent": 100,
        "dropoffCount": 0,
        "dropoffPercent": 0,
        "previousCount": 3,
        "averageSeconds": None,
        "medianSeconds": None,
    }
    second = body["steps"][1]
    assert second["percent"] == pytest.approx(100 / 3)
    assert second["dropoffPercent"] == pytest.approx(200 / 3)
    assert (second["count"], second["dropoffCount"], second["previousCount"]) == (1, 2, 3)
    # The first view of the session came 100 seconds before.
    assert (second["averageSeconds"], second["medianSeconds"]) == (100, 100)


@pytest.mark.parametrize(
    "events",
    [
        STEPS,
        '["screen_view","sign_up","revenue"]',
        "screen_view,sign_up,revenue",
        '[{"name":"screen_view"},"sign_up",{"name":"revenue","filters":[]}]',
    ],
)
@pytest.mark.parametrize("name", ["events", "series", "events[]"])
async def test_steps_are_read_in_every_spelling(world: World, events: str, name: str) -> None:
    assert counts(await asked(world, **{name: events})) == [3, 1, 1]


async def test_steps_may_be_repeated_parameters(world: World) -> None:
    query = "events=screen_view&events=sign_up&startDate=2025-03-01&endDate=2025-03-03"
    answer = await world.http.get(f"/export/funnel?{query}", headers=dict(world.reading))
    assert counts(answer.json()) == [3, 1]


async def test_what_a_step_was_told_comes_back_with_it(world: World) -> None:
    step = {
        "id": "A",
        "name": "screen_view",
        "displayName": "Saw prices",
        "segment": "event",
        "filters": [{"name": "path", "operator": "is", "value": ["/pricing"]}],
    }
    body = await asked(world, events=json.dumps([step, "sign_up"]))
    assert body["steps"][0]["event"] == step
    assert counts(body) == [1, 1]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"events": STEPS, "funnelGroup": "profile_id"}, [2, 1, 1]),
        ({"events": STEPS, "funnelWindow": "0.018"}, [3, 1, 0]),
        ({"events": STEPS, "funnelWindow": "0.01"}, [3, 0, 0]),
        ({"events": "sign_up,screen_view"}, [1, 0]),
        ({"events": "sign_up,screen_view", "funnelOrder": "any"}, [3, 1]),
        ({"events": "screen_view,sign_up,revenue", "funnelOrder": "adjacent"}, [3, 1, 1]),
        ({"events": "screen_view,revenue", "funnelOrder": "adjacent"}, [3, 0]),
        ({"events": '["*","*"]'}, [3, 2]),
        ({"events": STEPS, "filters": '[{"name":"country","operator":"isNull"}]'}, [1, 0, 0]),
        ({"events": "screen_view,revenue", "exclusions": "sign_up"}, [3, 0]),
        (
            {
                "events": STEPS,
                "exclusions": '[{"name":"sign_up","afterStep":2,"beforeStep":3}]',
            },
            [3, 1, 1],
        ),
        ({"events": "nothing,at,all"}, [0, 0, 0]),
    ],
)
async def test_funnels_of_every_kind(
    world: World, params: dict[str, str], expected: list[int]
) -> None:
    assert counts(await asked(world, **params)) == expected


async def test_a_funnel_of_nothing_is_zeros_and_never_missing(world: World) -> None:
    body = await asked(world, events="nothing,nowhere")
    assert body["totalSessions"] == 0
    for step in body["steps"]:
        numbers = [
            step[key]
            for key in ("count", "percent", "dropoffCount", "dropoffPercent", "previousCount")
        ]
        assert numbers == [0] * 5


async def test_breakdowns_stand_beside_the_whole(world: World) -> None:
    body = await asked(world, events=STEPS, breakdowns='[{"name":"country"}]')
    assert counts(body) == [3, 1, 1]
    groups = {group["id"]: group for group in body["breakdowns"]}
    assert {*groups} == {"SE", "US", "Not set"}
    assert counts(groups["SE"]) == [1, 1, 1]
    assert groups["Not set"]["breakdowns"] == ["Not set"]
    two = await asked(world, events=STEPS, breakdowns="country,properties.plan", limit="1")
    (only,) = two["breakdowns"]
    assert only["id"].count("|") == 1


async def test_the_range_before_stands_beside_if_wanted(world: World) -> None:
    body = await asked(world, events=STEPS, previous="true")
    assert counts(body["previous"]) == [0, 0, 0]
    assert "previous" not in await asked(world, events=STEPS, previous="false")


async def remember(world: World, told: str) -> Project:
    """A project with events of one device, such as `A0 A10 B5`: names and milliseconds."""
    project = (await world.services.projects.create_project(told.replace(" ", "-").lower())).project
    events = [
        Event(
            project=project.number,
            id=f"{project.number}-{place}",
            name=event[0],
            created_at=at("2025-03-02T10:00:00+00:00") + int(event[1:]),
            received_at=0,
            position=project.number * 1000 + place,
            device_id="d1",
            profile_id="d1",
        )
        for place, event in enumerate(told.split())
    ]
    outcome = merge_sessions((), sessionize(events, name_session))
    changes = Changes(
        journal=told,
        position=1,
        events=events,
        sessions=outcome.states,
        session_ids=session_ids(events, outcome),
    )
    store = world.services.reader._store  # pyright: ignore[reportPrivateUsage]  # The server's own.
    await store.apply(changes)
    return project


@pytest.mark.parametrize(
    ("told", "expected"),
    [("A0 A10 B5", [1, 1]), ("A0 B0", [1, 0]), ("A0 A5 B5", [1, 1])],
)
async def test_sessions_reach_what_the_vectors_say(
    world: World, told: str, expected: list[int]
) -> None:
    project = await remember(world, told)
    answer = await world.http.get(
        "/export/funnel",
        params={"projectId": project.id, "events": "A,B", **MARCH},
        headers=dict(world.root),
    )
    assert counts(answer.json()) == expected


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({}, ["events"]),
        ({"events": "[]"}, ["events"]),
        ({"events": "["}, ["events"]),
        ({"events": '{"name"'}, ["events"]),
        ({"events": ",".join("abcdefghijk")}, ["events"]),
        ({"events": "[5]"}, ["events", 0]),
        ({"events": "[{}]"}, ["events", 0, "name"]),
        ({"series": '[{"name":""}]'}, ["series", 0, "name"]),
        ({"events": '[{"name":"a\\u0000"}]'}, ["events", 0, "name"]),
        ({"events": '[{"name":"a","filters":5}]'}, ["events", 0, "filters"]),
        (
            {"events": '["a",{"name":"a","filters":[{"name":"path","operator":"like"}]}]'},
            ["events", 1, "filters", 0, "operator"],
        ),
        (
            {"events": '[{"name":"a","filters":[{"name":"x","operator":"is","value":["1"]}]}]'},
            ["events", 0, "filters", 0, "name"],
        ),
        ({"events": "a,b", "funnelGroup": "device"}, ["funnelGroup"]),
        ({"events": "a,b", "funnelWindow": "0"}, ["funnelWindow"]),
        ({"events": "a,b", "funnelWindow": "-1"}, ["funnelWindow"]),
        ({"events": "a,b", "funnelWindow": "soon"}, ["funnelWindow"]),
        ({"events": "a,b", "funnelWindow": "1e300"}, ["funnelWindow"]),
        ({"events": "a,b", "funnelOrder": "loose"}, ["funnelOrder"]),
        ({"events": "a,b", "exclusions": "*"}, ["exclusions", 0, "name"]),
        ({"events": "a", "exclusions": "b"}, ["exclusions", 0]),
        ({"events": "a,b", "funnelOrder": "any", "exclusions": "c"}, ["exclusions"]),
        ({"events": "a,b", "exclusions": ",".join("abcdefghijk")}, ["exclusions"]),
        (
            {"events": "a,b", "exclusions": '[{"name":"c","afterStep":"1"}]'},
            ["exclusions", 0, "afterStep"],
        ),
        ({"events": "a,b", "exclusions": '[{"name":"c","afterStep":2}]'}, ["exclusions", 0]),
        ({"events": "a,b", "breakdowns": "nonsense"}, ["breakdowns", 0, "name"]),
        ({"events": "a,b", "breakdowns": "[{}]"}, ["breakdowns", 0, "name"]),
        ({"events": "a,b", "breakdowns": "a,b,c,d,e"}, ["breakdowns"]),
        ({"events": "a,b", "range": "last_days"}, ["range"]),
        ({"events": "a,b", "startDate": "2024-02-30"}, ["startDate"]),
        ({"events": "a,b", "limit": "many"}, ["limit"]),
        ({"events": "a,b", "previous": "maybe"}, ["previous"]),
    ],
)
async def test_bad_input_names_the_parameter(
    world: World, params: dict[str, str], path: list[str | int]
) -> None:
    answer = await world.get("/export/funnel", **params)
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert (body["error"], body["message"]) == ("Bad Request", "Invalid query parameters")
    assert path in [issue["path"] for issue in body["details"]["issues"]]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=10))
def test_rates_fit_the_counts(reached: list[int]) -> None:
    falling = sorted(reached, reverse=True)
    rates = conversions([StepReached(count) for count in falling])
    assert falling[0] - sum(rate.dropped for rate in rates) == falling[-1]
    for before, count, rate in zip([falling[0], *falling], falling, rates, strict=False):
        assert rate.dropped == before - count >= 0
        assert rate.from_start * falling[0] == pytest.approx(count)
        assert rate.from_previous * before == pytest.approx(count)
        assert 0 <= rate.from_start <= rate.from_previous <= 1
