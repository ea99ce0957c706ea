"""In how many forms events and updates are sent, and in which ones they are answered."""

import base64
import gzip
import json
from typing import Any, Final

import httpx
import orjson
import pytest

from app.analytics.records import Json
from tests.compat.mixpanel.world import DAY, NOW, World, basic

pytestmark = pytest.mark.anyio

WIDE: Final = {"from_date": "2025-03-01", "to_date": "2025-03-12"}
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
STOCKHOLM: Final = "130.237.28.1"
PRINCETON: Final = "128.112.0.1"


def past(number: int, **more: Json) -> dict[str, Json]:
    """An event for `/import`."""
    told: dict[str, Json] = {"time": DAY // 1000 + number, "distinct_id": "ada"}
    return {"event": "Past", "properties": {**told, "$insert_id": f"id-{number}", **more}}


def fresh(world: World, **more: Json) -> dict[str, Json]:
    """An event for `/track`."""
    return {"event": "Now", "properties": {"token": world.demo.token, "distinct_id": "ada", **more}}


async def imported(world: World, body: bytes, **headers: str) -> httpx.Response:
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = basic(f"{world.secret}:") | spelled
    return await world.http.post("/import", content=body, headers=sent)


async def properties_of(world: World, name: str) -> list[dict[str, Any]]:
    return [line["properties"] for line in await world.lines(**WIDE, event=json.dumps([name]))]


async def test_a_body_of_several_packed_parts_is_taken_whole(own: World) -> None:
    body = b"".join(gzip.compress(orjson.dumps(past(number)) + b"\n") for number in range(3))
    packed = {"content_type": "application/x-ndjson", "content_encoding": "gzip"}
    answer = await imported(own, body, **packed)
    assert answer.json()["num_records_imported"] == 3
    cut = await imported(own, body[:-9], **packed)
    assert cut.status_code == 400
    assert cut.json()["error"] == "The body is no valid gzip"


async def test_bodies_that_say_wrong_or_nothing_of_their_type_are_read(own: World) -> None:
    for number, kind in enumerate((FORM["content-type"], "text/plain", "application/json")):
        answer = await imported(own, orjson.dumps([past(number)]), content_type=kind)
        assert answer.json() == {"code": 200, "num_records_imported": 1, "status": "OK"}
    assert len(await properties_of(own, "Past")) == 3


async def test_what_is_wrong_with_a_body_is_told(world: World) -> None:
    good = orjson.dumps(past(0))
    damaged = await imported(world, good + b"\n\n{\n" + good, content_type="application/x-ndjson")
    assert damaged.status_code == 400
    assert damaged.json()["error"] == "Line 3 is not valid JSON"
    large = await imported(world, b"[" + b" " * 10_000_000 + b"]", content_type="application/json")
    assert large.status_code == 413
    assert large.json()["error"] == "At most 10000000 bytes fit into one request."


async def test_tracked_events_and_updates_may_be_packed(own: World) -> None:
    update = {"$token": own.demo.token, "$distinct_id": "ada", "$set": {"a": 1}}
    group = {"$token": own.demo.token, "$group_key": "k", "$group_id": "g", "$set": {"a": 1}}
    for path, row in (("/track", fresh(own)), ("/engage", update), ("/groups", group)):
        for form in (orjson.dumps([row]), b"data=" + base64.b64encode(orjson.dumps(row))):
            headers = FORM | {"content-encoding": "gzip"}
            answer = await own.http.post(path, content=gzip.compress(form), headers=headers)
            assert (answer.status_code, answer.text) == (200, "1"), path
    assert len(await properties_of(own, "Now")) == 2
    wrong = await own.http.post("/track", content=b"x", headers=FORM | {"content-encoding": "gzip"})
    assert (wrong.status_code, wrong.text) == (200, "0")


async def test_answers_come_in_the_form_that_is_asked_for(own: World) -> None:
    data = json.dumps(fresh(own))
    cases: list[tuple[dict[str, str], str, bytes]] = [
        ({}, "text/plain; charset=utf-8", b"1"),
        ({"verbose": "1"}, "application/json", b'{"status":1,"error":null}'),
        ({"callback": "a.b_1$"}, "text/javascript; charset=utf-8", b"/**/a.b_1$(1);"),
        (
            {"callback": "f", "verbose": "1"},
            "text/javascript; charset=utf-8",
            b'/**/f({"status":1,"error":null});',
        ),
        ({"callback": "alert(1)//"}, "text/plain; charset=utf-8", b"1"),
        ({"verbose": "maybe"}, "text/plain; charset=utf-8", b"1"),
    ]
    for flags, media, body in cases:
        answer = await own.http.get("/track", params={"data": data, **flags})
        assert (answer.headers["content-type"], answer.content) == (media, body)
    pixel = await own.http.get("/track", params={"data": data, "img": "1"})
    assert pixel.headers["content-type"] == "image/gif"
    assert pixel.content.startswith(b"GIF89a")
    refused = await own.http.get("/track", params={"data": "[]x", "callback": "f"})
    assert refused.content == b"/**/f(0);"


async def test_events_are_placed_by_addresses_that_are_not_kept(own: World) -> None:
    from_princeton = {"x-forwarded-for": PRINCETON}
    cases: list[tuple[str, dict[str, Json], str | None]] = [
        ("0", {}, None),
        ("1", {}, "Princeton"),
        ("1", {"ip": STOCKHOLM}, "Stockholm"),
        ("0", {"ip": STOCKHOLM}, "Stockholm"),
        ("1", {"$city": "Turku"}, "Turku"),
        ("1", {"ip": "nowhere"}, None),
    ]
    for number, (flag, told, city) in enumerate(cases):
        row = fresh(own, n=number, **told)
        asked = {"ip": flag}
        answer = await own.http.post("/track", params=asked, json=[row], headers=from_princeton)
        assert answer.text == "1"
        (found,) = (one for one in await properties_of(own, "Now") if one["n"] == number)
        assert found.get("$city") == city
        assert "ip" not in found
    assert (await imported(own, orjson.dumps([past(1, ip=STOCKHOLM)]))).status_code == 200
    (found,) = await properties_of(own, "Past")
    assert (found["$city"], found["mp_country_code"]) == ("Stockholm", "SE")
    assert "ip" not in found


async def test_own_lines_are_taken_back_however_large_they_are(own: World) -> None:
    """The documents' bounds are for what others send; this server's events may be larger."""
    deep: Json = {"a": {"b": {"c": {"d": [*range(300)]}}}}
    large = {**{f"k{n}": n for n in range(300)}, "deep": deep, "ip": "kept"}
    message = {"type": "track", "payload": {"name": "large", "properties": large}}
    answer = await own.http.post("/track", json=message, headers=own.writing)
    assert answer.status_code == 200
    line = (await own.get(**WIDE, event="large")).content
    other = await own.services.projects.create_project("copy")
    sent = await own.http.post("/import", content=line, headers=basic(f"{other.secret}:"))
    assert sent.json() == {"code": 200, "num_records_imported": 1, "status": "OK"}
    (found,) = await properties_of(own, "large")
    assert (found["deep"], found["k299"], found["ip"]) == (deep, 299, "kept")


async def test_ids_become_one_by_the_events_that_say_so(own: World) -> None:
    token: Json = own.demo.token
    rows: list[dict[str, Json]] = [
        {"event": "Now", "properties": {"token": token, "distinct_id": "$device:d7", "n": 1}},
        {
            "event": "$identify",
            "properties": {"token": token, "$identified_id": "eve", "$anon_id": "$device:d7"},
        },
        {
            "event": "$create_alias",
            "properties": {"token": token, "distinct_id": "eve", "alias": "eve@example.com"},
        },
        {"event": "Now", "properties": {"token": token, "distinct_id": "eve@example.com", "n": 2}},
    ]
    for row in rows:
        assert (await own.http.post("/track", json=[row])).text == "1"
    merge = {"event": "$merge", "properties": {"$distinct_ids": ["eve", "eva"]}}
    assert (await imported(own, orjson.dumps(merge))).json()["num_records_imported"] == 1
    for one in ("d7", "eve@example.com", "eva"):
        profile = await own.services.profiles.find(own.demo.number, one)
        assert profile is not None
        assert profile.id == "eve"
    assert {one["distinct_id"] for one in await properties_of(own, "Now")} == {"eve"}
    assert [one["time"] for one in await properties_of(own, "$merge")] == [NOW // 1000]


async def test_ids_that_cannot_be_one_leave_their_reason(own: World) -> None:
    """Without a secret nobody takes over what is known of somebody else; the rest is kept."""
    for who in ("ada", "bob"):
        update = {"$token": own.demo.token, "$distinct_id": who, "$set": {"a": who}}
        assert (await own.http.post("/engage", json=[update])).text == "1"
    theft: dict[str, Json] = {"token": own.demo.token, "distinct_id": "bob", "alias": "ada"}
    rows = [{"event": "$create_alias", "properties": theft}, fresh(own)]
    assert (await own.http.post("/track", json=rows)).text == "1"
    (told,) = await properties_of(own, "$create_alias")
    assert "client secret" in told["$identity_failure_reason"]
    assert len(await properties_of(own, "Now")) == 1
    proven = await own.http.post("/track", json=rows[:1], headers=basic(f"{own.secret}:"))
    assert proven.text == "1"
    joined = await own.services.profiles.find(own.demo.number, "ada")
    assert joined is not None
    assert joined.id == "bob"
