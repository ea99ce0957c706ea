"""The REST API against its own document: generated requests, and what comes back."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.servers import first_line, free_port, running, wait_until_ready

PROGRAM: Final = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "schemathesis"
CHECKS: Final = ("not_a_server_error", "status_code_conformance", "response_schema_conformance")
EXAMPLES: Final = 3
"""Requests for each operation."""

SECONDS: Final = 12
"""The most that a family may take."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, and how each family's clients prove who they are."""

    base_url: str
    headers: Mapping[str, Mapping[str, str]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    arguments = ("demo", "--events", "200", "--serve", "--port", str(port), "--json")
    changes = {"ROSETTA_RATE_LIMITS": "false"}
    with running(arguments, tmp_path_factory.mktemp("rest"), changes) as process:
        told = json.loads(first_line(process))["credentials"]
        wait_until_ready(f"http://127.0.0.1:{port}")
        account = told["mixpanel"]["serviceAccount"]
        basic = base64.b64encode(f"{account['username']}:{account['secret']}".encode()).decode()
        openpanel = {
            "openpanel-client-id": told["openpanel"]["root"]["clientId"],
            "openpanel-client-secret": told["openpanel"]["root"]["clientSecret"],
        }
        yield Served(
            f"http://127.0.0.1:{port}",
            {
                "OpenPanel": openpanel,
                "Mixpanel": {"Authorization": f"Basic {basic}"},
                "PostHog": {"Authorization": f"Bearer {told['posthog']['key']}"},
            },
        )


@pytest.mark.parametrize("family", ["OpenPanel", "Mixpanel", "PostHog"])
def test_answers_are_those_of_the_document(served: Served, family: str, tmp_path: Path) -> None:
    headers = (f"--header={name}: {value}" for name, value in served.headers[family].items())
    finished = subprocess.run(
        [
            PROGRAM,
            "run",
            f"{served.base_url}/openapi.json",
            *headers,
            f"--include-tag-regex={family}",
            f"--checks={','.join(CHECKS)}",
            "--phases=fuzzing",
            f"--max-examples={EXAMPLES}",
            f"--max-time={SECONDS}",
            "--generation-deterministic",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    assert "Authentication failed" not in finished.stdout
    selected = re.search(r"Operations:\s+(\d+) selected", finished.stdout)
    assert selected is not None
    assert int(selected[1]) > 0
