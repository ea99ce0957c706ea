"""The path that two APIs have."""

import json

import pytest

from tests.compat.mixpanel.world import World

pytestmark = pytest.mark.anyio

MESSAGE = json.dumps({"type": "track", "payload": {"name": "a"}})


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
@pytest.mark.parametrize("spelling", ["openpanel", "mixan"])
async def test_a_message_of_openpanels_client_is_one_whatever_its_type(
    world: World, kind: str, spelling: str
) -> None:
    headers = {name.replace("openpanel", spelling): value for name, value in world.writing.items()}
    answer = await world.http.post(
        "/track", content=MESSAGE, headers={**headers, "content-type": kind}
    )
    assert answer.status_code == 200
    assert answer.json() == {"deviceId": "", "sessionId": ""}
