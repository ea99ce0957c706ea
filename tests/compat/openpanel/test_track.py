import json
from pathlib import Path

import orjson
import pytest

from app.control.repositories import credentials
from app.projects.issuer import CredentialIssuer
from app.projects.records import ClientType
from tests.compat.openpanel.world import World, open_world

pytestmark = pytest.mark.anyio

TRACK = """{
  "type": "track",
  "payload": {
    "name": "my_event",
    "properties": {
      "foo": "bar"
    }
  }
}"""

IDENTIFY = """{
  "type": "identify",
  "payload": {
    "profileId": "123",
    "firstName": "Joe",
    "lastName": "Doe",
    "email": "[email\u00a0protected]",
    "properties": {
      "tier": "premium"
    }
  }
}"""

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/133.0.0.0 Safari/537.36"
)


async def post(world: World, body: str, **headers: str) -> tuple[int, object]:
    sent = {"content-type": "application/json", **world.writing, **headers}
    answer = await world.http.post("/track", content=body, headers=sent)
    return answer.status_code, answer.json()


async def test_documented_track_call_is_exported_and_live(fresh: World) -> None:
    status, body = await post(fresh, TRACK)
    assert status == 200
    assert body == {"deviceId": "", "sessionId": ""}
    answer = await fresh.get("/export/events", event="my_event", includes="properties")
    (row,) = answer.json()["data"]
    assert (row["name"], row["properties"]) == ("my_event", {"foo": "bar"})


async def test_documented_identify_call_makes_the_profile(world: World) -> None:
    status, body = await post(world, IDENTIFY)
    assert (status, body) == (200, {"deviceId": "", "sessionId": ""})
    profile = await world.services.profiles.find(world.demo.number, "123")
    assert profile is not None
    assert (profile.first_name, profile.last_name) == ("Joe", "Doe")
    assert profile.properties["tier"] == "premium"


async def test_browser_gets_device_and_session_and_is_live(fresh: World) -> None:
    message = {
        "type": "track",
        "payload": {
            "name": "screen_view",
            "properties": {"__path": "https://shop.test/new?utm_source=mail", "__title": "New"},
        },
    }
    answer = await fresh.track(message, **{"user-agent": BROWSER, "x-client-ip": "203.0.113.7"})
    body = answer.json()
    assert answer.status_code == 200
    assert len(body["deviceId"]) == 32
    assert body["sessionId"]
    exported = await fresh.get("/export/events", event="screen_view", limit="1", includes="*")
    (row,) = exported.json()["data"]
    assert (row["deviceId"], row["sessionId"]) == (body["deviceId"], body["sessionId"])
    assert (row["path"], row["origin"], row["browser"]) == ("/new", "https://shop.test", "Chrome")
    assert row["properties"]["__query.utm_source"] == "mail"
    assert (await fresh.get("/insights/demo/live")).json() == {"visitors": 1}
    fresh.clock.advance(5 * 60_000 + 1)
    assert (await fresh.get("/insights/demo/live")).json() == {"visitors": 0}


async def test_start_of_a_session_has_the_properties_of_its_first_event(fresh: World) -> None:
    sender = {"user-agent": BROWSER, "x-client-ip": "203.0.113.7"}
    for name, plan in (("screen_view", "vip"), ("click", "other")):
        properties = {"__path": "https://shop.test/vip", "plan": plan}
        payload = {"name": name, "properties": properties}
        answer = await fresh.track({"type": "track", "payload": payload}, **sender)
        assert answer.status_code == 200
    asked = {"event": "session_start", "limit": "1", "includes": "properties"}
    (row,) = (await fresh.get("/export/events", **asked)).json()["data"]
    assert row["properties"] == {"plan": "vip"}
    for plan, starts in (("vip", 1), ("other", 0)):
        filters = [{"name": "properties.plan", "operator": "is", "value": [plan]}]
        events = json.dumps([{"name": "session_start", "filters": filters}])
        body = (await fresh.get("/export/charts", events=events, range="today")).json()
        assert body["metrics"]["sum"] == starts


