"""What keeps messages out or from counting twice: bots, duplicates, keys, a project's filters."""

from typing import Final

import pytest

from app.analytics.filters import Operator
from app.analytics.records import Json
from app.projects.directory import ProjectChange
from app.projects.filters import (
    AddressFilter,
    EventCondition,
    EventFilter,
    ProfileFilter,
    ProjectFilter,
)
from tests.compat.openpanel.tracking import (
    BOT,
    BROWSER,
    CHUNK,
    KINDS,
    exported,
    properties,
    send,
    unproven,
)
from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("kind", "payload"), KINDS)
async def test_a_bot_without_a_secret_is_told_so(world: World, kind: str, payload: Json) -> None:
    body = {"type": kind, "payload": payload}
    answer = await world.http.post(
        "/track", json=body, headers=unproven(world, **{"user-agent": BOT})
    )
    assert answer.status_code == 202
    assert answer.json() == {"bot": {"name": "Googlebot", "type": "Search bot"}}


async def test_what_bots_do_is_no_event_unless_a_server_vouches_for_it(own: World) -> None:
    body = {"type": "track", "payload": {"name": "crawled"}}
    agent = {"user-agent": BOT}
    await own.http.post("/track", json=body, headers=unproven(own, **agent))
    assert await exported(own, "crawled") == []
    assert (await own.track(body, **agent)).status_code == 200
    assert len(await exported(own, "crawled")) == 1


async def test_client_hints_are_believed(own: World) -> None:
    hints = {"sec-ch-ua-platform": '"Windows"', "sec-ch-ua-platform-version": '"15.0.0"'}
    await send(own, "track", {"name": "hinted"}, **BROWSER, **hints)
    (row,) = await exported(own, "hinted")
    assert (row["os"], row["osVersion"]) == ("Windows", "11")


