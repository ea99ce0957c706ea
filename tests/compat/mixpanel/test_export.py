"""`/api/2.0/export`: which lines, in which form, for whom, and every error by its text."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.compat.mixpanel.world import (
    DAY,
    EXPORT,
    ONE_DAY,
    World,
    basic,
    open_world,
)
from tests.support.mixpanel_lines import exported

pytestmark = pytest.mark.anyio


def _names(lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"] for line in lines]


async def test_lines_say_what_the_reference_says(world: World) -> None:
    lines = await world.lines()
    wanted = [
        exported(event) for event in world.stored if DAY <= event.created_at < DAY + 86_400_000
    ]
    assert lines == wanted
    assert [list(line) for line in lines] == [["event", "properties"]] * len(lines)
    assert all(next(iter(line["properties"])) == "time" for line in lines)
    assert [list(line["properties"]) for line in lines][1][:2] == ["time", "distinct_id"]


async def test_an_event_of_openpanel_is_one_of_mixpanel(world: World) -> None:
    (line,) = await world.lines(event='["screen_view"]')
    properties = line["properties"]
    assert properties["$browser"] == "Chrome"
    assert properties["mp_country_code"] == "SE"
    assert properties["$current_url"] == "https://shop.test/a?q=%C3%A5%20b&utm_source=news#top"
    assert properties["current_domain"] == "shop.test"
    assert properties["current_url_protocol"] == "https:"
    assert properties["$screen_width"] == 1920
    assert properties["$search_engine"] == "google"
    assert properties["$referring_domain"] == "www.google.com"
    assert properties["utm_source"] == "news"
    assert properties["$city"] == "Göteborg"
    assert "__query" not in properties


async def test_bodies_are_ascii_lines(world: World) -> None:
    body = (await world.get()).content
    assert body.isascii()
    assert body.endswith(b"\n")
    assert b"\n\n" not in body
    assert len(body.decode().splitlines()) == body.count(b"\n") == 7
    assert b'{"event":"screen_view","properties":{"time":1741478400,' in body
    assert b": " not in body.split(b'"text"', 1)[0]


async def test_days_are_whole_and_inclusive(world: World) -> None:
    assert _names(await world.lines())[0] == "screen_view"
    assert _names(await world.lines())[-1] == "last"
    wide = {"from_date": "2025-03-08", "to_date": "2025-03-10"}
    assert _names(await world.lines(**wide))[0] == "before"
    assert len(await world.lines(**wide)) == 9
    assert len(await world.lines(from_date="2011-07-10", to_date="2025-03-12")) == 9


async def test_an_empty_day_is_an_empty_body(world: World) -> None:
    answer = await world.get(from_date="2025-01-01", to_date="2025-01-01")
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "days",
    [
        ("20250309", "2025-3-9"),
        ("2025-03-09 00:00:00", "2025-03-09T12:00:00"),
        (" 2025-03-09", "2025-03-09 "),
    ],
)
async def test_days_are_read_in_every_spelling(world: World, days: tuple[str, str]) -> None:
    assert len(await world.lines(from_date=days[0], to_date=days[1])) == 7


@pytest.mark.parametrize("path", [EXPORT, f"{EXPORT}/", "/export", "/export/"])
async def test_paths_and_methods_answer_alike(world: World, path: str) -> None:
    headers = basic(f"{world.secret}:")
    got = await world.http.get(path, params=ONE_DAY, headers=headers)
    posted = await world.http.post(path, data=ONE_DAY, headers=headers)
    mixed = await world.http.post(
        f"{path}?project_id=1&from_date=1999-01-01", data=ONE_DAY, headers=headers
    )
    odd = await world.http.get(
        f"{path}?/?from_date=2025-03-09&to_date=2025-03-09&event=&where=&bucket=&x=1&",
        headers=headers,
    )
    assert got.status_code == 200
    assert got.content
    assert got.content == posted.content == mixed.content == odd.content
    head = await world.http.head(path, params=ONE_DAY, headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    refused = await world.http.put(path, headers=headers)
    assert refused.status_code == 405
    assert list(refused.json()) == ["request", "error"]


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ('["Signed up"]', ["Signed up"]),
        ('["Signed up", "last"]', ["Signed up", "last"]),
        ("Signed up", ["Signed up"]),
        ('"last"', ["last"]),
        ("signed up", []),
        ("[]", None),
        ("", None),
    ],
)
async def test_events_are_chosen_by_name(world: World, event: str, names: list[str] | None) -> None:
    found = _names(await world.lines(event=event))
    assert found == names if names is not None else len(found) == 7


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "1", "t"])
async def test_times_can_be_told_in_milliseconds(world: World, text: str) -> None:
    assert (await world.lines(time_in_ms=text))[-1]["properties"]["time"] == DAY + 86_399_999
    assert (await world.lines(time_in_ms="False"))[-1]["properties"]["time"] == DAY // 1000 + 86_399


async def test_a_limit_counts_what_is_left_after_filtering(world: World) -> None:
    lines = await world.lines(limit="1", where='properties["n"] > 1')
    assert [line["properties"]["n"] for line in lines] == [1.25]
    assert len(await world.lines(limit="100000")) == 7
    assert len(await world.lines(limit="3", where='len(event["$event_name"]) > 4')) == 3


async def test_where_is_followed(world: World) -> None:
    assert _names(await world.lines(where='properties["$city"] == "GÖTEBORG"')) == [
        "screen_view",
        "Signed up",
        "revenue",
    ]
    assert _names(await world.lines(where='"ACME" in properties["$groups"]')) == ["server"]
    named = await world.lines(event='["server"]', where='defined(properties["n"])')
    assert _names(named) == ["server"]


async def test_every_credential_opens_its_project(world: World) -> None:
    user, password = world.account
    secret = world.secret
    unpadded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    number = {"project_id": str(world.demo.number)}
    for headers, more in [
        (basic(f"{user}:{password}"), number),
        (basic(f"{user}:{password}"), {"project_id": "demo"}),
        ({"authorization": f"Basic {user}:{password}"}, number),
        (basic(f"{secret}:"), {}),
        (basic(f"{secret}:"), number),
        (basic(secret), {}),
        ({"authorization": f"basic {unpadded}"}, {}),
        (basic(f"{secret}:{secret}"), {}),
        ({"authorization": f"Bearer {secret}"}, {}),
        ({}, {"api_key": secret}),
    ]:
        answer = await world.http.get(EXPORT, params=ONE_DAY | more, headers=headers)
        assert answer.status_code == 200, (headers, answer.text)
        assert answer.content.count(b"\n") == 7


async def test_today_is_in_range(world: World) -> None:
    assert len(await world.lines(from_date="2025-03-10", to_date="2025-03-12")) == 1


async def test_what_is_unknown_is_ignored(world: World) -> None:
    lines = await world.lines(
        format="json", bucket="x", bucket_id="1", workspace_id="3", callback="f", anything="?"
    )
    assert len(lines) == 7


async def test_gzip_is_used_from_1401_bytes_on_if_it_is_offered(world: World) -> None:
    headers = basic(f"{world.secret}:")

    async def ask(coding: str, **params: str) -> httpx.Response:
        sent = headers | {"accept-encoding": coding}
        return await world.http.get(EXPORT, params=ONE_DAY | params, headers=sent)

    for coding in ("gzip", "gzip, deflate", "deflate, gzip;q=0.5, br", "GZIP"):
        packed = await ask(coding)
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "Accept-Encoding"
    for coding in ("identity", "", "br", "gzip;q=0"):
        plain = await ask(coding)
        assert "content-encoding" not in plain.headers
        assert plain.content == packed.content
    few = await ask("gzip", event='["anonymous"]')
    assert "content-encoding" not in few.headers
    assert int(few.headers["content-length"]) == len(few.content) < 1401


async def test_the_boundary_of_packing_is_exact(own: World) -> None:
    headers = basic(f"{own.secret}:") | {"accept-encoding": "gzip"}
    (line,) = (await own.get(event='["anonymous"]')).content.splitlines(keepends=True)
    empty = len(line)
    for size, is_packed in ((1400, False), (1401, True)):
        name = f"sized-{size}"
        row = {
            "name": name,
            "createdAt": "2025-03-09T05:00:00.000Z",
            "properties": {"fill": ""},
            "id": f"11111111-1111-4111-8111-{size:012}",
        }
        base = await _sized(own, row, empty)
        assert len(base.content) == size
        answer = await own.http.get(
            EXPORT, params=ONE_DAY | {"event": json.dumps([name])}, headers=headers
        )
        assert ("content-encoding" in answer.headers) is is_packed
        assert answer.content == base.content


async def _sized(own: World, row: dict[str, Any], _: int) -> httpx.Response:
    """Imports the row so that its line has as many bytes as its name says."""
    name = str(row["name"])
    probe = {**row, "name": "sized-0000", "id": "22222222-2222-4222-8222-" + row["id"][-12:]}
    await own.http.post("/import/events", json=[probe], headers=own.writing)
    length = len((await own.get(event='["sized-0000"]', limit="1")).content)
    filled = {**row, "properties": {"fill": "x" * (int(name.partition("-")[2]) - length)}}
    await own.http.post("/import/events", json=[filled], headers=own.writing)
    return await own.get(event=json.dumps([name]))


async def test_two_exports_are_the_same_bytes(world: World) -> None:
    assert (await world.get()).content == (await world.get()).content


async def test_an_export_cut_anywhere_goes_on_with_its_cursor(world: World) -> None:
    whole = (await world.get()).content
    for cut in (*range(0, len(whole), 97), len(whole)):
        got = whole[: whole.rfind(b"\n", 0, cut) + 1]
        if not got:
            continue
        cursor = json.loads(got.splitlines()[-1])["properties"]["$insert_id"]
        rest = (await world.get(**ONE_DAY, cursor=cursor)).content
        assert got + rest == whole


async def test_limited_exports_tell_where_to_go_on(world: World) -> None:
    whole = (await world.get()).content
    got = b""
    cursor: dict[str, str] = {}
    for _ in range(10):
        answer = await world.get(**ONE_DAY, limit="2", **cursor)
        got += answer.content
        if "x-next-cursor" not in answer.headers:
            break
        cursor = {"cursor": answer.headers["x-next-cursor"]}
    assert got == whole


async def test_times_narrow_the_days(world: World) -> None:
    lines = await world.lines(**ONE_DAY, from_time=str(DAY + 10_000), to_time=str(DAY + 30_000))
    assert _names(lines) == ["Signed up", "revenue"]
    alone = await world.http.get(
        EXPORT,
        params={"from_time": str(DAY - 1), "to_time": str(DAY + 1)},
        headers=basic(f"{world.secret}:"),
    )
    assert alone.content.count(b"\n") == 2


async def test_ndjson_is_named_when_it_is_asked_for(world: World) -> None:
    headers = basic(f"{world.secret}:") | {"accept": "application/x-ndjson"}
    answer = await world.http.get(EXPORT, params=ONE_DAY, headers=headers)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    headers["accept"] = "application/json; charset=UTF-8"
    answer = await world.http.get(EXPORT, params=ONE_DAY, headers=headers)
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
async def test_older_projects_have_local_days_and_shifted_times(
    engine: str, tmp_path: Path
) -> None:
    async for world in open_world(engine, tmp_path, zone="America/New_York"):
        lines = await world.lines()
        # There, 9 March begins at 05:00Z, and clocks go forward on it.
        assert _names(lines) == ["last", "after"]
        for line, event in zip(lines, world.stored[-2:], strict=True):
            assert line["properties"]["time"] == event.created_at // 1000 - 4 * 3600
            assert line["properties"]["mp_processing_time_ms"] == event.received_at
        shifted = await world.lines(where='properties["$time"] >= datetime("2025-03-09T20:00:00")')
        assert _names(shifted) == ["after"]
