"""`/import`, `/track` and `/engage`: what is taken in, what is refused, and where it is seen."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from app.analytics.records import Json
from tests.compat.mixpanel.world import DAY, EXPORT, NOW, ONE_DAY, World, basic, open_world

pytestmark = pytest.mark.anyio

WIDE = {"from_date": "2025-03-01", "to_date": "2025-03-12"}
MARKERS = {"$import", "mp_processing_time_ms", "$mp_api_timestamp_ms", "session_id"}


def row(**changed: Json) -> dict[str, Json]:
    told: dict[str, Json] = {
        "time": DAY // 1000 + 5,
        "distinct_id": "ada",
        "$insert_id": "a-1",
        "$browser": "Firefox",
        "plan": "pro",
    }
    return {"event": "Bought", "properties": {**told, **changed}}


def without(name: str) -> dict[str, Json]:
    told = row()["properties"]
    assert isinstance(told, dict)
    return {"event": "Bought", "properties": {key: told[key] for key in told if key != name}}


async def imported(
    world: World, rows: list[Any], *, strict: str = "1", lines: bool = False, packed: bool = False
) -> httpx.Response:
    body = b"\n".join(map(orjson.dumps, rows)) if lines else orjson.dumps(rows)
    headers = {"content-type": "application/x-ndjson" if lines else "application/json"}
    if packed:
        body, headers = gzip.compress(body), headers | {"content-encoding": "gzip"}
    user, secret = world.account
    return await world.http.post(
        "/import",
        params={"strict": strict, "project_id": str(world.demo.number)},
        content=body,
        headers=headers | basic(f"{user}:{secret}"),
    )


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("packed", [False, True])
async def test_rows_are_imported_once(own: World, *, lines: bool, packed: bool) -> None:
    rows = [row(), row(**{"$insert_id": "a-2"})]
    for _ in range(2):
        answer = await imported(own, rows, lines=lines, packed=packed)
        assert answer.status_code == 200
        assert answer.json() == {"code": 200, "num_records_imported": 2, "status": "OK"}
    found = await own.lines(event='["Bought"]')
    assert [line["properties"]["$insert_id"] for line in found] == ["a-1", "a-2"]
    assert {line["properties"]["distinct_id"] for line in found} == {"ada"}
    assert found[0]["properties"]["$import"] is True
    assert found[0]["properties"]["plan"] == "pro"
    assert found[0]["properties"]["$browser"] == "Firefox"


FAILURES: list[tuple[Any, str, str]] = [
    (row(time="yesterday"), "properties.time", "must be specified as seconds since epoch"),
    (without("time"), "properties.time", "must be specified as seconds since epoch"),
    (row(time=True), "properties.time", "must be specified as seconds since epoch"),
    (row(time=5), "properties.time", "between 1971 and an hour from now"),
    (row(time=NOW // 1000 + 7200), "properties.time", "between 1971 and an hour from now"),
    (without("distinct_id"), "properties.distinct_id", "must not be missing"),
    (row(distinct_id="Undefined"), "properties.distinct_id", "is no id"),
    (row(distinct_id=0), "properties.distinct_id", "is no id"),
    (without("$insert_id"), "properties.$insert_id", "must not be missing"),
    (row(**{"$insert_id": "a b"}), "properties.$insert_id", "letters, digits and dashes"),
    (row(**{"$insert_id": "x" * 37}), "properties.$insert_id", "letters, digits and dashes"),
    ({"event": "", "properties": {}}, "event", "must not be missing or empty"),
    ({"event": "x"}, "properties", "must be an object"),
    ([], "event", "not a JSON object"),
    (row(deep=[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]), "properties", "nest at most"),
    (row(a=[{"b": {"c": {"d": {}}}}]), "properties.a", "objects nest at most 3 levels deep"),
    (row(a=[*range(255)]), "properties.a", "fewer than 255 keys or items"),
    (row(a={"b": {str(n): n for n in range(255)}}), "properties.a", "fewer than 255 keys or"),
    (row(**{str(n): n for n in range(250)}), "properties", "fewer than 255 properties"),
    (row(**{"x" * 256: 1}), "properties." + "x" * 255, "at most 255 characters"),
    ({**row(), "event": "x" * 256}, "event", "at most 255 characters"),
    (row(distinct_id="x" * 256), "properties.distinct_id", "at most 255 characters"),
    (row(text="x" * 1_000_000), "event", "larger than 1000000 bytes"),
    (
        {"event": "$merge", "properties": {"$distinct_ids": ["a"]}},
        "properties.$distinct_ids",
        "two",
    ),
    (row(**{"$duration": 1e10}), "properties", "revenue and duration are at most"),
]


async def test_bad_rows_are_told_and_good_ones_kept(own: World) -> None:
    rows = [failing for failing, _, _ in FAILURES]
    answer = await imported(own, [*rows, row()])
    assert answer.status_code == 400
    told = answer.json()
    assert (told["code"], told["status"]) == (400, "Bad Request")
    assert told["error"] == "some data points in the request failed validation"
    assert told["num_records_imported"] == 1
    assert len(told["failed_records"]) == len(FAILURES)
    for index, (failed, (_, field, message)) in enumerate(
        zip(told["failed_records"], FAILURES, strict=True)
    ):
        assert failed["index"] == index
        assert failed["field"] == field
        assert message in failed["message"]
        assert "$insert_id" in failed
    assert len(await own.lines(event='["Bought"]')) == 1
    lenient = await imported(own, rows, strict="0")
    assert lenient.json() == {"code": 200, "num_records_imported": 0, "status": "OK"}


async def test_bodies_that_are_none_are_refused(world: World) -> None:
    good = basic(f"{world.secret}:")
    for headers, content, status, error in [
        ({}, b"[]", 401, "Invalid credentials"),
        (basic("wrong:"), b"[]", 401, "Invalid credentials"),
        (good, b"[", 400, "not valid JSON"),
        (good | {"content-encoding": "gzip"}, b"x", 400, "no valid gzip"),
        (good | {"content-encoding": "br"}, b"x", 400, "Only gzip"),
        (good, orjson.dumps([{}] * 2001), 413, "At most 2000 events"),
        (
            good | {"content-encoding": "gzip"},
            gzip.compress(b" " * 10_000_001),
            413,
            "At most 10000000 bytes",
        ),
    ]:
        sent = {"content-type": "application/json", **headers}
        answer = await world.http.post("/import", content=content, headers=sent)
        assert answer.status_code == status
        assert list(answer.json()) == ["code", "error", "status"]
        assert answer.json()["code"] == status
        assert error in answer.json()["error"]


async def test_starts_of_sessions_have_ids_of_their_own(own: World) -> None:
    """They have the properties of the first event, but a cursor must name one line alone."""
    rows = [row(time=DAY // 1000 + 5 + n, **{"$insert_id": f"a-{n}"}) for n in range(3)]
    assert (await imported(own, rows)).status_code == 200
    whole = (await own.get()).content
    lines = [orjson.loads(line) for line in whole.splitlines()]
    ids = [line["properties"]["$insert_id"] for line in lines]
    (start,) = (line["properties"] for line in lines if line["event"] == "session_start")
    assert start["plan"] == "pro"
    assert len(set(ids)) == len(ids) > 10
    for place, cursor in enumerate(ids, start=1):
        rest = (await own.get(**ONE_DAY, cursor=cursor)).content
        assert rest.splitlines() == whole.splitlines()[place:]


async def test_a_slightly_future_time_is_now(own: World) -> None:
    assert (await imported(own, [row(time=NOW // 1000 + 1800)])).status_code == 200
    (line,) = await own.lines(**WIDE, event="Bought")
    assert line["properties"]["time"] == NOW // 1000


async def test_the_older_form_of_import_answers_one(own: World) -> None:
    told = base64.b64encode(orjson.dumps([row()])).decode()
    for key, name in ((own.secret, "a"), (own.demo.token or "", "b")):
        answer = await own.http.post(
            "/import", data={"data": told, "api_key": key, "verbose": "1", "name": name}
        )
        assert answer.json() == {"status": 1, "error": None}
    plain = await own.http.post("/import", data={"data": json.dumps(row()), "api_key": own.secret})
    assert plain.text == "1"
    assert len(await own.lines(event="Bought")) == 1


async def test_tracked_events_come_out_of_both_doors(own: World) -> None:
    told = {
        "event": "Clicked",
        "properties": {"token": own.demo.token, "distinct_id": "ada", "n": 3, "mp_lib": "python"},
    }
    encoded = base64.b64encode(orjson.dumps(told)).decode()
    got = await own.http.get("/track", params={"data": encoded})
    assert (got.status_code, got.text) == (200, "1")
    raw = await own.http.post(
        "/track?verbose=1",
        content=b"data=" + encoded.encode(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert raw.json() == {"status": 1, "error": None}
    listed = await own.http.post("/track", json=[told])
    assert listed.text == "1"
    lines = await own.lines(**WIDE, event="Clicked")
    assert len(lines) == 3
    assert lines[0]["properties"]["time"] == NOW // 1000
    assert lines[0]["properties"]["distinct_id"] == "ada"
    assert "token" not in lines[0]["properties"]
    assert "$import" not in lines[0]["properties"]
    asked = {"event": "Clicked", "includes": "*"}
    events = await own.http.get("/export/events", params=asked, headers=own.reading)
    assert [one["properties"]["n"] for one in events.json()["data"]] == ["3", "3", "3"]
    opened = await own.http.post(
        "/track",
        json={"type": "track", "payload": {"name": "theirs", "profileId": "ada"}},
        headers=own.writing,
    )
    assert "deviceId" in opened.json()
    assert len(await own.lines(**WIDE, event="theirs")) == 1


async def test_tracking_needs_the_projects_token(world: World) -> None:
    cases: list[tuple[list[dict[str, Any]], int]] = [
        ([{"event": "x", "properties": {"token": "nobodys"}}], 401),
        ([{"event": "x", "properties": {}}], 401),
        ([{"event": "", "properties": {"token": world.demo.token}}], 200),
        ([{"event": "x", "properties": {"token": world.demo.token, "time": "x"}}], 200),
        ([], 401),
    ]
    for told, status in cases:
        answer = await world.http.post("/track", json=told)
        assert answer.status_code == status
        assert answer.text == "0" if status == 200 else answer.json()["status"] == "error"
    verbose = await world.http.get("/track", params={"data": "%%%", "verbose": "1"})
    assert verbose.json()["status"] == 0
    assert "neither JSON nor base64" in verbose.json()["error"]


async def test_profiles_change_by_every_operator(own: World) -> None:
    token = own.demo.token
    updates: list[dict[str, Json]] = [
        {"$set": {"$email": "ada@example.com", "$first_name": "Ada", "plan": "free", "n": 1}},
        {"$set_once": {"plan": "never", "since": "2025"}},
        {"$add": {"n": 2, "fresh": 5}},
        {"$append": {"tags": "a"}},
        {"$append": {"tags": "b"}},
        {"$union": {"tags": ["b", "c"]}},
        {"$remove": {"tags": "a"}},
        {"$unset": ["since"]},
    ]
    for update in updates:
        sent = {"data": json.dumps([{"$token": token, "$distinct_id": "ada", **update}])}
        answer = await own.http.post("/engage", data=sent)
        assert (answer.status_code, answer.text) == (200, "1")
    found = await own.get("/api/2.0/engage")
    told = {one["$distinct_id"]: one["$properties"] for one in found.json()["results"]}
    assert told["ada"].pop("$last_seen").startswith("2025-03-12T")
    assert told["ada"] == {
        "$email": "ada@example.com",
        "$first_name": "Ada",
        "plan": "free",
        "n": 3,
        "fresh": 5,
        "tags": ["b", "c"],
    }
    await imported(own, [row()])
    assert len(await own.lines(event="Bought", where='user["$email"] == "ADA@example.com"')) == 1
    gone = {"data": json.dumps({"$token": token, "$distinct_id": "ada", "$delete": ""})}
    assert (await own.http.post("/engage", data=gone)).text == "1"
    left = await own.services.profiles.find(own.demo.number, "ada")
    assert left is not None
    assert (left.email, left.properties, left.is_external) == (None, {}, False)


async def test_nothing_is_made_of_what_takes_away(own: World) -> None:
    for update in ({"$delete": ""}, {"$unset": ["a"]}, {"$remove": {"a": 1}}):
        told = {"$token": own.demo.token, "$distinct_id": "nobody", **update}
        assert (await own.http.post("/engage", json=[told])).text == "1"
    assert await own.services.profiles.find(own.demo.number, "nobody") is None


async def test_fields_are_texts_whatever_was_told(own: World) -> None:
    told = {"$email": 5, "$first_name": True, "$last_name": None, "$avatar": ""}
    update = {"$token": own.demo.token, "$distinct_id": "ada", "$set": told}
    assert (await own.http.post("/engage", json=[update])).text == "1"
    found = await own.services.profiles.find(own.demo.number, "ada")
    assert found is not None
    fields = (found.email, found.first_name, found.last_name, found.avatar)
    assert fields == ("5", "true", None, None)


@pytest.mark.parametrize(
    ("update", "error"),
    [
        ({"$set": {"a": 1}}, "'$distinct_id' is missing"),
        ({"$distinct_id": "x"}, "One of $set"),
        ({"$distinct_id": "x", "$set": 1}, "'$set' must be an object"),
        ({"$distinct_id": "x", "$add": {"a": "1"}}, "'$add' must be an object of numbers"),
        ({"$distinct_id": "x", "$unset": "a"}, "'$unset' must be a list of names"),
        ({"$distinct_id": "ada-1", "$set": {"n": "x"}, "$add": {"n": 1}}, "is not a number"),
    ],
)
async def test_wrong_updates_are_told(world: World, update: dict[str, Json], error: str) -> None:
    told = {"data": json.dumps([{"$token": world.demo.token, **update}]), "verbose": "1"}
    answer = await world.http.post("/engage", data=told)
    assert answer.status_code == 200
    assert answer.json()["status"] == 0
    assert error in answer.json()["error"]


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
async def test_an_export_imported_elsewhere_exports_the_same_bytes(
    engine: str, tmp_path: Path
) -> None:
    async for world in open_world(engine, tmp_path):
        await imported(world, [row(), row(**{"$insert_id": "0123456789ABCDEF0123456789abcdef"})])
        other = await world.services.projects.create_project("copy")
        asked = WIDE | {"time_in_ms": "true"}
        first = await world.get(**asked)
        sent = await world.http.post(
            "/import",
            content=first.content,
            headers=basic(f"{other.secret}:") | {"content-type": "application/x-ndjson"},
        )
        assert sent.status_code == 200, sent.text
        second = await world.http.get(EXPORT, params=asked, headers=basic(f"{other.secret}:"))
        assert _unmarked(second.content) == _unmarked(first.content)
        assert len(_unmarked(first.content)) >= 9


def _unmarked(body: bytes) -> list[bytes]:
    """The lines without what an import is marked by, and without the server's own events."""
    lines = (orjson.loads(line) for line in body.splitlines())
    kept = (line for line in lines if not line["event"].startswith("session_"))
    return [
        orjson.dumps(
            {
                **line,
                "properties": {k: v for k, v in line["properties"].items() if k not in MARKERS},
            }
        )
        for line in kept
    ]


