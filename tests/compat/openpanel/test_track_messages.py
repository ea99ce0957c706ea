"""Every type of message over HTTP: the documented calls, and what becomes of all the others."""

import asyncio
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Final

import httpx
import pytest

from app.analytics.records import Json
from app.control.replays import ReplayStore, default_replay_url
from app.kit.clock import FixedClock
from app.lifespan import open_services
from app.settings import Settings
from tests.compat.openpanel.tracking import BROWSER, CHUNK, KINDS, exported, properties, send
from tests.compat.openpanel.world import NOW, World, open_world
from tests.support.engines import store_url

pytestmark = pytest.mark.anyio

_CALL: Final = """curl -X POST https://api.openpanel.dev/track \\
-H "Content-Type: application/json" \\
-H "openpanel-client-id: YOUR_CLIENT_ID" \\
-H "openpanel-client-secret: YOUR_CLIENT_SECRET" \\
-d '{
  "type": "%s",
  "payload": %s
}'"""

DOCUMENTED: Final = [
    _CALL % (kind, payload)
    for kind, payload in (
        (
            "track",
            """{
    "name": "my_event",
    "properties": {
      "foo": "bar"
    }
  }""",
        ),
        (
            "identify",
            """{
    "profileId": "123",
    "firstName": "Joe",
    "lastName": "Doe",
    "email": "[email protected]",
    "properties": {
      "tier": "premium"
    }
  }""",
        ),
        (
            "alias",
            """{
    "profileId": "1",
    "alias": "a1"
  }""",
        ),
        (
            "increment",
            """{
    "profileId": "1",
    "property": "visits",
    "value": 1
  }""",
        ),
        (
            "decrement",
            """{
    "profileId": "1",
    "property": "visits",
    "value": 1
  }""",
        ),
    )
]


async def run(world: World, command: str) -> httpx.Response:
    """What the command line would get, with its base URL and credentials filled in."""
    filled = command.replace("https://api.openpanel.dev", "http://rosetta.test")
    filled = filled.replace("YOUR_CLIENT_ID", world.writing["openpanel-client-id"])
    filled = filled.replace("YOUR_CLIENT_SECRET", world.writing["openpanel-client-secret"])
    words = shlex.split(filled.replace("\\\n", " "))
    flags = list(pairwise(words))
    (url,) = [word for word in words if word.startswith("http")]
    headers = dict(value.split(": ", 1) for flag, value in flags if flag == "-H")
    (body,) = [value for flag, value in flags if flag == "-d"]
    # What curl would call itself.
    return await world.http.post(url, content=body, headers={**headers, "user-agent": "curl/8.5.0"})


async def test_every_documented_call_works_and_shows(own: World) -> None:
    for command in DOCUMENTED[:4]:
        answer = await run(own, command)
        assert (answer.status_code, answer.json()) == (200, {"deviceId": "", "sessionId": ""})
    (event,) = await exported(own, "my_event")
    assert event["properties"] == {"foo": "bar"}
    assert (await properties(own, "123"))["tier"] == "premium"
    assert (await properties(own, "1"))["visits"] == 1
    assert (await run(own, DOCUMENTED[4])).status_code == 200
    assert (await properties(own, "1"))["visits"] == 0
    alias = await own.services.profiles.find(own.demo.number, "a1")
    assert alias is not None
    assert alias.id == "1"


async def test_documented_calls_may_be_repeated(own: World) -> None:
    for command in DOCUMENTED * 2:
        assert (await run(own, command)).status_code == 200
    assert (await properties(own, "1"))["visits"] == 0


async def test_events_of_an_alias_are_stored_under_the_profile(own: World) -> None:
    await send(own, "alias", {"profileId": "ann", "alias": "anna"})
    await send(own, "track", {"name": "signed", "profileId": "anna"})
    identify = {"__identify": {"profileId": "anna", "firstName": "Ann"}}
    await send(own, "track", {"name": "signed", "properties": identify}, **BROWSER)
    assert [row["profileId"] for row in await exported(own, "signed")] == ["ann", "ann"]
    profile = await own.services.profiles.find(own.demo.number, "ann")
    assert profile is not None
    assert profile.first_name == "Ann"


async def test_a_device_may_be_an_alias_too(own: World) -> None:
    device = (await send(own, "track", {"name": "first"}, **BROWSER)).json()["deviceId"]
    await send(own, "alias", {"profileId": "bob", "alias": device})
    await send(own, "track", {"name": "later"}, **BROWSER)
    (row,) = await exported(own, "later")
    assert (row["profileId"], row["deviceId"]) == ("bob", device)


async def test_every_type_tells_the_same_device_and_session(fresh: World) -> None:
    answers = [await send(fresh, kind, payload, **BROWSER) for kind, payload in KINDS]
    assert [answer.status_code for answer in answers] == [200] * len(KINDS)
    first = answers[0].json()
    assert len(first["deviceId"]) == 32
    assert len(first["sessionId"]) == 22
    assert all(answer.json() == first for answer in answers)


