"""The official OpenPanel SDK in a browser, unchanged but for where it sends to."""

import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.async_api import Browser

from tests.e2e.conftest import LiveServer
from tests.e2e.sdk.pages import serving, write_settings, write_site
from tests.e2e.sdk.readback import read_events, read_profile, read_session_events
from tests.e2e.sdk.tracked_page import TrackedPage, open_tracked_page, ordinary_user_agent
from tests.support.servers import PATIENCE_SECONDS, command

pytestmark = pytest.mark.anyio

ORIGIN_OF_SEARCH: Final = "https://www.google.com/"
CRAWLER: Final = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
    "+http://www.google.com/bot.html) Chrome/141.0.0.0 Safari/537.36"
)

# The SDK tries again half a second after a failure that it does not give up on.
_PAST_THE_FIRST_RETRY_MS: Final = 800


@dataclass(frozen=True, slots=True)
class Site:
    """Pages of an origin that may track without a secret."""

    origin: str
    folder: Path


@pytest.fixture(scope="module")
def site(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages, with a client that was made while the server runs."""
    folder = tmp_path_factory.mktemp("site")
    write_site(folder)
    with serving(folder) as origin:
        _allow(server, folder, origin)
        yield Site(origin, folder)


def _allow(server: LiveServer, folder: Path, origin: str) -> None:
    create = ("client", "create", "--project", server.project_id, "--type", "write")
    made = json.loads(command((*create, "--origin", origin, "--json"), server.directory))
    write_settings(folder, {"apiUrl": server.base_url, "clientId": made["clientId"]})
    _wait_until_allowed(server, made["clientId"], origin)


def _wait_until_allowed(server: LiveServer, client_id: str, origin: str) -> None:
    """Returns once the server has learnt what another process told its store."""
    probe = {"type": "track", "payload": {"name": "sdk_probe"}}
    headers = {"openpanel-client-id": client_id, "origin": origin}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if httpx.post(f"{server.base_url}/track", json=probe, headers=headers).is_success:
            return
        time.sleep(0.1)
    raise TimeoutError(f"{origin} is still refused.")


@pytest.fixture
async def person(browser: Browser) -> AsyncIterator[TrackedPage]:
    """A page of a browser that does not call itself headless."""
    tracked = await open_tracked_page(browser, ordinary_user_agent(browser))
    yield tracked
    await tracked.page.context.close()


async def test_script_of_a_page_tracks_views_clicks_and_links(
    server: LiveServer, site: Site, person: TrackedPage, browser: Browser
) -> None:
    page = person.page
    await page.goto(f"{site.origin}/", referer=ORIGIN_OF_SEARCH)
    await person.wait_for("screen_view")
    await page.locator("#choose").click()
    await person.wait_for("screen_view", "sdk_plan_chosen")
    async with page.expect_popup():
        await page.get_by_role("link", name="Read more").click()
    await page.locator("#pricing").click()
    await person.wait_for("screen_view", "sdk_plan_chosen", "link_out", "screen_view")

    assert person.watched.complaints == []
    assert person.failures == []
    assert [exchange.status for exchange in person.exchanges] == [200] * 4
    assert len(person.preflights) >= 1
    device_id, session_id = await page.evaluate("[op.getDeviceId(), op.getSessionId()]")

    events = await read_session_events(server, session_id)
    first, chosen, link, second = events
    assert [event["name"] for event in events] == [
        "screen_view",
        "sdk_plan_chosen",
        "link_out",
        "screen_view",
    ]
    assert {event["deviceId"] for event in events} == {device_id}
    assert (first["path"], first["origin"], first["title"]) == ("/", site.origin, "Shop")
    assert (second["path"], second["title"]) == ("/pricing", "Pricing")
    assert second["properties"]["__query"] == {"from": "shop"}
    assert second["properties"]["__hash"] == "#plans"
    assert chosen["properties"] == {"planName": "pro", "seats": "3"}
    assert link["properties"] == {"href": "https://elsewhere.example/docs", "text": "Read more"}
    for event in events:
        assert (event["referrerName"], event["referrerType"]) == ("Google", "search")
        assert (event["sdkName"], event["sdkVersion"]) == ("web", "1.4.1")
        assert (event["browser"], event["os"], event["device"]) == ("Chrome", "Linux", "desktop")

    session = first["session"]
    assert (session["sessionId"], session["deviceId"]) == (session_id, device_id)
    assert (session["screenViewCount"], session["isBounce"]) == (2, False)
    assert (session["entryPath"], session["exitPath"]) == ("/", "/pricing")
    assert session["entryOrigin"] == site.origin
    assert (session["referrerName"], session["referrerType"]) == ("Google", "search")
    assert session["referrer"] == ORIGIN_OF_SEARCH.removesuffix("/")
    assert (session["browser"], session["os"], session["device"]) == ("Chrome", "Linux", "desktop")
    assert session["browserVersion"].partition(".")[0] == browser.version.partition(".")[0]


async def test_page_asks_leave_for_the_headers_of_the_sdk(site: Site, person: TrackedPage) -> None:
    await person.page.goto(f"{site.origin}/")
    await person.wait_for("screen_view")
    preflight, *_ = person.preflights
    asked = preflight["headers"]["Access-Control-Request-Headers"].split(",")
    assert sorted(asked) == [
        "content-type",
        "openpanel-client-id",
        "openpanel-sdk-name",
        "openpanel-sdk-version",
    ]
    [exchange] = person.exchanges
    assert exchange.headers["origin"] == site.origin
    assert "openpanel-client-secret" not in exchange.headers


async def test_campaign_of_a_page_and_its_person_are_stored(
    server: LiveServer, site: Site, person: TrackedPage
) -> None:
    profile_id = f"alan-{uuid.uuid4()}"
    campaign = "utm_source=newsletter&utm_medium=email&utm_campaign=spring"
    await person.page.goto(f"{site.origin}/?{campaign}")
    await person.wait_for("screen_view")
    await person.page.evaluate(
        """async (profileId) => {
          await op.identify({ profileId, firstName: "Alan", properties: { tier: 1 } });
          await op.increment({ profileId, property: "tier", value: 2 });
          await op.upsertGroup({ id: `${profileId}-crew`, type: "team", name: "Crew" });
          await op.setGroup(`${profileId}-crew`);
          await op.track("sdk_subscribed", { note: profileId });
        }""",
        profile_id,
    )
    calls = ("identify", "increment", "group", "assign_group", "sdk_subscribed")
    await person.wait_for("screen_view", *calls)
    assert {exchange.status for exchange in person.exchanges} == {200}
    assert person.watched.complaints == []
    # The SDK forgets its session with an answer that names none, and holds recordings back.
    assert len({exchange.answer["sessionId"] for exchange in person.exchanges}) == 1
    assert await person.page.evaluate("op.getSessionId()") != ""

    [event] = await read_events(server, profile_id)
    assert event["profileId"] == profile_id
    assert event["groups"] == [f"{profile_id}-crew"]
    assert event["path"] == "/"
    assert event["session"]["profileId"] == profile_id
    [view, _] = await read_session_events(server, event["sessionId"])
    assert (view["utmSource"], view["utmMedium"]) == ("newsletter", "email")
    assert view["utmCampaign"] == "spring"
    assert event["session"]["utmSource"] == "newsletter"
    profile = await read_profile(server, profile_id)
    assert (profile["firstName"], profile["properties"]["tier"]) == ("Alan", 3)
    assert profile["groups"] == [f"{profile_id}-crew"]


async def test_bundled_page_sends_its_recording(
    server: LiveServer, site: Site, person: TrackedPage
) -> None:
    await person.page.goto(f"{site.origin}/bundled.html")
    await person.wait_for_recordings(1)
    await person.page.get_by_label("Name").fill("secret of the person")
    chunks = await person.wait_for_recordings(2)
    assert {exchange.status for exchange in person.exchanges} == {200}
    assert chunks[0].message["payload"]["is_full_snapshot"] is True
    assert "secret of the person" not in json.dumps([chunk.message for chunk in chunks])
    session_id = await person.page.evaluate("op.getSessionId()")
    assert {chunk.answer["sessionId"] for chunk in chunks} == {session_id}
    [view] = await read_session_events(server, session_id)
    assert (view["path"], view["title"]) == ("/bundled.html", "App")
    assert person.watched.complaints == []
    assert person.failures == []


async def test_page_of_another_origin_is_refused_and_gives_up(
    site: Site, person: TrackedPage
) -> None:
    with serving(site.folder) as stranger:
        await person.page.goto(f"{stranger}/")
        await person.wait_for("screen_view")
        await person.page.wait_for_timeout(_PAST_THE_FIRST_RETRY_MS)
    [exchange] = person.exchanges
    assert exchange.status == 401
    assert exchange.answer["error"] == "Invalid client credentials"
    assert await person.page.evaluate("op.getSessionId()") == ""


async def test_money_of_a_page_is_refused_and_given_up(
    server: LiveServer, site: Site, person: TrackedPage
) -> None:
    note = str(uuid.uuid4())
    await person.page.goto(f"{site.origin}/")
    await person.wait_for("screen_view")
    await person.page.evaluate("(note) => op.revenue(1999, { note })", note)
    await person.page.wait_for_timeout(_PAST_THE_FIRST_RETRY_MS)
    await person.wait_for("screen_view", "revenue")
    assert [exchange.status for exchange in person.exchanges] == [200, 401]
    assert "secret" in person.exchanges[1].answer["message"]
    assert await read_events(server, note) == []


async def test_crawler_that_runs_scripts_leaves_no_events(
    server: LiveServer, site: Site, browser: Browser
) -> None:
    tracked = await open_tracked_page(browser, CRAWLER)
    note = str(uuid.uuid4())
    await tracked.page.goto(f"{site.origin}/")
    await tracked.wait_for("screen_view")
    await tracked.page.evaluate("(note) => op.track('sdk_crawled', { note })", note)
    await tracked.wait_for("screen_view", "sdk_crawled")
    assert [exchange.status for exchange in tracked.exchanges] == [202, 202]
    assert tracked.exchanges[0].answer["bot"]["name"] == "Googlebot"
    assert await read_events(server, note) == []
    assert tracked.watched.complaints == []
    await tracked.page.context.close()
