"""A running server and a browser that may reach nothing else."""

import json
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from tests.e2e.browser import find_chromium, launch_arguments
from tests.support.servers import first_line, free_port, running, wait_until_ready

# Chromium reports a broken policy both to the page and to the console; this hears the former even
# when the latter is filtered.
_REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass(frozen=True, slots=True)
class LiveServer:
    """Where a server listens, a project that it has, and credentials for it.

    `headers` are those of the page, which may read; `writer` may send events, and `root` do
    anything. `credentials` are those of every kind, as the command printed them. `directory`
    holds its data, for commands beside it.
    """

    base_url: str
    headers: Mapping[str, str]
    writer: Mapping[str, str]
    root: Mapping[str, str]
    credentials: Mapping[str, Any]
    project_id: str
    directory: Path


@dataclass(frozen=True, slots=True)
class WatchedPage:
    """A browser page, the addresses that it asked for, and its complaints."""

    page: Page
    addresses: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])

    def watch(self) -> None:
        """Begins to note requests, console errors and uncaught exceptions."""

        def note_console(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                self.complaints.append(message.text)

        def note_request(request: Request) -> None:
            self.addresses.append(request.url)

        self.page.on("console", note_console)
        self.page.on("request", note_request)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def outside_addresses(self, server: LiveServer) -> list[str]:
        """Those of the addresses that are neither the server's nor held in the page itself."""
        own = urlsplit(server.base_url).netloc
        return [
            address
            for address in self.addresses
            if urlsplit(address).scheme not in {"data", "blob"} and urlsplit(address).netloc != own
        ]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The demo, served by the command as people start it, for the whole run."""
    # Many tests of one client come within seconds: together they may ask more than one caller.
    generous = {
        "ROSETTA_GRAPHQL_REQUESTS_PER_10_SECONDS": "2000",
        "ROSETTA_GRAPHQL_POINTS_PER_MINUTE": "1000000",
    }
    with serve_demo(tmp_path_factory.mktemp("demo"), events=500, changes=generous) as server:
        yield server


@contextmanager
def serve_demo(
    directory: Path, *, events: int, changes: Mapping[str, str] | None = None
) -> Generator[LiveServer]:
    """The demo with so many events and these settings, its data in the directory, until left."""
    port = free_port()
    arguments = ("demo", "--events", str(events), "--serve", "--port", str(port), "--json")
    with running(arguments, directory, changes) as process:
        base_url = f"http://127.0.0.1:{port}"
        answer = json.loads(first_line(process))
        clients = answer["credentials"]["openpanel"]
        wait_until_ready(base_url)
        yield LiveServer(
            base_url=base_url,
            headers=_headers(clients["read"]),
            writer=_headers(clients["write"]),
            root=_headers(clients["root"]),
            credentials=answer["credentials"],
            project_id="demo",
            directory=directory,
        )


def _headers(client: Mapping[str, str]) -> dict[str, str]:
    return {
        "openpanel-client-id": client["clientId"],
        "openpanel-client-secret": client["clientSecret"],
    }


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium that resolves no name but loopback's."""
    executable = find_chromium()
    if executable is None:
        pytest.fail("No Chromium found: run `python -m tests.e2e.install_browser`.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=launch_arguments()
        )
        yield browser
        await browser.close()


@pytest.fixture
async def watched(browser: Browser) -> WatchedPage:
    """A fresh page of a fresh profile, watched from its first request on."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    await context.add_init_script(_REPORT_VIOLATIONS)
    watched = WatchedPage(await context.new_page())
    watched.watch()
    return watched
