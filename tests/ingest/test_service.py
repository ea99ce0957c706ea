"""Calls become durable events in the sessions that the definition gives them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.analytics.metrics import BOUNCE_RATE, PAGEVIEWS, SESSION_DURATION, SESSIONS, VISITORS
from app.analytics.queries import EventOrder, EventsQuery, SessionsQuery, TotalsQuery
from app.analytics.ranges import AllTime
from app.analytics.records import Event, Session
from app.http.services import Services
from app.ingest.calls import Caller, IdentifyCall, TrackCall
from app.ingest.identity import device_id, session_id
from app.ingest.service import Tracked
from app.kit.clock import FixedClock
from app.lifespan import open_services
from app.projects.records import Project
from app.settings import Settings

pytestmark = pytest.mark.anyio

NOON = 1_750_000_000_000
SECOND = 1000
MINUTE = 60 * SECOND
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)


@dataclass
class Desk:
    """Takes calls in at a clock that the test moves."""

    services: Services
    project: Project
    clock: FixedClock

    async def track(self, name: str, *, user_agent: str | None = CHROME, **call: object) -> Tracked:
        wanted = {"project": self.project.number, "project_slug": self.project.id, "name": name}
        caller = Caller(received_at=self.clock.now_ms(), ip="203.0.113.7", user_agent=user_agent)
        return await self.services.ingest.track(TrackCall(**{**wanted, **call}), caller)  # type: ignore[arg-type]  # A table of fields.

    async def events(self) -> tuple[Event, ...]:
        query = EventsQuery(project=self.project.number, range=AllTime(), order=EventOrder.OLDEST)
        return (await self.services.reader.ask(query, self.project)).events

    async def sessions(self) -> tuple[Session, ...]:
        query = SessionsQuery(project=self.project.number, range=AllTime(), order=EventOrder.OLDEST)
        return (await self.services.reader.ask(query, self.project)).sessions


@pytest.fixture(params=["duckdb:///{}/e.duckdb", "sqlite+aiosqlite:///{}/e.sqlite3"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    clock = FixedClock(NOON)
    settings = Settings(data_dir=tmp_path, events_url=request.param.format(tmp_path))
    async with open_services(settings, clock) as services:
        created = await services.projects.create_project("demo-project", "Europe/Stockholm")
        yield Desk(services, created.project, clock)


async def test_a_visit_is_one_session_with_the_documented_figures(desk: Desk) -> None:
    await desk.track("screen_view", url="https://shop.example/a")
    desk.clock.advance(20 * SECOND)
    await desk.track("click")
    desk.clock.advance(30 * SECOND)
    last = await desk.track("screen_view", url="https://shop.example/b")

    (session,) = await desk.sessions()
    assert (session.screen_view_count, session.event_count) == (2, 1)
    assert (session.duration, session.is_bounce) == (50 * SECOND, False)
    assert (session.entry_path, session.exit_path) == ("/a", "/b")
    assert {event.session_id for event in await desk.events()} == {session.id}
    assert (last.session_id, last.device_id) == (session.id, session.device_id)

    query = TotalsQuery(
        project=desk.project.number,
        metrics=(SESSIONS, VISITORS, BOUNCE_RATE, SESSION_DURATION, PAGEVIEWS),
        range=AllTime(),
    )
    totals = await desk.services.reader.ask(query, desk.project)
    assert [value.value for value in totals.values] == [1, 1, 0, 50.0, 2]


async def test_ids_follow_from_the_caller_the_salt_and_the_time(desk: Desk) -> None:
    tracked = await desk.track("screen_view")
    assert len(tracked.device_id) == 32
    expected = session_id(
        project_slug="demo-project", device_id=tracked.device_id, at_ms=desk.clock.now_ms()
    )
    assert tracked.session_id == expected
    other = device_id(
        user_agent=CHROME, ip="203.0.113.7", project_slug="demo-project", salt="0" * 32
    )
    assert tracked.device_id != other


async def test_half_an_hour_of_silence_begins_a_new_session(desk: Desk) -> None:
    first = await desk.track("screen_view")
    desk.clock.advance(30 * MINUTE)
    same = await desk.track("screen_view")
    desk.clock.advance(30 * MINUTE + 1)
    new = await desk.track("screen_view")
    assert first.session_id == same.session_id != new.session_id
    assert len(await desk.sessions()) == 2


async def test_a_late_event_keeps_its_session(desk: Desk) -> None:
    first = await desk.track("screen_view")
    late = await desk.track("click", at_ms=desk.clock.now_ms() - 10 * MINUTE)
    assert late.session_id == first.session_id
    (session,) = await desk.sessions()
    assert session.duration == 10 * MINUTE


async def test_events_of_the_past_and_of_servers_take_no_part_in_sessions(desk: Desk) -> None:
    past = await desk.track("screen_view", at_ms=desk.clock.now_ms() - 16 * MINUTE)
    server = await desk.track("invoice", user_agent="curl/8.5.0")
    nobody = await desk.track("invoice", user_agent=None)
    assert [(each.device_id, each.session_id) for each in (past, server, nobody)] == [("", "")] * 3
    assert await desk.sessions() == ()
    assert len(await desk.events()) == 3


async def test_every_event_of_a_session_has_the_referrer_that_began_it(desk: Desk) -> None:
    await desk.track("screen_view", url="https://shop.example/?utm_source=Google")
    second = await desk.track(
        "screen_view", url="https://shop.example/p", referrer="https://news.ycombinator.com/"
    )
    assert (second.event.referrer_name, second.event.referrer_type) == ("Google", "search")
    (session,) = await desk.sessions()
    assert session.utm_source == "Google"


async def test_a_server_event_about_a_profile_borrows_from_its_session(desk: Desk) -> None:
    visit = await desk.track("screen_view", url="https://shop.example/cart", profile_id="ann")
    lent = await desk.track("paid", profile_id="ann", user_agent="curl/8.5.0")
    assert lent.session_id == visit.session_id
    assert (lent.event.path, lent.event.browser) == ("/cart", "Chrome")
    (session,) = await desk.sessions()
    assert session.event_count == 0


async def test_an_explicit_profile_names_the_session(desk: Desk) -> None:
    await desk.track("screen_view", url="https://shop.example/")
    await desk.track("login", profile_id="ann")
    (session,) = await desk.sessions()
    assert session.profile_id == "ann"
    assert {event.name: event.profile_id for event in await desk.events()} == {
        "session_start": "ann",
        "screen_view": session.device_id,
        "login": "ann",
    }


async def test_yesterdays_salt_keeps_a_session_alive_over_midnight(desk: Desk) -> None:
    midnight = (NOON // 86_400_000 + 1) * 86_400_000
    desk.clock.instant_ms = midnight - 5 * MINUTE
    before = await desk.track("screen_view")
    desk.clock.instant_ms = midnight + 5 * MINUTE
    after = await desk.track("screen_view")
    assert (before.device_id, before.session_id) == (after.device_id, after.session_id)


async def test_identify_merges_and_what_was_known_stays(desk: Desk) -> None:
    caller = Caller(received_at=desk.clock.now_ms(), ip="203.0.113.7", user_agent=CHROME)
    number = desk.project.number
    await desk.services.ingest.identify(
        IdentifyCall(
            project=number,
            profile_id="ann",
            first_name="Ann",
            properties={"tier": "premium", "n": 1},
        ),
        caller,
    )
    profile = await desk.services.ingest.identify(
        IdentifyCall(project=number, profile_id="ann", first_name="", properties={"n": 2}), caller
    )
    assert profile.first_name == "Ann"
    assert profile.properties["tier"] == "premium"
    assert profile.properties["n"] == 2
    assert profile.properties["browser"] == "Chrome"


async def test_a_call_that_is_told_again_is_answered_as_the_first(desk: Desk) -> None:
    first = await desk.track("buy", insert_id="order-1", at_ms=NOON)
    desk.clock.advance(40 * MINUTE)
    again = await desk.track("buy", insert_id="order-1", at_ms=NOON)
    other = await desk.track("buy", insert_id="order-2")
    assert (first.is_duplicate, again.is_duplicate, other.is_duplicate) == (False, True, False)
    assert (again.device_id, again.session_id) == (first.device_id, first.session_id)
    assert again.event.id == first.event.id
    assert other.session_id != first.session_id
    bought = [event.id for event in await desk.events() if event.name == "buy"]
    assert bought == [first.event.id, other.event.id]
