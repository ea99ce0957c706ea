"""What every event store keeps and gives back, on each engine."""

import asyncio
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest
from sqlalchemy import Select, func, select

from app.analytics.errors import QueryTimeoutError
from app.analytics.event_row import EventRow
from app.analytics.records import Event, Profile
from app.analytics.session_merging import (
    Relabel,
    SessionKey,
)
from app.analytics.sessions import (
    SessionState,
    sessionize,
)
from app.analytics.sql.tables import EVENTS, PROFILES, SESSIONS
from app.stores.base import Changes, DeviceWindow, EventStore
from app.stores.open import open_event_store
from tests.support.engines import ENGINES, fill, store, store_url, stored_events
from tests.support.naming import MINUTE, name_session

__all__ = ["store"]

pytestmark = pytest.mark.anyio

EVERYTHING = Event(
    project=1,
    id="e1",
    name="screen_view",
    created_at=1_760_000_000_123,
    received_at=1_760_000_000_456,
    imported_at=1_760_000_001_000,
    profile_id="ann",
    device_id="d1",
    path="/å ☃ \x00",
    origin="",
    title="T",
    referrer="r",
    referrer_name="rn",
    referrer_type="rt",
    utm_source="1",
    utm_medium="2",
    utm_campaign="3",
    utm_term="4",
    utm_content="5",
    country="SE",
    region="AB",
    city="Stockholm",
    longitude=18.068580800000063,
    latitude=-0.1,
    os="o",
    os_version="ov",
    browser="b",
    browser_version="bv",
    device="desktop",
    brand="br",
    model="m",
    sdk_name="s",
    sdk_version="sv",
    duration=7,
    revenue=-5,
    groups=("g1", 'g"2'),
    properties={"a": {"b": [1, 2.5, None, True, "ü"]}, "big": 2**63},
)


def visit(device: str, minute: int, position: int, **changes: object) -> Event:
    event = Event(
        project=1,
        id=f"e{position}",
        name="screen_view",
        created_at=minute * MINUTE,
        received_at=0,
        position=position,
        device_id=device,
        path="/",
    )
    return replace(event, **changes)  # type: ignore[arg-type]


async def near(store: EventStore, device: str, start: int, end: int) -> list[SessionState]:
    window = DeviceWindow(1, device, start * MINUTE, end * MINUTE)
    return await store.sessions_near([window])


async def test_an_event_comes_back_as_it_went_in(store: EventStore) -> None:
    bare = Event(project=2, id="", name="", created_at=-1, received_at=0)
    written = await fill(store, [EVERYTHING, bare])
    assert await stored_events(store) == written


async def test_a_session_comes_back_with_all_that_merging_needs(store: EventStore) -> None:
    events = [
        replace(EVERYTHING, position=5),
        visit("d2", 0, 6, name="click", path=None),
        visit("d3", 0, 7, path=None),
    ]
    await fill(store, events)
    expected = sessionize(events, name_session)
    assert sorted(await store.sessions_since(0), key=lambda state: state.device_id) == expected


async def test_the_tables_have_a_column_for_each_field() -> None:
    assert {field.name for field in fields(Event)} == set(EVENTS.columns.keys())
    assert list(EventRow._fields) == EVENTS.columns.keys()
    assert {field.name for field in fields(Profile)} == set(PROFILES.columns.keys())


