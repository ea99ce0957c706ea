"""GraphQL over HTTP: methods, media types, statuses and bodies."""

import base64
import gzip
from typing import Any

import httpx
import orjson
import pytest

from app.projects.records import ClientType
from app.settings import Settings
from tests.schema.conftest import Server

pytestmark = pytest.mark.anyio

JSON = "application/json"
NEW = "application/graphql-response+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HELLO = "{ viewer { client { name } } }"


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [(None, JSON), ("*/*", JSON), (JSON, JSON), (NEW, NEW), (f"{NEW},{JSON};q=0.9", NEW)],
)
async def test_answers_have_the_form_asked_for(
    shared: Server, accept: str | None, content_type: str
) -> None:
    shared.http.headers.pop("accept", None)
    headers = {} if accept is None else {"accept": accept}
    response = await shared.http.post("/graphql", json={"query": HELLO}, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{content_type}; charset=utf-8"
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {"data": {"viewer": {"client": None}}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { viewer { __typename } } query B { viewer { __typename } }"},
         "OPERATION_RESOLUTION_FAILURE"),
        ({"query": HELLO, "operationName": "Nobody"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "fragment A on Query { viewer { __typename } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($p: ID!) { project(id: $p) { name } }"}, "BAD_USER_INPUT"),
        (
            {"query": "query ($p: ID!) { project(id: $p) { name } }", "variables": {"p": [1]}},
            "BAD_USER_INPUT",
        ),
    ],
)  # fmt: skip
async def test_refused_operations_are_400_in_the_new_form_and_200_in_the_old(
    shared: Server, body: dict[str, Any], code: str
) -> None:
    for accept, status in ((NEW, 400), (JSON, 200)):
        response = await shared.http.post("/graphql", json=body, headers={"accept": accept})
        assert response.status_code == status
        assert "data" not in response.json()
        assert codes(response) == [code]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        (b'"{ viewer }"', 400),
        (b"{}", 400),
        (b'{"query": null}', 400),
        (b'{"query": 7}', 400),
        (b'{"query": "{ viewer { __typename } }", "variables": []}', 400),
        (b'{"query": "{ viewer { __typename } }", "variables": "{}"}', 400),
        (b'{"query": "{ viewer { __typename } }", "operationName": 7}', 400),
        (b'{"query": "{ viewer { __typename } }", "extensions": 7}', 400),
        (b'[{"query": "{ viewer { __typename } }"}]', 400),
        (b'{"query": "{ viewer { __typename } }", "variables": null}', 200),
        (b'{"query": "{ viewer { __typename } }", "operationName": ""}', 200),
        (b'{"query": "{ viewer { __typename } }", "extensions": {"a": 1}, "more": 2}', 200),
    ],
)
async def test_bodies_have_to_be_one_operation(shared: Server, content: bytes, status: int) -> None:
    response = await shared.http.post("/graphql", content=content, headers={"content-type": JSON})
    assert response.status_code == status
    if status == 400:
        assert codes(response) == ["BAD_REQUEST"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 200),
        ({"content-type": "Application/JSON; charset=UTF-8"}, 200),
        ({"content-type": "application/jsonp"}, 415),
        ({"content-type": "application/json; charset=latin-1"}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/graphql"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-type": ""}, 415),
    ],
)
async def test_bodies_have_to_be_json(shared: Server, headers: dict[str, str], status: int) -> None:
    content = orjson.dumps({"query": HELLO})
    response = await shared.http.post("/graphql", content=content, headers=headers)
    assert response.status_code == status


async def test_compressed_bodies_are_refused(shared: Server) -> None:
    response = await shared.http.post(
        "/graphql",
        content=gzip.compress(orjson.dumps({"query": HELLO})),
        headers={"content-type": JSON, "content-encoding": "gzip"},
    )
    assert (response.status_code, codes(response)) == (415, ["BAD_REQUEST"])


async def test_bodies_over_the_limit_are_refused_as_json(shared: Server) -> None:
    settings = shared.services.settings
    most, more = settings.max_graphql_body_bytes, settings.max_graphql_mutation_body_bytes
    forgetting = 'mutation { deleteInsight(input: {id: "none"}) { __typename } }'
    for query, length, status, told in (
        (HELLO, most, 413, f"one of a query may have {most}."),
        (HELLO, more, 413, f"The body is larger than {more} bytes."),
        (forgetting, most, 200, ""),
        (forgetting, more, 413, f"The body is larger than {more} bytes."),
    ):
        response = await shared.http.post(
            "/graphql", json={"query": query, "more": "x" * length}, headers=shared.headers
        )
        assert response.status_code == status
        if told:
            assert codes(response) == ["PAYLOAD_TOO_LARGE"]
            assert response.json()["errors"][0]["message"].endswith(told)


