"""The README's lines work as they stand."""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, Final

import httpx
import pytest

from tests.e2e.conftest import LiveServer

README: Final = (Path(__file__).parents[2] / "README.md").read_text()
HOST: Final = "http://127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


CURLS: Final = [block for block in blocks("sh") if block.startswith("curl")]


def answer_of(line: str, variables: Mapping[str, str], base_url: str) -> httpx.Response:
    """What the server answers to a curl line: its URL, -H, -X and -d, as a shell reads them."""
    joined = line.replace("\\\n", " ")
    words = iter(shlex.split(Template(joined).substitute(variables)))
    assert next(words) == "curl"
    url, method, body = "", "", None
    headers: dict[str, str] = {}
    for word in words:
        match word:
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-X":
                method = next(words)
            case "-d":
                body = next(words)
            case _:
                url = word.replace(HOST, base_url)
    method = method or ("GET" if body is None else "POST")
    return httpx.request(method, url, headers=headers, content=body, timeout=30)


def variables_of(server: LiveServer) -> dict[str, str]:
    return {
        "OPENPANEL_CLIENT_ID": server.headers["openpanel-client-id"],
        "OPENPANEL_CLIENT_SECRET": server.headers["openpanel-client-secret"],
        "OPENPANEL_WRITE_CLIENT_ID": server.writer["openpanel-client-id"],
        "OPENPANEL_WRITE_CLIENT_SECRET": server.writer["openpanel-client-secret"],
    }


def test_there_are_lines_to_try() -> None:
    assert len(CURLS) >= 3


@pytest.mark.parametrize("line", CURLS)
def test_curl_lines_work_as_printed(server: LiveServer, line: str) -> None:
    answer = answer_of(line, variables_of(server), server.base_url)
    assert answer.status_code == 200, answer.text
    assert "errors" not in answer.json()


@pytest.mark.parametrize("document", blocks("graphql"))
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
