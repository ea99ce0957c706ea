"""A browser page whose exchanges with the tracking server are noted."""

import json
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, Request, Response
from playwright.async_api import Error as PlaywrightError

from tests.e2e.conftest import WatchedPage

_ATTEMPTS: Final = 200
_PAUSE_MS: Final = 25


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
        """What was answered: events by their names, other messages by their types."""
        messages = [exchange.message for exchange in self.exchanges]
        return [
            message["payload"]["name"] if message["type"] == "track" else message["type"]
            for message in messages
        ]

    async def wait_for(self, *names: str) -> None:
        """Waits until these, and only these, were answered, in whatever order."""
        for _ in range(_ATTEMPTS):
            if sorted(self.names()) == sorted(names):
                return
            await self.page.wait_for_timeout(_PAUSE_MS)
        pytest.fail(f"{self.names()} were answered instead of {names}.")

    async def wait_for_recordings(self, count: int) -> list[Exchange]:
        """The parts of the recording that were answered, once there are so many."""
        for _ in range(_ATTEMPTS):
            parts = [part for part in self.exchanges if part.message["type"] == "replay"]
            if len(parts) >= count:
                return parts
            await self.page.wait_for_timeout(_PAUSE_MS)
        pytest.fail(f"Only {self.names()} were answered.")


async def open_tracked_page(browser: Browser, user_agent: str) -> TrackedPage:
    """A page of a fresh profile; it calls itself by that user agent."""
    context = await browser.new_context(user_agent=user_agent, locale="en-GB")
    tracked = TrackedPage(WatchedPage(await context.new_page()), [], [], [])
    tracked.watched.watch()

    async def note_answer(response: Response) -> None:
        if not response.url.endswith("/track"):
            return
        request = response.request
        # A recorder goes on sending until its page is gone, and the answers go with it.
        with suppress(PlaywrightError):
            headers, answer = await request.all_headers(), await response.json()
            message: dict[str, Any] = json.loads(request.post_data or "{}")
            tracked.exchanges.append(Exchange(message, headers, response.status, answer))

    def note_failure(request: Request) -> None:
        tracked.failures.append(f"{request.url} {request.failure}")

    def note_request(event: Mapping[str, Any]) -> None:
        if event["request"]["method"] == "OPTIONS":
            tracked.preflights.append(event["request"])

    # Preflights are the browser's own and no page hears of them.
    devtools = await context.new_cdp_session(tracked.page)
    await devtools.send("Network.enable")  # pyright: ignore[reportUnknownMemberType] - bare Dict.
    devtools.on("Network.requestWillBeSent", note_request)
    tracked.page.on("response", note_answer)
    tracked.page.on("requestfailed", note_failure)
    return tracked


def ordinary_user_agent(browser: Browser) -> str:
    """What the browser would call itself if somebody sat before it, and no other one does.

    On loopback the user agent alone tells devices apart, so each page has a build of its own.
    """
    major = browser.version.partition(".")[0]
    build = random.randrange(1_000_000)
    return (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{major}.0.{build}.0 Safari/537.36"
    )
