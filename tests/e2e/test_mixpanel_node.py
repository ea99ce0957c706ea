"""Mixpanel's library for Node, unchanged but for where it sends to."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.e2e.packages import SDK
from tests.support.servers import PATIENCE_SECONDS, command, free_port, running, wait_until_ready
from tools.node import get_toolchain

_GROUPS: Final = '{ project(id: "shop") { groups { nodes { groupId type name properties } } } }'
ODD: Final = "ö>>>???~~~ÿÿ 😀 & = +"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The errors of the library's calls, and the events and profiles that are there then."""
    directory: Path = tmp_path_factory.mktemp("mixpanel-node")
    made = json.loads(command(["project", "create", "shop", "--json"], directory))
    port = free_port()
    with running(["serve", "--port", str(port)], directory, {"ROSETTA_RATE_LIMITS": "false"}):
        origin = f"http://127.0.0.1:{port}"
        wait_until_ready(origin)
        variables = {"ORIGIN": origin, "TOKEN": made["token"], "SECRET": made["secret"]}
        ran = subprocess.run(
            [str(get_toolchain().node), "mixpanel.mjs"],
            cwd=SDK,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert ran.returncode == 0, ran.stderr[-2000:]
        today = datetime.now(UTC).date()
        params = {"from_date": str(today - timedelta(days=1)), "to_date": str(today)}
        with httpx.Client(base_url=f"{origin}/api/2.0", auth=(made["secret"], "")) as client:
            lines = client.get("/export", params=params).raise_for_status().text.splitlines()
            people = client.get("/engage").raise_for_status().json()
            found = client.post(f"{origin}/graphql", json={"query": _GROUPS}).json()
        yield {
            "errors": json.loads(ran.stdout),
            "events": [json.loads(line) for line in lines],
            "people": people["results"],
            "groups": found["data"]["project"]["groups"]["nodes"],
        }


def events_called(written: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [one["properties"] for one in written["events"] if one["event"] == name]


def test_every_call_goes_well(written: dict[str, Any]) -> None:
    assert set(written["errors"].values()) == {None}, written["errors"]


def test_events_come_out_as_they_went_in(written: dict[str, Any]) -> None:
    (tracked,) = events_called(written, "Tracked by Node")
    assert tracked["mp_lib"] == "node"
    assert tracked["odd"] == ODD
    assert tracked["list"] == [1, "two"]
    assert tracked["distinct_id"] == "bo"
    (told,) = events_called(written, "Told by Node")
    assert told["deep"] == {"a": [None, True]}
    batched = events_called(written, "Batched by Node")
    assert sorted(one["number"] for one in batched) == list(range(60))
    assert {one["odd"] for one in batched} == {ODD}
    (imported,) = events_called(written, "Imported by Node")
    assert imported["$insert_id"] == "node-1"
    assert imported["$import"] is True
    assert len(events_called(written, "Imported in a batch by Node")) == 3


def test_profiles_are_changed(written: dict[str, Any]) -> None:
    (bo,) = (one["$properties"] for one in written["people"] if one["$distinct_id"] == "bo")
    assert (bo["$first_name"], bo["$email"]) == ("Bo", "bo@example.com")
    assert bo["plan"] == "free"
    assert bo["visits"] == 2
    assert bo["pages"] == ["b"]
    assert "coins" not in bo
    assert bo["$transactions"] == [{"$amount": 9.5}]


def test_groups_are_changed(written: dict[str, Any]) -> None:
    (acme,) = written["groups"]
    assert (acme["groupId"], acme["type"], acme["name"]) == ("acme", "company", "Acme Inc.")
    assert acme["properties"] == {"seats": 5, "items": ["anvil"]}
