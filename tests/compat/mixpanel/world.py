"""A server with real stores, a clock that stands still, and one day of events to export."""

import asyncio
import base64
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import anyio
import httpx
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.analytics.records import Event, Json
from app.compat import mixpanel, openpanel, track_door
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
from tests.support.engines import fill, store_url

NOW: Final = 1_741_737_600_000
"""2025-03-12T00:00:00Z."""

DAY: Final = 1_741_478_400_000
"""2025-03-09T00:00:00Z."""

EXPORT: Final = "/api/2.0/export"
ONE_DAY: Final = {"from_date": "2025-03-09", "to_date": "2025-03-09"}
MANY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class World:
    """A running server, and who may ask it what."""

    http: httpx.AsyncClient
    app: ASGIApp
    services: Services
    demo: Project
    secret: str
    account: tuple[str, str]
    writing: dict[str, str]
    reading: dict[str, str]
    stored: list[Event]

    async def get(self, path: str = EXPORT, **params: str) -> httpx.Response:
        """The answer to the project's secret; a whole day unless dates are given."""
        asked = params if "from_date" in params or path != EXPORT else ONE_DAY | params
        return await self.http.get(path, params=asked, headers=basic(f"{self.secret}:"))

    async def lines(self, **params: str) -> list[dict[str, Any]]:
        """The exported events."""
        answer = await self.get(**params)
        assert answer.status_code == 200, answer.text
        return [orjson.loads(line) for line in answer.content.splitlines()]


def basic(text: str) -> dict[str, str]:
    """The header of that name and password."""
    return {"authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def with_services(app: ASGIApp, services: Services) -> ASGIApp:
    """The application as its lifespan would have it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"services": services}
        await app(scope, receive, send)

    return serve


def application(settings: Settings) -> Starlette:
    """The routes and the middleware of the server."""
    app = Starlette(
        routes=[*track_door.routes(), *mixpanel.routes(), *openpanel.routes()],
        middleware=middleware_for(settings),
        exception_handlers={HTTPException: answer_http_exception},
    )
    app.router.redirect_slashes = False
    return app


def history(project: int) -> list[Event]:
    """What happened on 9 March and around it."""

    def event(number: int, name: str, at: int, **fields: Any) -> Event:  # noqa: ANN401 — fields of every type.
        return Event(
            project=project,
            id=f"00000000-0000-4000-8000-{number:012}",
            name=name,
            created_at=at,
            received_at=at + 123,
            **fields,
        )

    browser: dict[str, Any] = {
        "device_id": "d1",
        "profile_id": "ann",
        "origin": "https://shop.test",
        "path": "/a",
        "title": "Ä page",
        "browser": "Chrome",
        "browser_version": "133.0",
        "os": "Windows",
        "device": "desktop",
        "country": "SE",
        "city": "Göteborg",
        "latitude": 57.7,
        "longitude": 12.0,
        "referrer": "https://www.google.com/search",
        "referrer_name": "Google",
        "referrer_type": "search",
        "utm_source": "news",
        "sdk_name": "web",
    }
    page = {
        "__query": {"q": "å b", "utm_source": "news"},
        "__hash": "#top",
        "__screen": "1920x1080",
    }
    odd: dict[str, Json] = {
        "text": 'line\u2028separator \u0085 \U0001f600 é \\ " \n',
        "big": 12345678901234567,
        "price": 49.5,
        "none": None,
        "list": [1, "two", {"three": 3}],
        "$browser": "not this",
        "__secret": "hidden",
        "~/odd": {"a": True},
    }
    return [
        event(1, "before", DAY - 1, profile_id="ann"),
        event(2, "screen_view", DAY, properties=page, **browser),
        event(3, "Signed up", DAY + 10_000, properties=odd, **browser),
        event(4, "revenue", DAY + 20_000, revenue=1999, **browser),
        event(5, "server", DAY + 30_000, profile_id="bob", properties={"revenue": 3, "n": 1.25}),
        event(6, "server", DAY + 30_000, groups=("acme",), imported_at=NOW, duration=1500),
        event(7, "anonymous", DAY + 40_000, device_id="d2", profile_id="d2"),
        event(8, "last", DAY + 86_399_999, profile_id="ann"),
        event(9, "after", DAY + 86_400_000, profile_id="ann"),
    ]


async def open_world(
    engine: str,
    folder: Path,
    *,
    zone: str = "UTC",
    **changes: Any,  # noqa: ANN401 — settings of every type.
) -> AsyncIterator[World]:
    """A world with the history, until it is closed."""
    given: dict[str, Any] = {
        "mixpanel_exports_per_hour": MANY,
        "mixpanel_exports_per_second": MANY,
        "export_requests_per_10_seconds": MANY,
        **changes,
    }
    settings = Settings(data_dir=folder, events_url=store_url(engine, folder), **given)
    clock = FixedClock(NOW)
    control = ControlStore.open(default_url(folder))
    await control.migrate()
    async with open_services(settings, clock) as services:
        issuer = CredentialIssuer(control, clock, services.projects)
        made = await services.projects.create_project("demo", zone, legacy_time=zone != "UTC")
        await services.projects.create_project("other")
        account = await issuer.create_service_account(made.project)
        write = await issuer.create_client(made.project, ClientType.WRITE, "write")
        read = await issuer.create_client(made.project, ClientType.READ, "read")
        events = services.reader._store  # pyright: ignore[reportPrivateUsage] # The server's own.
        stored = await fill(events, history(made.project.number))
        app = with_services(application(settings), services)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://rosetta.test") as http:
            yield World(
                http,
                app,
                services,
                made.project,
                made.secret,
                (account.username, account.secret),
                headers_of(write.client.id, write.secret),
                headers_of(read.client.id, read.secret),
                [replace(event, position=place) for place, event in enumerate(stored, start=1)],
            )
    await control.close()


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncGenerator[int]:
    """The port on which the application is served over real sockets, until left."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 — it tells nobody.
        await anyio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


def headers_of(client_id: str, secret: str) -> dict[str, str]:
    """The headers of a client of OpenPanel's API."""
    return {"openpanel-client-id": client_id, "openpanel-client-secret": secret}
