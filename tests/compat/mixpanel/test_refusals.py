"""What exports are refused for: in which order, with which status, and in which words."""

from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from app.settings import Settings
from tests.compat.mixpanel.world import EXPORT, ONE_DAY, World, basic, open_world

pytestmark = pytest.mark.anyio


async def test_bad_credentials_open_nothing(world: World) -> None:
    user, password = world.account
    number = {"project_id": str(world.demo.number)}
    good = basic(f"{user}:{password}")
    for headers, more, status, error in [
        ({}, {}, 401, "Unable to authenticate request"),
        (basic("wrong:"), {}, 401, "Unable to authenticate request"),
        (basic(f"{user}:wrong"), number, 401, "Unable to authenticate request"),
        (basic(f"{world.demo.token}:"), {}, 401, "Unable to authenticate request"),
        ({"authorization": "Basic "}, {}, 401, "Unable to authenticate request"),
        ({"authorization": "Basic %%%"}, {}, 401, "Unable to authenticate request"),
        ({"authorization": "Digest x"}, {}, 401, "Unable to authenticate request"),
        (good, {}, 400, "Missing required parameter: project_id"),
        (good, {"project_id": "2"}, 403, "not good for this project"),
        (good, {"project_id": "77"}, 403, "not good for this project"),
        (good, {"project_id": "nosuch"}, 400, "project_id must be an integer"),
        (basic(f"{world.secret}:"), {"project_id": "2"}, 403, "not good for this project"),
        ({}, {"api_key": "x", "sig": "y", "expire": "1"}, 400, "invalid parameter: sig"),
    ]:
        answer = await world.http.get(EXPORT, params=ONE_DAY | more, headers=headers)
        assert answer.status_code == status, (headers, more)
        assert list(answer.json()) == ["request", "error"]
        assert error in answer.json()["error"]
        assert answer.headers["content-type"] == "application/json"
        assert world.secret not in answer.text
    assert "y" not in answer.json()["request"].partition("?")[2].split("&")[-1]


WRONG: list[tuple[dict[str, str], str]] = [
    ({"from_date": "", "to_date": "2025-03-09"}, "Missing required parameter: from_date"),
    ({"from_date": "2025-03-09"}, "Missing required parameter: to_date"),
    ({"from_date": "2025-02-30", "to_date": "2025-03-09"}, "from_date must be a date"),
    ({"from_date": "2025-03-09", "to_date": "March 9"}, "to_date must be a date"),
    ({"from_date": "25-03-09", "to_date": "2025-03-09"}, "from_date must be a date"),
    ({"from_date": "2025-03-10", "to_date": "2025-03-09"}, "from_date must not be after to_date"),
    ({"from_date": "2025-03-09", "to_date": "2025-03-13"}, "to_date cannot be later than today"),
    ({"from_date": "2025-03-09", "to_date": "2099-01-01"}, "to_date cannot be later than today"),
    (ONE_DAY | {"limit": "x"}, "limit must be an integer"),
    (ONE_DAY | {"limit": "1.5"}, "limit must be an integer"),
    (ONE_DAY | {"limit": "0"}, "limit must be at least 1"),
    (ONE_DAY | {"limit": "-1"}, "limit must be at least 1"),
    (ONE_DAY | {"limit": "100001"}, "limit must not be greater than 100000"),
    (ONE_DAY | {"event": "[Signed up]"}, "Invalid JSON in parameter: event"),
    (ONE_DAY | {"event": '"open'}, "Invalid JSON in parameter: event"),
    (ONE_DAY | {"event": "[1]"}, "event must be a JSON array of strings"),
    (ONE_DAY | {"event": '{"a":1}'}, "event must be a JSON array of strings"),
    (ONE_DAY | {"where": 'properties["a"] = 1'}, "Invalid where expression at position 16"),
    (ONE_DAY | {"time_in_ms": "maybe"}, "time_in_ms must be true or false"),
    (ONE_DAY | {"from_time": "x"}, "from_time must be an integer"),
    (ONE_DAY | {"from_time": "5", "to_time": "4"}, "from_time must not be after to_time"),
    (ONE_DAY | {"cursor": "nobody"}, "cursor must be the $insert_id"),
]


@pytest.mark.parametrize(("params", "error"), WRONG)
async def test_wrong_parameters_are_told(world: World, params: dict[str, str], error: str) -> None:
    answer = await world.get(**params)
    assert answer.status_code == 400
    told = answer.json()
    assert list(told) == ["request", "error"]
    assert told["request"].startswith(f"{EXPORT}?from_date=")
    assert error in told["error"]


ORDER: list[tuple[dict[str, str], int, str]] = [
    ({}, 401, "Unable to authenticate request"),
    ({"project_id": "x"}, 400, "project_id must be an integer"),
    ({"from_date": "March 9"}, 400, "Missing required parameter: to_date"),
    ({"to_date": "2025-13-01"}, 400, "from_date must be a date"),
    ({"from_date": "2025-03-14", "to_date": "2025-03-13"}, 400, "must not be after to_date"),
    ({"from_date": "2025-03-09"}, 400, "to_date cannot be later than today"),
    ({"to_date": "2025-03-09"}, 400, "limit must be an integer"),
    ({"limit": "100001"}, 400, "limit must not be greater than 100000"),
    ({"limit": "1"}, 400, "Invalid JSON in parameter: event"),
    ({"event": "last"}, 400, "Invalid where expression at position 1"),
    ({"where": ""}, 400, "time_in_ms must be true or false"),
    ({"time_in_ms": ""}, 200, ""),
]
"""What is mended of the request one after the other, and what is told of the rest."""


