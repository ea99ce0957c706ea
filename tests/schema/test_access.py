"""Who may see and do what."""

import base64

import pytest

from app.projects.issuer import CredentialIssuer
from app.projects.records import ClientType
from app.settings import Settings
from tests.schema.conftest import Server

pytestmark = pytest.mark.anyio

NAME = "query ($id: ID!) { project(id: $id) { slug } }"
TRACK = """
mutation ($id: ID!) { track(input: {projectId: $id, name: "x"}) { __typename } }
"""
FIELDS = {
    "events": "events { totalCount }",
    "sessions": "sessions { totalCount }",
    "profiles": "profiles { totalCount }",
    "event": 'event(id: "x") { id }',
    "profile": 'profile(id: "x") { id }',
    "totals": "totals(metrics: {metric: EVENTS}, range: {preset: TODAY}) { values { value } }",
    "timeseries": "timeseries(metrics: {metric: EVENTS}, range: {preset: TODAY}) { buckets }",
    "breakdown": "breakdown(by: {field: PATH}, metrics: {metric: EVENTS}, range: {preset: TODAY})"
    " { totalCount }",
    "live": "live { visitors }",
    "catalog": "catalog { eventNames propertyKeys(scope: EVENT) { key } "
    "values(dimension: {field: PATH}) { value } }",
}


def basic(name: str, secret: str) -> dict[str, str]:
    token = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"authorization": f"Basic {token}"}


def issuer(shared: Server) -> CredentialIssuer:
    return CredentialIssuer(shared.control, shared.services.clock, shared.services.projects)


@pytest.mark.parametrize("kind", ["slug", "number", "id"])
async def test_a_project_has_three_names(shared: Server, kind: str) -> None:
    answer = await shared.ask('{ project(id: "demo") { slug number id } }')
    name = answer.data["project"][kind]
    assert (await shared.ask(NAME, {"id": name})).data == {"project": {"slug": "demo"}}


@pytest.mark.parametrize("query", [NAME, TRACK, "query ($id: ID!) { node(id: $id) { id } }"])
async def test_no_one_known_sees_no_project(shared: Server, query: str) -> None:
    answer = await shared.ask(query, {"id": "demo"}, headers={})
    assert (answer.status, answer.code) == (200, "UNAUTHENTICATED")
    unknown = await shared.ask(query, {"id": "nothing"}, headers={})
    assert unknown.body == answer.body


@pytest.mark.parametrize(
    "headers",
    [
        {"openpanel-client-id": "00000000-0000-4000-8000-000000000000"},
        {"openpanel-client-id": "nonsense", "openpanel-client-secret": "sec_1"},
        {"openpanel-client-secret": "sec_1"},
        {"authorization": "Bearer phx_wrong"},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Bearer bm9jb2xvbg=="},
        {"authorization": "Basic ä"},
        {"authorization": "Digest x"},
        basic("rosetta.mp-service-account", "wrong"),
        basic("0123456789abcdef0123456789abcdef", ""),
    ],
)
async def test_wrong_credentials_are_401_whatever_is_asked(
    shared: Server, headers: dict[str, str]
) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    response = await shared.http.post(
        "/graphql",
        json={"query": "{ __typename }"},
        headers=[(name.encode(), value) for name, value in encoded.items()],
    )
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_wrong_secret_of_a_known_client_is_401(shared: Server) -> None:
    headers = {**shared.headers, "openpanel-client-secret": "sec_wrong"}
    assert (await shared.ask("{ __typename }", headers=headers)).status == 401


async def test_every_kind_of_credential_opens_its_project(shared: Server) -> None:
    account = await issuer(shared).create_service_account(shared.project)
    key = await issuer(shared).create_api_key(shared.project, ["query:read"])
    third = await shared.services.projects.create_project("third")
    for headers, project in (
        (basic(account.username, account.secret), "demo"),
        ({"authorization": f"Bearer {key.key}"}, "demo"),
        (basic(third.secret, ""), "third"),
    ):
        answer = await shared.ask("{ viewer { projects { nodes { slug } } } }", headers=headers)
        assert answer.data["viewer"]["projects"]["nodes"] == [{"slug": project}]


