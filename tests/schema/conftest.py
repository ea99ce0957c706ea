"""The whole server in this process, a project with known events, and clients of every kind."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from app.analytics.records import Event
from app.control.store import ControlStore
from app.http.services import Services
from app.kit.clock import FixedClock
from app.main import create_app
from app.projects.issuer import CredentialIssuer
from app.projects.reader import Reader
from app.projects.records import ClientType, Project
from app.settings import Settings
from app.terms import control_url

NOW = 1_772_366_400_000
"""2026-03-01T12:00:00Z."""

MINUTE = 60_000
DAY = 86_400_000


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: dict[str, Any]
    headers: httpx.Headers

    @property
    def data(self) -> Any:  # noqa: ANN401  JSON of any shape.
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def error(self) -> dict[str, Any]:
        """The only error."""
        (error,) = self.body["errors"]
        found: dict[str, Any] = error
        return found

    @property
    def code(self) -> str:
        """The code of the only error."""
        return str(self.error["extensions"]["code"])


def recorded(reader: Reader) -> list[str]:
    """The kinds of questions that the reader is asked from now on."""
    asked: list[str] = []
    drive = cast("Any", reader)._drive

    async def remember(steps: object, kind: str, project: Project) -> object:
        asked.append(kind)
        return await drive(steps, kind, project)

    vars(reader)["_drive"] = remember
    return asked


@dataclass(frozen=True)
class Server:
    """A running server and the way to ask it."""

    app: ASGIApp
    services: Services
    control: ControlStore
    http: httpx.AsyncClient
    project: Project
    other: Project
    headers: Mapping[str, str]
    """Credentials of a root client of the project."""

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **body: object,
    ) -> Answer:
        """The answer to an operation, asked with the root client's credentials."""
        response = await self.http.post(
            "/graphql",
            json={"query": query, "variables": dict(variables or {}), **body},
            headers=self.headers if headers is None else headers,
        )
        return Answer(response.status_code, response.json(), response.headers)

    async def keep(self, *events: Event) -> None:
        """Stores the events as they are."""
        for project in (self.project, self.other):
            cast("Any", self.services.ingest)._names.know(project.number, project.id)
        await cast("Any", self.services.ingest)._log.append(list(events))

    async def headers_of(self, kind: ClientType, project: Project | None = None) -> dict[str, str]:
        """The credentials of a new client."""
        issuer = CredentialIssuer(self.control, self.services.clock, self.services.projects)
        made = await issuer.create_client(project or self.project, kind, f"a {kind} client")
        return {"openpanel-client-id": made.client.id, "openpanel-client-secret": made.secret}

    def event(self, number: int, **fields: Any) -> Event:  # noqa: ANN401  As the record has them.
        """An event of the project, so many minutes before now."""
        at = NOW - number * MINUTE
        plain = Event(
            project=self.project.number,
            id=f"event-{number}",
            name="screen_view",
            created_at=at,
            received_at=at,
            path="/",
        )
        return replace(plain, **fields)


def settings_in(directory: Path) -> Settings:
    """Settings of a server whose data is in the directory."""
    return Settings(
        data_dir=directory, log_level="ERROR", graphql_requests_per_10_seconds=1_000_000
    )


@asynccontextmanager
async def opened(settings: Settings, clock: FixedClock) -> AsyncGenerator[Server]:
    """A server with two projects, and a root client of it."""
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app) as state:
        services: Services = cast("Any", state)["services"]
        control = ControlStore.open(control_url(settings))
        project = (await services.projects.create_project("demo", "Europe/Stockholm")).project
        other = (await services.projects.create_project("other")).project
        served = _with_state(app, services)
        transport = httpx.ASGITransport(served, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://rosetta.test") as http:
            made = Server(served, services, control, http, project, other, {})
            yield replace(made, headers=await made.headers_of(ClientType.ROOT))
        await control.close()


@pytest.fixture(scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One server for every test that changes nothing in its two projects."""
    settings = settings_in(tmp_path_factory.mktemp("shared"))
    async with opened(settings, FixedClock(NOW)) as server:
        yield server


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "data")


@pytest.fixture
async def server(settings: Settings, clock: FixedClock) -> AsyncIterator[Server]:
    """A server of the test's own."""
    async with opened(settings, clock) as made:
        yield made


def _with_state(app: Starlette, services: Services) -> ASGIApp:
    """The application as a server calls it: with what its lifespan gave."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["services"] = services
        await app(scope, receive, send)

    return serve
