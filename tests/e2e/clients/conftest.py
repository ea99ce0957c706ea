"""Events that every client looks for."""

import uuid

import pytest

from tests.e2e.clients.programs import track_fruit
from tests.e2e.conftest import LiveServer


@pytest.fixture(scope="session")
def name(server: LiveServer) -> str:
    """The name of events that were tracked for the clients to find, and that no others have."""
    name = f"fruit-{uuid.uuid4()}"
    track_fruit(server, name)
    return name
