"""The routes before `/track`: what old clients send, and the texts that they get."""

from pathlib import Path
from typing import Final

import pytest

from tests.compat.openpanel.tracking import (
    BOT,
    BROWSER,
    exported,
    properties,
    send,
    unproven,
)
from tests.compat.openpanel.world import World, open_world

pytestmark = pytest.mark.anyio

BODIES: Final[dict[str, dict[str, object]]] = {
    "/event": {"name": "old", "properties": {"a": 1}},
    "/profile": {"profileId": "ann", "firstName": "Ann", "properties": {"visits": 1}},
    "/profile/increment": {"profileId": "ann", "property": "visits", "value": 5},
    "/profile/decrement": {"profileId": "ann", "property": "visits", "value": 2},
}


async def test_old_calls_work_and_show(own: World) -> None:
    texts: list[str] = []
    for path, body in BODIES.items():
        answer = await own.http.post(path, json=body, headers=dict(own.writing))
        assert answer.status_code == 202
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        texts.append(answer.text)
    assert texts == ["ok", "ann", "ann", "ann"]
    (row,) = await exported(own, "old")
    assert row["properties"] == {"a": "1"}
    assert (await properties(own, "ann"))["visits"] == 4


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("prefix", ["", "/", "/api", "/api/"])
async def test_every_spelling_of_the_paths_works(world: World, prefix: str, path: str) -> None:
    await send(world, "identify", {"profileId": "ann", "properties": {"visits": 1}})
    url = f"http://rosetta.test{prefix}{path}"
    answer = await world.http.post(url, json=BODIES[path], headers=dict(world.writing))
    assert answer.status_code == 202
    asked = {"origin": "https://any.test", "access-control-request-method": "POST"}
    assert (await world.http.options(url, headers=asked)).status_code == 204


async def test_a_time_beside_the_properties_is_passed_over(own: World) -> None:
    body = {"name": "old", "timestamp": "2020-01-01T00:00:00Z"}
    await own.http.post("/event", json=body, headers={**own.writing, **BROWSER})
    (row,) = await exported(own, "old")
    assert row["createdAt"].startswith("2025-03-03T11:15:30")


async def test_credentials_may_stand_in_the_body(world: World) -> None:
    named = {
        "clientId": world.writing["openpanel-client-id"],
        "clientSecret": world.writing["openpanel-client-secret"],
    }
    assert (await world.http.post("/event", json={"name": "a", **named})).status_code == 202
    numbered = await world.http.post("/profile", json={"profileId": 12, **named})
    assert (numbered.status_code, numbered.text) == (202, "12")


async def test_a_repeated_event_counts_once_and_gets_the_same_answer(own: World) -> None:
    for _ in range(2):
        answer = await own.http.post("/event", json=BODIES["/event"], headers=unproven(own))
        assert (answer.status_code, answer.text) == (202, "ok")
    assert len(await exported(own, "old")) == 1


async def test_a_bot_is_told_so(world: World) -> None:
    headers = unproven(world, **{"user-agent": BOT})
    answer = await world.http.post("/event", json=BODIES["/event"], headers=headers)
    assert answer.status_code == 202
    assert answer.json()["bot"]["name"] == "Googlebot"


REFUSED: Final[list[tuple[str, object, int, str]]] = [
    ("/event", {}, 400, "body/name Field required"),
    ("/event", {"name": "a", "properties": {"a": [None] * 2_001}}, 400, "body/properties At most"),
    ("/event", [], 400, "body The body is a JSON object."),
    ("/profile", {"firstName": "Ann"}, 400, "body/profileId Field required"),
    ("/profile/increment", {"profileId": "ann", "property": "n"}, 400, "body/value Field required"),
    ("/profile/increment", {"profileId": "x", "property": "n", "value": 1}, 404, "Not found"),
    ("/profile/decrement", {"profileId": "x", "property": "n", "value": 1}, 404, "Not found"),
    ("/profile/increment", {"profileId": "ann", "property": "t", "value": 1}, 400, "Not number"),
    ("/profile/decrement", {"profileId": "ann", "property": "t", "value": 1}, 400, "Not number"),
    ("/profile/decrement", {"profileId": "ann", "property": "t", "value": 0}, 400, "body/value "),
]


@pytest.mark.parametrize(("path", "body", "status", "message"), REFUSED)
async def test_what_is_wrong_is_named(
    world: World, path: str, body: object, status: int, message: str
) -> None:
    await send(world, "identify", {"profileId": "ann", "properties": {"t": "text"}})
    answer = await world.http.post(path, json=body, headers=dict(world.writing))
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.json()["message"].startswith(message)


@pytest.mark.parametrize("path", BODIES)
async def test_nobody_unknown_is_let_in(world: World, path: str) -> None:
    answer = await world.http.post(path, json=BODIES[path])
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "Invalid client credentials",
        "status": 401,
        "message": "Missing client id",
    }
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_money_needs_a_secret_here_too(world: World) -> None:
    sale = {"name": "revenue", "properties": {"__revenue": 500}}
    answer = await world.http.post("/event", json=sale, headers=unproven(world))
    assert answer.status_code == 401


async def test_old_and_new_routes_share_a_limit_and_imports_have_their_own(tmp_path: Path) -> None:
    async for world in open_world("duckdb", tmp_path, track_requests_per_10_seconds=2):
        statuses: list[int] = []
        for path in ("/track", "/event", "/profile", "/import/events", "/import/events"):
            body = {"type": "track", "payload": {"name": "a"}, "name": "a", "profileId": "a"}
            sent: object = () if "import" in path else body
            answer = await world.http.post(path, json=sent, headers=dict(world.writing))
            statuses.append(answer.status_code)
        assert statuses == [200, 202, 429, 200, 200]
        answer = await world.http.post("/import/events", json=[], headers=dict(world.writing))
        assert answer.status_code == 429
        assert answer.json()["error"] == "Too Many Requests"
        assert 1 <= int(answer.headers["retry-after"]) <= 10
