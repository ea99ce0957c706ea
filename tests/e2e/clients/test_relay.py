"""Relay's compiler takes the committed schema, and the server answers what it makes of it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.e2e.clients.programs import FRUIT
from tests.e2e.conftest import LiveServer
from tests.e2e.packages import CLIENTS
from tools.node import get_toolchain, run

SCHEMA: Final = Path(__file__).parents[3] / "schema" / "schema.graphql"
COMPILER: Final = CLIENTS / "node_modules" / "relay-compiler" / "cli.js"


@dataclass(frozen=True, slots=True)
class CompiledApp:
    """The artifacts by their names, and the texts of the operations by theirs."""

    artifacts: dict[str, str]
    texts: dict[str, str]

    def ask(self, server: LiveServer, operation: str, **variables: object) -> dict[str, Any]:
        """The data that the server answers to the operation, asked as Relay's network does."""
        asked = {"query": self.texts[operation], "variables": variables}
        url = f"{server.base_url}/graphql"
        answer = httpx.post(url, json=asked, headers=dict(server.headers)).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> CompiledApp:
    """The app, compiled against the schema as it is committed."""
    folder = tmp_path_factory.mktemp("relay")
    shutil.copytree(CLIENTS / "relay", folder, dirs_exist_ok=True)
    shutil.copy(SCHEMA, folder)
    (folder / "generated").mkdir()
    (folder / "persisted.json").write_text("{}")
    run([str(get_toolchain().node), str(COMPILER), "relay.config.json"], folder)
    artifacts = {path.name: path.read_text() for path in (folder / "generated").iterdir()}
    persisted: dict[str, str] = json.loads((folder / "persisted.json").read_text())
    texts = {text.split("(")[0].split()[1]: text for text in persisted.values()}
    return CompiledApp(artifacts, texts)


def test_every_declaration_becomes_an_artifact_with_types(app: CompiledApp) -> None:
    assert sorted(app.texts) == [
        "DashboardEventRefetchQuery",
        "DashboardEventsPaginationQuery",
        "DashboardQuery",
        "DashboardTrackMutation",
    ]
    page = app.artifacts["DashboardQuery.graphql.ts"]
    assert "export type DashboardQuery$variables = {\n  name: string;\n  project: string;" in page
    assert "readonly value: number | null | undefined;" in page
    assert "createdAt: string" in app.artifacts["DashboardEvent_event.graphql.ts"]


def test_a_list_loads_more_from_where_it_ended(
    app: CompiledApp, server: LiveServer, name: str
) -> None:
    project = app.ask(server, "DashboardQuery", project=server.project_id, name=name)["project"]
    assert project["totals"]["values"] == [{"name": "Events", "value": len(FRUIT)}]
    first = project["events"]
    assert [edge["node"]["property"] for edge in first["edges"]] == list(FRUIT[:2])
    assert first["pageInfo"]["hasNextPage"] is True
    more = app.ask(
        server,
        "DashboardEventsPaginationQuery",
        id=project["id"],
        name=name,
        count=2,
        cursor=first["pageInfo"]["endCursor"],
    )["node"]["events"]
    assert [edge["node"]["property"] for edge in more["edges"]] == list(FRUIT[2:])
    assert more["pageInfo"]["hasNextPage"] is False


def test_an_object_is_asked_for_again_by_its_id(
    app: CompiledApp, server: LiveServer, name: str
) -> None:
    project = app.ask(server, "DashboardQuery", project=server.project_id, name=name)["project"]
    shown = project["events"]["edges"][0]["node"]
    again = app.ask(server, "DashboardEventRefetchQuery", id=shown["id"])["node"]
    assert again["createdAt"] == shown["createdAt"]
    assert again["id"] == shown["id"]
