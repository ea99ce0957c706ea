"""The documented calls of the Track API, line by line, and what GraphQL shows of them."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.compat.openpanel.test_track_messages import DOCUMENTED
from tests.support.servers import NO_TLS, command, forked, free_port, wait_until_ready

SHOWN: Final = """{ project(id: "p") {
  events(filter: {name: {eq: "my_event"}}) { nodes { name properties } }
  joe: profile(id: "123") { profileId firstName lastName isIdentified properties }
  one: profile(id: "1") { profileId properties }
  alias: profile(id: "a1") { profileId properties }
} }"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[httpx.Client, Mapping[str, str]]]:
    """A client of a new server, which reads, and the credentials of one that writes."""
    command(["project", "create", "p", "--json"], tmp_path)
    reader, writer = (
        json.loads(
            command(["client", "create", "--project", "p", "--type", kind, "--json"], tmp_path)
        )
        for kind in ("read", "write")
    )
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    headers = {
        "openpanel-client-id": reader["clientId"],
        "openpanel-client-secret": reader["clientSecret"],
    }
    with forked(["serve", "--port", str(port)], tmp_path):
        wait_until_ready(base_url)
        with httpx.Client(base_url=base_url, headers=headers, verify=NO_TLS) as client:
            yield client, writer


def send(line: str, client: httpx.Client, writer: Mapping[str, str]) -> int:
    """The status that curl gets for the line as a shell runs it.

    But for the base URL and the credentials; curl is told to print nothing else.
    """
    filled = line.replace("YOUR_CLIENT_ID", writer["clientId"])
    filled = filled.replace("YOUR_CLIENT_SECRET", writer["clientSecret"])
    filled = filled.replace("https://api.openpanel.dev", str(client.base_url).rstrip("/"))
    asked = f"{filled} --silent --show-error --output /dev/null --write-out '%{{http_code}}'"
    finished = subprocess.run(
        ["sh", "-c", asked], check=True, capture_output=True, text=True, timeout=30
    )
    return int(finished.stdout)


def shown(client: httpx.Client) -> dict[str, Any]:
    """What GraphQL shows of the project."""
    answer = client.post("/graphql", json={"query": SHOWN}).json()
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["project"]
    return found


def test_documented_calls_show_in_graphql(
    served: tuple[httpx.Client, Mapping[str, str]],
) -> None:
    client, writer = served
    track, identify, alias, increment, decrement = DOCUMENTED
    for line in (track, identify, alias, increment, increment):
        assert send(line, client, writer) == 200
    before = shown(client)
    assert before["events"]["nodes"] == [{"name": "my_event", "properties": {"foo": "bar"}}]
    assert before["joe"] == {
        "profileId": "123",
        "firstName": "Joe",
        "lastName": "Doe",
        "isIdentified": True,
        "properties": {"tier": "premium"},
    }
    assert before["one"] == before["alias"] == {"profileId": "1", "properties": {"visits": 2}}
    assert send(decrement, client, writer) == 200
    assert shown(client)["one"]["properties"] == {"visits": 1}
