"""Relay's compiler takes the committed schema, and the server answers what it makes of it."""

from typing import Any

import pytest

from tests.e2e.clients.programs import FRUIT
from tests.e2e.clients.relay_app import CompiledApp, ask, compile_app
from tests.e2e.conftest import LiveServer


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> CompiledApp:
    """The app, compiled once."""
    return compile_app(tmp_path_factory.mktemp("relay"))


def answer_of(
    server: LiveServer, app: CompiledApp, operation: str, **variables: object
) -> dict[str, Any]:
    return ask(
        server.base_url, server.headers, {"query": app.texts[operation], "variables": variables}
    )


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
    project = answer_of(server, app, "DashboardQuery", project=server.project_id, name=name)[
        "project"
    ]
    assert project["totals"]["values"] == [{"name": "Events", "value": len(FRUIT)}]
    first = project["events"]
    assert [edge["node"]["property"] for edge in first["edges"]] == list(FRUIT[:2])
    assert first["pageInfo"]["hasNextPage"] is True
    more = answer_of(
        server,
        app,
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
    project = answer_of(server, app, "DashboardQuery", project=server.project_id, name=name)[
        "project"
    ]
    shown = project["events"]["edges"][0]["node"]
    again = answer_of(server, app, "DashboardEventRefetchQuery", id=shown["id"])["node"]
    assert again["createdAt"] == shown["createdAt"]
    assert again["id"] == shown["id"]
