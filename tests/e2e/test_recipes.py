"""Every document of the page of GraphQL recipes works as it stands."""

import json
import re
from typing import Any, Final, cast

import httpx
import pytest

from tests.e2e.conftest import LiveServer
from tests.e2e.printed import ROOT, answer_of, curls

PAGE: Final = (ROOT / "docs" / "graphql.md").read_text()
_RECIPE: Final = re.compile(r"```graphql\n(.*?)```(?:\s+```json\n(.*?)```)?", re.DOTALL)

RECIPES: Final = [(document, json.loads(told or "{}")) for document, told in _RECIPE.findall(PAGE)]
SUBSCRIPTIONS: Final = [one for one, _ in RECIPES if one.startswith("subscription")]
OPERATIONS: Final = [recipe for recipe in RECIPES if recipe[0] not in SUBSCRIPTIONS]
TRACKED: Final = {"type": "track", "payload": {"name": "recipe_tried", "profileId": "ada"}}


def name_of(value: object) -> str | None:
    return value.split("(")[0].split("{")[0].strip() if isinstance(value, str) else None


def missing_in(value: object, path: str) -> list[str]:
    """Where whole parts of an answer are missing: leaves may be null, analyses may not."""
    if isinstance(value, dict):
        parts = cast("dict[str, object]", value)
        return [gap for key, part in parts.items() for gap in missing_in(part, f"{path}.{key}")]
    return [path] if value is None and path.count(".") <= 2 else []


def test_there_are_recipes_of_every_kind() -> None:
    kinds = {document.split()[0] for document, _ in RECIPES}
    assert kinds == {"query", "mutation", "subscription"}
    assert len(RECIPES) >= 18


@pytest.mark.parametrize(("document", "variables"), OPERATIONS, ids=name_of)
def test_documents_work_as_printed(
    server: LiveServer, document: str, variables: dict[str, Any]
) -> None:
    asked = {"query": document, "variables": variables}
    url = f"{server.base_url}/graphql"
    answer = httpx.post(url, json=asked, headers=dict(server.root), timeout=30).json()
    assert "errors" not in answer, answer["errors"]
    assert missing_in(answer["data"], "data") == []
    problems = [one for one in answer["data"].values() if "message" in one]
    assert problems == []


@pytest.mark.parametrize("document", SUBSCRIPTIONS, ids=name_of)
def test_subscriptions_tell_something(server: LiveServer, document: str) -> None:
    url = f"{server.base_url}/graphql"
    headers = {**server.headers, "accept": "text/event-stream"}
    with (
        httpx.Client(timeout=30) as client,
        client.stream("POST", url, json={"query": document}, headers=headers) as answer,
    ):
        told = ""
        for line in answer.iter_lines():
            if line.startswith("data: "):
                told = line
                break
            # A comment opens the stream, and others follow while nothing is told: an event that
            # was tracked too early is followed by one that is not.
            if line == ":":
                client.post(f"{server.base_url}/track", json=TRACKED, headers=dict(server.writer))
    data = json.loads(told.removeprefix("data: "))["data"]
    assert all(data.values())


@pytest.mark.parametrize("line", curls(PAGE))
def test_every_kind_of_credential_opens_the_door(server: LiveServer, line: str) -> None:
    answer = answer_of(line, server).json()
    viewer = answer["data"]["viewer"]
    assert viewer["client"]["scopes"]
    assert [project["slug"] for project in viewer["projects"]["nodes"]] == [server.project_id]


def test_the_list_of_contents_leads_to_every_part() -> None:
    parts = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    anchors = [part.lower().replace(",", "").replace(" ", "-") for part in parts]
    assert re.findall(r"\(#([\w-]+)\)", PAGE) == anchors
