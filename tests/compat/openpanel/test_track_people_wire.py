"""Messages about profiles, groups and recordings: what is accepted, and what is named as wrong."""

import json
from typing import Any

import pytest

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.compat.openpanel.track_wire import Call, read_legacy_message, read_message
from app.ingest.people_calls import (
    AliasCall,
    AssignGroupsCall,
    DecrementCall,
    GroupCall,
    IncrementCall,
    ReplayCall,
)

CHUNK: dict[str, Json] = {
    "chunk_index": 0,
    "events_count": 1,
    "is_full_snapshot": True,
    "started_at": "2025-03-01T12:00:00.000Z",
    "ended_at": "2025-03-01T12:00:10Z",
    "payload": "[]",
}

REPLAY = ReplayCall(
    project=7,
    session_id="",
    chunk_index=0,
    started_at=1_740_830_400_000,
    ended_at=1_740_830_410_000,
    events_count=1,
    is_full_snapshot=True,
    payload="[]",
)


def decode(kind: str, payload: Json) -> Call:
    return read_message(json.dumps({"type": kind, "payload": payload}).encode()).call(7, "demo")


CALLS: list[tuple[str, Json, Call]] = [
    (
        "alias",
        {"profileId": "1", "alias": "a1"},
        AliasCall(project=7, profile_id="1", alias="a1"),
    ),
    ("alias", {"profileId": 1, "alias": 2}, AliasCall(project=7, profile_id="1", alias="2")),
    (
        "increment",
        {"profileId": "1", "property": "visits", "value": 1},
        IncrementCall(project=7, profile_id="1", property="visits"),
    ),
    (
        "increment",
        {"profileId": "1", "property": "a.b"},
        IncrementCall(project=7, profile_id="1", property="a.b"),
    ),
    (
        "increment",
        {"profileId": "1", "property": "a", "value": None},
        IncrementCall(project=7, profile_id="1", property="a"),
    ),
    (
        "decrement",
        {"profileId": "1", "property": "a", "value": 0.5},
        DecrementCall(project=7, profile_id="1", property="a", value=0.5),
    ),
    (
        "group",
        {"id": "acme", "type": "company", "name": "Acme", "properties": {"plan": "pro"}, "x": 1},
        GroupCall(project=7, id="acme", type="company", name="Acme", properties={"plan": "pro"}),
    ),
    (
        "assign_group",
        {"groupIds": ["a", "b", "a"]},
        AssignGroupsCall(project=7, group_ids=("a", "b")),
    ),
    (
        "assign_group",
        {"groupIds": [], "profileId": 5},
        AssignGroupsCall(project=7, group_ids=(), profile_id="5"),
    ),
    ("replay", CHUNK, REPLAY),
]


@pytest.mark.parametrize(("kind", "payload", "call"), CALLS)
def test_message_becomes_a_call(kind: str, payload: Json, call: Call) -> None:
    assert decode(kind, payload) == call


def but(**changes: Json) -> dict[str, Json]:
    return {**CHUNK, **changes}


WRONG: list[tuple[str, Json, list[tuple[str | int, ...]]]] = [
    ("alias", {}, [("profileId",), ("alias",)]),
    ("alias", {"profileId": "", "alias": ""}, [("profileId",), ("alias",)]),
    ("alias", {"profileId": "1", "alias": ["a"]}, [("alias",)]),
    ("increment", {}, [("profileId",), ("property",)]),
    ("increment", {"profileId": "1", "property": ""}, [("property",)]),
    ("increment", {"profileId": "1", "property": 5}, [("property",)]),
    ("increment", {"profileId": "1", "property": "a", "value": 0}, [("value",)]),
    ("increment", {"profileId": "1", "property": "a", "value": -1}, [("value",)]),
    ("increment", {"profileId": "1", "property": "a", "value": "1"}, [("value",)]),
    ("increment", {"profileId": "1", "property": "a", "value": True}, [("value",)]),
    ("increment", {"profileId": "1", "property": "a", "value": []}, [("value",)]),
    ("decrement", {"profileId": "1", "property": "a", "value": -0.5}, [("value",)]),
    ("decrement", {"profileId": None, "property": "a"}, [("profileId",)]),
    ("group", {}, [("id",), ("type",), ("name",)]),
    ("group", {"id": "a", "type": "", "name": "A"}, [("type",)]),
    ("group", {"id": 1, "type": "t", "name": "A"}, [("id",)]),
    ("group", {"id": "a", "type": "t", "name": "A", "properties": []}, [("properties",)]),
    ("assign_group", {}, [("groupIds",)]),
    ("assign_group", {"groupIds": "a"}, [("groupIds",)]),
    ("assign_group", {"groupIds": None}, [("groupIds",)]),
    ("assign_group", {"groupIds": ["a", ""]}, [("groupIds", 1)]),
    ("assign_group", {"groupIds": ["a"], "profileId": {}}, [("profileId",)]),
    ("replay", {}, [(name,) for name in CHUNK]),
    ("replay", but(chunk_index=-1), [("chunk_index",)]),
    ("replay", but(chunk_index=65_536), [("chunk_index",)]),
    ("replay", but(chunk_index=1.5), [("chunk_index",)]),
    ("replay", but(chunk_index="1"), [("chunk_index",)]),
    ("replay", but(events_count=0), [("events_count",)]),
    ("replay", but(is_full_snapshot=1), [("is_full_snapshot",)]),
    ("replay", but(started_at="2025-03-01T12:00:00+01:00"), [("started_at",)]),
    ("replay", but(started_at="2025-02-30T12:00:00Z"), [("started_at",)]),
    ("replay", but(ended_at="yesterday"), [("ended_at",)]),
    ("replay", but(ended_at=1_740_830_400_000), [("ended_at",)]),
    ("replay", but(payload=[]), [("payload",)]),
    ("replay", but(payload="x" * (2 * 1024 * 1024 + 1)), [("payload",)]),
    ("replay", but(sessionId="x" * 65), [("sessionId",)]),
    ("replay", but(sessionId=5), [("sessionId",)]),
]


@pytest.mark.parametrize(
    ("kind", "payload", "paths"), WRONG, ids=[f"{row[0]}-{n}" for n, row in enumerate(WRONG)]
)
def test_each_wrong_part_is_named_once(
    kind: str, payload: Json, paths: list[tuple[str | int, ...]]
) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        decode(kind, payload)
    assert [issue.path for issue in refused.value.issues] == [("payload", *path) for path in paths]
    assert all(issue.message for issue in refused.value.issues)


@pytest.mark.parametrize("value", [{}, {"value": None}])
def test_older_routes_need_the_amount(value: dict[str, Any]) -> None:
    body = json.dumps({"profileId": "1", "property": "a", **value}).encode()
    with pytest.raises(InvalidQueryError, match="Field required"):
        read_legacy_message(body, "increment")