@pytest.mark.parametrize("path", ["/track", "//track", "/api/track", "/api//track"])
async def test_every_spelling_of_the_path_works(world: World, path: str) -> None:
    message = {"type": "track", "payload": {"name": "spelled"}}
    # A base URL of the client would swallow a second slash.
    answer = await world.http.post(
        f"http://rosetta.test{path}", json=message, headers=dict(world.writing)
    )
    assert answer.status_code == 200


async def test_credentials_may_stand_in_the_body(world: World) -> None:
    named = {
        "clientId": world.writing["openpanel-client-id"],
        "clientSecret": world.writing["openpanel-client-secret"],
    }
    message = {"type": "track", "payload": {"name": "bodily"}, **named}
    assert (await world.http.post("/track", json=message)).status_code == 200


async def test_old_header_names_work(world: World) -> None:
    headers = {name.replace("openpanel", "mixan"): value for name, value in world.writing.items()}
    answer = await world.http.post("/track", content=TRACK, headers=headers)
    assert answer.status_code == 200


REFUSED: list[tuple[dict[str, str | None], str]] = [
    ({"openpanel-client-id": None}, "Missing client id"),
    ({"openpanel-client-id": "abc"}, "Client ID must be a valid UUIDv4"),
    ({"openpanel-client-id": "0" * 36}, "Client ID must be a valid UUIDv4"),
    (
        {"openpanel-client-id": "00000000-0000-4000-8000-000000000000"},
        "Invalid client id",
    ),
    ({"openpanel-client-secret": "sec_00000000000000000000"}, "Invalid client secret"),
    ({"openpanel-client-secret": None}, "Invalid cors or secret"),
    ({"openpanel-client-secret": None, "origin": "https://evil.test"}, "Invalid cors or secret"),
    (
        {"openpanel-client-secret": "sec_0", "origin": "https://shop.test"},
        "Invalid client secret",
    ),
]


@pytest.mark.parametrize(("changes", "reason"), REFUSED)
async def test_bad_credentials_get_the_documented_body(
    world: World, changes: dict[str, str | None], reason: str
) -> None:
    headers = {
        name: value for name, value in {**world.writing, **changes}.items() if value is not None
    }
    answer = await world.http.post("/track", content=TRACK, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "Invalid client credentials",
        "status": 401,
        "message": reason,
    }
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_root_client_above_the_projects_can_not_track(world: World) -> None:
    answer = await world.http.post("/track", content=TRACK, headers=dict(world.root))
    assert (answer.status_code, answer.json()["message"]) == (401, "Client has no project")


@pytest.mark.parametrize(
    "origin", ["https://shop.test", "https://www.shop.test", "https://a.shop.test"]
)
async def test_origin_of_the_project_needs_no_secret(world: World, origin: str) -> None:
    headers = {"openpanel-client-id": world.writing["openpanel-client-id"], "origin": origin}
    assert (await world.http.post("/track", content=TRACK, headers=headers)).status_code == 200


async def test_money_needs_a_secret(world: World) -> None:
    sale = {"type": "track", "payload": {"name": "revenue", "properties": {"__revenue": 500}}}
    origin = {
        "openpanel-client-id": world.writing["openpanel-client-id"],
        "origin": "https://shop.test",
    }
    answer = await world.http.post("/track", json=sale, headers=origin)
    assert answer.status_code == 401
    assert "without a client secret" in answer.json()["message"]
    assert (await world.track(sale)).status_code == 200


