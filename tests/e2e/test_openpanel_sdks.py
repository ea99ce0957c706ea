"""The official OpenPanel SDKs on servers, unchanged but for where they send to."""

import json
import os
import subprocess
import uuid
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from tests.e2e.conftest import LiveServer
from tests.e2e.packages import SDK
from tests.e2e.sdk.readback import read_events, read_export, read_profile
from tests.support.servers import PATIENCE_SECONDS
from tools.node import get_toolchain

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class ServerRun:
    """What the SDK's calls on a server came to."""

    profile_id: str
    requests: list[dict[str, Any]]
    report: dict[str, Any]


def _run_on_server(server: LiveServer, ending: str) -> ServerRun:
    profile_id = f"ada-{uuid.uuid4()}"
    ran = subprocess.run(
        [str(get_toolchain().node), "server_side.mjs"],
        cwd=SDK,
        env={
            **os.environ,
            "TRACK_API_URL": f"{server.base_url}{ending}",
            "TRACK_CLIENT_ID": server.writer["openpanel-client-id"],
            "TRACK_CLIENT_SECRET": server.writer["openpanel-client-secret"],
            "PROFILE_ID": profile_id,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    # What the SDK complains of goes to its error output, and nothing is expected there.
    assert (ran.returncode, ran.stderr) == (0, "")
    report = json.loads(ran.stdout)
    return ServerRun(profile_id, report["requests"], report)


@pytest.fixture(scope="module")
def on_server(server: LiveServer) -> ServerRun:
    """The SDK's calls, made once for the tests that look at what came of them."""
    return _run_on_server(server, "")


@pytest.mark.parametrize("ending", ["", "/", "/api"])
def test_every_call_is_accepted_at_its_first_attempt(server: LiveServer, ending: str) -> None:
    ran = _run_on_server(server, ending)
    refused = [request for request in ran.requests if request["status"] != 200]
    assert refused == []
    assert [request["type"] for request in ran.requests] == [
        "track",
        "identify",
        "increment",
        "decrement",
        "increment",
        "increment",
        "group",
        "assign_group",
        "assign_group",
        "track",
        "track",
        "alias",
        "track",
        "track",
        None,
        "track",
        "identify",
        "track",
    ]
    for request in ran.requests:
        assert {"deviceId", "sessionId"} <= json.loads(request["answer"]).keys()


async def test_events_of_a_server_keep_properties_and_globals(
    server: LiveServer, on_server: ServerRun
) -> None:
    events = {event["name"]: event for event in await read_events(server, on_server.profile_id)}
    visited = events["sdk_visited"]
    assert visited["properties"] == {
        "release": "2.4.0",
        "note": on_server.profile_id,
        "list": [1, 2],
        "nested": {"deep": True},
    }
    assert (visited["sdkName"], visited["sdkVersion"]) == ("node", "1.3.1")
    assert visited["device"] == "server"
    assert visited["sessionId"] is None
    assert events["sdk_invited"]["profileId"] == on_server.profile_id
    assert events["sdk_invited"]["properties"]["seats"] == 3
    assert events["sdk_invited"]["properties"]["paid"] is False


async def test_groups_ride_on_later_events_and_on_the_profile(
    server: LiveServer, on_server: ServerRun
) -> None:
    own = [f"{on_server.profile_id}-company", f"{on_server.profile_id}-team"]
    events = {event["name"]: event for event in await read_events(server, on_server.profile_id)}
    assert events["sdk_visited"]["groups"] == []
    assert sorted(events["sdk_invited"]["groups"]) == sorted([*own, "guests"])
    profile = await read_profile(server, on_server.profile_id)
    assert sorted(profile["groups"]) == sorted(own)


async def test_identified_profile_is_counted_up_and_down(
    server: LiveServer, on_server: ServerRun
) -> None:
    profile = await read_profile(server, on_server.profile_id)
    assert (profile["firstName"], profile["lastName"]) == ("Ada", "Lovelace")
    assert profile["email"] == "ada@example.com"
    assert profile["avatar"] == "https://example.com/ada.png"
    assert profile["isIdentified"] is True
    properties = profile["properties"]
    assert properties["credits"] == 12
    assert properties["visits"] == 1
    assert properties["plan"] == {"name": "pro", "seats": 2}
    assert properties["release"] == "2.4.0"


async def test_revenue_is_an_amount_and_not_a_property(
    server: LiveServer, on_server: ServerRun
) -> None:
    [revenue] = [
        event
        for event in await read_events(server, on_server.profile_id)
        if event["name"] == "revenue"
    ]
    assert revenue["revenue"] == 1999
    assert revenue["properties"]["currency"] == "EUR"
    assert "__revenue" not in revenue["properties"]


async def test_events_of_an_alias_are_the_profiles(
    server: LiveServer, on_server: ServerRun
) -> None:
    events = {event["name"]: event for event in await read_events(server, on_server.profile_id)}
    assert events["sdk_renamed"]["profileId"] == on_server.profile_id
    profile = await read_profile(server, on_server.profile_id)
    assert "sdk_renamed" in {event["name"] for event in profile["events"]["nodes"]}
    by_alias = await read_profile(server, f"{on_server.profile_id}-alias")
    assert by_alias["profileId"] == on_server.profile_id


async def test_queued_events_keep_the_time_at_which_they_were_told(
    server: LiveServer, on_server: ServerRun
) -> None:
    queued = [
        event
        for event in await read_events(server, on_server.profile_id)
        if event["name"] == "sdk_queued"
    ]
    assert on_server.report["whileWaiting"] == 0
    assert sorted(event["properties"]["place"] for event in queued) == [1, 2]
    released_at = on_server.report["releasedAt"].removesuffix("Z")
    assert all(event["createdAt"] < released_at for event in queued)
    assert "__timestamp" not in queued[0]["properties"]


async def test_relayed_visitor_has_a_device_a_session_and_a_place(
    server: LiveServer, on_server: ServerRun
) -> None:
    events = {event["name"]: event for event in await read_events(server, on_server.profile_id)}
    relayed = events["sdk_relayed"]
    known, asked = on_server.report["known"], on_server.report["asked"]
    assert len(known["deviceId"]) == 32
    assert (relayed["deviceId"], relayed["sessionId"]) == (known["deviceId"], known["sessionId"])
    assert (asked["deviceId"], asked["sessionId"]) == (known["deviceId"], known["sessionId"])
    assert (relayed["origin"], relayed["path"]) == ("https://shop.example", "/cart")
    assert (relayed["os"], relayed["browser"], relayed["device"]) == (
        "Windows",
        "Chrome",
        "desktop",
    )
    assert relayed["country"] == "US"


@pytest.mark.parametrize("name", ["sdk_visited", "sdk_invited", "revenue", "sdk_renamed"])
async def test_events_of_a_server_are_exported(
    server: LiveServer, on_server: ServerRun, name: str
) -> None:
    rows = await read_export(server, name)
    [row] = [row for row in rows if row["properties"].get("note") == on_server.profile_id]
    assert row["name"] == name
    if name == "sdk_invited":
        assert row["profile"]["firstName"] == "Ada"
        assert row["properties"]["seats"] == "3"


# What the Python client sends: what it does not know is null.
_PYTHON_HEADERS: Final = {
    "openpanel-sdk-name": "python",
    "openpanel-sdk-version": "0.0.1",
    "user-agent": "python-requests/2.32.5",
}


async def test_nulls_of_the_python_client_are_as_good_as_nothing(server: LiveServer) -> None:
    profile_id = f"grace-{uuid.uuid4()}"
    bodies: list[tuple[str, dict[str, object]]] = [
        ("track", {"name": "python_seen", "properties": {"note": profile_id}, "profileId": None}),
        ("identify", {"profileId": profile_id, "firstName": "Grace", "tier": 1, "properties": {}}),
        ("increment", {"profileId": profile_id, "property": "visits", "value": None}),
        ("decrement", {"profileId": profile_id, "property": "visits", "value": 3}),
        ("alias", {"profileId": profile_id, "alias": f"{profile_id}-alias"}),
    ]
    headers = {**server.writer, **_PYTHON_HEADERS}
    async with httpx.AsyncClient(base_url=server.base_url, headers=headers) as client:
        for kind, payload in bodies:
            answer = await client.post("/track", json={"type": kind, "payload": payload})
            assert answer.status_code == 200, (kind, answer.text)
    [event] = await read_events(server, profile_id)
    assert (event["name"], event["sdkName"]) == ("python_seen", "python")
    assert (await read_profile(server, profile_id))["properties"]["visits"] == -2
