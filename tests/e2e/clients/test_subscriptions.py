"""Subscriptions over every transport that clients of JavaScript have."""

from typing import Any, Final

import pytest

from tests.e2e.clients.programs import FRUIT, run_node
from tests.e2e.conftest import LiveServer

TRANSPORTS: Final = {
    "apolloWebSocket": "apollo-ws",
    "apolloMultipart": "apollo-multipart",
    "urqlEvents": "urql-sse",
    "urqlWebSocket": "urql-ws",
    "graphqlWs": "graphql-ws",
    "graphqlWsHeaders": "graphql-ws-headers",
    "graphqlSse": "graphql-sse",
    "graphqlSseSingle": "graphql-sse-single",
}


@pytest.fixture(scope="module")
def report(server: LiveServer, name: str) -> dict[str, Any]:
    """What the cases came to."""
    return run_node(server, "subscriptions.mjs", name)


@pytest.mark.parametrize(("case", "who"), TRANSPORTS.items())
def test_events_arrive_as_they_are_tracked(
    report: dict[str, Any], name: str, case: str, who: str
) -> None:
    added = report[case]["added"]
    assert (added["name"], added["properties"]) == (f"{name}-{who}", {"by": who})


@pytest.mark.parametrize("case", TRANSPORTS)
def test_live_numbers_begin_with_what_holds_now(report: dict[str, Any], case: str) -> None:
    assert report[case]["live"]["events"] >= len(FRUIT)


@pytest.mark.parametrize("case", ["socketQuery", "eventsQuery", "sharedQuery"])
def test_queries_are_answered_where_subscriptions_are(
    report: dict[str, Any], name: str, case: str
) -> None:
    events = report[case]["data"]["project"]["events"]["nodes"]
    assert [event["name"] for event in events] == [name] * len(FRUIT)


def test_a_socket_refuses_a_wrong_document_and_stays_for_others(report: dict[str, Any]) -> None:
    assert report["socketInvalid"]["codes"] == ["GRAPHQL_VALIDATION_FAILED"]


def test_a_shared_stream_refuses_a_wrong_document_before_it_is_accepted(
    report: dict[str, Any],
) -> None:
    assert report["sharedInvalid"] == {"closed": 400}


def test_a_shared_stream_tells_what_could_not_be_executed(report: dict[str, Any]) -> None:
    assert set(report["sharedDenied"]["codes"]) == {"FORBIDDEN"}


def test_a_socket_with_wrong_credentials_is_closed_as_forbidden(report: dict[str, Any]) -> None:
    assert report["socketDenied"] == {"closed": 4403}


def test_a_socket_answers_pings(report: dict[str, Any]) -> None:
    assert report["pings"]["pongs"] == 2
