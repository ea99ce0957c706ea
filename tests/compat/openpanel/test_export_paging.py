"""Pages that follow one another while events are written, and whole ranges as lines."""

import json
from typing import Any

import pytest

from app.analytics.records import Event
from app.stores.base import Changes
from tests.compat.openpanel.world import NOW, World

pytestmark = pytest.mark.anyio

MINUTE = 60_000


def written(world: World, numbers: range, since: int) -> list[Event]:
    """Events one minute after the other, two of them at each instant."""
    return [
        Event(
            project=world.demo.number,
            id=f"w{number:05}",
            name="tick" if number % 2 else "tock",
            created_at=since + number // 2 * MINUTE,
            received_at=NOW,
            position=10_000 + number,
            profile_id="ann",
            properties={"n": number, "deep": {"er": [1, "ü"]}},
        )
        for number in numbers
    ]


async def write(world: World, events: list[Event]) -> None:
    store = world.services.reader._store  # pyright: ignore[reportPrivateUsage] # The server's own.
    changes = Changes(
        journal=f"more-{events[0].id}",
        position=1,
        events=events,
        sessions=(),
        session_ids=[None] * len(events),
    )
    await store.apply(changes)


async def page(world: World, number: int, **params: str) -> dict[str, Any]:
    answer = await world.get("/export/events", page=str(number), **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def expected(events: list[Event]) -> list[str]:
    return [event.id for event in sorted(events, key=lambda e: (-e.created_at, e.id))]


async def test_every_event_comes_once_while_others_are_written(own: World) -> None:
    before = written(own, range(420), NOW - 300 * MINUTE)
    await write(own, before)
    found: list[str] = []
    number, pages = 1, 1
    while number <= pages:
        body = await page(own, number, event="tick,tock")
        found += [row["id"] for row in body["data"]]
        # Live events come in front; nothing of what was there may move.
        await write(own, written(own, range(430 + 10 * number, 437 + 10 * number), NOW))
        pages = body["meta"]["pages"]
        assert body["meta"]["totalCount"] == len(before)
        number += 1
    assert found == expected(before)
    assert (await page(own, number, event="tick,tock"))["data"] == []


async def test_late_events_behind_a_page_come_in_order(own: World) -> None:
    before = written(own, range(150), NOW - 300 * MINUTE)
    await write(own, before)
    first = await page(own, 1, event="tick,tock")
    late = written(own, range(2_000, 2_060), NOW - 2_000 * MINUTE)
    await write(own, late)
    found, pages, number = first["data"], first["meta"]["pages"], 2
    while number <= pages:
        body = await page(own, number, event="tick,tock")
        found += body["data"]
        pages = body["meta"]["pages"]
        number += 1
    assert [row["id"] for row in found] == expected([*before, *late])


async def test_a_page_may_be_asked_for_again_and_out_of_order(own: World) -> None:
    before = written(own, range(300), NOW - 300 * MINUTE)
    await write(own, before)
    ids = expected(before)
    for number in (3, 1, 2, 2, 6, 3, 4, 1):
        body = await page(own, number, event="tick,tock")
        assert [row["id"] for row in body["data"]] == ids[50 * (number - 1) : 50 * number]
        assert body["meta"] == {"count": 50, "totalCount": 300, "pages": 6, "current": number}


async def test_clients_and_questions_have_trails_of_their_own(own: World) -> None:
    before = written(own, range(200), NOW - 300 * MINUTE)
    await write(own, before)
    ids = expected(before)
    await page(own, 1, event="tick,tock")
    more = written(own, range(430, 480), NOW)
    await write(own, more)
    # Another client begins on page 2: it never saw page 1, so the newest events count.
    answer = await own.http.get(
        "/export/events?projectId=demo&page=2&event=tick,tock", headers=dict(own.root)
    )
    assert [row["id"] for row in answer.json()["data"]] == ids[:50]
    assert answer.json()["meta"]["totalCount"] == 250
    assert [row["id"] for row in (await page(own, 2, event="tick,tock"))["data"]] == ids[50:100]
    other = await page(own, 2, event="tick,tock", limit="25")
    assert [row["id"] for row in other["data"]] == expected(more)[25:50]


async def test_a_trail_is_forgotten_in_time(own: World) -> None:
    await write(own, written(own, range(100), NOW - 300 * MINUTE))
    await page(own, 1, event="tick,tock", limit="10")
    more = written(own, range(430, 450), NOW)
    await write(own, more)
    own.clock.advance(60 * MINUTE)
    body = await page(own, 2, event="tick,tock", limit="10")
    assert [row["id"] for row in body["data"]] == expected(more)[10:]


@pytest.mark.parametrize(
    "includes", ["", "geo,device,referrer,sdk,revenue,importedAt,meta,groups", "*"]
)
async def test_a_whole_range_comes_as_lines(own: World, includes: str) -> None:
    await write(own, written(own, range(130), NOW - 300 * MINUTE))
    told = {"includes": includes} if includes else {}
    rows = [row for number in (1, 2, 3) for row in (await page(own, number, **told))["data"]]
    answer = await own.http.get(
        "/export/events",
        params=told,
        headers={**own.reading, "accept": "application/x-ndjson"},
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert answer.headers["x-ratelimit-limit"]
    lines = answer.text.split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == rows
    assert len(rows) == 137


async def test_lines_are_chosen_as_pages_are(own: World) -> None:
    await write(own, written(own, range(20), NOW - 300 * MINUTE))
    headers = {**own.reading, "accept": "application/x-ndjson, application/json;q=0.5"}
    answer = await own.http.get("/export/events?event=tick&end=2020-01-01", headers=headers)
    assert (answer.status_code, answer.text) == (200, "")
    answer = await own.http.get("/export/events?event=tick&start=2025-03-02", headers=headers)
    assert [json.loads(line)["name"] for line in answer.text.splitlines()] == ["tick"] * 10
    answer = await own.http.get("/export/events?start=nope", headers=headers)
    assert answer.status_code == 400


REFUSED = [
    ("page=-1", "page"),
    ("page=99999999999", "page"),
    ("limit=-5", "limit"),
    ("limit=99999999", "limit"),
    ("page=two", "page"),
    ("limit=many", "limit"),
]


@pytest.mark.parametrize(("query", "name"), REFUSED)
async def test_senseless_paging_is_refused(world: World, query: str, name: str) -> None:
    answer = await world.http.get(f"/export/events?{query}", headers=dict(world.reading))
    assert answer.status_code == 400
    assert [issue["path"] for issue in answer.json()["details"]["issues"]] == [[name]]
