from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio.lowlevel
import httpx
import pytest
from starlette.applications import Starlette

from app.http import health
from app.projects.reader import Barriers, Reader
from app.stores.open import open_event_store
from tests.compat.openpanel.world import World, open_world, with_services
from tests.support.engines import ENGINES, store_url

pytestmark = pytest.mark.anyio


@pytest.fixture(params=ENGINES)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async for opened in open_world(request.param, tmp_path):
        yield opened


async def test_server_that_runs_is_alive_and_ready(world: World) -> None:
    alive = await world.http.get("/healthz")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    ready = await world.http.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "stores": {"control": "ok", "events": "ok"}}


async def test_server_without_its_event_store_is_alive_and_not_ready(
    world: World, tmp_path: Path
) -> None:
    closed = open_event_store(store_url("sqlite", tmp_path / "nowhere"))
    await closed.close()
    done = anyio.lowlevel.checkpoint
    barriers = Barriers(events=done, profiles=done, groups=done, roots=world.services.aliases.roots)
    reader = Reader(closed, barriers, world.services.cohorts, world.clock, timeout_seconds=5)
    app = Starlette(routes=health.routes())
    transport = httpx.ASGITransport(with_services(app, replace(world.services, reader=reader)))
    async with httpx.AsyncClient(transport=transport, base_url="http://rosetta.test") as http:
        assert (await http.get("/healthz")).status_code == 200
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "stores": {"control": "ok", "events": "unavailable"},
    }
