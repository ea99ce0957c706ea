from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.http.pages import DIST
from app.http.scripts import SCRIPTS, script_routes

pytestmark = pytest.mark.anyio


def _client(dist: Path) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Starlette(routes=list(script_routes(dist))))
    return httpx.AsyncClient(transport=transport, base_url="http://rosetta.test")


async def test_scripts_of_the_build_are_served_to_pages_of_any_origin() -> None:
    async with _client(DIST) as client:
        for name in SCRIPTS:
            answer = await client.get(f"/{name}", headers={"accept-encoding": "gzip"})
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
            assert answer.headers["cache-control"] == "public, max-age=3600"
            assert answer.content == (DIST / "scripts" / name).read_bytes()


async def test_scripts_that_are_not_built_are_not_found(tmp_path: Path) -> None:
    async with _client(tmp_path) as client:
        assert (await client.get("/op1.js")).status_code == 404
