"""`POST /import/events`: rows come in whole and once, with the sessions of live tracking."""

from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from app.analytics.records import Json
from app.importer.posted import MOST_ROWS
from app.kit.clock import FixedClock
from app.lifespan import open_services
from app.projects.issuer import CredentialIssuer
from app.projects.records import ClientType
from app.settings import Settings
from tests.compat.openpanel.tracking import exported, send
from tests.compat.openpanel.world import NOW, World, headers_of, open_world
from tests.support.engines import store_url, stored_events

pytestmark = pytest.mark.anyio


def row(name: str = "old", **fields: object) -> dict[str, Any]:
    return {"name": name, "created_at": "2025-02-01T10:00:00.000Z", **fields}


async def post(world: World, rows: object, **headers: str) -> tuple[int, str]:
    sent = {**world.writing, **headers}
    answer = await world.http.post("/import/events", json=rows, headers=sent)
    return answer.status_code, answer.text


def sent_as(rows: object) -> bytes:
    """The bytes in which a client of these tests sends JSON."""
    return httpx.Request("POST", "http://rosetta.test", json=rows).content


async def count(world: World) -> int:
    await world.services.ingest._log.settled()  # pyright: ignore[reportPrivateUsage]
    store = world.services.reader._store  # pyright: ignore[reportPrivateUsage]
    return len(await stored_events(store))


async def test_rows_of_both_spellings_become_events_of_sessions(own: World) -> None:
    visit = [
        row("import_a", device_id="d9", profile_id="ann", path="/", country="SE", groups=["acme"]),
        row("import_b", device_id="d9", created_at="2025-02-01 10:10:00.000", session_id="told"),
        {
            "name": "import_c",
            "createdAt": 1_738_405_200_000,
            "deviceId": "d9",
            "profileId": "ann",
            "projectId": "other",
            "properties": {"plan": {"name": "pro"}, "__query.utm_source": "mail"},
        },
    ]
    assert await post(own, visit) == (200, "OK")
    rows = {name: (await exported(own, name))[0] for name in ("import_a", "import_b", "import_c")}
    first, second, third = (rows[name] for name in sorted(rows))
    assert (first["profileId"], first["path"], first["country"]) == ("ann", "/", "SE")
    assert first["createdAt"].startswith("2025-02-01T10:00:00")
    assert first["sessionId"] == second["sessionId"] != "told"
    assert third["createdAt"].startswith("2025-02-01T10:20:00")
    assert third["sessionId"] == first["sessionId"]
    assert third["properties"]["plan.name"] == "pro"
    answer = await own.get("/insights/demo/metrics", startDate="2025-02-01", endDate="2025-02-01")
    metrics = answer.json()["metrics"]
    assert (metrics["total_sessions"], metrics["avg_session_duration"]) == (1, 1200)


async def test_rows_of_an_alias_come_in_under_the_profile(own: World) -> None:
    await send(own, "alias", {"profileId": "ann", "alias": "anna"})
    assert await post(own, [row(profile_id="anna"), row(profile_id="bob")]) == (200, "OK")
    assert sorted(one["profileId"] for one in await exported(own, "old")) == ["ann", "bob"]


async def test_marks_of_sessions_are_made_anew(own: World) -> None:
    rows = [row("session_start", device_id="d"), row(device_id="d"), row("session_end")]
    before = await count(own)
    assert await post(own, rows) == (200, "OK")
    assert await count(own) == before + 1


async def test_a_repeated_request_adds_nothing(own: World) -> None:
    before = await count(own)
    for _ in range(3):
        assert await post(own, [row(), row()]) == (200, "OK")
    assert await count(own) == before + 2
    assert await post(own, [row(), row(), row()]) == (200, "OK")
    assert await count(own) == before + 5


async def test_a_request_is_known_after_a_restart(tmp_path: Path) -> None:
    rows = [row(), row(device_id="d")]
    async for world in open_world("duckdb", tmp_path):
        assert await post(world, rows) == (200, "OK")
    settings = Settings(data_dir=tmp_path, events_url=store_url("duckdb", tmp_path))
    async with open_services(settings, FixedClock(NOW)) as services:
        project = await services.projects.get_project("demo")
        again = await services.imports.take(project, sent_as(rows), NOW)
        assert (again.imported, again.already) == (0, 2)


@pytest.mark.parametrize("rows", [[], [row("session_end")]])
async def test_nothing_to_import_is_fine(world: World, rows: object) -> None:
    assert await post(world, rows) == (200, "OK")


async def test_whoever_has_a_secret_may_import(world: World) -> None:
    root_in_project = await CredentialIssuer(
        world.control, world.clock, world.services.projects
    ).create_client(world.demo, ClientType.ROOT, "root of one")
    own_root = headers_of(root_in_project.client.id, root_in_project.secret)
    for headers in (world.reading, world.writing, own_root):
        answer = await world.http.post("/import/events", json=[], headers=dict(headers))
        assert (answer.status_code, answer.text) == (200, "OK")
    url = "/import/events?projectId=demo"
    answer = await world.http.post(url, json=[], headers=dict(world.root))
    assert answer.status_code == 200


UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"

