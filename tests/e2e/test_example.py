"""The example of a frontend draws what the server says."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.conftest import LiveServer, WatchedPage
from tests.support.servers import free_port, wait_until_answered
from tools.example import EXAMPLE
from tools.node import get_toolchain, running

pytestmark = pytest.mark.anyio

TOTALS = """
query ($project: ID!, $filter: EventFilterInput) {
  project(id: $project) {
    totals(
      metrics: [{metric: VISITORS}], range: {preset: LAST_30_DAYS}, filter: $filter
    ) { values { value } }
    pages: breakdown(
      by: [{field: PATH}], metrics: [{metric: VISITORS}], range: {preset: LAST_30_DAYS}, first: 1
    ) { rows { labels values } }
  }
}
"""


@pytest.fixture(scope="module")
def address(server: LiveServer) -> Iterator[str]:
    """Where the example is, served as its README says, with the demo behind it."""
    port = free_port()
    command = ["node_modules/vite/bin/vite.js", "preview", "--host", "127.0.0.1", "--strictPort"]
    environment = {
        "ROSETTA_URL": server.base_url,
        "OPENPANEL_CLIENT_ID": server.headers["openpanel-client-id"],
        "OPENPANEL_CLIENT_SECRET": server.headers["openpanel-client-secret"],
    }
    line = [str(get_toolchain().node), *command, "--port", str(port)]
    with running(line, EXAMPLE, environment):
        wait_until_answered(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"


async def asked(server: LiveServer, **variables: object) -> dict[str, Any]:
    body = {"query": TOTALS, "variables": {"project": server.project_id, **variables}}
    async with httpx.AsyncClient(headers=server.headers) as client:
        answer = (await client.post(f"{server.base_url}/graphql", json=body)).json()
    project: dict[str, Any] = answer["data"]["project"]
    return project


async def open_page(address: str, watched: WatchedPage) -> None:
    """The page, at the range that holds all of the demo."""
    await watched.page.goto(address)
    await watched.page.get_by_role("button", name="30 days").click()
    await expect(watched.page.locator("main")).to_have_attribute("aria-busy", "false")


async def test_numbers_and_lines_are_those_of_the_server(
    server: LiveServer, address: str, watched: WatchedPage
) -> None:
    await open_page(address, watched)
    page = watched.page
    found = await asked(server)
    tile = page.get_by_role("group", name="Metrics").get_by_role("button").first
    await expect(tile).to_contain_text(f"{found['totals']['values'][0]['value']:,.0f}")
    [top] = found["pages"]["rows"]
    bars = page.locator(".card", has_text="Pages").locator("li")
    await expect(bars.first).to_contain_text(top["labels"][0])
    await expect(bars.first).to_contain_text(f"{top['values'][0]:,.0f}")
    line = page.get_by_role("img", name="Unique visitors").locator(".recharts-area-curve")
    # One curve through 30 days, over the same for the period before.
    assert len(re.findall(r"[ML]", await line.get_attribute("d") or "")) == 30
    await page.get_by_role("button", name="Bounce rate").click()
    await expect(page.get_by_role("img", name="Bounce rate over time")).to_be_visible()
    assert watched.complaints == []


async def test_a_click_narrows_the_page_down(
    server: LiveServer, address: str, watched: WatchedPage
) -> None:
    await open_page(address, watched)
    page = watched.page
    countries = page.locator(".card", has_text="Countries")
    await countries.get_by_role("button", name="Sweden").click()
    await expect(page.get_by_role("button", name="Stop narrowing down to Sweden")).to_be_visible()
    found = await asked(server, filter={"country": {"eq": "SE"}})
    tile = page.get_by_role("group", name="Metrics").get_by_role("button").first
    await expect(tile).to_contain_text(f"{found['totals']['values'][0]['value']:,.0f}")
    await expect(countries.locator("li")).to_have_count(1)
    assert watched.complaints == []


async def test_credentials_never_reach_the_browser(
    server: LiveServer, address: str, watched: WatchedPage
) -> None:
    sent: list[dict[str, str]] = []
    watched.page.on("request", lambda request: sent.append(request.headers))
    await open_page(address, watched)
    assert all("openpanel-client-id" not in headers for headers in sent)
    assert {one.split("/")[2] for one in watched.addresses if one.startswith("http")} == {
        address.removeprefix("http://")
    }
    secret = server.headers["openpanel-client-secret"]
    assert secret not in await watched.page.content()


async def test_events_and_visitors_come_while_one_looks(
    server: LiveServer, address: str, watched: WatchedPage
) -> None:
    await open_page(address, watched)
    page = watched.page
    await expect(page.get_by_role("status")).to_contain_text("here now")
    name = f"looked_{uuid.uuid4().hex[:8]}"
    event = {"type": "track", "payload": {"name": name, "profileId": "looker"}}
    row = page.locator("tr.fresh", has_text=name.replace("_", " "))
    async with httpx.AsyncClient(base_url=server.base_url, headers=server.writer) as client:
        # The page tells nobody when it has begun to listen, so there is an event after that, too.
        while not await row.count():
            await client.post("/track", json=event)
            await page.wait_for_timeout(100)
    await expect(row.first).to_contain_text("a visitor")
    assert watched.complaints == []
