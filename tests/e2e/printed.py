"""What documents print for people to paste, and what comes of it."""

import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Final

import httpx

from tests.e2e.conftest import LiveServer

ROOT: Final = Path(__file__).parents[2]
_HOST: Final = "http://127.0.0.1:8000"


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of that language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def curls(text: str) -> list[str]:
    """The shell blocks that ask the server."""
    return [block for block in blocks(text, "sh") if block.startswith("curl")]


def answer_of(line: str, server: LiveServer) -> httpx.Response:
    """What the server answers to a curl line: its URL, -H, -X, -d and -u, as a shell reads them."""
    today = datetime.now(UTC).date().isoformat()
    plain = line.replace("\\\n", " ").replace("$(date -u +%F)", today)
    joined = Template(plain).substitute(_variables(server))
    words = iter(shlex.split(joined))
    assert next(words) == "curl"
    url, method, body, pair = "", "", None, None
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
            case "-u":
                name, _, secret = next(words).partition(":")
                pair = (name, secret)
            case _:
                url = word.replace(_HOST, server.base_url)
    method = method or ("GET" if body is None else "POST")
    return httpx.request(method, url, headers=headers, content=body, auth=pair, timeout=30)


def _variables(server: LiveServer) -> Mapping[str, str]:
    account = server.credentials["mixpanel"]["serviceAccount"]
    return {
        "OPENPANEL_CLIENT_ID": server.headers["openpanel-client-id"],
        "OPENPANEL_CLIENT_SECRET": server.headers["openpanel-client-secret"],
        "OPENPANEL_WRITE_CLIENT_ID": server.writer["openpanel-client-id"],
        "OPENPANEL_WRITE_CLIENT_SECRET": server.writer["openpanel-client-secret"],
        "MIXPANEL_USERNAME": account["username"],
        "MIXPANEL_SECRET": account["secret"],
        "POSTHOG_KEY": server.credentials["posthog"]["key"],
    }
