"""Callers of the Track family, and what a test may look at afterwards."""

from typing import Any, Final

import httpx

from app.analytics.records import Json
from tests.compat.openpanel.world import World

BROWSER: Final = {
    "user-agent": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/133.0.0.0 Safari/537.36"
    ),
    "x-client-ip": "203.0.113.7",
}
BOT: Final = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

CHUNK: Final[dict[str, Json]] = {
    "chunk_index": 0,
    "events_count": 1,
    "is_full_snapshot": True,
    "started_at": "2025-03-01T12:00:00.000Z",
    "ended_at": "2025-03-01T12:00:10.000Z",
    "payload": '[{"type":4}]',
}

KINDS: Final[list[tuple[str, Json]]] = [
    ("track", {"name": "a"}),
    ("identify", {"profileId": "1"}),
    ("alias", {"profileId": "1", "alias": "2"}),
    ("increment", {"profileId": "1", "property": "n"}),
    ("decrement", {"profileId": "1", "property": "n"}),
    ("group", {"id": "acme", "type": "company", "name": "Acme"}),
    ("assign_group", {"groupIds": ["acme"]}),
    ("replay", CHUNK),
]
"""A message of each type."""


def unproven(world: World, **more: str) -> dict[str, str]:
    """Headers of a browser on the project's site, which sends no secret."""
    return {
        "openpanel-client-id": world.writing["openpanel-client-id"],
        "origin": "https://shop.test",
        **BROWSER,
        **more,
    }


async def send(world: World, kind: str, payload: object, **headers: str) -> httpx.Response:
    """The answer to a message of the writing client."""
    return await world.track({"type": kind, "payload": payload}, **headers)


async def properties(world: World, profile_id: str) -> dict[str, Json]:
    """The properties of a profile, which must exist."""
    found = await world.services.profiles.find(world.demo.number, profile_id)
    assert found is not None
    return found.properties


async def exported(world: World, name: str) -> list[dict[str, Any]]:
    """The events of that name, the newest first."""
    answer = await world.get("/export/events", event=name, includes="*")
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows
