from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.analytics.errors import OverloadedError, QueryTimeoutError
from app.http.errors import answer_http_exception, guarded, plain_envelope
from app.http.middleware import middleware_for
from app.settings import Settings

pytestmark = pytest.mark.anyio


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body(), headers={"x-frame-options": "SAMEORIGIN"})


async def broken(_: Request) -> Response:
    raise ValueError("a secret detail")


async def slow(_: Request) -> Response:
    raise QueryTimeoutError("The question took longer than 30 seconds.")


async def full(_: Request) -> Response:
    raise OverloadedError("No room.", 3)


async def half(_: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        raise ValueError("a secret detail")

    return StreamingResponse(parts())


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(
        routes=[
            Route("/track", guarded(echo, plain_envelope), methods=["POST"]),
            Route("/echo", echo, methods=["POST"]),
            Route("/broken", broken),
            Route("/guarded", guarded(broken, plain_envelope)),
            Route("/slow", slow),
            Route("/full", guarded(full, plain_envelope)),
            Route("/half", half),
        ],
        middleware=middleware_for(Settings(data_dir=tmp_path, max_body_bytes=1_000)),
        exception_handlers={HTTPException: answer_http_exception},
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://rosetta.test") as client:
        yield client


async def test_harmless_request_id_is_kept(http: httpx.AsyncClient) -> None:
    answer = await http.post("/echo", headers={"x-request-id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"


@pytest.mark.parametrize("told", ["", "a b", "x" * 129, "a\tb"])
async def test_other_request_ids_are_replaced(http: httpx.AsyncClient, told: str) -> None:
    answer = await http.post("/echo", headers={"x-request-id": told})
    assert answer.headers["x-request-id"] not in ("", told)


async def test_body_with_a_declared_length_over_the_limit_is_refused(
    http: httpx.AsyncClient,
) -> None:
    for path in ("/track", "/echo"):
        answer = await http.post(path, content=b"x" * 1_001)
        assert answer.status_code == 413
        assert answer.json() == {
            "status": 413,
            "statusCode": 413,
            "error": "Payload Too Large",
            "message": "The body is larger than 1000 bytes.",
        }


async def test_body_that_grows_over_the_limit_is_refused(http: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    answer = await http.post("/track", content=parts())
    assert answer.status_code == 413


async def test_body_of_the_limit_passes(http: httpx.AsyncClient) -> None:
    answer = await http.post("/track", content=b"x" * 1_000)
    assert (answer.status_code, len(answer.content)) == (200, 1_000)


@pytest.mark.parametrize("path", ["/broken", "/guarded"])
async def test_fault_is_masked_and_logged_once(http: httpx.AsyncClient, path: str) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await http.get(path, headers={"x-request-id": "abc-2"})
    assert answer.status_code == 500
    assert answer.json()["message"] == "Internal server error"
    assert "secret" not in answer.text
    faults = [line for line in lines if line["log_level"] == "error"]
    assert [line["request_id"] for line in faults] == ["abc-2"]


async def test_known_error_keeps_its_status_outside_of_any_family(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get("/slow")
    assert (answer.status_code, answer.json()["error"]) == (504, "Gateway Timeout")


async def test_overload_tells_when_to_come_back(http: httpx.AsyncClient) -> None:
    answer = await http.get("/full")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


async def test_answer_that_breaks_off_is_not_ended_properly(http: httpx.AsyncClient) -> None:
    with pytest.raises(ValueError, match="a secret detail"):
        await http.get("/half")


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("GET", "/track")])
async def test_unknown_routes_and_methods_are_not_found(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == 404
    assert answer.json() == {
        "message": f"Route {method}:{path} not found",
        "error": "Not Found",
        "statusCode": 404,
        "status": 404,
    }


async def test_log_line_has_the_path_and_no_query(http: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await http.post("/echo?token=hidden", headers={"openpanel-client-secret": "hidden"})
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/echo", 200)
    assert "hidden" not in str(line)


async def test_security_headers_are_set_where_the_answer_does_not_say(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post("/echo")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


async def test_preflight_reflects_the_clients_headers(http: httpx.AsyncClient) -> None:
    wanted = (
        "content-type,openpanel-client-id,openpanel-client-secret,"
        "openpanel-sdk-name,openpanel-sdk-version"
    )
    answer = await http.options(
        "/track",
        headers={
            "origin": "https://shop.test",
            "access-control-request-method": "POST",
            "access-control-request-headers": wanted,
        },
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == wanted
    assert answer.headers["access-control-allow-methods"] == "GET,HEAD,POST,PUT,PATCH,DELETE"
    assert answer.headers["access-control-max-age"] == "604800"


async def test_preflight_that_is_none_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.options("/track")
    assert answer.status_code == 400


async def test_only_public_paths_can_be_read_from_elsewhere(http: httpx.AsyncClient) -> None:
    assert (await http.post("/track")).headers["access-control-allow-origin"] == "*"
    assert (await http.get("/insights/x/y")).headers["access-control-allow-origin"] == "*"
    assert (await http.get("/api/export/x")).headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in (await http.post("/echo")).headers
    assert "access-control-allow-origin" not in (await http.get("/tracker")).headers
