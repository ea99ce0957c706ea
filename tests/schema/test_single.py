"""Many operations over one stream of events: reserving it, asking for it, and its end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpx
import orjson
import pytest
from starlette.requests import Request

from app.analytics.errors import NotFoundError
from app.kit.clock import FixedClock
from app.projects.records import ClientType
from schema.build import build_schema
from schema.service import GraphQLService
from schema.transport.negotiation import forms_of
from schema.transport.persisted import PersistedDocuments
from schema.transport.single import TOKEN, SingleConnections
from tests.schema.conftest import NOW, Server, opened, settings_in
from tests.schema.listening import listening

pytestmark = pytest.mark.anyio

ADDED = 'subscription { eventAdded(projectId: "demo") { event { name } } }'
HELLO = "{ viewer { client { name } } }"

Told: TypeAlias = tuple[str, dict[str, Any]]
"""The name and the data of an event."""


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    settings = settings_in(tmp_path_factory.mktemp("single"))
    async with opened(settings, FixedClock(NOW)) as server:
        yield server


class Browser:
    """What a page does with one stream."""

    def __init__(self, http: httpx.AsyncClient, headers: Mapping[str, str], token: str) -> None:
        self.http = http
        self.headers = {**headers, TOKEN: token}
        self.token = token

    async def ask(self, name: str | None, query: str, **headers: str) -> httpx.Response:
        """The answer to asking for an operation under that name."""
        extensions = {} if name is None else {"operationId": name}
        body = {"query": query, "extensions": extensions}
        return await self.http.post("/graphql", json=body, headers={**self.headers, **headers})

    async def stop(self, name: str) -> httpx.Response:
        """The answer to ending the operation of that name."""
        return await self.http.delete(
            "/graphql", params={"operationId": name}, headers=self.headers
        )

    @asynccontextmanager
    async def stream(self) -> AsyncGenerator[AsyncIterator[Told]]:
        """The events of the stream, opened as browsers do: by the token in the address."""
        headers = {"accept": "text/event-stream"}
        address = f"/graphql?token={self.token}"
        async with asyncio.timeout(20), self.http.stream("GET", address, headers=headers) as came:
            assert came.status_code == 200
            assert came.headers["content-type"].startswith("text/event-stream")
            yield events_in(came)


async def events_in(came: httpx.Response) -> AsyncIterator[Told]:
    """Each event that means anything."""
    name = ""
    async for line in came.aiter_lines():
        match line.partition(": "):
            case ("event", _, told):
                name = told
            case ("data", _, told):
                yield name, orjson.loads(told)
            case _:
                pass


@asynccontextmanager
async def browsing(server: Server) -> AsyncGenerator[Browser]:
    """A reservation at the server, on a port."""
    async with (
        listening(server) as address,
        httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as http,
    ):
        await joined(server, 0)
        reserved = await http.put("/graphql", headers=server.headers)
        assert reserved.status_code == 201
        assert reserved.headers["content-type"].startswith("text/plain")
        yield Browser(http, server.headers, reserved.text)


async def joined(server: Server, count: int) -> None:
    """Returns once so many listen for events."""
    async with asyncio.timeout(20):
        while len(server.services.news) != count:  # noqa: ASYNC110 — nobody tells of it.
            await asyncio.sleep(0.005)


async def test_operations_share_a_stream(server: Server) -> None:
    async with browsing(server) as browser, browser.stream() as events:
        assert (await browser.ask("follow", ADDED)).status_code == 202
        await joined(server, 1)
        assert (await browser.ask("ask", HELLO)).status_code == 202
        payload = {"data": {"viewer": {"client": {"name": "a root client"}}}}
        assert await anext(events) == ("next", {"id": "ask", "payload": payload})
        assert await anext(events) == ("complete", {"id": "ask"})
        await server.keep(server.event(1, id="shared", name="shared"))
        payload = {"data": {"eventAdded": {"event": {"name": "shared"}}}}
        assert await anext(events) == ("next", {"id": "follow", "payload": payload})
        assert (await browser.stop("follow")).status_code == 200
        await joined(server, 0)


async def test_what_was_asked_before_the_stream_opens_waits_for_it(server: Server) -> None:
    async with browsing(server) as browser:
        assert (await browser.ask("early", HELLO)).status_code == 202
        async with browser.stream() as events:
            assert (await anext(events))[1]["id"] == "early"


async def test_a_stream_that_ends_ends_what_was_asked_for_it(server: Server) -> None:
    async with browsing(server) as browser:
        async with browser.stream():
            await browser.ask("follow", ADDED)
            await joined(server, 1)
        await joined(server, 0)
        gone = await browser.ask("again", HELLO)
        assert (gone.status_code, code_of(gone)) == (404, "NOT_FOUND")


async def test_what_fails_while_it_begins_is_told_in_the_stream(server: Server) -> None:
    wrong = ADDED.replace("demo", "nobody")
    async with browsing(server) as browser, browser.stream() as events:
        assert (await browser.ask("wrong", wrong)).status_code == 202
        name, told = await anext(events)
        errors = told["payload"]["errors"]
        assert (name, told["id"], errors[0]["extensions"]["code"]) == ("next", "wrong", "NOT_FOUND")
        assert await anext(events) == ("complete", {"id": "wrong"})


async def test_what_cannot_be_executed_is_not_accepted(server: Server) -> None:
    async with browsing(server) as browser:
        for name, query, status, code in (
            ("a", "{ nothing }", 400, "GRAPHQL_VALIDATION_FAILED"),
            ("a", "{", 400, "GRAPHQL_PARSE_FAILED"),
            (None, HELLO, 400, "BAD_REQUEST"),
            ("", HELLO, 400, "BAD_REQUEST"),
        ):
            refused = await browser.ask(name, query)
            assert (refused.status_code, code_of(refused)) == (status, code)
        listed = await browser.http.post(
            "/graphql", json=[{"query": HELLO}], headers=browser.headers
        )
        assert (listed.status_code, code_of(listed)) == (400, "BAD_REQUEST")
        unnamed = await browser.http.delete("/graphql", headers=browser.headers)
        assert (unnamed.status_code, code_of(unnamed)) == (400, "BAD_REQUEST")


async def test_names_are_used_once_at_a_time_and_a_stream_opens_once(server: Server) -> None:
    async with browsing(server) as browser, browser.stream():
        await browser.ask("follow", ADDED)
        again = await browser.ask("follow", ADDED)
        assert (again.status_code, code_of(again)) == (409, "CONFLICT")
        accept = {"accept": "text/event-stream"}
        second = await browser.http.get("/graphql", headers={**browser.headers, **accept})
        assert (second.status_code, code_of(second)) == (409, "CONFLICT")


async def test_a_stream_has_as_many_operations_as_are_allowed(server: Server) -> None:
    most = server.services.settings.graphql_subscriptions_per_connection
    async with browsing(server) as browser, browser.stream():
        for number in range(most):
            assert (await browser.ask(f"{number}", ADDED)).status_code == 202
        refused = await browser.ask("one more", ADDED)
        assert (refused.status_code, code_of(refused)) == (400, "BAD_REQUEST")
        await browser.stop("0")
        await asyncio.sleep(0)
        assert (await browser.ask("in its place", ADDED)).status_code == 202


async def test_a_stream_belongs_to_whoever_reserved_it(server: Server) -> None:
    other = await server.headers_of(ClientType.ROOT, server.other)
    async with browsing(server) as browser:
        foreign = await browser.ask("theirs", HELLO, **other)
        assert (foreign.status_code, code_of(foreign)) == (404, "NOT_FOUND")
        accept = {"accept": "text/event-stream"}
        unknown = await browser.http.get("/graphql?token=guessed", headers=accept)
        assert (unknown.status_code, code_of(unknown)) == (404, "NOT_FOUND")
        nobody = await browser.http.put("/graphql")
        assert (nobody.status_code, code_of(nobody)) == (401, "UNAUTHENTICATED")


async def test_who_asks_for_a_stream_of_its_own_has_one(server: Server) -> None:
    async with browsing(server) as browser:
        answer = await browser.ask("own", HELLO, accept="text/event-stream")
        assert answer.status_code == 200
        assert "a root client" in answer.text


async def test_mutations_do_not_go_by_get(server: Server) -> None:
    text = 'mutation { deleteInsight(input: {id: "x"}) { __typename } }'
    params = {"query": text, "extensions": '{"operationId":"m"}'}
    async with browsing(server) as browser:
        refused = await browser.http.get("/graphql", params=params, headers=browser.headers)
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


async def test_a_reservation_that_is_not_opened_in_time_is_forgotten(server: Server) -> None:
    settings = server.services.settings
    service = GraphQLService.of(build_schema(), settings, PersistedDocuments())
    single = SingleConnections(service, seconds=0)
    reserved = await single.respond(request_of(server, "PUT"), forms_of(None), "first")
    accept = "text/event-stream"
    await asyncio.sleep(0.01)
    late = request_of(server, "GET", accept=accept, **{TOKEN: bytes(reserved.body).decode()})
    with pytest.raises(NotFoundError):
        await single.respond(late, forms_of(accept), "second")


def request_of(server: Server, method: str, **headers: str) -> Request:
    """A request of the root client as the application sees it."""
    told = {**server.headers, **headers}
    return Request(
        {
            "type": "http",
            "method": method,
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
            "client": ("127.0.0.1", 1),
            "state": {"services": server.services},
        }
    )


def code_of(answer: httpx.Response) -> str:
    """The code of the only error."""
    (error,) = answer.json()["errors"]
    return str(error["extensions"]["code"])