async def test_what_is_wrong_is_told_in_order(world: World) -> None:
    user, password = world.account
    params = {
        "project_id": "x",
        "limit": "x",
        "event": "[",
        "where": "1=",
        "time_in_ms": "maybe",
    }
    headers: Mapping[str, str] = {}
    for mended, status, error in ORDER:
        params |= mended
        answer = await world.http.get(EXPORT, params=params, headers=headers)
        assert answer.status_code == status, answer.text
        assert error in answer.text
        headers = basic(f"{user}:{password}")
        if "project_id" in mended:
            params["project_id"] = str(world.demo.number)


WHERE: list[tuple[str, str]] = [
    ('properties["plan"] = "Pro"', "at position 19: unexpected '=' (use '==')"),
    ('properties["plan"', "at position 17: expected ']'"),
    ('properties[plan] == "x"', "at position 11: expected a quoted property name"),
    (
        'contains(properties["plan"], "P")',
        'at position 0: unknown function \'contains\' (use: "P" in properties["plan"])',
    ),
    ("1 and true", "at position 0: operand of 'and' must be boolean, found number"),
    ('"abc', "at position 0: unterminated string"),
]


@pytest.mark.parametrize(("where", "told"), WHERE)
async def test_wrong_expressions_are_told_before_anything_is_sent(
    world: World, where: str, told: str
) -> None:
    for gzip in ("gzip", "identity"):
        headers = basic(f"{world.secret}:") | {"accept-encoding": gzip}
        answer = await world.http.get(EXPORT, params=ONE_DAY | {"where": where}, headers=headers)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["error"] == f"Invalid where expression {told}"


async def test_today_is_that_of_older_projects_own_zone(tmp_path: Path) -> None:
    """In New York the 11th is not over when the 12th begins in UTC."""
    async for world in open_world("sqlite", tmp_path, zone="America/New_York"):
        days = {"from_date": "2025-03-10", "to_date": "2025-03-11"}
        assert (await world.get(**days)).status_code == 200
        refused = await world.get(**days | {"to_date": "2025-03-12"})
        assert refused.status_code == 400
        assert "to_date cannot be later than today" in refused.json()["error"]


async def test_bad_credentials_can_be_400_as_they_once_were(tmp_path: Path) -> None:
    async for world in open_world("sqlite", tmp_path, mixpanel_bad_credentials_status=400):
        answer = await world.http.get(EXPORT, params=ONE_DAY)
        assert answer.status_code == 400
        assert "Unable to authenticate request" in answer.json()["error"]


async def test_a_second_has_a_budget_of_its_own(tmp_path: Path) -> None:
    async for world in open_world("sqlite", tmp_path, mixpanel_exports_per_second=1):
        # However slow the machine is, two of so many come within a second.
        answers = (await world.get() for _ in range(100))
        refused = await anext(answer async for answer in answers if answer.status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert "limit exceeded" in refused.json()["error"]


async def test_the_hours_budget_is_spent(tmp_path: Path) -> None:
    async for world in open_world("sqlite", tmp_path, mixpanel_exports_per_hour=5):
        for _ in range(5):
            assert (await world.get()).status_code == 200
        answer = await world.get()
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 3600
        assert list(answer.json()) == ["request", "error"]


def test_documented_limits_are_on_by_default(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.rate_limits
    assert settings.mixpanel_exports_per_hour == 60
    assert settings.mixpanel_exports_per_second == 3
    assert settings.mixpanel_exports_at_once == 100


async def test_a_project_has_one_budget_whoever_asks(tmp_path: Path) -> None:
    async for world in open_world("sqlite", tmp_path, mixpanel_exports_per_hour=2):
        other = await world.services.projects.create_project("third")
        secret, account = basic(f"{world.secret}:"), basic(":".join(world.account))
        asked = ONE_DAY | {"project_id": str(world.demo.number)}
        for headers, status in [(secret, 200), (account, 200), (secret, 429), (account, 429)]:
            answer = await world.http.get(EXPORT, params=asked, headers=headers)
            assert answer.status_code == status
        headers = basic(f"{other.secret}:")
        assert (await world.http.get(EXPORT, params=ONE_DAY, headers=headers)).status_code == 200


async def test_what_is_wrong_costs_nothing(tmp_path: Path) -> None:
    async for world in open_world("sqlite", tmp_path, mixpanel_exports_per_hour=1):
        for _ in range(3):
            assert (await world.get(**ONE_DAY, limit="0")).status_code == 400
        assert (await world.get()).status_code == 200
        assert (await world.get()).status_code == 429


async def test_importing_too_often_is_told_in_its_own_form(tmp_path: Path) -> None:
    async for world in open_world("sqlite", tmp_path, track_requests_per_10_seconds=1):
        headers = basic(f"{world.secret}:") | {"content-type": "application/json"}
        posts = (world.http.post("/import", content=b"[]", headers=headers) for _ in range(100))
        answers = (await post for post in posts)
        refused = await anext(answer async for answer in answers if answer.status_code == 429)
        told = orjson.loads(refused.content)
        assert list(told) == ["code", "error", "status"]
        assert (told["code"], told["status"]) == (429, "Too Many Requests")
        assert int(refused.headers["retry-after"]) >= 1