BODIES: list[tuple[bytes, str]] = [
    (b"", "body"),
    (b"{", "body"),
    (b"null", "body"),
    (b"[]", "body"),
    (b'"track"', "body"),
    (b"\xff\xfe", "body"),
    (b'{"type":"track"}', "body/payload"),
    (b'{"type":"fly","payload":{}}', "body/type"),
    (b'{"type":["track"],"payload":{}}', "body/type"),
    (b'{"type":"track","payload":[]}', "body/payload"),
    (b'{"type":"track","payload":{}}', "body/payload/name"),
    (b'{"type":"track","payload":{"name":""}}', "body/payload/name"),
    (b'{"type":"track","payload":{"name":1}}', "body/payload/name"),
    (b'{"type":"track","payload":{"name":"session_end"}}', "body/payload/name"),
    (b'{"type":"track","payload":{"name":"a","properties":[]}}', "body/payload/properties"),
    (b'{"type":"track","payload":{"name":"a","profileId":{}}}', "body/payload/profileId"),
    (b'{"type":"track","payload":{"name":"a","groups":"x"}}', "body/payload/groups"),
    (b'{"type":"identify","payload":{}}', "body/payload/profileId"),
    (b'{"type":"identify","payload":{"profileId":""}}', "body/payload/profileId"),
    (b'{"type":"identify","payload":{"profileId":"1","firstName":[]}}', "body/payload/firstName"),
    (
        b'{"type":"track","payload":{"name":"revenue","properties":{"__revenue":"5"}}}',
        "body/payload/properties/__revenue",
    ),
    (b'{"type":"track","payload":{"name":"a","properties":' + b'{"a":' * 40 + b"1" + b"}" * 42, ""),
    (b"[" * 100_000, "body"),
]


@pytest.mark.parametrize(("body", "place"), BODIES)
async def test_wrong_body_is_a_400_that_names_the_place(
    world: World, body: bytes, place: str
) -> None:
    answer = await world.http.post("/track", content=body, headers=dict(world.writing))
    assert answer.status_code == 400
    told = answer.json()
    assert (told["status"], told["error"]) == (400, "Bad Request")
    assert told["message"].startswith(place)
    assert isinstance(told["details"]["issues"], list)


async def test_odd_but_storable_input_is_stored(world: World) -> None:
    odd = orjson.dumps(
        {
            "type": "track",
            "payload": {
                "name": "odd 🦊",
                "profileId": 12,
                "properties": {"a\0b": "c\0d", "": "", "n": None, "list": [1, {"x": 2}]},
            },
            "unknown": 1,
        }
    )
    answer = await world.http.post("/track", content=odd, headers=dict(world.writing))
    assert answer.status_code == 200
    exported = await world.get("/export/events", event="odd 🦊", includes="properties")
    (row,) = exported.json()["data"]
    assert row["profileId"] == "12"
    assert row["properties"]["list.1.x"] == "2"


async def test_body_over_the_limit_is_a_413(world: World) -> None:
    body = b'{"type":"track","payload":{"name":"' + b"a" * 5_000_001 + b'"}}'
    answer = await world.http.post("/track", content=body, headers=dict(world.writing))
    assert (answer.status_code, answer.json()["error"]) == (413, "Payload Too Large")


async def test_client_that_ignores_origin_and_secret_is_let_in(world: World) -> None:
    issuer = CredentialIssuer(world.control, world.clock, world.services.projects)
    made = await issuer.create_client(world.demo, ClientType.WRITE, "careless")
    async with world.control.write() as session:
        row = await credentials.find_client(session, made.client.id)
        assert row is not None
        row.ignore_cors_and_secret = True
    headers = {"openpanel-client-id": made.client.id}
    assert (await world.http.post("/track", content=TRACK, headers=headers)).status_code == 200
    sale = {"type": "track", "payload": {"name": "revenue", "properties": {"__revenue": 1}}}
    assert (await world.http.post("/track", json=sale, headers=headers)).status_code == 401


async def test_tracking_has_a_limit_of_its_own(tmp_path: Path) -> None:
    async for world in open_world("duckdb", tmp_path, track_requests_per_10_seconds=2):
        statuses = [(await post(world, TRACK))[0] for _ in range(3)]
        assert statuses == [200, 200, 429]
        answer = await world.http.post("/track", content=TRACK, headers=dict(world.writing))
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        assert answer.headers.get_list("x-ratelimit-limit") == ["2"]
        assert answer.json()["message"] == "You have exceeded the rate limit for this endpoint."
