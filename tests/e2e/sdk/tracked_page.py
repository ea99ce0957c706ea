"""A browser page whose exchanges with the tracking server are noted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Request, Response

from tests.e2e.conftest import WatchedPage


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message of the page and its answer."""

    message: Mapping[str, Any]
    headers: Mapping[str, str]
    status: int
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrackedPage:
    """A watched page, with its exchanges with the server and the preflights before them."""

    watched: WatchedPage
    exchanges: list[Exchange]
    preflights: list[Mapping[str, Any]]
    failures: list[str]

    @property
    def page(self) -> Page:
        """The page itself."""
        return self.watched.page

    def names(self) -> list[str]:
        """The names of the answered messages: of events their own, else of their type."""
        return [
            exchange.message["payload"].get("name", exchange.message["type"])
            for exchange in self.exchanges
        ]

    async def wait_for(self, *names: str) -> None:
        """Waits until these, and only these, were answered, in whatever order."""
        for _ in range(200):
            if sorted(self.names()) == sorted(names):
                return
            await self.page.wait_for_timeout(25)
        pytest.fail(f"{self.names()} were answered instead of {names}.")


async def open_tracked_page(browser: Browser, user_agent: str | None) -> TrackedPage:
    """A page of a fresh profile; without a user agent it calls itself headless."""
    context = await browser.new_context(user_agent=user_agent, locale="en-GB")
    tracked = TrackedPage(WatchedPage(await context.new_page()), [], [], [])
    tracked.watched.watch()

    async def note_answer(response: Response) -> None:
        if not response.url.endswith("/track"):
            return
        request = response.request
        tracked.exchanges.append(
            Exchange(
                request.post_data_json or {},
                await request.all_headers(),
                response.status,
                await response.json(),
            )
        )

    def note_failure(request: Request) -> None:
        tracked.failures.append(f"{request.url} {request.failure}")

    def note_request(event: Mapping[str, Any]) -> None:
        if event.get("type") == "Preflight":
            tracked.preflights.append(event["request"])

    # Preflights are the browser's own and no page hears of them.
    devtools = await context.new_cdp_session(tracked.page)
    await devtools.send("Network.enable")
    devtools.on("Network.requestWillBeSent", note_request)
    tracked.page.on("response", note_answer)
    tracked.page.on("requestfailed", note_failure)
    return tracked


def ordinary_user_agent(browser: Browser) -> str:
    """What the browser would call itself if somebody sat before it."""
    major = browser.version.partition(".")[0]
    return (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{major}.0.0.0 Safari/537.36"
    )
