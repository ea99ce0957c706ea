"""What an operator switches on for clients: documents known beforehand, and batches."""

from collections.abc import Iterator

import pytest

from tests.e2e.clients.programs import run_node
from tests.e2e.clients.relay_app import CompiledApp, ask, compile_app
from tests.e2e.conftest import LiveServer, serve_demo


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> CompiledApp:
    """An app of Relay that sends ids in place of texts."""
    return compile_app(tmp_path_factory.mktemp("relay"))


@pytest.fixture(scope="module")
def obliging(app: CompiledApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that knows the app's documents and takes batches."""
    changes = {
        "ROSETTA_GRAPHQL_DOCUMENTS_PATH": str(app.documents),
        "ROSETTA_GRAPHQL_BATCH_OPERATIONS": "2",
    }
    with serve_demo(tmp_path_factory.mktemp("obliging"), events=1, changes=changes) as server:
        yield server


@pytest.mark.parametrize("key", ["doc_id", "documentId"])
def test_an_app_of_relay_sends_ids_in_place_of_texts(
    obliging: LiveServer, app: CompiledApp, key: str
) -> None:
    variables = {"project": obliging.project_id, "name": "screen_view"}
    body = {key: app.ids["DashboardQuery"], "variables": variables}
    data = ask(obliging.base_url, obliging.headers, body)
    assert data["project"]["totals"]["values"][0]["name"] == "Events"


@pytest.mark.parametrize("client", ["graphqlRequest", "apollo"])
def test_a_batch_is_one_request(obliging: LiveServer, client: str) -> None:
    found = run_node(obliging, "batches.mjs", "")[client]
    slug, number = (answer["project"] for answer in found["data"])
    assert slug["slug"] == obliging.project_id
    assert number["number"] == 1
    assert found["requests"] == 1
