"""A connector checks, discovers and syncs, by the requests that it makes."""

import base64
from datetime import date

import anyio
import orjson
import pytest
from requests.auth import HTTPBasicAuth

from app.analytics.filters import Performed
from app.analytics.metrics import named
from tests.compat.mixpanel.connector import BareToken, Connector
from tests.compat.mixpanel.world import DAY, World, listening

pytestmark = pytest.mark.anyio

FIRST, LAST = date(2025, 3, 8), date(2025, 3, 12)
START = "2025-03-01T00:00:00"


async def _tell(world: World) -> int:
    """Three profiles, and a cohort of which one of them is; its number."""
    for who in ("ann", "bob", "cy"):
        told = {"$token": world.demo.token, "$distinct_id": who, "$set": {"plan": "pro", "n": 3}}
        answer = await world.http.post("/engage", json=[told])
        assert answer.text == "1"
    cohorts = world.services.cohorts
    made = await cohorts.create(world.demo.number, "served", Performed(named("Signed up")))
    return made.number


@pytest.mark.parametrize("spelling", ["secret", "account"])
async def test_a_connector_checks_discovers_and_syncs(own: World, spelling: str) -> None:
    cohort = await _tell(own)
    is_account = spelling == "account"
    auth = (
        HTTPBasicAuth(*own.account)
        if is_account
        else BareToken(base64.b64encode(own.secret.encode()).decode())
    )
    project = {"project_id": str(own.demo.number)} if is_account else {}
    async with listening(own.app) as port:
        connector = Connector(f"http://127.0.0.1:{port}", auth, project, START)

        def sync() -> None:
            connector.check()
            kinds, names = connector.discover()
            assert kinds == {"$last_seen": "string", "n": "number", "plan": "string"}
            assert {"$browser", "$insert_id", "price", "text"} <= set(names)
            assert [each["id"] for each in connector.read_cohorts()] == [cohort]
            profiles = connector.read_profiles()
            assert [each["$distinct_id"] for each in profiles] == ["ann", "bob", "cy"]
            assert [each["$distinct_id"] for each in connector.read_members(cohort)] == ["ann"]
            events = connector.export(FIRST, LAST)
            assert len(events) == 9
            (odd,) = (each["properties"] for each in events if each["event"] == "Signed up")
            assert odd["text"] == 'line\u2028separator \u0085 \U0001f600 é \\ " \n'
            assert all(isinstance(each["properties"]["time"], int) for each in events)
            since = connector.export(FIRST, LAST, DAY // 1000 + 40)
            assert [each["event"] for each in since] == ["anonymous", "last", "after"]

        await anyio.to_thread.run_sync(sync)


@pytest.mark.parametrize("body", [b"[1]", b"{"])
async def test_a_body_that_is_no_json_object_is_told(world: World, body: bytes) -> None:
    headers = {"authorization": f"Basic {world.secret}:", "content-type": "application/json"}
    answer = await world.http.post("/api/query/engage", content=body, headers=headers)
    assert answer.status_code == 400
    assert list(orjson.loads(answer.content)) == ["request", "error"]
