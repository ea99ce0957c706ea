import pytest
from playwright.async_api import expect

from tests.e2e.conftest import LiveServer, WatchedPage

pytestmark = pytest.mark.anyio


async def test_documentation_lists_routes_and_tries_one_and_nothing_leaves_the_server(
    server: LiveServer, watched: WatchedPage
) -> None:
    page = watched.page
    await page.goto(f"{server.base_url}/docs")
    await expect(page.locator(".opblock-summary", has_text="/track").first).to_be_visible()
    await page.locator(".opblock-summary", has_text="/healthz").click()
    await page.get_by_role("button", name="Execute").click()
    await expect(page.locator(".live-responses-table")).to_contain_text('"status": "ok"')
    assert watched.complaints == []
    assert watched.outside_addresses(server) == []
