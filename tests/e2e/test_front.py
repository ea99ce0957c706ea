import httpx
import pytest
from playwright.async_api import expect

from app.http.front import LINKS, Link
from tests.e2e.conftest import LiveServer, WatchedPage

pytestmark = pytest.mark.anyio


async def test_first_page_leads_everywhere_and_nothing_leaves_the_server(
    server: LiveServer, watched: WatchedPage
) -> None:
    page = watched.page
    await page.goto(server.base_url)
    await expect(page.get_by_role("heading", name="Rosetta")).to_be_visible()
    await expect(page.get_by_role("link")).to_have_count(len(LINKS))
    await page.get_by_role("link", name="GraphQL").click()
    await expect(page).to_have_title("Rosetta")
    assert page.url == f"{server.base_url}/graphql"
    assert watched.complaints == []
    assert watched.outside_addresses(server) == []


def test_programs_are_told_the_paths(server: LiveServer) -> None:
    answer = httpx.get(server.base_url)
    told = answer.json()
    assert answer.headers["content-type"].startswith("application/json")
    assert {link.name: told[link.name] for link in LINKS} == {
        "graphql": "/graphql",
        "docs": "/docs",
        "openapi": "/openapi.json",
        "health": "/readyz",
    }


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_each_link_opens(server: LiveServer, link: Link) -> None:
    answer = httpx.get(f"{server.base_url}{link.path}", headers={"accept": "text/html, */*"})
    assert answer.status_code == 200
