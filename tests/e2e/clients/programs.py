"""Runs a client of GraphQL as a program of its own, and reads what came of it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from tests.e2e.conftest import LiveServer
from tests.e2e.packages import CLIENTS
from tests.support.servers import PATIENCE_SECONDS
from tools.node import get_toolchain

FRUIT: Final = ("apple", "pear", "apple")
"""What the events that clients look for are of, one event each, the oldest first."""

_PEER: Final = Path(sys.prefix) / "peers" / "clients" / "bin" / "python"


def track_fruit(server: LiveServer, name: str) -> None:
    """Tracks the events of that name that clients look for."""
    with httpx.Client(base_url=server.base_url, headers=dict(server.writer)) as client:
        for fruit in FRUIT:
            event = {"name": name, "profileId": "eve", "properties": {"fruit": fruit}}
            client.post("/track", json={"type": "track", "payload": event}).raise_for_status()


def run_node(server: LiveServer, script: str, name: str) -> dict[str, Any]:
    """What the script reports of its cases, by their titles."""
    return _run([str(get_toolchain().node), script], server, name)


def run_python(server: LiveServer, script: str, name: str) -> dict[str, Any]:
    """The same for a script in the environment of Python clients."""
    return _run([str(_PEER), script], server, name)


def _run(command: Sequence[str], server: LiveServer, name: str) -> dict[str, Any]:
    url = f"{server.base_url}/graphql"
    settings = {
        "url": url,
        "socketUrl": url.replace("http", "ws", 1),
        "reader": dict(server.headers),
        "writer": dict(server.writer),
        "project": server.project_id,
        "name": name,
    }
    ran = subprocess.run(
        command,
        cwd=CLIENTS,
        env={**os.environ, "CLIENT_TEST": json.dumps(settings)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert ran.returncode == 0, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    return report
