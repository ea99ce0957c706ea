"""Worlds for the tests of this API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.compat.posthog.world import World, open_world


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A server that all tests of a module share; they keep out of each other's way."""
    async for opened in open_world(tmp_path_factory.mktemp("posthog")):
        yield opened


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[World]:
    """A server of its own, with the documented limits."""
    async for opened in open_world(tmp_path, rate_limits=True):
        yield opened
