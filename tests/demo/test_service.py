from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.analytics.records import BOUNDARY_EVENTS
from app.analytics.sql.tables import EVENTS
from app.control.engine import default_url
from app.control.store import ControlStore
from app.demo.service import SLUG, TIMEZONE, DemoOrder, DemoReport, Renewal, load_demo
from app.ingest.log import EventLog, LogSettings
from app.kit.clock import FixedClock
from app.projects.directory import ProjectDirectory
from app.projects.profiles import ProfileDirectory
from app.projects.records import Project
from tests.support.engines import store_url
from tests.support.naming import name_session

pytestmark = pytest.mark.anyio

NOW = 1_743_418_800_000
DAY = 86_400_000


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[ControlStore]:
    opened = ControlStore.open(default_url(tmp_path))
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def project(control: ControlStore) -> Project:
    made = await ProjectDirectory(control, FixedClock(NOW)).create_project(SLUG, TIMEZONE)
    return made.project


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[EventLog]:
    settings = LogSettings(
        data_dir=tmp_path, events_url=store_url("duckdb", tmp_path), naming=name_session
    )
    opened = await EventLog.open(settings)
    yield opened
    await opened.close()


@pytest.fixture
def order(tmp_path: Path) -> DemoOrder:
    return DemoOrder(data_dir=tmp_path, at_ms=NOW, events=900, processes=1)


def ignore(_place: int, _events: int) -> None:
    """Watches nothing."""


async def stored(log: EventLog) -> tuple[object, ...]:
    await log.settled()
    columns = func.count(), func.count(EVENTS.c.id.distinct()), func.max(EVENTS.c.created_at)
    (row,) = await log.store.fetch(
        select(*columns).where(EVENTS.c.name.not_in(BOUNDARY_EVENTS)), 10
    )
    return tuple(row)


async def test_demo_is_loaded_once(
    log: EventLog, control: ControlStore, project: Project, order: DemoOrder
) -> None:
    profiles = ProfileDirectory(control)
    assert await load_demo(log, profiles, project, order, ignore) == DemoReport(900, 0)
    members = await profiles.count(project.number)
    later = replace(order, at_ms=NOW + DAY, events=5_000)
    assert await load_demo(log, profiles, project, later, ignore) == DemoReport(0, 900)
    assert (await stored(log))[:2] == (900, 900)
    assert await profiles.count(project.number) == members > 5


async def test_top_up_goes_on_where_the_demo_ended(
    log: EventLog, control: ControlStore, project: Project, order: DemoOrder
) -> None:
    profiles = ProfileDirectory(control)
    await load_demo(log, profiles, project, order, ignore)
    later = replace(order, at_ms=NOW + 2 * DAY, renewal=Renewal.TOP_UP)
    assert await load_demo(log, profiles, project, later, ignore) == DemoReport(60, 900)
    assert await load_demo(log, profiles, project, later, ignore) == DemoReport(0, 960)
    count, ids, newest = await stored(log)
    assert (count, ids) == (960, 960)
    assert isinstance(newest, int)
    assert NOW + 2 * DAY - 300_000 < newest <= NOW + 2 * DAY


class BrokenOffError(Exception):
    pass


async def test_demo_that_was_broken_off_is_completed_as_planned(
    log: EventLog, control: ControlStore, project: Project, order: DemoOrder
) -> None:
    def break_off(_place: int, events: int) -> None:
        if events > 300:
            raise BrokenOffError

    profiles = ProfileDirectory(control)
    with pytest.raises(BrokenOffError):
        await load_demo(log, profiles, project, order, break_off)
    later = replace(order, at_ms=NOW + DAY, events=77)
    report = await load_demo(log, profiles, project, later, ignore)
    assert report.added + report.already == 900
    assert 300 < report.already < 900
    assert (await stored(log))[:2] == (900, 900)
