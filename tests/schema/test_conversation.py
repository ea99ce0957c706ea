"""What waits for a connection, and that it never waits without bound."""

import pytest

from app.settings import Settings
from schema.build import build_schema
from schema.service import GraphQLService
from schema.transport.conversation import MOST_HELD_BYTES, Conversation
from schema.transport.persisted import PersistedDocuments

pytestmark = pytest.mark.anyio


class Names:
    """Writes down little more than the names."""

    def result(self, name: str, frame: bytes) -> bytes:
        return name.encode() + frame

    def failure(self, name: str, errors: list[object]) -> bytes:
        return f"{name}{errors}".encode()

    def end(self, name: str) -> bytes:
        return name.encode()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> GraphQLService:
    settings = Settings(data_dir=tmp_path_factory.mktemp("talk"))
    return GraphQLService.of(build_schema(), settings, PersistedDocuments())


async def test_there_is_room_again_once_what_waits_was_sent(service: GraphQLService) -> None:
    conversation = Conversation(service, Names(), "id")
    half = bytes(MOST_HELD_BYTES // 2 + 1)
    rooms: list[bool] = []
    for _ in range(2):
        conversation.say(half)
        rooms.append(conversation.room.is_set())
    rooms.extend(conversation.room.is_set() for _ in conversation.waiting())
    assert rooms == [True, False, True, True]
