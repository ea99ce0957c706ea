from typing import Any

import pytest
from starlette.requests import Request

from app.analytics.errors import RateLimitedError
from app.http.auth import Guess
from app.http.throttle import guess_of
from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

FAMILIES = ["/insights/demo/metrics", "/insights/demo/country", "/export/events"]
NOBODY = "00000000-0000-4000-8000-000000000000"


def unauthorized(reason: str) -> dict[str, object]:
    return {
        "status": 401,
        "statusCode": 401,
        "error": "Unauthorized",
        "message": "Invalid client credentials",
        "details": {"reason": reason},
    }


REFUSED = [
    ({"openpanel-client-id": ""}, "Missing client id"),
    ({"openpanel-client-id": "abc"}, "Client ID must be a valid UUIDv4"),
    ({"openpanel-client-id": NOBODY}, "Invalid client id"),
    ({"openpanel-client-secret": ""}, "Invalid client secret"),
    ({"openpanel-client-secret": "wrong"}, "Invalid client secret"),
]


@pytest.mark.parametrize("path", FAMILIES)
@pytest.mark.parametrize(("changes", "reason"), REFUSED)
async def test_bad_credentials(
    world: World, path: str, changes: dict[str, str], reason: str
) -> None:
    answer = await world.http.get(path, headers={**world.reading, **changes})
    assert (answer.status_code, answer.json()) == (401, unauthorized(reason))
    assert "x-ratelimit-limit" in answer.headers


@pytest.mark.parametrize("path", FAMILIES)
async def test_writing_client_can_not_read(world: World, path: str) -> None:
    answer = await world.http.get(path, headers=dict(world.writing))
    reason = "Client is not allowed to export"
    assert (answer.status_code, answer.json()) == (401, unauthorized(reason))


@pytest.mark.parametrize("path", ["/insights/other/metrics", "/export/events?projectId=other"])
async def test_foreign_project_is_forbidden(world: World, path: str) -> None:
    answer = await world.http.get(path, headers=dict(world.reading))
    assert (answer.status_code, answer.json()) == (
        403,
        {
            "status": 403,
            "statusCode": 403,
            "error": "Forbidden",
            "message": "You do not have access to this project",
        },
    )


UNKNOWN = ["nowhere", "999", "0", "%00", "ä", "a%2Fb", "9" * 40, '["demo"]']


@pytest.mark.parametrize("reference", UNKNOWN)
async def test_unknown_project_is_not_found(world: World, reference: str) -> None:
    answer = await world.http.get(
        "/export/events", params=f"project_id={reference}", headers=dict(world.root)
    )
    if reference == "%00":
        assert answer.status_code == 400
        return
    assert (answer.status_code, answer.json()) == (
        404,
        {
            "status": 404,
            "statusCode": 404,
            "error": "Not Found",
            "message": "Project not found",
        },
    )


@pytest.mark.parametrize("path", ["/insights/nowhere/metrics", "/insights/%00/live"])
async def test_unknown_project_in_the_path_is_not_found(world: World, path: str) -> None:
    answer = await world.http.get(path, headers=dict(world.root))
    assert (answer.status_code, answer.json()["message"]) == (404, "Project not found")


async def test_without_proof_nobody_learns_which_projects_there_are(world: World) -> None:
    answers = [
        await world.http.get(f"/insights/{name}/metrics?range=what")
        for name in ("demo", "other", "nowhere")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}


async def test_root_client_has_to_name_a_project(world: World) -> None:
    answer = await world.http.get("/export/events", headers=dict(world.root))
    assert (answer.status_code, answer.json()["details"]["issues"]) == (
        400,
        [{"path": ["projectId"], "message": "project_id or projectId is required"}],
    )


async def test_documented_400(world: World) -> None:
    answer = await world.get("/insights/demo/metrics", range="forever")
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "status": 400,
            "statusCode": 400,
            "error": "Bad Request",
            "message": "Invalid query parameters",
            "details": {"issues": [{"path": ["range"], "message": "Invalid enum value"}]},
        },
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/x"), ("POST", "/export/events"), ("GET", "/track"), ("GET", "/insights/demo/x")],
)
async def test_unknown_routes(world: World, method: str, path: str) -> None:
    answer = await world.http.request(method, path, headers=dict(world.reading))
    assert answer.status_code == 404
    told = answer.json()
    assert (told["message"], told["error"], told["statusCode"]) == (
        f"Route {method}:{path} not found",
        "Not Found",
        404,
    )


async def test_insights_and_export_are_limited_apart(fresh: World) -> None:
    for left in (99, 98):
        answer = await fresh.get("/insights/demo/live")
        assert answer.headers["x-ratelimit-limit"] == "100"
        assert answer.headers["x-ratelimit-remaining"] == str(left)
        assert 1 <= int(answer.headers["x-ratelimit-reset"]) <= 10
    for _ in range(98):
        await fresh.get("/insights/demo/metrics", range="wrong")
    answer = await fresh.get("/insights/demo/live")
    assert answer.status_code == 429
    assert answer.json() == {
        "status": 429,
        "statusCode": 429,
        "error": "Too Many Requests",
        "message": "You have exceeded the rate limit for this endpoint.",
    }
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert (await fresh.get("/export/events")).status_code == 200
    assert (await fresh.http.get("/insights/demo/live", headers=fresh.root)).status_code == 200


async def test_strangers_spend_the_budget_of_their_address(fresh: World) -> None:
    guess = {**fresh.reading, "openpanel-client-secret": "", "x-forwarded-for": "203.0.113.9"}
    for _ in range(1_000):
        await fresh.http.get("/insights/demo/live", headers=guess)
    assert (await fresh.http.get("/insights/demo/live", headers=guess)).status_code == 429
    assert (await fresh.get("/insights/demo/live")).status_code == 200


GUESSED = ["/track", "/event", "/export/events", "/insights/demo/live", "/import/events"]


def guess_from(world: World, address: str) -> Guess:
    """Counts guesses that come from that address, without the work that they cost."""
    scope: dict[str, Any] = {"type": "http", "headers": [], "client": (address, 1), "state": {}}
    return guess_of(Request(scope), world.services)


@pytest.mark.parametrize("path", GUESSED)
async def test_guesses_are_counted_before_they_cost_anything(fresh: World, path: str) -> None:
    method = "GET" if path.startswith(("/export", "/insights")) else "POST"
    guess = guess_from(fresh, "127.0.0.1")
    for _ in range(9):
        guess(fresh.writing["openpanel-client-id"])
    answers = [
        await fresh.http.request(
            method,
            path,
            headers={
                **fresh.writing,
                "openpanel-client-secret": f"sec_{number:020}",
                # Where a request says it comes from changes nothing.
                "openpanel-client-ip": f"203.0.113.{number}",
            },
            content=b'{"type":"track","payload":{"name":"a"},"name":"a"}',
        )
        for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [401, 429, 429]
    assert int(answers[-1].headers["retry-after"]) in range(1, 11)
    # A secret that nobody is guessing is as good as ever.
    assert (await fresh.get("/insights/demo/live")).status_code == 200


async def test_guesses_at_many_clients_are_counted_together(fresh: World) -> None:
    guess, other = guess_from(fresh, "203.0.113.9"), guess_from(fresh, "203.0.113.10")
    for number in range(100):
        guess(f"client {number}")
    with pytest.raises(RateLimitedError):
        guess("client 100")
    other("client 100")
