"""The newer endpoints: journeys, rows themselves, profiles and groups."""

import json
from collections.abc import AsyncIterator

import pytest

from app.projects.directory import ProjectChange
from app.projects.sightings import Sighting
from tests.compat.openpanel.world import World, at, open_world
from tests.support.engines import ENGINES

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", params=ENGINES)
async def people(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A world that knows its profiles."""
    async for world in open_world(request.param, tmp_path_factory.mktemp(request.param)):
        for profile_id, name, is_external in (("ann", "Ann", True), ("d2", None, False)):
            seen = at("2025-03-02T10:00:00+00:00")
            sighting = Sighting(
                profile_id=profile_id,
                first_at=seen,
                last_at=seen,
                is_external=is_external,
                context={"country": "SE"} if name else {},
            )
            await world.services.profiles.seen(world.demo.number, [sighting])
        payload = {"profileId": "ann", "firstName": "Ann", "email": "ann@x.test"}
        assert (await world.track({"type": "identify", "payload": payload})).status_code == 200
        groups = {"profileId": "ann", "groupIds": ["acme"]}
        assert (await world.track({"type": "assign_group", "payload": groups})).status_code == 200
        yield world


async def test_funnel_of_named_steps(people: World) -> None:
    answer = await people.get(
        "/insights/demo/funnel", range="7d", steps='["screen_view","sign_up","revenue"]'
    )
    assert answer.json() == {
        "steps": [
            {
                "step": 1,
                "eventName": "screen_view",
                "users": 3,
                "conversionRateFromStart": 100,
                "dropoffPercent": 66.67,
                "isHighestDropoff": True,
            },
            {
                "step": 2,
                "eventName": "sign_up",
                "users": 1,
                "conversionRateFromStart": 33.33,
                "dropoffPercent": 0,
                "isHighestDropoff": False,
            },
            {
                "step": 3,
                "eventName": "revenue",
                "users": 1,
                "conversionRateFromStart": 33.33,
                "dropoffPercent": None,
                "isHighestDropoff": False,
            },
        ],
        "totalUsers": 3,
        "completedUsers": 1,
        "overallConversionRate": 33.33,
    }
    repeated = "/insights/demo/funnel?steps=a&steps=b&groupBy=profile_id"
    nobody = await people.http.get(repeated, headers=dict(people.reading))
    assert nobody.json()["totalUsers"] == 0
    refused = await people.get("/insights/demo/funnel", steps="one")
    assert refused.status_code == 400


async def test_user_flow_after_an_event(people: World) -> None:
    answer = await people.get("/insights/demo/user_flow", range="7d", startEvent="screen_view")
    body = answer.json()
    assert (body["mode"], body["node_count"], body["link_count"]) == ("after", 3, 2)
    assert [(node["label"], node["step"], node["value"]) for node in body["nodes"]] == [
        ("screen_view", 1, 3),
        ("sign_up", 2, 1),
        ("revenue", 3, 1),
    ]
    ids = {node["id"] for node in body["nodes"]}
    assert all({link["source"], link["target"]} <= ids for link in body["links"])


async def test_user_flow_between_and_before(people: World) -> None:
    params = {"range": "7d", "startEvent": "screen_view", "endEvent": "revenue"}
    between = await people.get("/insights/demo/user_flow", mode="between", **params)
    assert between.json()["nodes"][-1]["label"] == "revenue"
    before = await people.get("/insights/demo/user_flow", mode="before", startEvent="revenue")
    assert before.json()["node_count"] == 3
    refused = await people.get("/insights/demo/user_flow", mode="between")
    paths = [issue["path"] for issue in refused.json()["details"]["issues"]]
    assert paths == [["startEvent"], ["endEvent"]]


async def test_retention_by_week(people: World) -> None:
    rows = (await people.get("/insights/demo/retention", range="14d")).json()
    assert rows[-1] == {
        "date": "2025-03-02",
        "active_users": 1,
        "retained_users": 0,
        "retention": 0,
    }
    cohorts = (await people.get("/insights/demo/retention/cohort")).json()
    assert cohorts[0]["cohort_interval"] == "Weighted Average"
    assert len(cohorts) == 13
    assert (cohorts[-1]["sum"], cohorts[-1]["values"], cohorts[-1]["percentages"]) == (1, [1], [1])


async def test_engagement_of_identified_people(people: World) -> None:
    body = (await people.get("/insights/demo/engagement")).json()
    assert body["summary"]["total_identified_users"] == 1
    assert sum(row["users"] for row in body["distribution"]) == 1


EVENT_FILTERS = [
    ({"eventNames": "sign_up,revenue"}, "43"),
    ({"country": "Sweden", "eventNames": "screen_view"}, "21"),
    ({"properties": '{"plan":"pro","seats":3}'}, "3"),
    ({"profileId": "d2"}, "76"),
    ({"limit": "1"}, "7"),
    ({"filters": '[{"name":"path","operator":"contains","value":["PRIC"]}]'}, "32"),
]


@pytest.mark.parametrize(("params", "ids"), EVENT_FILTERS)
async def test_events_are_chosen(people: World, params: dict[str, str], ids: str) -> None:
    rows = (await people.get("/insights/demo/events", **params)).json()
    assert [row["id"][-1] for row in rows] == list(ids)


async def test_rows_of_an_event_and_a_session(people: World) -> None:
    (row,) = (await people.get("/insights/demo/events", eventNames="sign_up")).json()
    assert row["created_at"] == "2025-03-02 10:01:40.000"
    assert (row["project_id"], row["groups"], row["brand"]) == ("demo", ["acme"], "")
    assert row["properties"]["address.zip"] == "0123"
    sessions = (await people.get("/insights/demo/sessions", os="Windows")).json()
    assert [(row["duration"], row["is_bounce"], row["entry_path"]) for row in sessions] == [
        (110_000, False, "/")
    ]


async def test_what_can_be_asked_about_events(people: World) -> None:
    names = (await people.get("/insights/demo/events/names")).json()
    assert names[0] == "screen_view"
    assert {"sign_up", "revenue"} <= set(names)
    body = (await people.get("/insights/demo/events/properties", eventName="sign_up")).json()
    assert len(body["columns"]) == 22
    assert {"property_key": "plan", "event_name": "sign_up"} in body["properties"]
    params = {"eventName": "sign_up", "propertyKey": "items.*.sku"}
    values = (await people.get("/insights/demo/events/property_values", **params)).json()
    assert sorted(values["values"]) == ["x", "y"]
    refused = await people.get("/insights/demo/events/property_values")
    assert refused.status_code == 400


PROFILES: list[tuple[dict[str, str], str]] = [
    ({}, "ann d2"),
    ({"name": "AN"}, "ann"),
    ({"email": "x.test"}, "ann"),
    ({"country": "Sweden"}, "ann"),
    ({"minSessions": "2"}, ""),
    ({"performedEvent": "sign_up"}, "ann"),
    ({"inactiveDays": "30"}, ""),
    ({"filters": '[{"name":"profile.first_name","operator":"isNull"}]'}, "d2"),
    ({"filters": '[{"name":"path","operator":"is","value":["/docs"]}]'}, "d2"),
    ({"filters": '[{"name":"group.name","operator":"is","value":["acme"]}]'}, "ann"),
    ({"limit": "1", "sortOrder": "asc"}, "ann"),
]


@pytest.mark.parametrize(("params", "ids"), PROFILES)
async def test_profiles_are_chosen(people: World, params: dict[str, str], ids: str) -> None:
    answer = await people.get("/insights/demo/profiles", **params)
    assert answer.status_code == 200, answer.text
    assert sorted(row["id"] for row in answer.json()) == ids.split()


async def test_one_profile_with_events_sessions_and_numbers(people: World) -> None:
    body = (await people.get("/insights/demo/profiles/ann", eventLimit="2")).json()
    assert body["profile"]["first_name"] == "Ann"
    assert len(body["recentEvents"]) == 2
    sessions = (await people.get("/insights/demo/profiles/ann/sessions")).json()
    assert len(sessions) == 2
    numbers = (await people.get("/insights/demo/profiles/ann/metrics")).json()
    assert numbers == {
        "profileId": "ann",
        "firstSeen": "2025-03-02 10:00:00.000",
        "lastSeen": numbers["lastSeen"],
        "sessions": 2,
        "screenViews": 3,
        "totalEvents": 5,
        "conversionEvents": 0,
        "uniqueDaysActive": 1,
        "avgSessionDurationMin": 1.83,
        "p90SessionDurationMin": 1.65,
        "avgEventsPerSession": 2.5,
        "avgTimeBetweenSessionsSec": 18000,
        "bounceRate": 50,
        "revenue": 1999,
    }
    counted = ProjectChange(conversions=("screen_view", "purchase"))
    await people.services.projects.change_project("demo", counted)
    converted = (await people.get("/insights/demo/profiles/ann/metrics")).json()
    await people.services.projects.change_project("demo", ProjectChange(conversions=()))
    assert converted == numbers | {"conversionEvents": 3}
    missing = await people.get("/insights/demo/profiles/nobody")
    assert (missing.status_code, missing.json()["message"]) == (404, "Profile not found")


async def test_groups_and_their_members(people: World) -> None:
    assert (await people.get("/insights/demo/groups/types")).json() == {"types": ["company"]}
    for params, found in (({}, 1), ({"search": "CM"}, 1), ({"search": "%"}, 0), ({"type": "x"}, 0)):
        assert len((await people.get("/insights/demo/groups", **params)).json()) == found
    body = (await people.get("/insights/demo/groups/acme")).json()
    assert body["group"]["properties"] == {"size": 10}
    assert (body["member_count"], [row["id"] for row in body["members"]]) == (1, ["ann"])
    assert (await people.get("/insights/demo/groups/nothing")).status_code == 404


async def test_every_endpoint_refuses_filters_that_are_none(people: World) -> None:
    wrong = json.dumps([{"name": "colour", "operator": "is", "value": ["x"]}])
    for name in ("events", "sessions", "profiles", "overview", "metrics", "pages", "traffic/geo"):
        answer = await people.get(f"/insights/demo/{name}", filters=wrong)
        assert answer.status_code == 400, name
        assert answer.json()["details"]["issues"][0]["path"] == ["filters", 0, "name"]
