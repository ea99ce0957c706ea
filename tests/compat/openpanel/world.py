"""A server of each engine with real stores, a clock that stands still, and a small history."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.analytics.records import Event
from app.compat import openpanel
from app.control.engine import default_url
from app.control.store import ControlStore
from app.http import health
from app.http.errors import answer_http_exception
from app.http.middleware import middleware_for
from app.http.services import Services
from app.kit.clock import FixedClock
from app.lifespan import open_services
from app.projects.groups import GroupWord
from app.projects.issuer import CredentialIssuer
from app.projects.records import ClientType, Project
from app.settings import Settings
from tests.support.engines import fill, store_url

NOW: Final = 1_741_000_530_000
"""2025-03-03T11:15:30Z, a Monday."""

UNTHROTTLED: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class World:
    """A running server, and who may ask it what."""

    http: httpx.AsyncClient
    services: Services
    control: ControlStore
    clock: FixedClock
    demo: Project
    reading: Mapping[str, str]
    writing: Mapping[str, str]
    root: Mapping[str, str]

    async def get(self, path: str, **params: str) -> httpx.Response:
        """The answer to the demo project's reading client."""
        return await self.http.get(path, params=params or None, headers=dict(self.reading))

    async def track(self, body: object, **headers: str) -> httpx.Response:
        """The answer to the demo project's writing client."""
        return await self.http.post("/track", json=body, headers={**self.writing, **headers})


def at(text: str) -> int:
    """The instant of an ISO text, in milliseconds."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def with_services(app: ASGIApp, services: Services) -> ASGIApp:
    """The application as its lifespan would have it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"services": services}
        await app(scope, receive, send)

    return serve


def application(settings: Settings) -> Starlette:
    """The routes and the middleware of the server, as far as they are OpenPanel's."""
    app = Starlette(
        routes=[*health.routes(), *openpanel.routes()],
        middleware=middleware_for(settings),
        exception_handlers={HTTPException: answer_http_exception},
    )
    app.router.redirect_slashes = False
    return app


def history(project: int) -> list[Event]:
    """Three sessions of two profiles on 2 March, one of them from nowhere known."""

    def event(number: int, name: str, when: str, **fields: object) -> Event:
        instant = at(f"2025-03-02T{when}+00:00")
        values: dict[str, Any] = {
            "device_id": "d1",
            "profile_id": "ann",
            "origin": "https://shop.test",
        }
        values.update(fields)
        return Event(
            project=project,
            id=f"00000000-0000-7000-8000-{number:012}",
            name=name,
            created_at=instant,
            received_at=instant,
            **values,
        )

    swede = {
        "country": "SE",
        "region": "Skåne",
        "city": "Lund",
        "browser": "Chrome",
        "browser_version": "133.0",
        "os": "Windows",
        "os_version": "11",
        "device": "desktop",
        "referrer": "https://google.com",
        "referrer_name": "Google",
        "referrer_type": "search",
        "utm_source": "news",
        "longitude": 13.19,
        "latitude": 55.7,
    }
    american = {"country": "US", "region": "California", "city": "San Jose", "browser": "Safari"}
    unknown = {"device_id": "d2", "profile_id": "d2"}
    return [
        event(1, "screen_view", "10:00:00", path="/", title="Home", **swede),
        event(2, "screen_view", "10:00:40", path="/pricing", title="Prices", **swede),
        event(
            3,
            "sign_up",
            "10:01:40",
            path="/pricing",
            properties={
                "plan": "pro",
                "seats": 3,
                "address": {"zip": "0123"},
                "ok": True,
                "items": [{"sku": "x", "count": 5}, {"sku": "y", "count": 1}],
                "tags": ["new", "red"],
                "due": "2025-04-01T10:00:00Z",
            },
            groups=("acme",),
            **swede,
        ),
        event(4, "revenue", "10:01:50", revenue=1999, **swede),
        event(5, "screen_view", "15:00:00", path="/", title="Home", **american),
        event(6, "screen_view", "20:00:00", path="/docs", **unknown),
        event(7, "screen_view", "20:00:10", path="/", **unknown),
    ]


def headers_of(client_id: str, secret: str) -> dict[str, str]:
    """The documented headers."""
    return {"openpanel-client-id": client_id, "openpanel-client-secret": secret}


async def open_world(engine: str, folder: Path, **limits: int) -> AsyncIterator[World]:
    """A world with the history, until it is closed."""
    unthrottled = {
        "insights_requests_per_10_seconds": UNTHROTTLED,
        "export_requests_per_10_seconds": UNTHROTTLED,
    }
    given: dict[str, Any] = {**unthrottled, **limits}
    configured = Settings(data_dir=folder, events_url=store_url(engine, folder), **given)
    clock = FixedClock(NOW)
    control = ControlStore.open(default_url(folder))
    await control.migrate()
    async with open_services(configured, clock) as services:
        issuer = CredentialIssuer(control, clock, services.projects)
        demo = (await services.projects.create_project("demo")).project
        await services.projects.create_project("other", "America/New_York")
        read = await issuer.create_client(demo, ClientType.READ, "read")
        write = await issuer.create_client(
            demo, ClientType.WRITE, "write", ["https://shop.test", "https://*.shop.test"]
        )
        root = await issuer.create_client(None, ClientType.ROOT, "root")
        events = services.reader._store  # pyright: ignore[reportPrivateUsage] # The server's own.
        await fill(events, history(demo.number))
        acme = GroupWord(
            id="acme", type="company", name="Acme", said_at=NOW, properties={"size": 10}
        )
        await services.groups.upsert(demo.number, acme)
        app = with_services(application(configured), services)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://rosetta.test") as http:
            yield World(
                http,
                services,
                control,
                clock,
                demo,
                headers_of(read.client.id, read.secret),
                headers_of(write.client.id, write.secret),
                headers_of(root.client.id, root.secret),
            )
    await control.close()
