"""Calls about people change what the stores hold, and refuse what makes no sense."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from app.analytics.errors import InvalidQueryError, NotFoundError
from app.analytics.records import Event, Json
from app.control.engine import default_url
from app.control.replays import ReplayLimits, ReplayOutcome, ReplayStore, default_replay_url
from app.control.store import ControlStore
from app.ingest.calls import Caller, Technology
from app.ingest.geo import Place
from app.ingest.people import PeopleService, ReplayRetention, sightings_of
from app.ingest.people_calls import (
    AliasCall,
    AssignGroupsCall,
    DecrementCall,
    GroupCall,
    IncrementCall,
    ReplayCall,
)
from app.ingest.steps import context_of
from app.kit.clock import FixedClock
from app.projects.aliases import AliasBook
from app.projects.directory import ProjectDirectory
from app.projects.groups import GroupDirectory
from app.projects.identity import Identity
from app.projects.profiles import ProfileDirectory

pytestmark = pytest.mark.anyio

NOON = 1_750_000_000_000
DAY = 86_400_000
CALLER = Caller(received_at=NOON)


@dataclass(frozen=True)
class Desk:
    people: PeopleService
    profiles: ProfileDirectory
    aliases: AliasBook
    groups: GroupDirectory
    replays: ReplayStore

    async def properties(self, profile_id: str) -> dict[str, Json]:
        found = await self.profiles.find(1, profile_id)
        assert found is not None
        return found.properties


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = FixedClock(NOON)
    store = ControlStore.open(default_url(tmp_path))
    await store.migrate()
    replays = ReplayStore.open(default_replay_url(tmp_path))
    await replays.migrate()
    await ProjectDirectory(store, clock).create_project("demo")
    profiles, groups = ProfileDirectory(store), GroupDirectory(store, FixedClock(0))
    aliases = AliasBook(store, clock)
    people = PeopleService(
        profiles=profiles,
        aliases=aliases,
        groups=groups,
        replays=replays,
        retention=ReplayRetention(limits=ReplayLimits(chunks=2)),
    )
    yield Desk(people, profiles, aliases, groups, replays)
    await replays.close()
    await store.close()


def alias(profile_id: str = "1", name: str = "a1") -> AliasCall:
    return AliasCall(project=1, profile_id=profile_id, alias=name)


def plus(name: str = "visits", value: float = 1, profile_id: str = "1") -> IncrementCall:
    return IncrementCall(project=1, profile_id=profile_id, property=name, value=value)


def minus(name: str = "visits", value: float = 1) -> DecrementCall:
    return DecrementCall(project=1, profile_id="1", property=name, value=value)


def replay(
    index: int = 0, session_id: str = "s", payload: str = "[]", events: int = 1
) -> ReplayCall:
    return ReplayCall(
        project=1,
        session_id=session_id,
        chunk_index=index,
        started_at=NOON,
        ended_at=NOON,
        events_count=events,
        is_full_snapshot=True,
        payload=payload,
    )


async def test_documented_calls_follow_each_other(desk: Desk) -> None:
    await desk.people.alias(alias(), CALLER)
    await desk.people.increment(plus(), CALLER)
    assert await desk.properties("1") == {"visits": 1}
    await desk.people.decrement(minus(), CALLER)
    assert await desk.properties("a1") == {"visits": 0}
    assert await desk.aliases.canonical(1, "a1") == "1"


async def test_calls_at_once_add_up_whatever_name_they_use(desk: Desk) -> None:
    await desk.people.alias(alias(), CALLER)
    async with anyio.create_task_group() as group:
        for number in range(100):
            name = "1" if number % 2 else "a1"
            group.start_soon(desk.people.increment, plus("a.b", 3, name), CALLER)
            group.start_soon(desk.people.decrement, minus("a.b", 0.5), CALLER)
    assert await desk.properties("1") == {"a": {"b": 250}}


async def test_unknown_profile_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match=r"^Profile not found$"):
        await desk.people.increment(plus(), CALLER)
    with pytest.raises(NotFoundError, match=r"^Profile not found$"):
        await desk.people.decrement(minus(), CALLER)


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (plus(value=0), "value"),
        (plus(value=-1), "value"),
        (plus(value=float("nan")), "value"),
        (plus(value=float("inf")), "value"),
        (plus(value=2**63), "value"),
        (plus(""), "property"),
        (plus("a" + ".a" * 16), "property"),
        (plus("text"), "property"),
        (plus(profile_id=""), "profileId"),
    ],
)
async def test_impossible_increment_is_refused(desk: Desk, call: IncrementCall, part: str) -> None:
    known = Identity(profile_id="1", seen_at=0, properties={"text": "abc"})
    made = await desk.profiles.identify(1, known)
    with pytest.raises(InvalidQueryError) as refused:
        await desk.people.increment(call, CALLER)
    assert [issue.path for issue in refused.value.issues] == [("payload", part)]
    assert await desk.profiles.find(1, "1") == made


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (alias("1", "1"), "alias"),
        (alias("1", ""), "alias"),
        (alias("1", "a\0"), "alias"),
        (alias("\ud800", "a"), "profileId"),
        (alias("", "a"), "profileId"),
    ],
)
async def test_impossible_alias_is_refused(desk: Desk, call: AliasCall, part: str) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await desk.people.alias(call, CALLER)
    assert [issue.path for issue in refused.value.issues] == [("payload", part)]


async def test_group_is_kept_with_its_properties(desk: Desk) -> None:
    said: tuple[dict[str, Json], ...] = ({"seats": 1}, {"plan": "pro"})
    first, group = [
        await desk.people.upsert_group(
            GroupCall(project=1, id="acme", type="company", name="Acme", properties=properties),
            CALLER,
        )
        for properties in said
    ]
    assert first.properties == {"seats": 1}
    assert group.properties == {"seats": 1, "plan": "pro"}
    assert await desk.groups.find(1, "acme") == group


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (GroupCall(project=1, id="", type="t", name="n"), ("payload", "id")),
        (GroupCall(project=1, id="i", type="", name="n"), ("payload", "type")),
        (GroupCall(project=1, id="i", type="t", name=""), ("payload", "name")),
        (
            GroupCall(
                project=1,
                id="i",
                type="t",
                name="n",
                properties={str(number): 1 for number in range(2_001)},
            ),
            ("payload", "properties"),
        ),
    ],
)
async def test_impossible_group_is_refused(
    desk: Desk, call: GroupCall, path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await desk.people.upsert_group(call, CALLER)
    assert [issue.path for issue in refused.value.issues] == [path]
    assert await desk.groups.count(1) == 0


async def test_groups_are_assigned_to_the_profile_or_else_to_the_device(desk: Desk) -> None:
    named = AssignGroupsCall(project=1, group_ids=("a", "b"), profile_id="ann")
    unnamed = AssignGroupsCall(project=1, group_ids=("b", "c"))
    ann = await desk.people.assign_groups(named, CALLER, device_id="d1")
    device = await desk.people.assign_groups(unnamed, CALLER, device_id="d1")
    assert [(one.id, one.groups, one.is_external) for one in (ann, device)] == [
        ("ann", ("a", "b"), True),
        ("d1", ("b", "c"), False),
    ]
    both = AssignGroupsCall(project=1, group_ids=("c",), profile_id="ann")
    assert (await desk.people.assign_groups(both, CALLER, device_id="")).groups == ("a", "b", "c")


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (AssignGroupsCall(project=1, group_ids=("a",)), ("payload", "profileId")),
        (
            AssignGroupsCall(project=1, group_ids=("a", ""), profile_id="p"),
            ("payload", "groupIds", 1),
        ),
        (
            AssignGroupsCall(project=1, group_ids=("a",) * 501, profile_id="p"),
            ("payload", "groupIds"),
        ),
    ],
)
async def test_impossible_assignment_is_refused(
    desk: Desk, call: AssignGroupsCall, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        await desk.people.assign_groups(call, CALLER, device_id="")
    assert [issue.path for issue in refused.value.issues] == [path]
    assert await desk.profiles.count(1) == 0


async def test_recording_is_kept_up_to_its_limits_and_for_its_days(desk: Desk) -> None:
    outcomes = [
        await desk.people.store_replay(replay(index), Caller(received_at=NOON + index))
        for index in (1, 0, 1, 2)
    ]
    assert outcomes == [
        ReplayOutcome.STORED,
        ReplayOutcome.STORED,
        ReplayOutcome.KNOWN,
        ReplayOutcome.OVER_LIMIT,
    ]
    assert await desk.people.purge_replays(NOON + 30 * DAY) == 0
    assert await desk.people.purge_replays(NOON + 30 * DAY + 1) == 1
    assert [chunk.index for chunk in await desk.replays.chunks(1, "s")] == [1]


@pytest.mark.parametrize(
    ("call", "part", "message"),
    [
        (replay(session_id=""), "sessionId", "Session ID is required for replay"),
        (replay(session_id="s" * 65), "sessionId", "at most 64"),
        (replay(session_id="s\0"), "sessionId", "NUL"),
        (replay(-1), "chunk_index", "from 0 to 65535"),
        (replay(65_536), "chunk_index", "from 0 to 65535"),
        (replay(events=0), "events_count", "at least one"),
        (replay(payload="x" * (2 * 1024 * 1024 + 1)), "payload", "2097152 characters"),
    ],
)
async def test_impossible_chunk_is_refused(
    desk: Desk, call: ReplayCall, part: str, message: str
) -> None:
    with pytest.raises(InvalidQueryError, match=message) as refused:
        await desk.people.store_replay(call, CALLER)
    assert [issue.path for issue in refused.value.issues] == [("payload", part)]


def event(
    at: int,
    profile_id: str | None,
    device_id: str | None = "d",
    **columns: Any,  # noqa: ANN401  A table of columns.
) -> Event:
    return Event(
        project=1,
        id="e",
        name="n",
        received_at=0,
        created_at=at,
        profile_id=profile_id,
        device_id=device_id,
        **columns,
    )


def test_events_tell_who_was_seen_and_when() -> None:
    events = [
        event(30, "d", country="DE"),
        event(10, "d", country="SE", browser="Chrome"),
        event(20, "d"),
        event(5, "ann", country="FI"),
        event(50, "ann", None, country="US"),
        event(1, None),
        event(1, ""),
        event(7, "bob", None, country="US"),
    ]
    assert list(sightings_of(events)) == [1]
    seen = {
        one.profile_id: (one.first_at, one.last_at, one.is_external, one.context)
        for one in sightings_of(events)[1]
    }
    assert seen == {
        "d": (10, 30, False, {"country": "SE", "browser": "Chrome"}),
        "ann": (5, 50, True, {"country": "FI"}),
        "bob": (7, 7, True, {}),
    }


def test_an_event_and_a_call_tell_the_same_things_of_place_and_technology() -> None:
    place = Place("SE", "Skåne", "Lund", 13.19, 55.7)
    technology = Technology(
        os="iOS",
        os_version="17",
        browser="Safari",
        browser_version="17.1",
        device="mobile",
        brand="Apple",
        model="iPhone",
    )
    told = context_of(technology, place)
    columns: dict[str, Any] = {**told}
    (sighting,) = sightings_of([event(0, "d", **columns)])[1]
    assert sighting.context == told


async def test_who_is_seen_appears_without_a_word(desk: Desk) -> None:
    await desk.people.alias(alias("1", "a1"), CALLER)
    events = [event(NOON, "d1", "d1", country="SE"), event(NOON, "a1", "d1"), event(1, "1", "d1")]
    for project, sightings in sightings_of(events).items():
        await desk.profiles.seen(project, sightings)
    assert await desk.profiles.count(1) == 2
    found = await desk.profiles.get_many(1, ["d1", "1"])
    assert found["d1"].properties == {"country": "SE"}
    assert (found["d1"].is_external, found["1"].is_external) == (False, True)
    assert (found["1"].created_at, found["1"].last_seen_at) == (1, NOON)
