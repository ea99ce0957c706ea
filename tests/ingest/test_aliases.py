"""An alias is true of the past, of what is on its way, and of the future."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.analytics.fields import COLUMNS
from app.analytics.filters import Compare, Operator
from app.analytics.metrics import PROFILES, VISITORS
from app.analytics.queries import EventsQuery, TotalsQuery
from app.analytics.ranges import AllTime
from app.analytics.records import Event
from app.analytics.sql.tables import EVENTS, SESSIONS
from app.http.services import Services
from app.ingest.calls import Caller, TrackCall
from app.ingest.encoding import encode_event
from app.ingest.journal import Journal
from app.ingest.people_calls import AliasCall
from app.kit.clock import FixedClock
from app.lifespan import open_services
from app.projects.records import Project
from app.settings import Settings

pytestmark = pytest.mark.anyio

NOON = 1_750_000_000_000
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
ENGINES = ["duckdb:///{}/e.duckdb", "sqlite+aiosqlite:///{}/e.sqlite3"]


@pytest.fixture(params=ENGINES)
async def services(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Services]:
    settings = Settings(data_dir=tmp_path, events_url=request.param.format(tmp_path))
    async with open_services(settings, FixedClock(NOON)) as opened:
        yield opened


async def project_in(services: Services) -> Project:
    return (await services.projects.create_project("demo")).project


def caller(ip: str = "203.0.113.7") -> Caller:
    return Caller(received_at=NOON, is_proven=True, ip=ip, user_agent=CHROME)


async def track(
    services: Services, project: Project, profile: str, ip: str = "203.0.113.7"
) -> None:
    call = TrackCall(
        project=project.number, project_slug=project.id, name="screen_view", profile_id=profile
    )
    await services.ingest.track(call, caller(ip))


async def alias(services: Services, project: Project, profile: str, name: str) -> None:
    call = AliasCall(project=project.number, profile_id=profile, alias=name)
    await services.people.alias(call, caller())


async def count_of(services: Services, project: Project, profile: str) -> int:
    query = EventsQuery(
        project=project.number,
        range=AllTime(),
        filter=Compare(COLUMNS["profile_id"], Operator.EQUALS, (profile,)),
    )
    return await services.reader.count(query, project)


async def stored_under(services: Services, project: Project, profile: str) -> int:
    """How many events and sessions the store has under that very id."""
    await services.reader.count(EventsQuery(project=project.number, range=AllTime()), project)
    store = services.reader._store  # pyright: ignore[reportPrivateUsage] # What is there, not what is told.
    counts = [
        await store.fetch(
            select(func.count()).where(
                table.c.project == project.number, table.c.profile_id == profile
            ),
            60,
        )
        for table in (EVENTS, SESSIONS)
    ]
    return sum(int(str(rows[0][0])) for rows in counts)


async def test_events_before_and_after_an_alias_are_the_profiles(services: Services) -> None:
    project = await project_in(services)
    await track(services, project, "a1")
    await track(services, project, "1", ip="198.51.100.9")
    await alias(services, project, "1", "a1")
    await track(services, project, "a1")
    assert await count_of(services, project, "1") >= 3
    assert await stored_under(services, project, "a1") == 0
    query = TotalsQuery(project=project.number, metrics=(PROFILES, VISITORS), range=AllTime())
    totals = await services.reader.ask(query, project)
    assert [value.value for value in totals.values] == [1, 1]


async def test_an_alias_of_a_profile_with_aliases_takes_them_along(services: Services) -> None:
    project = await project_in(services)
    await track(services, project, "a1")
    await alias(services, project, "1", "a1")
    await alias(services, project, "root", "1")
    assert await count_of(services, project, "root") >= 1
    assert await stored_under(services, project, "1") == 0


async def test_no_event_slips_by_while_an_alias_is_made(services: Services) -> None:
    project = await project_in(services)
    events = [
        asyncio.create_task(track(services, project, "a1", f"203.0.113.{n}")) for n in range(60)
    ]
    await asyncio.sleep(0)
    await alias(services, project, "1", "a1")
    await asyncio.gather(*events)
    assert await stored_under(services, project, "a1") == 0


async def test_asking_for_an_alias_finds_its_profile(services: Services) -> None:
    project = await project_in(services)
    await track(services, project, "a1")
    await alias(services, project, "1", "a1")
    by_root = await count_of(services, project, "1")
    assert by_root == await count_of(services, project, "a1") >= 1


async def test_an_event_that_another_process_brings_is_its_profiles(
    services: Services, tmp_path: Path
) -> None:
    project = await project_in(services)
    await alias(services, project, "1", "a1")
    elsewhere = Journal(tmp_path, "import")
    event = Event(
        project=project.number,
        id="0",
        name="screen_view",
        created_at=NOON,
        received_at=NOON,
        imported_at=NOON,
        profile_id="a1",
        device_id="d",
    )
    await elsewhere.append([encode_event(event)])
    await elsewhere.close()
    assert await stored_under(services, project, "a1") == 0
    assert await count_of(services, project, "1") >= 1


async def test_a_device_that_turns_out_to_be_someone_stays_so_when_its_session_ends(
    services: Services,
) -> None:
    project = await project_in(services)
    call = TrackCall(project=project.number, project_slug=project.id, name="screen_view")
    device = (await services.ingest.track(call, caller())).device_id
    await alias(services, project, "1", device)
    late = replace(caller(), received_at=NOON + 60_000)
    await services.ingest.track(replace(call, profile_id="1"), late)
    assert await stored_under(services, project, device) == 0


@pytest.mark.parametrize("url", ENGINES)
async def test_an_alias_that_was_not_followed_is_followed_at_the_next_start(
    tmp_path: Path, url: str
) -> None:
    settings = Settings(data_dir=tmp_path, events_url=url.format(tmp_path))
    async with open_services(settings, FixedClock(NOON)) as services:
        project = await project_in(services)
        await track(services, project, "a1")
        # As if the process had ended between the two steps.
        await services.aliases.alias(project.number, "1", "a1")
    async with open_services(settings, FixedClock(NOON)) as services:
        assert await count_of(services, project, "1") >= 1
        assert await stored_under(services, project, "a1") == 0