async def test_the_same_request_within_a_moment_counts_once(own: World) -> None:
    body = {"type": "track", "payload": {"name": "twice"}}
    first, second = [
        (await own.http.post("/track", json=body, headers=unproven(own))) for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == {**first.json(), "duplicate": True}
    assert len(await exported(own, "twice")) == 1
    own.clock.advance(100)
    third = await own.http.post("/track", json=body, headers=unproven(own))
    assert "duplicate" not in third.json()
    assert len(await exported(own, "twice")) == 2


DIFFERENT: Final = [
    {"x-client-ip": "203.0.113.8"},
    {"origin": "https://a.shop.test"},
    {"idempotency-key": "another"},
]


@pytest.mark.parametrize("changes", DIFFERENT)
async def test_requests_that_differ_are_no_duplicates(
    fresh: World, changes: dict[str, str]
) -> None:
    body = {"type": "increment", "payload": {"profileId": "ann", "property": "n"}}
    await send(fresh, "identify", {"profileId": "ann"})
    for headers in (unproven(fresh), unproven(fresh, **changes)):
        answer = await fresh.http.post("/track", json=body, headers=headers)
        assert "duplicate" not in answer.json()
    assert (await properties(fresh, "ann"))["n"] == 2


async def test_nobody_takes_a_profile_over_without_a_secret(own: World) -> None:
    await own.track({"type": "identify", "payload": {"profileId": "victim", "firstName": "Vic"}})
    taking = {"type": "alias", "payload": {"profileId": "thief", "alias": "victim"}}
    answer = await own.http.post("/track", json=taking, headers=unproven(own))
    assert (answer.status_code, answer.json()) == (
        401,
        {
            "error": "Invalid client credentials",
            "status": 401,
            "message": "A profile can't become an alias without a client secret",
        },
    )
    victim = await own.services.profiles.find(own.demo.number, "victim")
    assert victim is not None
    assert victim.id == "victim"
    # What nobody has told of is free, and whoever has the secret may.
    free = {"type": "alias", "payload": {"profileId": "thief", "alias": "new"}}
    assert (await own.http.post("/track", json=free, headers=unproven(own))).status_code == 200
    assert (await own.track(taking)).status_code == 200


async def test_a_reading_client_with_its_secret_may_track(world: World) -> None:
    answer = await world.http.post(
        "/track", json={"type": "track", "payload": {"name": "read"}}, headers=dict(world.reading)
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("missing", ["origin", "x-client-ip"])
async def test_requests_that_can_not_be_told_apart_all_count(fresh: World, missing: str) -> None:
    body = {"type": "increment", "payload": {"profileId": "ann", "property": "n"}}
    await send(fresh, "identify", {"profileId": "ann"})
    headers = {**unproven(fresh), **fresh.writing}
    del headers[missing]
    for _ in range(2):
        answer = await fresh.http.post("/track", json=body, headers=headers)
        assert "duplicate" not in answer.json()
    assert (await properties(fresh, "ann"))["n"] == 2


async def test_recordings_are_never_taken_for_duplicates(fresh: World) -> None:
    body = {"type": "replay", "payload": CHUNK}
    for _ in range(2):
        answer = await fresh.http.post("/track", json=body, headers=unproven(fresh))
        assert answer.json().get("duplicate") is None


async def test_a_key_makes_a_call_repeatable_for_days(own: World) -> None:
    body = {"type": "track", "payload": {"name": "paid", "properties": {"n": 1}}}
    key = {"idempotency-key": "k-1"}
    first = await own.track(body, **BROWSER, **key)
    own.clock.advance(24 * 3600 * 1000)
    again = await own.track(body, **BROWSER, **key)
    assert again.json() == {**first.json(), "duplicate": True}
    other = await own.track(body, **BROWSER, **{"idempotency-key": "k-2"})
    assert "duplicate" not in other.json()
    assert len(await exported(own, "paid")) == 2


@pytest.mark.parametrize("name", ["__insertId", "$insert_id"])
async def test_an_id_among_the_properties_does_the_same(own: World, name: str) -> None:
    body = {"type": "track", "payload": {"name": "paid", "properties": {name: "k"}}}
    answers = [(await own.track(body)).json() for _ in range(2)]
    assert [answer.get("duplicate") for answer in answers] == [None, True]
    assert len(await exported(own, "paid")) == 1


async def test_a_repeated_call_is_known_after_its_alias_was_made(own: World) -> None:
    body = {"type": "track", "payload": {"name": "paid", "profileId": "a1"}}
    key = {"idempotency-key": "k"}
    await own.track(body, **key)
    await send(own, "alias", {"profileId": "1", "alias": "a1"})
    assert (await own.track(body, **key)).json()["duplicate"] is True


async def refuse(world: World, *filters: ProjectFilter) -> None:
    await world.services.projects.change_project("demo", ProjectChange(filters=filters))


BLOCKED: Final[list[tuple[str, Json, dict[str, str], str | None]]] = [
    ("track", {"name": "a"}, {"x-client-ip": "198.51.100.9"}, "IP address"),
    ("track", {"name": "a", "properties": {"__ip": "198.51.100.9"}}, {}, "IP address"),
    ("group", {"id": "a", "type": "b", "name": "c"}, {"x-client-ip": "198.51.100.1"}, "IP address"),
    ("track", {"name": "a"}, {"x-client-ip": "198.51.101.9"}, None),
    ("track", {"name": "a", "profileId": "eve"}, {}, "Profile id"),
    ("track", {"name": "a", "profileId": 666}, {}, "Profile id"),
    ("track", {"name": "a", "profileId": "evelyn"}, {}, "Profile id"),
    ("track", {"name": "a", "properties": {"__identify": {"profileId": "eve"}}}, {}, "Profile id"),
    ("identify", {"profileId": "eve"}, {}, "Profile id"),
    ("alias", {"profileId": "ann", "alias": "eve"}, {}, "Profile id"),
    ("increment", {"profileId": "eve", "property": "n"}, {}, "Profile id"),
    ("assign_group", {"profileId": "eve", "groupIds": ["a"]}, {}, "Profile id"),
    ("track", {"name": "a", "profileId": "ann"}, {}, None),
]


@pytest.mark.parametrize(("kind", "payload", "headers", "reason"), BLOCKED)
async def test_what_a_project_refuses_is_a_401(
    fresh: World, kind: str, payload: Json, headers: dict[str, str], reason: str | None
) -> None:
    await send(fresh, "alias", {"profileId": "eve", "alias": "evelyn"})
    filters = (AddressFilter("198.51.100.0/24"), ProfileFilter("eve"), ProfileFilter("666"))
    await refuse(fresh, *filters)
    answer = await send(fresh, kind, payload, **headers)
    assert answer.status_code == (401 if reason else 200)
    if reason:
        assert answer.json() == {
            "error": "Invalid client credentials",
            "status": 401,
            "message": f"{reason} is blocked by project filter",
        }


async def test_dropped_events_are_answered_and_open_no_session(own: World) -> None:
    path = EventCondition(field="path", operator=Operator.STARTS_WITH, values=("/admin",))
    await refuse(own, EventFilter(name="secret"), EventFilter(conditions=(path,)))
    page = {"__path": "https://shop.test/admin/x"}
    for payload in ({"name": "secret"}, {"name": "screen_view", "properties": page}):
        answer = await send(own, "track", payload, **BROWSER)
        assert answer.status_code == 200
        assert len(answer.json()["deviceId"]) == 32
    assert await exported(own, "secret") == []
    assert (await own.get("/insights/demo/live")).json() == {"visitors": 0}
    asked = await own.http.get("/track/device-id", headers=unproven(own))
    assert asked.json()["sessionId"] == ""


async def test_a_project_may_trust_anyone_with_money(fresh: World) -> None:
    sale = {"type": "track", "payload": {"name": "revenue", "properties": {"__revenue": 500}}}
    headers = unproven(fresh)
    assert (await fresh.http.post("/track", json=sale, headers=headers)).status_code == 401
    change = ProjectChange(allow_unsafe_revenue=True)
    await fresh.services.projects.change_project("demo", change)
    assert (await fresh.http.post("/track", json=sale, headers=headers)).status_code == 200
