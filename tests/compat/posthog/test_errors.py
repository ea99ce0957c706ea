"""Error bodies: clients match on them, letter by letter."""

from typing import Any

import pytest

from app.compat.posthog.admission import CRUD
from tests.compat.posthog.world import World

pytestmark = pytest.mark.anyio

PNG = "image/png"
VALIDATION, REQUEST, AUTH = "validation_error", "invalid_request", "authentication_error"
NO_SOURCE = "Either dashboard, insight or export_context is required for an export."
DATE = (
    "Datetime has wrong format. Use one of these formats instead: "
    "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
PK = "Incorrect type. Expected pk value, received"
MISSING = "object does not exist."
DICT = 'Expected a dictionary of items but got type "list".'

BAD_ORDERS: list[tuple[dict[str, Any], str, str, str | None]] = [
    ({}, "required", "This field is required.", "export_format"),
    ({"export_format": None}, "null", "This field may not be null.", "export_format"),
    (
        {"export_format": "not/allowed"},
        "invalid_choice",
        '"not/allowed" is not a valid choice.',
        "export_format",
    ),
    (
        {"export_format": "image/jpeg"},
        "invalid_choice",
        '"image/jpeg" is not a valid choice.',
        "export_format",
    ),
    ({"export_format": PNG}, "invalid_input", NO_SOURCE, None),
    ({"export_format": PNG, "export_context": {}}, "invalid_input", NO_SOURCE, None),
    (
        {"export_format": PNG, "dashboard": 54321},
        "does_not_exist",
        f'Invalid pk "54321" - {MISSING}',
        "dashboard",
    ),
    (
        {"export_format": PNG, "insight": "54321"},
        "does_not_exist",
        f'Invalid pk "54321" - {MISSING}',
        "insight",
    ),
    (
        {"export_format": PNG, "insight": 10**30},
        "does_not_exist",
        f'Invalid pk "{10**30}" - {MISSING}',
        "insight",
    ),
    ({"export_format": PNG, "dashboard": "x"}, "incorrect_type", f"{PK} str.", "dashboard"),
    ({"export_format": PNG, "insight": True}, "incorrect_type", f"{PK} bool.", "insight"),
    ({"export_format": PNG, "insight": [1]}, "incorrect_type", f"{PK} list.", "insight"),
    (
        {"export_format": "video/mp4", "export_context": {"path": "/x"}},
        "invalid_input",
        "Video export supports session recordings only.",
        "export_format",
    ),
    (
        {"export_format": PNG, "export_context": {"a": 1}, "expires_after": "tomorrow"},
        "invalid_input",
        DATE,
        "expires_after",
    ),
    ({"export_format": PNG, "export_context": [1]}, "not_a_dict", DICT, "export_context"),
]


@pytest.mark.parametrize(("order", "code", "detail", "attr"), BAD_ORDERS)
async def test_the_first_wrong_field_is_told(
    world: World, order: dict[str, Any], code: str, detail: str, attr: str | None
) -> None:
    answer = await world.send("POST", "/exports/", order)
    assert answer.status_code == 400
    assert answer.json() == {"type": VALIDATION, "code": code, "detail": detail, "attr": attr}


async def test_another_projects_things_are_refused(world: World) -> None:
    made = await world.insight("Mine")
    board = await world.made("/dashboards/", {"name": "Mine"})
    url = f"/api/projects/{world.other.number}/exports/"
    for name, number in (("insight", made["id"]), ("dashboard", board["id"])):
        answer = await world.http.post(
            url, json={"export_format": PNG, name: number}, headers=world.bearer("elsewhere")
        )
        assert answer.status_code == 400
        assert answer.json() == {
            "type": VALIDATION,
            "code": "invalid_input",
            "detail": f"This {name} does not belong to your team.",
            "attr": name,
        }


async def test_malformed_json_is_told(world: World) -> None:
    headers = {**world.bearer(), "content-type": "application/json"}
    url = f"/api/projects/{world.demo.number}/exports/"
    # What the documentation shows: a form's text that calls itself JSON.
    deep = '{"a":' * 100 + "1" + "}" * 100
    half = '{"export_format": "\\ud800"}'
    for body in (
        *("export_format=undefined", "{", "[1", '{"export_format": NaN}', half, deep),
        "[" * 100_000,
    ):
        answer = await world.http.post(url, content=body, headers=headers)
        assert answer.status_code == 400, body
        problem = answer.json()
        assert (problem["type"], problem["code"], problem["attr"]) == (
            REQUEST,
            "parse_error",
            None,
        )
        assert problem["detail"].startswith("JSON parse error - ")


async def test_other_media_types_are_refused(world: World) -> None:
    headers = {**world.bearer(), "content-type": "text/plain"}
    url = f"/api/projects/{world.demo.number}/exports/"
    answer = await world.http.post(url, content="x", headers=headers)
    assert answer.status_code == 415
    assert answer.json() == {
        "type": REQUEST,
        "code": "unsupported_media_type",
        "detail": 'Unsupported media type "text/plain" in request.',
        "attr": None,
    }


async def test_nobody_is_let_in_without_a_key(world: World) -> None:
    answer = await world.http.get(f"/api/projects/{world.demo.number}/exports/")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]
    assert answer.json() == {
        "type": AUTH,
        "code": "not_authenticated",
        "detail": "Authentication credentials were not provided.",
        "attr": None,
    }


