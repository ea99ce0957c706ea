"""gql, the client of GraphQL in Python, as its users call it."""

from typing import Any

import pytest

from tests.e2e.clients.programs import FRUIT, run_python
from tests.e2e.conftest import LiveServer


@pytest.fixture(scope="module")
def report(server: LiveServer, name: str) -> dict[str, Any]:
    """What its cases came to."""
    return run_python(server, "gql_peer.py", name)


def fruit_in(data: dict[str, Any]) -> list[str]:
    return [event["properties"]["fruit"] for event in data["project"]["events"]["nodes"]]


def test_it_reads_the_schema_and_then_asks(report: dict[str, Any]) -> None:
    assert report["query"]["types"] > 50
    assert fruit_in(report["query"]["data"]) == list(FRUIT)


def test_it_asks_many_times_at_once(report: dict[str, Any]) -> None:
    answers = [data for session in report["asynchronous"] for data in session]
    assert [fruit_in(data) for data in answers] == [list(FRUIT)] * 10


def test_it_tracks(report: dict[str, Any], name: str) -> None:
    stored, refused = report["mutation"]
    assert stored["event"] == {"name": f"{name}-gql", "properties": {"by": "gql"}}
    assert [field["path"] for field in refused["fields"]] == [["name"]]


def test_it_is_told_why_it_is_refused(report: dict[str, Any]) -> None:
    assert report["refused"] == [["GRAPHQL_VALIDATION_FAILED"], ["UNAUTHENTICATED"]]


def test_it_listens_over_each_of_its_sockets(report: dict[str, Any], name: str) -> None:
    event = {"name": f"{name}-gql-ws", "properties": {"by": "gql"}}
    assert report["subscription"] == [event] * 3
