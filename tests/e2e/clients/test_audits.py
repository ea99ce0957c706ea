"""The endpoint keeps to GraphQL over HTTP, as graphql-http's audits of servers judge it."""

from tests.e2e.clients.programs import run_node
from tests.e2e.conftest import LiveServer


def test_every_audit_of_graphql_http_is_ok(server: LiveServer) -> None:
    audits = run_node(server, "audits.mjs", "")["audits"]
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61
