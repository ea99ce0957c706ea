import httpx
import pytest
from playwright.async_api import expect

from app.http.front import DOORS, Door
from tests.e2e.conftest import LiveServer, WatchedPage

pytestmark = pytest.mark.anyio


async def test_first_page_leads_everywhere_and_nothing_leaves_the_server(
    server: LiveServer, watched: WatchedPage
) -> None:
    page = watched.page
    await page.goto(server.base_url)
    await expect(page.get_by_role("heading", name="Rosetta")).to_be_visible()
    await expect(page.get_by_role("link")).to_have_count(len(DOORS))
    await page.get_by_role("link", name="GraphQL").click()
    await expect(page).to_have_title("Rosetta")
    assert page.url == f"{server.base_url}/graphql"
    assert watched.complaints == []
    assert watched.outside_addresses(server) == []


def test_programs_are_told_the_paths(server: LiveServer) -> None:
    answer = httpx.get(server.base_url)
    told = answer.json()
    assert answer.headers["content-type"].startswith("application/json")
    assert {door.name: told[door.name] for door in DOORS} == {
        "graphql": "/graphql",
        "docs": "/docs",
        "openapi": "/openapi.json",
        "health": "/readyz",
    }


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_each_door_opens(server: LiveServer, door: Door) -> None:
    answer = httpx.get(f"{server.base_url}{door.path}", headers={"accept": "text/html, */*"})
    assert answer.status_code == 200
