"""A tool that guesses schemas, on servers that give hints and on servers that give none."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.servers import forked, free_port, wait_until_ready

CLAIRVOYANCE: Final = Path(__file__).resolve().parents[2] / ".venv/peers/guesser/bin/clairvoyance"
NEARLY: Final = ("projecq", "vieweq", "nodq", "rateLimiq")
"""Names of fields, each with a letter wrong: what the tool finds, the server has told it."""

PLACEHOLDER: Final = "dummy"
"""The tool's own field of a type of which it knows none."""


def guessed(directory: Path, settings: dict[str, str]) -> set[str]:
    """The fields, as `Type.field`, that the tool finds out about a server with these settings."""
    port = free_port()
    words, found = directory / "words.txt", directory / "found.json"
    words.write_text("\n".join(NEARLY))
    with forked(
        ["serve", "--port", str(port)], directory, {"ROSETTA_RATE_LIMITS": "false", **settings}
    ):
        origin = f"http://127.0.0.1:{port}"
        wait_until_ready(origin)
        subprocess.run(
            [CLAIRVOYANCE, f"{origin}/graphql", "-w", words, "-o", found],
            capture_output=True,
            check=True,
            timeout=120,
        )
    types: list[dict[str, Any]] = json.loads(found.read_text())["data"]["__schema"]["types"]
    named = ((one["name"], field["name"]) for one in types for field in one.get("fields") or ())
    return {f"{kind}.{field}" for kind, field in named if field != PLACEHOLDER}


@pytest.mark.parametrize("hidden", ["ROSETTA_GRAPHQL_INTROSPECTION", "ROSETTA_GRAPHQL_SUGGESTIONS"])
def test_a_server_that_gives_no_hints_is_not_guessed(tmp_path: Path, hidden: str) -> None:
    assert guessed(tmp_path, {hidden: "false"}) == set()


def test_a_server_that_gives_hints_is_guessed(tmp_path: Path) -> None:
    expected = {"Query.project", "Query.viewer", "Query.node", "Query.rateLimit"}
    assert guessed(tmp_path, {}) >= expected
