"""The documented sequence of PostHog's exports, with curl against a running server."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.conftest import LiveServer
from tests.support.servers import command

FIELDS: Final[dict[str, Any]] = {
    "id": int,
    "dashboard": (int, type(None)),
    "insight": (int, type(None)),
    "export_format": str,
    "created_at": str,
    "has_content": bool,
    "export_context": (dict, type(None)),
    "filename": str,
    "expires_after": str,
}
STARTS: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "text/csv": b"series",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK\x03\x04",
    "application/json": b'{"title"',
    "application/pdf": b"%PDF-",
}
SCOPES: Final = ("export:read", "export:write", "insight:write", "project:read")
QUESTION: Final = {
    "kind": "TrendsQuery",
    "series": [{"kind": "EventsNode", "event": "purchase", "math": "dau"}],
    "breakdownFilter": {"breakdown": "country", "breakdown_type": "event"},
}
JSON_BODY: Final = ("-H", "Content-Type: application/json")
PATIENCE_SECONDS: Final = 60


@pytest.fixture(scope="module")
def key(server: LiveServer) -> str:
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    made = command(["api-key", "create", "--project", "demo", *scopes, "--json"], server.directory)
    return str(json.loads(made)["key"])


def curl(key: str, *arguments: str) -> bytes:
    """What curl prints; an HTTP error is a failure."""
    words = ["curl", "--silent", "--show-error", "--fail", "-H", f"Authorization: Bearer {key}"]
    return subprocess.run(
        [*words, *arguments], check=True, capture_output=True, timeout=PATIENCE_SECONDS
    ).stdout


def typed(export: dict[str, Any]) -> bool:
    return all(isinstance(export[name], kind) for name, kind in FIELDS.items())


def test_exports_are_ordered_awaited_downloaded_and_listed(
    server: LiveServer, key: str, tmp_path: Path
) -> None:
    (project,) = json.loads(curl(key, f"{server.base_url}/api/projects/"))["results"]
    base = f"{server.base_url}/api/projects/{project['id']}"
    saved = json.dumps({"name": "Buyers by country", "query": QUESTION})
    insight = json.loads(curl(key, *JSON_BODY, f"{base}/insights/", "-d", saved))["id"]
    made: list[int] = []
    for export_format, start in STARTS.items():
        order = json.dumps({"export_format": export_format, "insight": insight})
        export = json.loads(curl(key, *JSON_BODY, f"{base}/exports/", "-d", order))
        path = f"{base}/exports/{export['id']}"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not export["has_content"]:
            assert export["exception"] is None, export
            assert time.monotonic() < deadline
            export = json.loads(curl(key, f"{path}/"))
        assert typed(export), export
        file = tmp_path / export["filename"]
        headers = curl(key, "-D", "-", "-o", str(file), f"{path}/content/?download=true").decode()
        assert f"content-type: {export_format}\r\n" in headers.lower()
        assert f'filename="{export["filename"]}"' in headers
        assert file.read_bytes().startswith(start)
        made.append(export["id"])
    page = json.loads(curl(key, f"{base}/exports/?limit=2"))
    numbers = [row["id"] for row in page["results"]]
    while page["next"]:
        page = json.loads(curl(key, page["next"]))
        numbers += [row["id"] for row in page["results"]]
    assert (page["count"], numbers) == (len(made), made[::-1])
    assert page["previous"].startswith(server.base_url)
