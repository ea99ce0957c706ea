"""`/groups`: what is known of groups changes, and events that name them belong to them."""

import base64
import json
from typing import Any

import httpx
import orjson
import pytest

from app.analytics.records import Json
from tests.compat.mixpanel.world import DAY, World, basic

pytestmark = pytest.mark.anyio

WIDE = {"from_date": "2025-03-01", "to_date": "2025-03-12"}


async def updated(
    world: World, *updates: dict[str, Json], group_id: Json = "Acme Inc."
) -> httpx.Response:
    whole = [
        {"$token": world.demo.token, "$group_key": "company", "$group_id": group_id, **update}
        for update in updates
    ]
    sent = {"data": json.dumps(whole), "verbose": "1"}
    return await world.http.post("/groups", data=sent)


async def insights(world: World, path: str) -> Any:  # noqa: ANN401 — any JSON.
    answer = await world.http.get(f"/insights/demo/groups{path}", headers=world.reading)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_groups_change_by_every_operator(own: World) -> None:
    updates: list[dict[str, Json]] = [
        {"$set_once": {"$name": "Acme", "seats": 1, "items": ["anvil", 1]}},
        {"$set": {"seats": 5, "old": True, "plan": None}},
        {"$set_once": {"$name": "never", "seats": 9, "since": "2025"}},
        {"$union": {"items": ["anvil", True], "more": "x"}},
        {"$remove": {"items": "anvil"}},
        {"$unset": ["old", "nothing"]},
        {"$add": {"seats": 0.5}},
        {"$append": {"more": ["y"]}},
    ]
    for update in updates:
        answer = await updated(own, update)
        assert (answer.status_code, answer.json()) == (200, {"status": 1, "error": None})
    (group,) = await insights(own, "")
    told = {"seats": 5.5, "plan": None, "items": [1, True], "since": "2025", "more": ["x", ["y"]]}
    assert (group["id"], group["type"], group["name"]) == ("Acme Inc.", "company", "Acme")
    assert group["properties"] == told
    assert (await insights(own, "/types"))["types"] == ["company"]

    await updated(own, {"$delete": ""})
    (group,) = await insights(own, "")
    assert (group["name"], group["properties"]) == ("Acme Inc.", {})


async def test_one_request_changes_many_groups_or_none(own: World) -> None:
    taken = await updated(own, {"$group_id": 7, "$set": {"a": 1}}, {"$group_id": "8", "$set": {}})
    assert taken.json()["status"] == 1
    assert [group["id"] for group in await insights(own, "")] == ["7", "8"]
    refused = await updated(own, {"$group_id": "9", "$set": {"a": 1}}, {"$add": {"a": "x"}})
    assert refused.json()["status"] == 0
    nothing = await updated(own, {"$group_id": "10", "$delete": ""}, {"$unset": ["a"]})
    assert nothing.json()["status"] == 1
    assert [group["id"] for group in await insights(own, "")] == ["7", "8"]


WRONG: list[tuple[dict[str, Json], str]] = [
    ({"$group_key": "", "$set": {}}, "'$group_key' is missing"),
    ({"$group_key": None, "$set": {}}, "'$group_key' is missing"),
    ({"$group_id": True, "$set": {}}, "'$group_id' is missing"),
    ({}, "One of $set, $set_once"),
    ({"$set": []}, "'$set' must be an object"),
    ({"$unset": "a"}, "'$unset' must be a list of names"),
    ({"$group_key": "team", "$set": {"a": 1}}, "is of the type 'company'"),
    ({"$add": {"seats": 2**63 - 1}}, "The sum of 'seats' is out of range"),
    ({"$add": {"$name": 1}}, "The property 'name' is not a number"),
    ({"$token": "another", "$set": {}}, "about one project"),
]


async def test_wrong_updates_are_told(own: World) -> None:
    first: dict[str, Json] = {"$set": {"seats": 1, "$name": "Acme"}}
    assert (await updated(own, first)).json()["status"] == 1
    for update, error in WRONG:
        answer = await updated(own, first, update)
        assert answer.status_code == 200
        assert answer.json()["status"] == 0
        assert error in answer.json()["error"]


async def test_updates_need_the_projects_token(world: World) -> None:
    update: dict[str, Json] = {"$group_key": "company", "$group_id": "x", "$set": {"a": 1}}
    cases: list[tuple[dict[str, Json], int]] = [(update, 401), ({**update, "$token": "x"}, 401)]
    for told, status in cases:
        answer = await world.http.post("/groups", json=[told])
        assert answer.status_code == status
        assert answer.json() == {"error": "Unable to authenticate request", "status": "error"}


async def test_updates_come_in_every_form(own: World) -> None:
    told = orjson.dumps(
        {"$token": own.demo.token, "$group_key": "company", "$group_id": "x", "$set": {"a": 1}}
    )
    encoded = base64.b64encode(told).decode()
    for answer in (
        await own.http.get("/groups", params={"data": encoded}),
        await own.http.get("/groups/", params={"data": told.decode()}),
        await own.http.post("/groups", data={"data": encoded}),
        await own.http.post("/groups/", content=told, headers=basic(f"{own.secret}:")),
    ):
        assert (answer.status_code, answer.text) == (200, "1")


async def test_events_belong_to_the_groups_that_they_name(own: World) -> None:
    """Mixpanel's libraries name groups by properties that are called as the groups' keys."""
    await updated(own, {"$set": {"a": 1}})
    named: dict[str, Json] = {"company": ["Acme Inc.", 7, None, ""], "team": "red"}
    tracked = {
        "event": "Tracked",
        "properties": {"token": own.demo.token, "distinct_id": "ada", **named},
    }
    assert (await own.http.post("/track", json=[tracked])).text == "1"
    told = {"distinct_id": "bob", "time": DAY // 1000, "$insert_id": "a", "company": "Acme Inc."}
    headers = basic(f"{own.secret}:")
    rows = [{"event": "Imported", "properties": told}]
    assert (await own.http.post("/import", json=rows, headers=headers)).status_code == 200
    imports, tracks = (
        line["properties"] for line in await own.lines(**WIDE, event='["Tracked","Imported"]')
    )
    assert tracks["$groups"] == ["Acme Inc.", "7"]
    assert tracks["company"] == named["company"]
    assert imports["$groups"] == ["Acme Inc."]


async def test_profiles_belong_to_the_groups_that_they_name(own: World) -> None:
    await updated(own, {"$set": {"a": 1}})
    for operator in ("$set", "$set_once", "$append", "$union"):
        update = {
            "$token": own.demo.token,
            "$distinct_id": operator,
            operator: {"company": "Acme Inc."},
        }
        assert (await own.http.post("/engage", json=[update])).text == "1"
        profile = await own.services.profiles.find(own.demo.number, operator)
        assert profile is not None
        assert profile.groups == ("Acme Inc.",)
    found = await insights(own, "/Acme Inc.")
    assert found["member_count"] == 4