async def test_another_project_is_forbidden_and_an_unknown_one_not_found(shared: Server) -> None:
    headers = await shared.headers_of(ClientType.READ)
    for reference, code in (("other", "FORBIDDEN"), ("2", "FORBIDDEN"), ("nothing", "NOT_FOUND")):
        answer = await shared.ask(NAME, {"id": reference}, headers=headers)
        assert (answer.body["data"], answer.code) == ({"project": None}, code)


async def test_another_projects_things_are_forbidden(shared: Server) -> None:
    headers = await shared.headers_of(ClientType.READ, shared.other)
    await shared.keep(shared.event(1))
    own = await shared.ask('{ project(id: "demo") { id events { nodes { id } } } }')
    project = own.data["project"]
    for node_id in (project["id"], project["events"]["nodes"][0]["id"]):
        query = "query ($id: ID!) { node(id: $id) { id } }"
        assert (await shared.ask(query, {"id": node_id}, headers=headers)).code == "FORBIDDEN"


@pytest.mark.parametrize("field", FIELDS)
async def test_a_write_client_reads_nothing(shared: Server, field: str) -> None:
    headers = await shared.headers_of(ClientType.WRITE)
    answer = await shared.ask(
        f'{{ project(id: "demo") {{ slug {FIELDS[field]} }} }}', headers=headers
    )
    assert answer.body["data"]["project"]["slug"] == "demo"
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {"FORBIDDEN"}


async def test_a_read_client_writes_nothing(shared: Server) -> None:
    answer = await shared.ask(
        TRACK, {"id": "demo"}, headers=await shared.headers_of(ClientType.READ)
    )
    assert (answer.body["data"], answer.code) == ({"track": None}, "FORBIDDEN")


async def test_a_write_client_writes_to_its_own_project_alone(shared: Server) -> None:
    headers = await shared.headers_of(ClientType.WRITE)
    own = await shared.ask(TRACK, {"id": "demo"}, headers=headers)
    assert own.data == {"track": {"__typename": "TrackSuccess"}}
    assert (await shared.ask(TRACK, {"id": "other"}, headers=headers)).code == "FORBIDDEN"


async def test_a_key_allows_what_its_scopes_say(shared: Server) -> None:
    key = await issuer(shared).create_api_key(shared.project, ["insight:read"])
    headers = {"authorization": f"Bearer {key.key}"}
    answer = await shared.ask(
        f'{{ project(id: "demo") {{ {FIELDS["totals"]} {FIELDS["events"]} }} }}', headers=headers
    )
    (total,) = answer.body["data"]["project"]["totals"]["values"]
    assert total["value"] is not None
    assert (answer.error["path"], answer.code) == (["project", "events"], "FORBIDDEN")


async def test_the_schema_is_open_to_everyone_by_default(shared: Server) -> None:
    answer = await shared.ask("{ __schema { queryType { name } } }", headers={})
    assert answer.data == {"__schema": {"queryType": {"name": "Query"}}}


class TestRates:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"graphql_requests_per_10_seconds": 2})

    async def test_a_client_may_ask_only_so_often(self, server: Server) -> None:
        for left in ("1", "0"):
            answer = await server.ask("{ __typename }")
            assert (answer.status, answer.headers["x-ratelimit-remaining"]) == (200, left)
        answer = await server.ask("{ __typename }")
        assert (answer.status, answer.code) == (429, "RATE_LIMITED")
        assert answer.error["extensions"]["retryAfter"] == int(answer.headers["retry-after"]) > 0
        other = await server.headers_of(ClientType.READ)
        assert (await server.ask("{ __typename }", headers=other)).status == 200


class TestWithoutRates:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        update = {"graphql_requests_per_10_seconds": 1, "rate_limits": False}
        return settings.model_copy(update=update)

    async def test_limits_can_be_switched_off(self, server: Server) -> None:
        for _ in range(3):
            assert (await server.ask("{ __typename }")).status == 200


class TestClosed:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"graphql_introspection": False, "graphiql": False})

    async def test_introspection_can_be_switched_off(self, server: Server) -> None:
        answer = await server.ask("{ __schema { queryType { name } } }")
        assert {error["extensions"]["code"] for error in answer.body["errors"]} == {
            "GRAPHQL_VALIDATION_FAILED"
        }

    async def test_the_page_can_be_switched_off(self, server: Server) -> None:
        response = await server.http.get("/graphql", headers={"accept": "text/html"})
        assert response.status_code == 406