async def test_groups_are_made_and_joined(own: World) -> None:
    plan: Json = {"plan": "pro"}
    company: dict[str, Json] = {"id": "initech", "type": "company", "name": "Initech"}
    await send(own, "group", {**company, "properties": plan})
    await send(own, "assign_group", {"groupIds": ["initech", "b"], "profileId": "ann"})
    device = (await send(own, "assign_group", {"groupIds": ["c"]}, **BROWSER)).json()["deviceId"]
    await send(own, "track", {"name": "grouped", "groups": ["initech"]}, **BROWSER)
    group = await own.services.groups.find(own.demo.number, "initech")
    assert group is not None
    assert (group.name, group.properties) == ("Initech", plan)
    profiles = await own.services.profiles.get_many(own.demo.number, ["ann", device])
    assert profiles["ann"].groups == ("initech", "b")
    assert profiles[device].groups == ("c",)
    assert (await exported(own, "grouped"))[0]["groups"] == ["initech"]


async def test_recordings_are_kept_in_order(own: World) -> None:
    chunk = CHUNK
    session = (await send(own, "replay", {**chunk, "chunk_index": 1}, **BROWSER)).json()
    named = {**chunk, "sessionId": session["sessionId"]}
    large = "x" * (2 * 1024 * 1024)
    # What is named needs no browser behind it.
    assert (await send(own, "replay", {**named, "payload": large})).status_code == 200
    store = ReplayStore.open(default_replay_url(own.services.settings.data_dir))
    kept = await store.chunks(own.demo.number, session["sessionId"])
    await store.close()
    assert [(one.index, len(one.payload)) for one in kept] == [(0, len(large)), (1, 12)]


async def test_old_recordings_are_deleted_while_the_server_runs(tmp_path: Path) -> None:
    async for world in open_world("duckdb", tmp_path):
        await send(world, "replay", {**CHUNK, "sessionId": "s"})
    settings = Settings(data_dir=tmp_path, events_url=store_url("duckdb", tmp_path), replay_days=1)
    store = ReplayStore.open(default_replay_url(tmp_path))
    for age_ms, is_kept in ((0, True), (24 * 3600 * 1000 + 1, False)):
        clock = FixedClock(NOW + age_ms)
        async with open_services(settings, clock) as services, asyncio.timeout(10):
            project = await services.projects.get_project("demo")
            while bool(await store.chunks(project.number, "s")) is not is_kept:  # noqa: ASYNC110 - another task deletes them.
                await asyncio.sleep(0.01)
    await store.close()


EXACT: Final[list[tuple[str, Json, int, str]]] = [
    ("increment", {"profileId": "nobody", "property": "n"}, 404, "Profile not found"),
    ("decrement", {"profileId": "nobody", "property": "n"}, 404, "Profile not found"),
    ("increment", {"profileId": "ann", "property": "name"}, 400, "Property value is not a number"),
    ("replay", CHUNK, 400, "Session ID is required for replay"),
]


@pytest.mark.parametrize(("kind", "payload", "status", "message"), EXACT)
async def test_reasons_that_clients_know_are_told_word_by_word(
    world: World, kind: str, payload: Json, status: int, message: str
) -> None:
    await send(world, "identify", {"profileId": "ann", "properties": {"name": "Ann"}})
    answer = await send(world, kind, payload)
    assert answer.status_code == status
    assert (answer.json()["status"], answer.json()["message"]) == (status, message)
    assert (await properties(world, "ann"))["name"] == "Ann"


PLENTY: Final[list[Json]] = [None] * 2_001
MANY: Final[list[Json]] = [str(number) for number in range(501)]

REFUSED: Final[list[tuple[str, Json, list[str]]]] = [
    ("increment", {"profileId": "ann", "property": "a..b"}, ["property"]),
    ("increment", {"profileId": "ann", "property": ".".join("ab" * 20)}, ["property"]),
    ("increment", {"profileId": "ann", "property": "n", "value": 2**64}, ["value"]),
    ("increment", {"profileId": "ann", "property": "n", "value": 1e30}, ["value"]),
    ("assign_group", {"groupIds": ["a"]}, ["profileId"]),
    ("assign_group", {"groupIds": MANY}, ["groupIds"]),
    ("alias", {"profileId": "x", "alias": "x"}, ["alias"]),
    (
        "group",
        {"id": "a", "type": "b", "name": "c", "properties": {"a": PLENTY}},
        ["properties"],
    ),
    ("track", {"name": "session_start"}, ["name"]),
]


@pytest.mark.parametrize(("kind", "payload", "place"), REFUSED)
async def test_what_can_not_be_done_is_named(
    world: World, kind: str, payload: Json, place: list[str]
) -> None:
    await send(world, "identify", {"profileId": "ann"})
    answer = await send(world, kind, payload)
    assert answer.status_code == 400
    told = answer.json()
    assert told["message"].startswith(f"body/payload/{'/'.join(place)} ")
    assert [issue["path"] for issue in told["details"]["issues"]] == [["payload", *place]]


async def test_unknown_type_is_answered_with_the_known_ones(world: World) -> None:
    answer = await send(world, "fly", {})
    assert answer.status_code == 400
    assert "track, identify, alias, increment" in answer.json()["message"]


async def test_circles_of_aliases_are_refused(world: World) -> None:
    assert (await send(world, "alias", {"profileId": "p", "alias": "q"})).status_code == 200
    answer = await send(world, "alias", {"profileId": "q", "alias": "p"})
    assert answer.status_code == 400
    assert answer.json()["details"]["issues"][0]["path"] == ["payload", "alias"]