async def test_a_wrong_key_is_told_by_where_it_was_found(world: World) -> None:
    url = f"/api/projects/{world.demo.number}/exports/"
    header = await world.http.get(url, headers={"authorization": "Bearer phx_wrong"})
    query = await world.http.get(url, params={"personal_api_key": "phx_wrong"})
    body = await world.http.post(url, json={"personal_api_key": "phx_wrong"})
    for answer, place in (
        (header, "Authorization header"),
        (query, "query string"),
        (body, "body"),
    ):
        assert answer.status_code == 401
        detail = f"Personal API key found in request {place} is invalid."
        assert answer.json() == {
            "type": AUTH,
            "code": "authentication_failed",
            "detail": detail,
            "attr": None,
        }


async def test_the_scheme_is_case_sensitive(world: World) -> None:
    headers = {"authorization": f"bearer {world.keys['all']}"}
    answer = await world.http.get(f"/api/projects/{world.demo.number}/exports/", headers=headers)
    assert answer.json()["code"] == "not_authenticated"


async def test_keys_stand_in_bodies_and_query_strings_too(world: World) -> None:
    url = f"/api/projects/{world.demo.number}/exports/"
    order = {"export_format": PNG, "export_context": {"session_recording_id": "x"}}
    made = await world.http.post(url, json={**order, "personal_api_key": world.keys["writes"]})
    assert made.status_code == 201
    listed = await world.http.get(
        url, params={"personal_api_key": world.keys["writes"], "limit": 1}
    )
    assert listed.status_code == 200
    assert world.keys["writes"] not in listed.text


@pytest.mark.parametrize(
    ("method", "key", "scope"),
    [
        ("GET", "nothing", "export:read"),
        ("POST", "nothing", "export:write"),
        ("POST", "reads", "export:write"),
    ],
)
async def test_a_missing_scope_is_named(world: World, method: str, key: str, scope: str) -> None:
    answer = await world.send(method, "/exports/", {}, key)
    assert answer.status_code == 403
    assert answer.json() == {
        "type": AUTH,
        "code": "permission_denied",
        "detail": f"API key missing required scope '{scope}'",
        "attr": None,
    }


async def test_writing_implies_reading(world: World) -> None:
    assert (await world.get("/exports/", "writes")).status_code == 200


async def test_a_key_stays_in_its_project(world: World) -> None:
    url = f"/api/projects/{world.other.number}/exports/"
    answer = await world.http.get(url, headers=world.bearer())
    assert answer.status_code == 403
    assert answer.json() == {
        "type": AUTH,
        "code": "permission_denied",
        "detail": "API key does not have access to the requested project: "
        f"ID {world.other.number}.",
        "attr": None,
    }


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize("path", ["/exports/", "/exports/1/", "/exports/1/content/"])
async def test_what_is_not_for_keys_is_told_so(world: World, method: str, path: str) -> None:
    answer = await world.send(method, path, {})
    assert answer.status_code == 403
    assert answer.json()["detail"] == "This action does not support personal API key access"


async def test_methods_without_an_action_are_not_allowed(world: World) -> None:
    board = await world.made("/dashboards/", {"name": "Stays"})
    answer = await world.send("DELETE", f"/dashboards/{board['id']}/", {})
    assert answer.status_code == 405
    assert answer.json() == {
        "type": REQUEST,
        "code": "method_not_allowed",
        "detail": 'Method "DELETE" not allowed.',
        "attr": None,
    }


@pytest.mark.parametrize("path", ["/exports/999999/", "/exports/x/", "/exports/999999/content/"])
async def test_what_is_unknown_is_not_found(world: World, path: str) -> None:
    answer = await world.get(path)
    assert answer.status_code == 404
    assert answer.json() == {
        "type": REQUEST,
        "code": "not_found",
        "detail": "Not found.",
        "attr": None,
    }


@pytest.mark.parametrize("reference", ["999999", "nowhere", "-1", "@other", "9" * 40])
async def test_an_unknown_project_is_not_found(world: World, reference: str) -> None:
    url = f"/api/projects/{reference}/exports/"
    answer = await world.http.get(url, headers=world.bearer())
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Project not found."


async def test_too_many_requests_are_told_when_to_come_back(fresh: World) -> None:
    limiter, budget = fresh.services.limiter, CRUD[0]
    await fresh.get("/exports/")
    principal = await fresh.services.verifier.verify_api_key(fresh.keys["all"])
    while not limiter.spend(budget, principal.id).is_exceeded:
        pass
    answer = await fresh.get("/exports/")
    assert answer.status_code == 429
    seconds = answer.headers["retry-after"]
    unit = "second" if seconds == "1" else "seconds"
    assert answer.json() == {
        "type": "throttled_error",
        "code": "throttled",
        "detail": f"Request was throttled. Expected available in {seconds} {unit}.",
        "attr": None,
    }