@pytest.mark.parametrize(
    ("device", "start", "end", "found"),
    [
        ("d1", 0, 9, []),
        ("d1", 0, 10, [10]),
        ("d1", 20, 20, [10]),
        ("d1", 21, 99, []),
        ("d1", 15, 100, [10, 100]),
        ("d2", 0, 1000, []),
    ],
)
async def test_sessions_are_found_by_device_and_window(
    store: EventStore, device: str, start: int, end: int, found: list[int]
) -> None:
    await fill(store, [visit("d1", 10, 1), visit("d1", 20, 2), visit("d1", 100, 3)])
    states = await near(store, device, start, end)
    assert sorted(state.created_at // MINUTE for state in states) == found


async def test_changes_replace_drop_and_relabel_in_one_step(store: EventStore) -> None:
    early, late = visit("d1", 50, 1), visit("d1", 0, 2)
    bridge = visit("d1", 25, 3)
    await fill(store, [early, late, visit("d2", 0, 4)])
    (whole,) = sessionize([early, late, bridge], name_session)
    gone = name_session(1, "d1", 0)
    changes = Changes(
        journal="test",
        position=2,
        events=[replace(bridge, session_id=whole.id)],
        sessions=[whole],
        dropped=[SessionKey(1, gone)],
        relabelled=[Relabel(1, gone, whole.id)],
    )
    await store.apply(changes)
    assert await near(store, "d1", 0, 1000) == [whole]
    labels = [event.session_id for event in await stored_events(store)]
    assert labels == [whole.id, whole.id, whole.id, name_session(1, "d2", 0)]


async def test_changes_that_are_stored_already_change_nothing(store: EventStore) -> None:
    await fill(store, [visit("d1", 0, 1)])
    repeated = Changes(journal="test", position=1, events=[visit("d1", 0, 1)], sessions=[])
    await store.apply(repeated)
    assert len(await stored_events(store)) == 1
    assert (await store.position("test"), await store.position("another")) == (1, 0)
    assert await store.last_position() == 1


async def test_changes_that_fail_leave_nothing_behind(store: EventStore) -> None:
    await fill(store, [visit("d1", 0, 1)])
    unstorable = visit("d1", 1, 2, created_at=2**70)
    (state,) = sessionize([visit("d1", 0, 1), visit("d1", 1, 2)], name_session)
    with pytest.raises(Exception, match=r"large|conver|overflow"):
        await store.apply(
            Changes(journal="test", position=2, events=[unstorable], sessions=[state])
        )
    assert [event.id for event in await stored_events(store)] == ["e1"]
    assert [session.activity_count for session in await near(store, "d1", 0, 9)] == [1]
    assert await store.position("test") == 1


async def test_profiles_are_replaced_and_the_newest_copy_counts(store: EventStore) -> None:
    first = Profile(project=1, id="ann", is_external=True, created_at=1, last_seen_at=2, sequence=3)
    newer = replace(first, email="ann@a.test", groups=("g",), properties={"n": 1}, sequence=5)
    assert await store.profile_sequence() == 0
    await store.copy_profiles([first])
    await store.copy_profiles([newer, replace(first, sequence=4)])
    columns = PROFILES.c
    rows = await store.fetch(
        select(columns.email, columns.groups, columns.properties, columns.sequence), 5
    )
    assert rows == [("ann@a.test", '["g"]', '{"n":1}', 5)]
    assert await store.profile_sequence() == 5


async def test_a_sum_that_outgrows_the_column_is_capped(store: EventStore) -> None:
    revenue = [visit("d1", 0, place, name="revenue", revenue=2**62) for place in (1, 2, 3)]
    await fill(store, revenue)
    assert await store.fetch(select(SESSIONS.c.revenue), 5) == [(2**63 - 1,)]


@pytest.fixture
async def crowded(store: EventStore) -> EventStore:
    await fill(store, [visit("d1", 0, place, path=f"/{place}") for place in range(1, 3001)])
    return store


def endless() -> Select[int]:
    a, b, c = (EVENTS.alias(name) for name in "abc")
    triples = a.join(b, a.c.id != b.c.id).join(c, b.c.id != c.c.id)
    paths = a.c.path + b.c.path + c.c.path
    return select(func.count()).select_from(triples).where(func.length(paths) > 0)


async def test_a_question_over_the_limit_is_stopped(crowded: EventStore) -> None:
    quick = asyncio.create_task(crowded.fetch(select(func.count()).select_from(EVENTS), 30))
    began = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"limit of 0\.2 seconds"):
        await crowded.fetch(endless(), 0.2)
    assert time.monotonic() - began < 5
    assert await quick == [(3000,)]


async def test_stopping_one_question_leaves_the_others(crowded: EventStore) -> None:
    stopped = asyncio.create_task(crowded.fetch(endless(), 30))
    await asyncio.sleep(0.1)
    kept = [
        asyncio.create_task(crowded.fetch(select(func.count()).select_from(EVENTS), 30))
        for _ in range(5)
    ]
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert await asyncio.gather(*kept) == [[(3000,)]] * 5


async def test_questions_that_wait_for_a_thread_time_out_too(crowded: EventStore) -> None:
    asked = [crowded.fetch(endless(), 0.3) for _ in range(12)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {QueryTimeoutError}


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_was_stored_is_there_after_reopening(engine: str, tmp_path: Path) -> None:
    url = store_url(engine, tmp_path / "new" / "folder")
    for expected in (0, 1):
        reopened = open_event_store(url)
        await reopened.migrate()
        assert len(await stored_events(reopened)) == expected
        if not expected:
            await fill(reopened, [EVERYTHING])
        await reopened.close()
