"""Clients of GraphQL as their users call them, unchanged, over HTTP."""

from typing import Any, Final

import pytest

from tests.e2e.clients.programs import FRUIT, run_node
from tests.e2e.conftest import LiveServer

APOLLO: Final = "apollo.mjs"
URQL: Final = "urql.mjs"
SCRIPTS: Final = (APOLLO, URQL, "graphql_request.mjs")
CODE_OF_A_MISS: Final = 400

Reports = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def reports(server: LiveServer, name: str) -> Reports:
    """What the cases of each client came to; each client runs once."""
    return {script: run_node(server, script, name) for script in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(("case", "method"), [("query", "POST"), ("get", "GET")])
def test_answers_are_the_same_by_either_method(
    reports: Reports, name: str, script: str, case: str, method: str
) -> None:
    found = reports[script][case]
    project = found["data"]["project"]
    assert project["slug"] == "demo"
    assert [event["name"] for event in project["events"]["nodes"]] == [name] * len(FRUIT)
    assert [event["properties"]["fruit"] for event in project["events"]["nodes"]] == list(FRUIT)
    rows = [(row["key"], row["values"]) for row in project["breakdown"]["rows"]]
    assert rows == [(["apple"], [2.0]), (["pear"], [1.0])]
    assert project["breakdown"]["totalCount"] == 2
    assert [(request["method"], request["status"]) for request in found["requests"]] == [
        (method, 200)
    ]
    assert found["requests"][0]["type"] == "application/graphql-response+json"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_mutation_tells_what_it_stored(reports: Reports, name: str, script: str) -> None:
    stored = reports[script]["mutation"]
    assert stored["__typename"] == "TrackSuccess"
    assert stored["duplicate"] is False
    assert stored["event"]["name"].startswith(f"{name}-")
    assert stored["event"]["properties"] == {"by": stored["event"]["name"].removeprefix(f"{name}-")}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_refused_input_is_an_answer_that_names_the_field(reports: Reports, script: str) -> None:
    problem = reports[script]["problem"]
    assert problem["__typename"] == "InvalidInput"
    assert [field["path"] for field in problem["fields"]] == [["name"]]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_wrong_document_is_refused_with_a_code_that_clients_can_read(
    reports: Reports, script: str
) -> None:
    invalid = reports[script]["invalid"]
    assert invalid["codes"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert invalid["status"] == 400
    assert "nonsense" in invalid["messages"][0]


@pytest.mark.parametrize("script", SCRIPTS)
def test_who_has_no_credentials_is_told_so(reports: Reports, script: str) -> None:
    assert reports[script]["denied"]["codes"] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("script", [APOLLO, URQL])
def test_a_text_is_sent_once_and_its_hash_from_then_on(
    reports: Reports, name: str, script: str
) -> None:
    found = reports[script]["automatic"]
    events = found["data"]["project"]["events"]["nodes"]
    assert [event["name"] for event in events] == [name] * len(FRUIT)
    sent = [(request["sends"], request["status"]) for request in found["requests"]]
    assert sent == [("hash", CODE_OF_A_MISS), ("text", 200), ("hash", 200)]


@pytest.mark.parametrize(
    ("script", "media_type"), [(APOLLO, "multipart/mixed"), (URQL, "text/event-stream")]
)
def test_what_is_deferred_comes_after_the_rest(
    reports: Reports, script: str, media_type: str
) -> None:
    found = reports[script]["deferred"]
    first, last = found["states"]
    assert (first["dataState"], last["dataState"]) == ("streaming", "complete")
    assert first["data"]["project"]["slug"] == "demo"
    assert "events" not in first["data"]["project"]
    assert last["data"]["project"]["events"]["totalCount"] == len(FRUIT)
    assert [request["type"] for request in found["requests"]] == [media_type]
