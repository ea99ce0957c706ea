from typing import Any

import pytest

from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

DEFAULT_KEYS = {
    "id",
    "name",
    "deviceId",
    "profileId",
    "sessionId",
    "projectId",
    "createdAt",
    "path",
    "city",
    "country",
    "os",
    "browser",
    "duration",
    "groups",
}


def numbers(body: dict[str, Any]) -> list[int]:
    return [int(row["id"][-2:]) for row in body["data"]]


async def test_events_come_newest_first_with_the_default_keys(world: World) -> None:
    body = (await world.get("/export/events")).json()
    assert numbers(body) == [7, 6, 5, 4, 3, 2, 1]
    assert body["meta"] == {"count": 7, "totalCount": 7, "pages": 1, "current": 1}
    assert all({*row} == DEFAULT_KEYS for row in body["data"])


async def test_row_of_an_event(world: World) -> None:
    body = (await world.get("/export/events", event="sign_up", includes="*")).json()
    (row,) = body["data"]
    session_id = row.pop("sessionId")
    assert session_id
    profile = row.pop("profile")
    assert (profile["id"], profile["isExternal"], profile["email"]) == ("ann", False, "")
    assert row == {
        "id": "00000000-0000-7000-8000-000000000003",
        "name": "sign_up",
        "deviceId": "d1",
        "profileId": "ann",
        "projectId": "demo",
        "createdAt": "2025-03-02T10:01:40.000Z",
        "path": "/pricing",
        "origin": "https://shop.test",
        "city": "Lund",
        "country": "SE",
        "region": "Skåne",
        "longitude": 13.19,
        "latitude": 55.7,
        "os": "Windows",
        "osVersion": "11",
        "browser": "Chrome",
        "browserVersion": "133.0",
        "device": "desktop",
        "brand": "",
        "model": "",
        "duration": 0,
        "properties": {
            "plan": "pro",
            "seats": "3",
            "address.zip": "0123",
            "ok": "true",
            "items.0.sku": "x",
            "items.0.count": "5",
            "items.1.sku": "y",
            "items.1.count": "1",
            "tags.0": "new",
            "tags.1": "red",
            "due": "2025-04-01T10:00:00Z",
        },
        "referrer": "https://google.com",
        "referrerName": "Google",
        "referrerType": "search",
        "importedAt": None,
        "sdkName": "",
        "sdkVersion": "",
        "revenue": 0,
        "groups": ["acme"],
        "meta": None,
    }


SCREEN_VIEWS = "/export/events?project_id=demo&event=screen_view&start=2025-03-01&end=2025-03-04"

DOCUMENTED = [
    SCREEN_VIEWS,
    f"{SCREEN_VIEWS}&page=1&limit=50&includes=profile,meta",
    "/export/events?projectId=demo&event=screen_view&start=2025-03-01&end=2025-03-04",
    '/export/events?projectId=demo&event=["screen_view"]&includes=["profile","meta"]',
    "/export/events?event=screen_view&includes=profile&includes=meta",
    "/api/export/events?event=screen_view",
]


@pytest.mark.parametrize("path", DOCUMENTED)
async def test_documented_requests(world: World, path: str) -> None:
    answer = await world.http.get(path, headers=dict(world.reading))
    body = answer.json()
    assert answer.status_code == 200
    assert numbers(body) == [7, 6, 5, 2, 1]
    assert body["meta"] == {"count": 5, "totalCount": 5, "pages": 1, "current": 1}
    for row in body["data"]:
        assert ("profile" in row) == ("meta" in row) == ("includes" in path)


CHOICES: list[tuple[dict[str, str], list[int]]] = [
    ({"event": "sign_up,revenue"}, [4, 3]),
    ({"event": '["sign_up","revenue"]'}, [4, 3]),
    ({"event": "nothing"}, []),
    ({"profileId": "d2"}, [7, 6]),
    ({"profile_id": "d2"}, [7, 6]),
    ({"profileId": "ann", "event": "screen_view"}, [5, 2, 1]),
    ({"start": "2025-03-02T15:00:00Z", "end": "2025-03-02T20:00:00Z"}, [6, 5]),
    ({"start": "2025-03-03"}, []),
    ({"end": "2025-03-01"}, []),
    ({"end": "2025-03-02"}, [7, 6, 5, 4, 3, 2, 1]),
    ({"limit": "3"}, [7, 6, 5]),
    ({"limit": "3", "page": "3"}, [1]),
    ({"limit": "3", "page": "4"}, []),
    ({"limit": "1000"}, [7, 6, 5, 4, 3, 2, 1]),
]


@pytest.mark.parametrize(("params", "expected"), CHOICES)
async def test_parameters_choose(world: World, params: dict[str, str], expected: list[int]) -> None:
    body = (await world.get("/export/events", **params)).json()
    assert numbers(body) == expected


async def test_pages_are_counted_honestly(world: World) -> None:
    for page, count in ((1, 3), (2, 3), (3, 1), (4, 0)):
        body = (await world.get("/export/events", limit="3", page=str(page))).json()
        meta = {"count": count, "totalCount": 7, "pages": 3, "current": page}
        assert body["meta"] == meta


BUNDLES = [
    ("geo", {"region", "longitude", "latitude"}),
    ("device", {"device", "brand", "model", "osVersion", "browserVersion"}),
    ("referrer", {"referrer", "referrerName", "referrerType"}),
    ("revenue,nonsense", {"revenue"}),
    ("meta", {"meta"}),
]


@pytest.mark.parametrize(("includes", "added"), BUNDLES)
async def test_includes_add_keys(world: World, includes: str, added: set[str]) -> None:
    body = (await world.get("/export/events", limit="1", includes=includes)).json()
    assert {*body["data"][0]} == DEFAULT_KEYS | added


async def test_known_profile_stands_beside_its_events(world: World) -> None:
    identified = {
        "type": "identify",
        "payload": {"profileId": "d2", "firstName": "Ann", "properties": {"tier": 1}},
    }
    assert (await world.track(identified)).status_code == 200
    body = (await world.get("/export/events", profileId="d2", includes="profile")).json()
    profile = body["data"][0]["profile"]
    assert {*profile} == {
        "id",
        "firstName",
        "lastName",
        "email",
        "avatar",
        "isExternal",
        "properties",
        "groups",
        "createdAt",
        "lastSeenAt",
        "projectId",
    }
    assert (profile["firstName"], profile["lastName"], profile["isExternal"]) == ("Ann", "", True)


async def test_root_client_reads_every_project_by_id_and_number(world: World) -> None:
    headers = dict(world.root)
    for reference, count in (("demo", 7), (str(world.demo.number), 7), ("other", 0)):
        answer = await world.http.get(f"/export/events?projectId={reference}", headers=headers)
        assert answer.json()["meta"]["totalCount"] == count
