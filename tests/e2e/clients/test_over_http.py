"""Clients of GraphQL as their users call them, unchanged, over HTTP."""

from typing import Any, Final

import pytest

from tests.e2e.clients.programs import FRUIT, run_node
from tests.e2e.conftest import LiveServer

SCRIPTS: Final = ("apollo.mjs", "urql.mjs", "graphql_request.mjs")


@pytest.fixture(scope="module", params=SCRIPTS)
def report(request: pytest.FixtureRequest, server: LiveServer, name: str) -> dict[str, Any]:
    """What the cases of a client came to; each client runs once."""
    return run_node(server, request.param, name)


@pytest.mark.parametrize(("case", "method"), [("query", "POST"), ("get", "GET")])
def test_answers_are_the_same_by_either_method(
    report: dict[str, Any], name: str, case: str, method: str
) -> None:
    found = report[case]
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


def test_a_mutation_tells_what_it_stored(report: dict[str, Any], name: str) -> None:
    stored = report["mutation"]
    assert stored["__typename"] == "TrackSuccess"
    assert stored["duplicate"] is False
    assert stored["event"]["name"].startswith(f"{name}-")
    assert stored["event"]["properties"] == {"by": stored["event"]["name"].removeprefix(f"{name}-")}


def test_a_refused_input_is_an_answer_that_names_the_field(report: dict[str, Any]) -> None:
    problem = report["problem"]
    assert problem["__typename"] == "InvalidInput"
    assert [field["path"] for field in problem["fields"]] == [["name"]]


def test_a_wrong_document_is_refused_with_a_code_that_clients_can_read(
    report: dict[str, Any],
) -> None:
    assert report["invalid"]["codes"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert report["invalid"]["status"] == 400
    assert "nonsense" in report["invalid"]["messages"][0]


def test_who_has_no_credentials_is_told_so(report: dict[str, Any]) -> None:
    assert report["denied"]["codes"] == ["UNAUTHENTICATED"]