async def test_queries_can_be_asked_by_get(shared: Server) -> None:
    query = "query A($n: ID!) { project(id: $n) { name } } query B { viewer { __typename } }"
    parameters = {"query": query, "operationName": "A", "variables": '{"n": "demo"}'}
    response = await shared.http.get("/graphql", params=parameters, headers=shared.headers)
    assert response.json() == {"data": {"project": {"name": "demo"}}}


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({}, 400, "BAD_REQUEST"),
        ({"query": ""}, 400, "BAD_REQUEST"),
        ({"query": HELLO, "variables": "{"}, 400, "BAD_REQUEST"),
        ({"query": HELLO, "variables": "[]"}, 400, "BAD_REQUEST"),
        (
            {"query": 'mutation { identify(input: {projectId: "demo", profileId: "a"}) '
             "{ __typename } }"},
            405,
            "BAD_REQUEST",
        ),
    ],
)  # fmt: skip
async def test_wrong_questions_by_get(
    shared: Server, parameters: dict[str, str], status: int, code: str
) -> None:
    response = await shared.http.get("/graphql", params=parameters, headers=shared.headers)
    assert (response.status_code, codes(response)) == (status, [code])
    assert status != 405 or response.headers["allow"] == "POST"


async def test_other_methods_are_refused(shared: Server) -> None:
    response = await shared.http.patch("/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST, PUT, DELETE")
    assert codes(response) == ["BAD_REQUEST"]


async def test_browsers_of_other_origins_may_ask(shared: Server) -> None:
    wanted = "authorization,content-type,x-apollo-operation-name"
    preflight = await shared.http.options(
        "/graphql",
        headers={
            "origin": "https://dashboard.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": wanted,
        },
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == wanted
    answer = await shared.http.post(
        "/graphql", json={"query": HELLO}, headers={"origin": "https://dashboard.example"}
    )
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_forms_that_are_not_offered_are_406(shared: Server) -> None:
    response = await shared.http.post("/graphql", json={"query": HELLO}, headers={"accept": "a/b"})
    assert (response.status_code, codes(response)) == (406, ["BAD_REQUEST"])


async def test_a_browser_gets_the_page_and_needs_no_credentials(shared: Server) -> None:
    response = await shared.http.get("/graphql", headers={"accept": BROWSER})
    # Without a build of the page it is a sentence that says how to make one.
    assert response.status_code in {200, 503}
    assert response.headers["content-type"].startswith("text/")


async def test_a_browser_that_asks_gets_an_answer(shared: Server) -> None:
    response = await shared.http.get(
        "/graphql", params={"query": HELLO}, headers={"accept": BROWSER}
    )
    assert response.json() == {"data": {"viewer": {"client": None}}}


async def test_variables_may_nest_only_so_deep(shared: Server) -> None:
    deep: dict[str, Any] = {}
    for _ in range(60):
        deep = {"not": deep}
    answer = await shared.ask(
        "query ($f: EventFilterInput) "
        '{ project(id: "demo") { events(filter: $f) { totalCount } } }',
        {"f": deep},
    )
    assert (answer.status, answer.code) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("kind", list(ClientType))
async def test_credentials_are_taken_from_every_place(shared: Server, kind: ClientType) -> None:
    named = await shared.headers_of(kind)
    pair = ":".join(named.values())
    token = base64.b64encode(pair.encode()).decode()
    for headers in (
        named,
        {"authorization": f"Bearer {token}"},
        {"authorization": f"bearer {token.rstrip('=')}"},
        {"authorization": f"Basic {token}"},
    ):
        answer = await shared.ask("{ viewer { client { id name } } }", headers=headers)
        client = answer.data["viewer"]["client"]
        assert client == {
            "id": f"client:{named['openpanel-client-id']}",
            "name": f"a {kind} client",
        }


class TestDraft:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"graphql_draft_statuses": True})

    async def test_answers_have_the_statuses_of_the_draft(self, server: Server) -> None:
        partly = '{ viewer { client { name } } project(id: "nobody") { name } }'
        for query, draft, code in (
            (HELLO, 200, None),
            ("{", 400, "GRAPHQL_PARSE_FAILED"),
            ("{ nothing }", 422, "GRAPHQL_VALIDATION_FAILED"),
            ("query ($p: ID!) { project(id: $p) { name } }", 422, "BAD_USER_INPUT"),
            ("query A { __typename } query B { __typename }", 422, "OPERATION_RESOLUTION_FAILURE"),
            (partly, 294, "NOT_FOUND"),
        ):
            for accept, status in ((NEW, draft), (JSON, 200)):
                response = await server.http.post(
                    "/graphql", json={"query": query}, headers={**server.headers, "accept": accept}
                )
                assert response.status_code == status
                assert code is None or codes(response) == [code]
