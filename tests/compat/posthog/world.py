"""A server with real stores, a clock that stands still, and keys of several kinds."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from app.compat import openpanel, posthog
from app.control.engine import default_url
from app.control.store import ControlStore
from app.http.errors import answer_http_exception
from app.http.middleware import middleware_for
from app.http.services import Services
from app.kit.clock import FixedClock
from app.lifespan import open_services
from app.projects.issuer import CredentialIssuer
from app.projects.records import ClientType, Project
from app.settings import Settings
from tests.compat.openpanel.world import NOW, headers_of, history, with_services
from tests.support.engines import fill, store_url

Json = dict[str, Any]

NAMES = {"screen_view": "$pageview"}
TRENDS: Json = {
    "kind": "TrendsQuery",
    "dateRange": {"date_from": "-3d"},
    "series": [{"kind": "EventsNode", "event": "$pageview"}],
}


@dataclass(frozen=True, slots=True)
class World:
    """A running server, and who may ask it what."""

    http: httpx.AsyncClient
    services: Services
    clock: FixedClock
    demo: Project
    other: Project
    keys: Mapping[str, str]
    openpanel: Mapping[str, str]

    def bearer(self, name: str = "all") -> dict[str, str]:
        """The header of the key of that name."""
        return {"authorization": f"Bearer {self.keys[name]}"}

    async def get(self, path: str, key: str = "all", **params: str) -> httpx.Response:
        """The answer to a key about the demo project; `path` begins behind the project."""
        url = f"/api/projects/{self.demo.number}{path}"
        return await self.http.get(url, params=params or None, headers=self.bearer(key))

    async def send(
        self, method: str, path: str, body: object, key: str = "all", **params: str
    ) -> httpx.Response:
        """The answer to a key that sends JSON about the demo project."""
        url = f"/api/projects/{self.demo.number}{path}"
        return await self.http.request(
            method, url, json=body, params=params or None, headers=self.bearer(key)
        )

    async def made(self, path: str, body: object) -> Json:
        """What was made there."""
        answer = await self.send("POST", path, body)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    async def insight(self, name: str = "Views", query: Json | None = None, **more: object) -> Json:
        """A saved insight."""
        source = {"kind": "InsightVizNode", "source": query or TRENDS}
        return await self.made("/insights/", {"name": name, "query": source, **more})

    async def exported(self, **order: object) -> Json:
        """An export as it is when it is finished."""
        export = await self.made("/exports/", order)
        for _ in range(100):
            if export["has_content"] or export["exception"]:
                break
            export = (await self.get(f"/exports/{export['id']}/")).json()
        return export

    async def content(self, **order: object) -> bytes:
        """The file of an export."""
        export = await self.exported(**order)
        assert export["exception"] is None, export
        answer = await self.get(f"/exports/{export['id']}/content/")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == export["export_format"]
        return answer.content


async def open_world(
    folder: Path, engine: str = "duckdb", **changes: object
) -> AsyncIterator[World]:
    """A world with the history, until it is closed."""
    given: dict[str, Any] = {"rate_limits": False, "export_wait_seconds": 30, **changes}
    configured = Settings(data_dir=folder, events_url=store_url(engine, folder), **given)
    clock = FixedClock(NOW)
    control = ControlStore.open(default_url(folder))
    await control.migrate()
    async with open_services(configured, clock) as services:
        issuer = CredentialIssuer(control, clock, services.projects)
        demo = (await services.projects.create_project("demo")).project
        other = (await services.projects.create_project("other")).project
        keys = {
            name: (await issuer.create_api_key(project, scopes)).key
            for name, project, scopes in (
                ("all", demo, ["*"]),
                ("reads", demo, ["export:read", "insight:read", "dashboard:read", "project:read"]),
                ("writes", demo, ["export:write"]),
                ("nothing", demo, ["person:read"]),
                ("elsewhere", other, ["*"]),
            )
        }
        read = await issuer.create_client(demo, ClientType.READ, "read")
        store = services.reader._store  # pyright: ignore[reportPrivateUsage] # The server's own.
        await fill(store, history(demo.number))
        app = Starlette(
            routes=[*openpanel.routes(), *posthog.routes()],
            middleware=middleware_for(configured),
            exception_handlers={HTTPException: answer_http_exception},
        )
        app.router.redirect_slashes = False
        transport = httpx.ASGITransport(with_services(app, services))
        async with httpx.AsyncClient(transport=transport, base_url="http://ph.test") as http:
            yield World(
                http,
                services,
                clock,
                demo,
                other,
                keys,
                headers_of(read.client.id, read.secret),
            )
    await control.close()
