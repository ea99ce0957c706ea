"""Every way in which tracking can fail, as it looks on the wire: status, body and headers."""

from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from app.projects.directory import ProjectChange
from app.projects.filters import AddressFilter, ProfileFilter
from tests.compat.openpanel.tracking import BOT, BROWSER, CHUNK
from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

STRANGER: Final = "00000000-0000-4000-8000-000000000000"
EVENT: Final = {"type": "track", "payload": {"name": "a"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request of the writing client, changed by `headers` (None leaves one out)."""

    status: int
    told: dict[str, Any]
    path: str = "/track"
    body: object = field(default_factory=lambda: EVENT)
    headers: dict[str, str | None] = field(default_factory=dict[str, str | None])
    is_counted: bool = True
    """Whether the answer tells what is left of a budget."""


def unproven(reason: str, **headers: str | None) -> Failure:
    """What is refused before anything is done."""
    return Failure(
        status=401,
        told={"error": "Invalid client credentials", "status": 401, "message": reason},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def wrong(message: str, *path: str | int, **changes: Any) -> Failure:  # noqa: ANN401 — fields of Failure.
    """What is no message, or not one that can be followed."""
    issue = {"path": [*path], "message": message}
    known = message in {"Property value is not a number", "Session ID is required for replay"}
    return Failure(
        status=400,
        told={
            "status": 400,
            "statusCode": 400,
            "error": "Bad Request",
            "message": message if known else f"{'/'.join(('body', *map(str, path)))} {message}",
            "details": {"issues": [issue]},
        },
        **changes,
    )


def message(kind: str, **payload: object) -> dict[str, object]:
    """The body of that type."""
    return {"type": kind, "payload": payload}


FAILURES: Final = {
    "no client": unproven("Missing client id", openpanel_client_id=None),
    "no id": unproven("Client ID must be a valid UUIDv4", openpanel_client_id="demo"),
    "upper case": unproven(
        "Client ID must be a valid UUIDv4", openpanel_client_id=STRANGER.replace("8", "A")
    ),
    "unknown client": unproven("Invalid client id", openpanel_client_id=STRANGER),
    "wrong secret": unproven("Invalid client secret", openpanel_client_secret="sec_0"),
    "neither origin nor secret": unproven("Invalid cors or secret", openpanel_client_secret=None),
    "foreign origin": unproven(
        "Invalid cors or secret", openpanel_client_secret=None, origin="https://evil.test"
    ),
    "origin that only mentions ours": unproven(
        "Invalid cors or secret",
        openpanel_client_secret=None,
        origin="https://evil.test/https://a.shop.test",
    ),
    "refused address": unproven(
        "IP address is blocked by project filter", x_client_ip="198.51.100.9"
    ),
    "refused profile": Failure(
        status=401,
        told={
            "error": "Invalid client credentials",
            "status": 401,
            "message": "Profile id is blocked by project filter",
        },
        body=message("track", name="a", profileId="eve"),
    ),
    "money without a secret": Failure(
        status=401,
        told={
            "error": "Invalid client credentials",
            "status": 401,
            "message": "Revenue tracking is not allowed without a client secret",
        },
        body=message("track", name="revenue", properties={"__revenue": 1}),
        headers={"openpanel-client-secret": None, "origin": "https://shop.test"},
    ),
    "a bot": Failure(
        status=202,
        told={"bot": {"name": "Googlebot", "type": "Search bot"}},
        headers={
            "openpanel-client-secret": None,
            "origin": "https://shop.test",
            "user-agent": BOT,
        },
    ),
    "no object": wrong("The body is a JSON object.", body=[], is_counted=False),
    "no type": wrong(
        "The type is one of: track, identify, alias, increment, decrement, group, assign_group, "
        "replay.",
        "type",
        body={},
        is_counted=False,
    ),
    "no payload": wrong(
        "The payload is a JSON object.", "payload", body={"type": "track"}, is_counted=False
    ),
    "no name": wrong("Field required", "payload", "name", body=message("track"), is_counted=False),
    "impossible amount": wrong(
        "An amount is a whole number from 0 to 2000000000000.",
        "payload",
        "properties",
        "__revenue",
        body=message("track", name="revenue", properties={"__revenue": 2**62}),
    ),
    "circle of aliases": wrong(
        "A profile can't be an alias of itself.",
        "payload",
        "alias",
        body=message("alias", profileId="x", alias="x"),
    ),
    "no number": wrong(
        "Property value is not a number",
        "payload",
        "property",
        body=message("increment", profileId="ann", property="name"),
    ),
    "no session": wrong(
        "Session ID is required for replay",
        "payload",
        "sessionId",
        body={"type": "replay", "payload": CHUNK},
    ),
    "unknown profile": Failure(
        status=404,
        told={
            "status": 404,
            "statusCode": 404,
            "error": "Not Found",
            "message": "Profile not found",
        },
        body=message("decrement", profileId="nobody", property="n"),
    ),
    "compressed": Failure(
        status=415,
        told={
            "status": 415,
            "statusCode": 415,
            "error": "Unsupported Media Type",
            "message": "Send the body uncompressed.",
        },
        headers={"content-encoding": "gzip"},
        is_counted=False,
    ),
    "another route": Failure(
        status=404,
        told={
            "status": 404,
            "statusCode": 404,
            "error": "Not Found",
            "message": "Route POST:/track/ not found",
        },
        path="/track/",
        is_counted=False,
    ),
    "import without a client": Failure(
        status=401,
        told={
            "status": 401,
            "statusCode": 401,
            "error": "Unauthorized",
            "message": "Invalid client credentials",
            "details": {"reason": "Missing client id"},
        },
        path="/import/events",
        body=[],
        headers={"openpanel-client-id": None},
    ),
    "import of another project": Failure(
        status=403,
        told={
            "status": 403,
            "statusCode": 403,
            "error": "Forbidden",
            "message": "You do not have access to this project",
        },
        path="/import/events?projectId=other",
        body=[],
    ),
    "import that is no list": wrong(
        "The body is a JSON array of events.", path="/import/events", body={}
    ),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_failure_on_the_wire(world: World, name: str) -> None:
    failure = FAILURES[name]
    filters = (AddressFilter("198.51.100.0/24"), ProfileFilter("eve"))
    await world.services.projects.change_project("demo", ProjectChange(filters=filters))
    await world.track(
        {"type": "identify", "payload": {"profileId": "ann", "properties": {"name": "Ann"}}}
    )
    sent = {**world.writing, **failure.headers}
    if "user-agent" not in sent and "origin" in sent:
        sent["user-agent"] = BROWSER["user-agent"]
    answer = await world.http.post(
        failure.path,
        json=failure.body,
        headers={header: value for header, value in sent.items() if value is not None},
    )
    assert (answer.status_code, answer.json()) == (failure.status, failure.told)
    headers = answer.headers
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-request-id"]
    assert ("x-ratelimit-remaining" in headers) is failure.is_counted
    assert "retry-after" not in headers


@pytest.mark.parametrize("body", ["", "{", "nonsense", '{"type":'])
async def test_what_is_no_json_is_said_to_be_none(world: World, body: str) -> None:
    answer = await world.http.post("/track", content=body, headers=dict(world.writing))
    told = answer.json()
    assert (answer.status_code, told["status"], told["error"]) == (400, 400, "Bad Request")
    assert told["message"].startswith("body The body is not valid JSON")
