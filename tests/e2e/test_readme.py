"""The README's lines work as they stand."""

import json
from typing import Any, Final

import httpx
import pytest

from tests.e2e.conftest import LiveServer
from tests.e2e.printed import ROOT, answer_of, blocks, curls

README: Final = (ROOT / "README.md").read_text()
CURLS: Final = curls(README)


def test_there_are_lines_to_try() -> None:
    assert len(CURLS) >= 3


@pytest.mark.parametrize("line", CURLS)
def test_curl_lines_work_as_printed(server: LiveServer, line: str) -> None:
    answer = answer_of(line, server)
    assert answer.status_code == 200, answer.text
    lines = [json.loads(told) for told in answer.text.splitlines()]
    assert lines
    assert all("errors" not in told for told in lines)


@pytest.mark.parametrize("document", blocks(README, "graphql"))
def test_graphql_documents_work_as_printed(server: LiveServer, document: str) -> None:
    answer = httpx.post(
        f"{server.base_url}/graphql",
        json={"query": document},
        headers=dict(server.headers),
        timeout=30,
    )
    found: dict[str, Any] = answer.json()
    assert "errors" not in found, json.dumps(found["errors"])
    assert found["data"]["project"]["timeseries"]["series"]
