"""`GET /track/device-id`: who the server takes a caller for."""

from typing import Final

import pytest

from tests.compat.openpanel.tracking import BROWSER, send, unproven
from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio


async def test_device_of_the_caller_is_told(own: World) -> None:
    headers = unproven(own)
    told = await own.http.get("/track/device-id", headers=headers)
    assert told.status_code == 200
    device = told.json()["deviceId"]
    assert told.json() == {
        "deviceId": device,
        "sessionId": "",
        "message": "No session exists for this device id",
    }
    tracked = (await send(own, "track", {"name": "a"}, **BROWSER)).json()
    assert tracked["deviceId"] == device
    told = await own.http.get("/track/device-id", headers=headers)
    assert told.json() == {
        **tracked,
        "message": "current session exists for this device id",
    }
    own.clock.advance(30 * 60_000 + 1)
    assert (await own.http.get("/track/device-id", headers=headers)).json()["sessionId"] == ""


async def test_a_session_from_before_midnight_goes_on(own: World) -> None:
    day = 24 * 3600 * 1000
    own.clock.advance(day - own.clock.now_ms() % day - 60_000)
    before = (await send(own, "track", {"name": "a"}, **BROWSER)).json()
    own.clock.advance(120_000)
    told = await own.http.get("/track/device-id", headers=unproven(own))
    assert told.json() == {**before, "message": "previous session exists for this device id"}
    payload = {"profileId": "ann", "groupIds": ["a"]}
    assert (await send(own, "assign_group", payload, **BROWSER)).json() == before


LACKING: Final[list[tuple[dict[str, str], int, str]]] = [
    ({"x-client-ip": "127.0.0.1"}, 400, "Missing ip address"),
    ({"user-agent": ""}, 400, "Missing header: user-agent"),
    ({"origin": "https://evil.test"}, 401, "Invalid cors or secret"),
    ({"openpanel-client-id": ""}, 401, "Missing client id"),
]


@pytest.mark.parametrize(("changes", "status", "message"), LACKING)
async def test_device_needs_an_address_an_agent_and_a_client(
    world: World, changes: dict[str, str], status: int, message: str
) -> None:
    answer = await world.http.get("/track/device-id", headers=unproven(world, **changes))
    assert answer.status_code == status
    assert answer.json()["message"] == message


@pytest.mark.parametrize(
    "path",
    [
        "/track/device-id",
        "//track/device-id",
        "/api/track/device-id",
        "/api//track/device-id",
    ],
)
async def test_every_spelling_of_the_device_route_works(world: World, path: str) -> None:
    answer = await world.http.get(f"http://rosetta.test{path}", headers=unproven(world))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
