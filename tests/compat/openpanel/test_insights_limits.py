"""Budgets of the Insights family: per client, and out of reach of strangers."""

import pytest

from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

PATH = "/insights/demo/live"


async def test_request_101_of_a_client_is_refused_and_other_clients_are_untouched(
    fresh: World,
) -> None:
    for spent in range(100):
        answer = await fresh.get(PATH)
        assert answer.status_code == 200
        assert answer.headers["x-ratelimit-limit"] == "100"
        assert answer.headers["x-ratelimit-remaining"] == str(99 - spent)
    refused = await fresh.get(PATH)
    assert refused.status_code == 429
    assert refused.json()["message"] == "You have exceeded the rate limit for this endpoint."
    assert refused.json()["error"] == "Too Many Requests"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert int(refused.headers["x-ratelimit-reset"]) <= 10
    other = await fresh.http.get(PATH, headers=dict(fresh.root))
    assert other.status_code == 200
    assert other.headers["x-ratelimit-remaining"] == "99"
    assert (await fresh.get("/export/events")).status_code == 200


async def test_flood_with_a_stolen_id_and_no_secret_spends_nothing_of_the_client(
    fresh: World,
) -> None:
    stolen = {
        "openpanel-client-id": fresh.reading["openpanel-client-id"],
        "x-forwarded-for": "203.0.113.9",
    }
    statuses = {(await fresh.http.get(PATH, headers=stolen)).status_code for _ in range(150)}
    assert statuses <= {401, 429}
    own = {**fresh.reading, "x-forwarded-for": "198.51.100.7"}
    answer = await fresh.http.get(PATH, headers=own)
    assert answer.status_code == 200
    assert answer.headers["x-ratelimit-remaining"] == "99"