REFUSED: Final[list[tuple[str, dict[str, str | None], int, str]]] = [
    ("", {"openpanel-client-id": None}, 401, "Missing client id"),
    ("", {"openpanel-client-id": "x"}, 401, "Client ID must be a valid UUIDv4"),
    ("", {"openpanel-client-id": UNKNOWN}, 401, "Invalid client id"),
    ("", {"openpanel-client-secret": None}, 401, "Invalid client secret"),
    (
        "",
        {"openpanel-client-secret": None, "origin": "https://shop.test"},
        401,
        "Invalid client secret",
    ),
    ("", {"openpanel-client-secret": "sec_0"}, 401, "Invalid client secret"),
    ("?projectId=other", {}, 403, "You do not have access to this project"),
    ("?projectId=none", {}, 404, "Project not found"),
]


@pytest.mark.parametrize(("query", "changes", "status", "reason"), REFUSED)
async def test_who_may_not_import_is_told_why(
    world: World, query: str, changes: dict[str, str | None], status: int, reason: str
) -> None:
    headers = {k: v for k, v in {**world.writing, **changes}.items() if v is not None}
    answer = await world.http.post(f"/import/events{query}", json=[row()], headers=headers)
    assert answer.status_code == status
    body = answer.json()
    if status == 401:
        assert (body["error"], body["message"]) == ("Unauthorized", "Invalid client credentials")
        assert body["details"] == {"reason": reason}
    else:
        assert body["message"] == reason


async def test_root_above_the_projects_has_to_name_one(world: World) -> None:
    answer = await world.http.post("/import/events", json=[], headers=dict(world.root))
    assert (answer.status_code, answer.json()["details"]["issues"][0]["path"]) == (
        400,
        ["projectId"],
    )


PLENTY: Final[list[Json]] = [None] * 2_001

BAD: Final[list[tuple[object, list[list[str | int]]]]] = [
    ({}, [[]]),
    (None, [[]]),
    ("[]", [[]]),
    ([1], [[0]]),
    ([row(), None], [[1]]),
    ([row(), []], [[1]]),
    ([row(), row(""), row()], [[1, "name"]]),
    ([{"created_at": 1}], [[0, "name"]]),
    ([row(5)], [[0, "name"]]),  # type: ignore[arg-type]  # That is the point.
    ([{"name": "a"}], [[0, "created_at"]]),
    ([row(created_at="yesterday")], [[0, "created_at"]]),
    ([row(created_at="2025-02-30")], [[0, "created_at"]]),
    ([row(created_at=1e300)], [[0, "created_at"]]),
    ([row(createdAt={})], [[0, "createdAt"]]),
    ([row(properties=[1])], [[0, "properties"]]),
    ([row(properties="x")], [[0, "properties"]]),
    ([row(properties={"a": PLENTY})], [[0, "properties"]]),
    ([row(revenue=2**60)], [[0]]),
    ([row(longitude="inf")], [[0]]),
    ([row("")] * 50, [[place, "name"] for place in range(20)]),
]


@pytest.mark.parametrize(("rows", "places"), BAD)
async def test_bad_rows_are_named_and_nothing_is_kept(
    world: World, rows: object, places: list[list[str | int]]
) -> None:
    before = await count(world)
    answer = await world.http.post("/import/events", json=rows, headers=dict(world.writing))
    assert answer.status_code == 400
    body = answer.json()
    assert [issue["path"] for issue in body["details"]["issues"]] == places
    assert body["message"].startswith("/".join(["body", *map(str, places[0])]))
    assert await count(world) == before


RAW: Final = [b"", b"[", b"\xff\xfe", b"[{]", b'{"a":1}', b"[" * 100_000, b"[NaN]", b"\0"]


@pytest.mark.parametrize("body", RAW, ids=range(len(RAW)))
async def test_what_is_no_list_is_refused(world: World, body: bytes) -> None:
    answer = await world.http.post("/import/events", content=body, headers=dict(world.writing))
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")


async def test_there_are_limits_to_one_request(world: World) -> None:
    many = b"[" + b",".join([b"0"] * (MOST_ROWS + 1)) + b"]"
    large = b'["' + b"a" * 20_000_000 + b'"]'
    for body in (many, large):
        answer = await world.http.post("/import/events", content=body, headers=dict(world.writing))
        assert (answer.status_code, answer.json()["error"]) == (413, "Payload Too Large")


async def test_the_most_rows_of_one_request_come_in(own: World) -> None:
    rows = [row(device_id=f"d{number % 1000}") for number in range(MOST_ROWS)]
    before = await count(own)
    assert await post(own, rows) == (200, "OK")
    assert await count(own) == before + MOST_ROWS


@pytest.mark.parametrize(
    "path",
    ["/import/events", "//import/events", "/api/import/events", "/api//import/events"],
)
async def test_every_spelling_of_the_path_takes_large_bodies(world: World, path: str) -> None:
    rows = [row(title="x" * 6_000_000)]
    url = f"http://rosetta.test{path}"
    answer = await world.http.post(url, json=rows, headers=dict(world.writing))
    assert answer.status_code == 200
    asked = {"origin": "https://any.test", "access-control-request-method": "POST"}
    assert (await world.http.options(url, headers=asked)).status_code == 204
