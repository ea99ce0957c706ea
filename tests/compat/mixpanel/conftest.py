"""Worlds for the tests of this API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.compat.mixpanel.world import World, open_world
from tests.support.engines import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
async def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A server of each engine that all tests of a module share: they only read."""
    async for opened in open_world(request.param, tmp_path_factory.mktemp(request.param)):
        yield opened


@pytest.fixture(params=ENGINES)
async def own(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A server of each engine that a test has for itself."""
    async for opened in open_world(request.param, tmp_path):
        yield opened
