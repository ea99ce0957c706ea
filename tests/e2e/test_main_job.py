"""The main job as its users do it: the documented calls in, every door out."""

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.conftest import LiveServer, WatchedPage

pytestmark = pytest.mark.anyio

# The documented calls, word for word.
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
    "email": "[email protected]",
    "properties": {
      "tier": "premium"
    }
  }
}"""
QUERY = """
query ($project: ID!) {
  project(id: $project) {
    events(first: 1, filter: {name: {eq: "my_event"}}) { nodes { name properties } }
    profile(id: "123") { profileId firstName lastName properties }
  }
}
"""


async def test_documented_calls_are_seen_through_every_door(
    server: LiveServer, watched: WatchedPage
) -> None:
    async with httpx.AsyncClient(base_url=server.base_url) as client:
        for body in (TRACK, IDENTIFY):
            answer = await client.post(
                "/track",
                content=body,
                headers={**server.writer, "Content-Type": "application/json"},
            )
            assert answer.status_code == 200, answer.text

        exported = await client.get(
            "/export/events",
            params={"projectId": server.project_id, "event": "my_event", "includes": "properties"},
            headers=server.headers,
        )
        assert exported.json()["data"][0]["properties"] == {"foo": "bar"}

        asked = await client.post(
            "/graphql",
            json={"query": QUERY, "variables": {"project": server.project_id}},
            headers=server.headers,
        )
        project = asked.json()["data"]["project"]
        assert project["events"]["nodes"] == [{"name": "my_event", "properties": {"foo": "bar"}}]
        assert project["profile"]["firstName"] == "Joe"
        assert project["profile"]["lastName"] == "Doe"
        assert project["profile"]["properties"]["tier"] == "premium"

    page = watched.page
    await page.goto(f"{server.base_url}/graphql")
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("Welcome to Rosetta")
    await page.get_by_role("tab", name="LatestEvents").click()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("events(first: 10")
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".graphiql-response")).to_contain_text("my_event")
    assert watched.outside_addresses(server) == []
    assert watched.complaints == []
