"""Plain events make profiles, and tell when these were seen first and last."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.analytics.records import Profile
from app.http.services import Services
from app.ingest.calls import Caller, TrackCall
from app.ingest.people_calls import IncrementCall
from app.kit.clock import FixedClock
from app.lifespan import open_services
from app.projects.profiles import ProfileOrder, ProfilePage
from app.projects.records import Project
from app.projects.sightings import UPDATE_EVERY_MS
from app.settings import Settings

pytestmark = pytest.mark.anyio

NOON = 1_750_000_000_000
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
BROWSER = Caller(received_at=NOON, ip="203.0.113.7", user_agent=CHROME)
SERVER = Caller(received_at=NOON, ip="203.0.113.7", user_agent="curl/8.5.0")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    async with open_services(Settings(data_dir=tmp_path), FixedClock(NOON)) as opened:
        yield opened


@pytest.fixture
async def project(services: Services) -> Project:
    return (await services.projects.create_project("demo")).project


def call(project: Project, profile: str | None = None) -> TrackCall:
    return TrackCall(
        project=project.number, project_slug=project.id, name="screen_view", profile_id=profile
    )


async def everyone(services: Services, project: Project) -> list[Profile]:
    page = ProfilePage(order=ProfileOrder.ID, limit=10)
    return await services.profiles.page(project.number, page)


async def test_a_named_profile_is_there_as_soon_as_its_event_is_acknowledged(
    services: Services, project: Project
) -> None:
    await services.ingest.track(call(project, "ann"), BROWSER)
    profile = await services.profiles.find(project.number, "ann")
    assert profile is not None
    assert (profile.is_external, profile.created_at, profile.last_seen_at) == (True, NOON, NOON)
    assert profile.properties["os"] == "Windows"


async def test_a_device_is_a_profile_that_nobody_identified(
    services: Services, project: Project
) -> None:
    tracked = await services.ingest.track(call(project), BROWSER)
    (profile,) = await everyone(services, project)
    assert (profile.id, profile.is_external) == (tracked.device_id, False)


async def test_a_server_tells_who_but_not_with_what(services: Services, project: Project) -> None:
    await services.ingest.track(call(project), SERVER)
    await services.ingest.track(call(project, "ann"), SERVER)
    (profile,) = await everyone(services, project)
    assert (profile.id, profile.is_external, profile.properties) == ("ann", True, {})


async def test_last_sight_moves_on_by_the_hour_and_first_sight_back_exactly(
    services: Services, project: Project
) -> None:
    for moved in (0, 60_000, UPDATE_EVERY_MS, UPDATE_EVERY_MS + 1):
        await services.ingest.track(
            call(project, "ann"), replace(BROWSER, received_at=NOON + moved)
        )
    earlier = replace(call(project, "ann"), at_ms=NOON - 1_000)
    await services.ingest.track(earlier, BROWSER)
    profile = await services.profiles.find(project.number, "ann")
    assert profile is not None
    assert profile.created_at == NOON - 1_000
    assert NOON + UPDATE_EVERY_MS <= profile.last_seen_at <= NOON + UPDATE_EVERY_MS + 1


async def test_a_profile_that_one_event_told_of_can_be_counted_up_at_once(
    services: Services, project: Project
) -> None:
    await services.ingest.track(call(project, "ann"), BROWSER)
    visit = IncrementCall(project=project.number, profile_id="ann", property="visits")
    await asyncio.gather(*(services.people.increment(visit, BROWSER) for _ in range(50)))
    profile = await services.profiles.find(project.number, "ann")
    assert profile is not None
    assert profile.properties["visits"] == 50
