"""What the server tells of what the SDKs sent, through its doors."""

from typing import Any, Final

import httpx

from app.analytics.records import BOUNDARY_EVENTS
from tests.e2e.conftest import LiveServer

_EVENTS: Final = """
query ($project: ID!, $filter: EventFilterInput!) {
  project(id: $project) {
    events(first: 50, filter: $filter, orderBy: OLDEST) {
      nodes {
        name createdAt profileId deviceId sessionId path origin title referrer referrerName
        referrerType utmSource utmMedium utmCampaign country os browser browserVersion device
        sdkName sdkVersion revenue groups properties
        session {
          sessionId deviceId profileId screenViewCount isBounce entryPath exitPath entryOrigin
          referrer referrerName referrerType utmSource os browser browserVersion device
        }
      }
    }
  }
}
"""
_PROFILE: Final = """
query ($project: ID!, $id: ID!) {
  project(id: $project) {
    profile(id: $id) {
      profileId firstName lastName email avatar isIdentified groups properties
      events(first: 50) { nodes { name } }
    }
  }
}
"""


async def _ask(server: LiveServer, query: str, **variables: object) -> dict[str, Any]:
    asked = {"query": query, "variables": {"project": server.project_id, **variables}}
    async with httpx.AsyncClient(base_url=server.base_url, headers=server.headers) as client:
        answer = (await client.post("/graphql", json=asked)).json()
    assert "errors" not in answer, answer
    project: dict[str, Any] = answer["data"]["project"]
    return project


async def read_events(server: LiveServer, note: str) -> list[dict[str, Any]]:
    """The events that carry the note as a property, the oldest first."""
    return await _read(server, {"on": {"property": "note"}, "is": {"eq": note}})


async def read_session_events(server: LiveServer, session_id: str) -> list[dict[str, Any]]:
    """The events of the session, the oldest first, without those that mark its ends."""
    return await _read(server, {"on": {"field": "SESSION_ID"}, "is": {"eq": session_id}})


async def _read(server: LiveServer, condition: dict[str, object]) -> list[dict[str, Any]]:
    project = await _ask(server, _EVENTS, filter={"where": [condition]})
    nodes: list[dict[str, Any]] = project["events"]["nodes"]
    return [event for event in nodes if event["name"] not in BOUNDARY_EVENTS]


async def read_profile(server: LiveServer, profile_id: str) -> dict[str, Any]:
    """The profile with that id, and the names of its events."""
    project = await _ask(server, _PROFILE, id=profile_id)
    profile: dict[str, Any] = project["profile"]
    return profile


async def read_export(server: LiveServer, name: str) -> list[dict[str, Any]]:
    """The exported events of that name, with their properties and profiles."""
    async with httpx.AsyncClient(base_url=server.base_url, headers=server.headers) as client:
        answer = await client.get(
            "/export/events",
            params={
                "projectId": server.project_id,
                "event": name,
                "includes": '["properties","profile"]',
            },
        )
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows
