"""A migrated store in a file of its own, a clock that stands still, and a project."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.control.engine import default_url
from app.control.store import ControlStore
from app.kit.clock import FixedClock
from app.projects.directory import NewProject, ProjectDirectory


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1_735_732_800_000)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ControlStore]:
    opened = ControlStore.open(default_url(tmp_path))
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def directory(store: ControlStore, clock: FixedClock) -> ProjectDirectory:
    return ProjectDirectory(store, clock)


@pytest.fixture
async def demo(directory: ProjectDirectory) -> NewProject:
    return await directory.create_project("demo")
