"""What was acknowledged over HTTP survives `kill -9`, exactly once, however often it comes."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.support.servers import NO_TLS, command, forked, free_port, wait_until_ready

pytestmark = pytest.mark.anyio

ROUNDS: Final = 20
WRITERS: Final = 8
UNLIMITED: Final = {"ROSETTA_RATE_LIMITS": "false"}

_EVENTS: Final = """
query ($after: String) {
  project(id: "p") {
    events(first: 1000, after: $after, range: {preset: ALL}, filter: {name: {eq: "numbered"}}) {
      nodes { properties }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


def _client(directory: Path, kind: str) -> dict[str, str]:
    made = json.loads(
        command(["client", "create", "--project", "p", "--type", kind, "--json"], directory)
    )
    return {
        "openpanel-client-id": made["clientId"],
        "openpanel-client-secret": made["clientSecret"],
    }


async def _write(base_url: str, headers: Mapping[str, str], prefix: str, seen: list[str]) -> None:
    """Sends numbered events, one after another, until the server is gone."""
    async with httpx.AsyncClient(
        base_url=base_url, headers=dict(headers), timeout=5, verify=NO_TLS
    ) as client:
        for number in range(100_000):
            name = f"{prefix}-{number}"
            payload = {"name": "numbered", "properties": {"number": name}}
            try:
                answer = await client.post("/track", json={"type": "track", "payload": payload})
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                seen.append(name)


async def _stored(base_url: str, headers: Mapping[str, str]) -> Counter[str]:
    found: Counter[str] = Counter()
    after: str | None = None
    async with httpx.AsyncClient(base_url=base_url, headers=dict(headers), timeout=30) as client:
        while True:
            body = {"query": _EVENTS, "variables": {"after": after}}
            answer: dict[str, Any] = (await client.post("/graphql", json=body)).json()
            events = answer["data"]["project"]["events"]
            found.update(node["properties"]["number"] for node in events["nodes"])
            if not events["pageInfo"]["hasNextPage"]:
                return found
            after = events["pageInfo"]["endCursor"]


async def test_acknowledged_events_survive_being_killed(tmp_path: Path) -> None:
    command(["project", "create", "p", "--json"], tmp_path)
    writer, reader = _client(tmp_path, "write"), _client(tmp_path, "read")
    rolled = random.Random(4)
    acknowledged: list[str] = []
    for turn in range(ROUNDS):
        port = free_port()
        base_url = f"http://127.0.0.1:{port}"
        with forked(["serve", "--port", str(port)], tmp_path, UNLIMITED) as process:
            await asyncio.to_thread(wait_until_ready, base_url)
            tasks = [
                asyncio.create_task(_write(base_url, writer, f"{turn}-{index}", acknowledged))
                for index in range(WRITERS)
            ]
            before = len(acknowledged)
            while len(acknowledged) < before + WRITERS:  # noqa: ASYNC110  Nothing else tells.
                # The first request of each process proves the client, which takes a while.
                await asyncio.sleep(0.01)
            await asyncio.sleep(rolled.uniform(0.01, 0.3))
            process.kill()
            await asyncio.gather(*tasks)
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    with forked(["serve", "--port", str(port)], tmp_path, UNLIMITED):
        await asyncio.to_thread(wait_until_ready, base_url)
        stored = await _stored(base_url, reader)
    assert len(acknowledged) > ROUNDS * WRITERS
    assert [name for name in acknowledged if stored[name] != 1] == []
    # What was journalled but not yet answered may be there too, and it is there once.
    assert max(stored.values()) == 1
