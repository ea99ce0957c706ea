"""A migrated store in a file of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.control.engine import default_url
from app.control.store import ControlStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ControlStore]:
    opened = ControlStore.open(default_url(tmp_path))
    await opened.migrate()
    yield opened
    await opened.close()
