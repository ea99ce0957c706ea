"""Subscriptions over every transport, and how equal ones are shared."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect

from app.kit.clock import FixedClock
from app.projects.records import ClientType
from tests.schema.conftest import NOW, Server, opened, settings_in
from tests.schema.listening import Talk, listening, talking

pytestmark = pytest.mark.anyio

ADDED = """subscription ($filter: EventFilterInput) {
  eventAdded(projectId: "demo", filter: $filter) { event { name path } sampled dropped }
}"""
LIVE = 'subscription { liveChanged(projectId: "demo", everySeconds: 1) { visitors events } }'
HELLO = "{ viewer { client { name } } }"


@pytest.fixture(scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Server, str]]:
    """A server that listens, and its address."""
    settings = settings_in(tmp_path_factory.mktemp("live"))
    async with opened(settings, FixedClock(NOW)) as server, listening(server) as address:
        yield server, address


async def joined(server: Server, count: int) -> None:
    """Returns once so many listen for events."""
    async with asyncio.timeout(20):
        while len(server.services.news) != count:  # noqa: ASYNC110 — nobody tells of it.
            await asyncio.sleep(0.005)


async def test_events_are_told_as_they_come(live: tuple[Server, str]) -> None:
    server, address = live
    async with talking(address, server.headers) as talk:
        await talk.subscribe("one", ADDED, filter={"name": {"eq": "buy"}})
        await joined(server, 1)
        await server.keep(server.event(1), server.event(2, name="buy", path="/shop"))
        told = await talk.heard()
        assert told == {
            "id": "one",
            "type": "next",
            "payload": {
                "data": {
                    "eventAdded": {
                        "event": {"name": "buy", "path": "/shop"},
                        "sampled": False,
                        "dropped": 0,
                    }
                }
            },
        }
        await talk.say(id="one", type="complete")
        await joined(server, 0)


async def test_equal_subscriptions_are_computed_once(live: tuple[Server, str]) -> None:
    server, address = live
    async with (
        talking(address, server.headers) as first,
        talking(address, server.headers) as second,
    ):
        for talk in (first, second):
            for name in ("a", "b", "c"):
                await talk.subscribe(name, ADDED)
        await joined(server, 1)
        await first.subscribe("d", ADDED, filter={"path": {"eq": "/"}})
        await joined(server, 2)
        await server.keep(server.event(3, name="shared", path="/else"))
        for talk in (first, second):
            names = {(await talk.heard())["id"] for _ in range(3)}
            assert names == {"a", "b", "c"}
    await joined(server, 0)


async def test_what_changes_is_told_at_once_and_when_it_has_changed(
    live: tuple[Server, str],
) -> None:
    server, address = live
    async with talking(address, server.headers) as talk:
        await talk.subscribe("now", LIVE)
        before = (await talk.heard())["payload"]["data"]["liveChanged"]
        await server.keep(server.event(0, id="new", profile_id="someone", device_id="d"))
        after = (await talk.heard())["payload"]["data"]["liveChanged"]
        assert after["events"] > before["events"]
        # Another one that comes later has the newest answer without waiting for a change.
        await talk.subscribe("later", LIVE)
        told = await talk.heard()
        assert (told["id"], told["payload"]["data"]["liveChanged"]) == ("later", after)


async def test_queries_and_mutations_go_over_the_socket_too(live: tuple[Server, str]) -> None:
    server, address = live
    async with talking(address, server.headers) as talk:
        await talk.subscribe("q", HELLO)
        assert (await talk.heard())["payload"] == {
            "data": {"viewer": {"client": {"name": "a root client"}}}
        }
        assert await talk.heard() == {"id": "q", "type": "complete"}
        await talk.say(type="ping")
        assert await talk.heard() == {"type": "pong"}


TRACK = """mutation { track(input: {projectId: "demo", name: "late"}) {
  ... on TrackSuccess { event { createdAt } } } }"""


async def test_what_is_tracked_over_the_socket_happens_when_it_is_told(tmp_path: Path) -> None:
    clock = FixedClock(NOW)
    async with (
        opened(settings_in(tmp_path), clock) as server,
        listening(server) as address,
        talking(address, server.headers) as talk,
    ):
        clock.advance(60_000)
        await talk.subscribe("t", TRACK)
        told = (await talk.heard())["payload"]["data"]["track"]
    assert told == {"event": {"createdAt": "2026-03-01T12:01:00+00:00"}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { eventAdded(projectId: "nobody") { dropped } }', "NOT_FOUND"),
        (
            'subscription { eventAdded(projectId: "demo", maxPerSecond: 0) { dropped } }',
            "BAD_USER_INPUT",
        ),
        (
            (
                'subscription { eventAdded(projectId: "demo", filter: {where: [{on: '
                '{field: ENTRY_PATH}, is: {eq: "x"}}]}) { dropped } }'
            ),
            "BAD_USER_INPUT",
        ),
        ('subscription { liveChanged(projectId: "demo", everySeconds: 0) { events } }',
         "BAD_USER_INPUT"),
    ],
)  # fmt: skip
async def test_what_cannot_begin_is_an_error_of_its_own_id(
    live: tuple[Server, str], query: str, code: str
) -> None:
    server, address = live
    async with talking(address, server.headers) as talk:
        await talk.subscribe("x", query)
        told = await talk.heard()
        assert (told["id"], told["type"]) == ("x", "error")
        assert [error["extensions"]["code"] for error in told["payload"]] == [code]
        assert len(server.services.news) == 0


async def test_scopes_hold_for_subscriptions(live: tuple[Server, str]) -> None:
    server, address = live
    headers = await server.headers_of(ClientType.WRITE)
    async with talking(address, headers) as talk:
        await talk.subscribe("x", ADDED)
        told = await talk.heard()
        assert told["payload"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["no json"], 4400),
        (['{"type":"unknown"}'], 4400),
        (
            ['{"type":"subscribe","id":"1","payload":{"query":"{ viewer { client { id } } }"}}'],
            4401,
        ),
        (['{"type":"connection_init","payload":{"authorization":"Bearer phx_wrong"}}'], 4403),
        (['{"type":"connection_init"}', '{"type":"connection_init"}'], 4429),
        (['{"type":"connection_init"}', '{"type":"subscribe","id":"","payload":{}}'], 4400),
        (['{"type":"connection_init"}', '{"type":"subscribe","id":"1","payload":{}}'], 4400),
    ],
)
async def test_wrong_messages_close_the_connection(
    live: tuple[Server, str], messages: list[str], code: int
) -> None:
    _, address = live
    async with talking(address) as talk:
        for message in messages:
            await talk.socket.send(message)
        assert await talk.closed() == code


async def test_names_are_used_once_at_a_time(live: tuple[Server, str]) -> None:
    server, address = live
    async with talking(address, server.headers) as talk:
        await talk.subscribe("x", ADDED)
        await talk.subscribe("x", ADDED)
        assert await talk.closed() == 4409
    await joined(server, 0)


async def test_a_connection_has_as_many_subscriptions_as_are_allowed(
    live: tuple[Server, str],
) -> None:
    server, address = live
    most = server.services.settings.graphql_subscriptions_per_connection
    async with talking(address, server.headers) as talk:
        for number in range(most):
            await talk.subscribe(f"{number}", LIVE)
        begun = [await talk.heard() for _ in range(most)]
        assert {told["type"] for told in begun} == {"next"}
        assert {told["id"] for told in begun} == {f"{number}" for number in range(most)}
        await talk.subscribe("one more", LIVE)
        refused = await talk.heard()
        assert (refused["id"], refused["type"]) == ("one more", "error")


async def test_other_protocols_are_not_spoken(live: tuple[Server, str]) -> None:
    async with connect(f"ws://{live[1]}/graphql") as socket:
        assert await Talk(socket).closed() == 4406


async def parts_of(response: httpx.Response, separator: str) -> AsyncIterator[str]:
    """What comes between the separators, as it comes."""
    held = ""
    async for piece in response.aiter_text():
        held += piece
        while separator in held:
            part, _, held = held.partition(separator)
            yield part


@pytest.mark.parametrize(
    ("accept", "separator", "begins", "contains"),
    [
        ("text/event-stream", "\n\n", "event: next\ndata: ", '{"data":{"eventAdded":'),
        (
            'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
            "\r\n--graphql",
            "\r\ncontent-type: application/json",
            '{"payload":{"data":{"eventAdded":',
        ),
    ],
)
async def test_subscriptions_stream_over_http(
    live: tuple[Server, str], accept: str, separator: str, begins: str, contains: str
) -> None:
    server, address = live
    async with (
        httpx.AsyncClient(timeout=20) as http,
        http.stream(
            "POST",
            f"http://{address}/graphql",
            json={"query": ADDED},
            headers={**server.headers, "accept": accept},
        ) as response,
    ):
        assert response.status_code == 200
        await joined(server, 1)
        await server.keep(server.event(4, name="streamed"))
        async for part in parts_of(response, separator):
            if contains in part:
                assert part.removeprefix("--graphql").startswith(begins)
                break
    await joined(server, 0)


async def test_subscriptions_need_a_form_that_goes_on(live: tuple[Server, str]) -> None:
    server, _ = live
    answer = await server.ask(ADDED)
    assert (answer.status, answer.code) == (406, "BAD_REQUEST")


async def test_deferred_parts_come_after_the_first(live: tuple[Server, str]) -> None:
    server, address = live
    query = """{ viewer { client { name } ... @defer(label: "later") {
      projects { nodes { slug } } } } }"""
    accept = "multipart/mixed;incrementalSpec=v0.2,application/json;q=0.9"
    async with httpx.AsyncClient(timeout=20) as http:
        response = await http.post(
            f"http://{address}/graphql",
            json={"query": query},
            headers={**server.headers, "accept": accept},
        )
        plain = await http.post(
            f"http://{address}/graphql", json={"query": query}, headers=server.headers
        )
    assert response.headers["content-type"].startswith("multipart/mixed")
    bodies: list[Any] = [
        orjson.loads(part.partition("\r\n\r\n")[2])
        for part in response.text.split("\r\n--graphql")[0:]
        if "{" in part
    ]
    assert bodies[0]["data"] == {"viewer": {"client": {"name": "a root client"}}}
    assert bodies[0]["pending"] == [{"id": "0", "path": ["viewer"], "label": "later"}]
    assert bodies[-1]["hasNext"] is False
    # Who takes one piece only gets it.
    assert plain.json()["data"]["viewer"]["projects"]["nodes"][0] == {"slug": "demo"}
