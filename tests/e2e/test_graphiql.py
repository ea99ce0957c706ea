import json

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.conftest import LiveServer, WatchedPage

pytestmark = pytest.mark.anyio


async def _track(server: LiveServer, name: str) -> None:
    event = {"type": "track", "payload": {"name": name, "properties": {"foo": "bar"}}}
    async with httpx.AsyncClient(base_url=server.base_url, headers=server.writer) as client:
        answer = await client.post("/track", json=event)
    assert answer.status_code == 200


async def _open_latest_events(server: LiveServer, watched: WatchedPage) -> None:
    page = watched.page
    await page.goto(f"{server.base_url}/graphql")
    # A tab that is chosen before the editor exists leaves the editor at the first one.
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("Welcome to Rosetta")
    await page.get_by_role("tab", name="LatestEvents").click()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("events(first: 10")


async def test_example_shows_a_tracked_event_and_nothing_leaves_the_server(
    server: LiveServer, watched: WatchedPage
) -> None:
    await _track(server, "checkout_finished")
    await _open_latest_events(server, watched)
    await watched.page.get_by_role("button", name="Execute query").click()
    await expect(watched.page.locator(".graphiql-response")).to_contain_text("checkout_finished")
    assert watched.complaints == []
    assert watched.outside_addresses(server) == []


async def test_editor_knows_the_schema_and_tidies_queries(
    server: LiveServer, watched: WatchedPage
) -> None:
    await _open_latest_events(server, watched)
    page = watched.page
    await page.locator(".graphiql-query-editor").get_by_text("hasNextPage").click()
    await page.keyboard.press("End")
    await page.keyboard.type("      nonsense ")
    await expect(page.locator(".graphiql-query-editor .squiggly-error")).to_have_count(1)
    await page.keyboard.press("Control+Space")
    await expect(page.locator(".suggest-widget.visible")).to_contain_text("endCursor")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Prettify query").click()
    line = page.locator(".graphiql-query-editor .view-line", has_text="nonsense")
    await expect(line).to_have_text("        nonsense")
    assert watched.complaints == []
    assert watched.outside_addresses(server) == []


async def test_docs_and_explorer_open(server: LiveServer, watched: WatchedPage) -> None:
    await _open_latest_events(server, watched)
    page = watched.page
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await page.get_by_role("link", name="Event", exact=True).click()
    await expect(page.locator(".graphiql-plugin")).to_contain_text("createdAt")
    await page.get_by_role("button", name="Show GraphiQL Explorer").click()
    await expect(page.locator(".graphiql-explorer-root")).to_contain_text("createdAt")
    assert watched.complaints == []
    assert watched.outside_addresses(server) == []


async def test_reload_keeps_the_tab_but_the_browser_keeps_no_credentials(
    server: LiveServer, watched: WatchedPage
) -> None:
    await _open_latest_events(server, watched)
    page = watched.page
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".graphiql-response")).to_contain_text("nodes")
    await page.wait_for_function("'rosetta:graphiql:tabState' in localStorage")
    await page.wait_for_function("'rosetta:graphiql:queries' in localStorage")
    stored = json.dumps(await page.evaluate("({ ...localStorage, ...sessionStorage })"))
    assert not any(value in stored for value in server.headers.values())
    await page.reload()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("events(first: 10")
    await page.get_by_role("button", name="Headers").click()
    for value in server.headers.values():
        await expect(page.locator(".graphiql-editor-tool")).to_contain_text(value)