async def test_connectors_get_real_answers(own: World) -> None:
    for prefix in ("/api/2.0", "/api/query"):
        top = (await own.get(f"{prefix}/events/properties/top", limit="2000")).json()
        assert top["$browser"] == {"count": 3}
        assert top["$insert_id"]["count"] >= 9
        assert top["price"] == {"count": 1}
        assert not any(name.startswith("__") for name in top)
        assert (await own.get(f"{prefix}/cohorts/list")).json() == []
        kinds = (await own.get(f"{prefix}/engage/properties")).json()
        assert kinds["status"] == "ok"
        asked = await own.get(f"{prefix}/engage", where='properties["$last_seen"] >= "2025-01-01"')
        assert asked.json()["total"] == len(asked.json()["results"])
        page = await own.get(f"{prefix}/engage", page_size="1", page="1")
        assert page.json()["page"] == 1
        wrong = await own.get(f"{prefix}/exprot", a="b")
        assert wrong.status_code == 400
        assert wrong.json() == {
            "request": f"{prefix}/exprot?a=b",
            "error": "Invalid API endpoint",
        }
    assert (await own.http.get("/api/2.0/engage")).status_code == 401


async def test_only_writers_may_write_and_only_readers_read(world: World) -> None:
    token = basic(f"{world.demo.token}:")
    assert (await world.http.get(EXPORT, params=ONE_DAY, headers=token)).status_code == 401
    assert (await world.http.get("/api/2.0/engage", headers=token)).status_code == 401
