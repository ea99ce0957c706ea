"""Doors: endpoints as plain ASGI applications, whose bodies arrive in time or not at all."""

import asyncio
from http import HTTPStatus

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Scope

from app.analytics.errors import NotFoundError
from app.http.doors import Door, Patience, PatientRequest
from app.http.errors import plain_envelope

pytestmark = pytest.mark.anyio

MOMENT = 0.01


async def _send(_: Message) -> None:
    raise AssertionError("Nothing is answered here.")


def _request(*messages: Message, seconds: float = 60) -> PatientRequest:
    """A request whose body comes in these messages; after the last, nothing comes any more."""
    waiting = iter(messages)

    async def receive() -> Message:
        for message in waiting:
            return message
        await asyncio.Event().wait()
        raise AssertionError("Nobody sends any more.")

    scope: Scope = {"type": "http", "method": "POST", "headers": [], "state": {}}
    return PatientRequest(scope, receive, _send, Patience(seconds))


def _part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([_part(b"whole", more=False)], b"whole"),
        ([_part(b"in ", more=True), _part(b"parts", more=False)], b"in parts"),
        ([{"type": "http.request"}], b""),
    ],
)
async def test_body_is_read_once_and_kept(messages: list[Message], body: bytes) -> None:
    request = _request(*messages)
    assert await request.body() == body
    assert await request.body() == body


async def test_body_that_does_not_arrive_is_refused() -> None:
    request = _request(_part(b"begun", more=True), seconds=MOMENT)
    with pytest.raises(HTTPException) as refused:
        await request.body()
    assert refused.value.status_code == HTTPStatus.REQUEST_TIMEOUT


async def test_caller_who_leaves_ends_the_reading() -> None:
    request = _request(_part(b"begun", more=True), {"type": "http.disconnect"})
    with pytest.raises(ClientDisconnect):
        await request.body()


async def test_each_wait_has_the_whole_time() -> None:
    patience = Patience(MOMENT)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await patience.within(asyncio.Event().wait())


async def test_patience_ends_waits_and_not_what_comes_after() -> None:
    patience = Patience(MOMENT)
    late = asyncio.create_task(patience.within(asyncio.Event().wait()))
    assert await patience.within(asyncio.sleep(0, "in time")) == "in time"
    with pytest.raises(TimeoutError):
        await late
    await asyncio.sleep(2 * MOMENT)


async def test_whoever_is_cancelled_stays_cancelled() -> None:
    waiting = asyncio.create_task(Patience(60).within(asyncio.Event().wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_door_answers_and_tells_of_errors_in_its_envelope() -> None:
    async def endpoint(request: Request) -> Response:
        if not await request.body():
            raise NotFoundError("There is no body.")
        return PlainTextResponse(await request.body())

    transport = httpx.ASGITransport(Door(endpoint, plain_envelope))
    async with httpx.AsyncClient(transport=transport, base_url="http://rosetta.test") as client:
        assert (await client.post("/", content=b"told")).text == "told"
        missing = await client.post("/")
    assert missing.status_code == HTTPStatus.NOT_FOUND
    assert missing.json()["message"] == "There is no body."
