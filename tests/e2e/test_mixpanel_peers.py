"""Mixpanel's libraries and a connector, unchanged but for where they send to."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.support.servers import PATIENCE_SECONDS, command, free_port, running, wait_until_ready

ROOT: Final = Path(__file__).resolve().parents[2]
SCRIPTS: Final = ROOT / "tests/e2e/mixpanel"
CLIENTS: Final = ROOT / ".venv/peers/clients/bin/python"
SINGER: Final = ROOT / ".venv/peers/singer/bin/python"


@dataclass(frozen=True, slots=True)
class Peer:
    """A server, and what its peers have to know of it."""

    origin: str
    secret: str
    token: str
    directory: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a peer."""
        today = datetime.now(UTC).date()
        return {
            **os.environ,
            "ORIGIN": self.origin,
            "TOKEN": self.token,
            "SECRET": self.secret,
            "DAY": today.isoformat(),
            "YESTERDAY": (today - timedelta(days=1)).isoformat(),
        }


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    directory = tmp_path_factory.mktemp("mixpanel")
    made = json.loads(command(["project", "create", "shop", "--json"], directory))
    port = free_port()
    unlimited = {"ROSETTA_RATE_LIMITS": "false"}
    with running(["serve", "--port", str(port)], directory, unlimited):
        origin = f"http://127.0.0.1:{port}"
        wait_until_ready(origin)
        yield Peer(origin, made["secret"], made["token"], directory)


def run(interpreter: Path, *arguments: str, peer: Peer) -> str:
    """What the script prints; it must succeed."""
    ran = subprocess.run(
        [str(interpreter), *arguments],
        env=peer.variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS * 2,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


@pytest.fixture(scope="module")
def written(peer: Peer) -> dict[str, Any]:
    """What Mixpanel's libraries wrote, as its utilities read it."""
    told: dict[str, Any] = json.loads(run(CLIENTS, str(SCRIPTS / "libraries_peer.py"), peer=peer))
    return told


def test_libraries_write_and_utilities_read(written: dict[str, Any]) -> None:
    events = {one["event"]: one["properties"] for one in written["events"]}
    assert events["Tracked by Python"]["n"] == 3
    assert events["Tracked by Python"]["mp_lib"] == "python"
    assert events["Imported by Python"]["old"] is True
    assert [one["event"] for one in written["found"]] == ["Tracked by Python"]
    assert events["Tracked as an alias"]["distinct_id"] == "ada"
    (ada,) = written["people"]
    assert ada["$distinct_id"] == "ada"
    assert ada["$properties"]["$email"] == "ada@example.com"
    assert ada["$properties"]["visits"] == 2


_GROUPS: Final = """
{ project(id: "shop") { groups(first: 5, type: "company") { nodes {
  groupId type name properties profiles(first: 5) { nodes { profileId } }
} } } }
"""


def test_groups_are_there_for_everybody(peer: Peer, written: dict[str, Any]) -> None:
    told = {"seats": 5, "since": 2020, "items": ["anvil"]}
    belonging = {one["event"] for one in written["events"] if "$groups" in one["properties"]}
    assert belonging == {"Tracked in a group"}
    answer = httpx.post(f"{peer.origin}/graphql", auth=(peer.secret, ""), json={"query": _GROUPS})
    (group,) = answer.json()["data"]["project"]["groups"]["nodes"]
    assert (group["groupId"], group["type"], group["name"]) == ("acme", "company", "Acme Inc.")
    assert group["properties"] == told
    assert [one["profileId"] for one in group["profiles"]["nodes"]] == ["ada"]
    created = ["client", "create", "--project", "shop", "--type", "read", "--json"]
    client = json.loads(command(created, peer.directory))
    headers = {
        "openpanel-client-id": client["clientId"],
        "openpanel-client-secret": client["clientSecret"],
    }
    listed = httpx.get(f"{peer.origin}/insights/shop/groups/acme", headers=headers).json()
    assert (listed["group"]["name"], listed["group"]["properties"]) == ("Acme Inc.", told)
    assert [one["id"] for one in listed["members"]] == ["ada"]


def test_a_connector_discovers_and_syncs(
    peer: Peer, written: dict[str, Any], tmp_path: Path
) -> None:
    assert written
    today = datetime.now(UTC)
    settings = tmp_path / "config.json"
    settings.write_text(
        json.dumps(
            {
                "project_timezone": "UTC",
                "api_secret": peer.secret,
                "attribution_window": "1",
                "start_date": (today - timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z"),
                "user_agent": "tests",
                "date_window_size": "1",
                "select_properties_by_default": "true",
            }
        )
    )
    tap = str(SCRIPTS / "tap_peer.py")
    found = json.loads(run(SINGER, tap, "--config", str(settings), "--discover", peer=peer))
    for stream in found["streams"]:
        for part in stream["metadata"]:
            if not part["breadcrumb"]:
                part["metadata"]["selected"] = stream["stream"] in {"export", "engage"}
    names = {stream["stream"] for stream in found["streams"]}
    assert {"export", "engage"} <= names
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(found))
    printed = run(SINGER, tap, "--config", str(settings), "--catalog", str(catalog), peer=peer)
    messages = [json.loads(line) for line in printed.splitlines()]
    records = [one for one in messages if one["type"] == "RECORD"]
    exported = [one["record"]["event"] for one in records if one["stream"] == "export"]
    assert sorted(exported) == [
        "$merge",
        "Imported by Python",
        "Tracked as an alias",
        "Tracked by Python",
        "Tracked in a group",
    ]
    assert [one["record"]["distinct_id"] for one in records if one["stream"] == "engage"] == ["ada"]
