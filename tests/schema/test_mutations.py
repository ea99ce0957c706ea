"""What is tracked through GraphQL, and what can be read of it at once."""

from typing import Any

import pytest

from app.kit.clock import FixedClock
from app.projects.directory import ProjectChange
from app.projects.filters import AddressFilter, ProfileFilter
from tests.schema.conftest import Server

pytestmark = pytest.mark.anyio

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
TRACK = """
mutation ($input: TrackInput!) { track(input: $input) {
  __typename
  ... on TrackSuccess { duplicate event {
    id eventId name createdAt profileId deviceId sessionId url path title referrer browser os
    revenue groups properties
  } }
  ... on InvalidInput { message fields { path message } }
} }
"""
IDENTIFY = """
mutation ($input: IdentifyInput!) { identify(input: $input) {
  __typename
  ... on IdentifySuccess { profile {
    profileId email firstName lastName avatar isIdentified properties
  } }
  ... on InvalidInput { message fields { path message } }
} }
"""
FULL: dict[str, Any] = {
    "projectId": "demo",
    "name": "revenue",
    "time": "2026-03-01T12:59:30+01:00",
    "insertId": "one",
    "profileId": "ada",
    "groups": ["g1", "g1", "g2"],
    "revenue": 1250,
    "properties": {"plan": "pro", "seats": 3, "nested": {"list": [1, None, "x"]}},
    "context": {
        "userAgent": BROWSER,
        "ip": "203.0.113.7",
        "path": "https://shop.test/checkout?utm_source=mail",
        "referrer": "https://www.google.com/",
        "title": "Checkout",
    },
}


async def track(server: Server, **told: object) -> dict[str, Any]:
    answer = await server.ask(TRACK, {"input": {"projectId": "demo", **told}})
    found: dict[str, Any] = answer.data["track"]
    return found


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"context": {"ip": "198.51.100.9"}}, "IP address is blocked by project filter"),
        ({"profileId": "eve"}, "Profile id is blocked by project filter"),
        ({"profileId": "adam", "context": {"ip": "203.0.113.7"}}, None),
    ],
)
async def test_the_projects_filters_hold(
    server: Server, told: dict[str, Any], reason: str | None
) -> None:
    filters = (AddressFilter("198.51.100.0/24"), ProfileFilter("eve"))
    await server.services.projects.change_project("demo", ProjectChange(filters=filters))
    asked = {"input": {"projectId": "demo", "name": "a", **told}}
    answer = await server.ask(TRACK, asked)
    if reason is None:
        assert answer.data["track"]["__typename"] == "TrackSuccess"
    else:
        assert (answer.code, answer.error["message"]) == ("FORBIDDEN", reason)


async def test_an_event_is_there_when_it_is_acknowledged(server: Server) -> None:
    found = await track(server, **FULL)
    assert (found["__typename"], found["duplicate"]) == ("TrackSuccess", False)
    event = found["event"]
    assert event["createdAt"] == "2026-03-01T11:59:30+00:00"
    assert (event["name"], event["profileId"], event["revenue"]) == ("revenue", "ada", 1250)
    assert event["url"] == "https://shop.test/checkout"
    assert (event["title"], event["browser"], event["os"]) == ("Checkout", "Chrome", "Windows")
    assert event["groups"] == ["g1", "g2"]
    assert event["properties"].items() >= FULL["properties"].items()
    assert event["deviceId"]
    assert event["sessionId"]
    answer = await server.ask(
        """query ($id: ID!) { node(id: $id) { ... on Event { eventId properties
          session { sessionId } } }
        project(id: "demo") { totals(metrics: {metric: REVENUE}, range: {preset: TODAY})
          { values { value } } } }""",
        {"id": event["id"]},
    )
    assert answer.data == {
        "node": {
            "eventId": event["eventId"],
            "properties": event["properties"],
            "session": {"sessionId": event["sessionId"]},
        },
        "project": {"totals": {"values": [{"value": 1250}]}},
    }


async def test_a_program_tracks_as_a_server(server: Server) -> None:
    event = (await track(server, name="signup", profileId="ada"))["event"]
    assert (event["deviceId"], event["sessionId"]) == (None, None)
    assert event["createdAt"] == "2026-03-01T12:00:00+00:00"


async def test_events_of_one_visit_share_a_session(server: Server, clock: FixedClock) -> None:
    context = {"userAgent": BROWSER, "ip": "203.0.113.7"}
    first = (await track(server, name="screen_view", context=context))["event"]
    clock.advance(60_000)
    second = (await track(server, name="click", context=context))["event"]
    assert first["sessionId"] == second["sessionId"]
    assert first["profileId"] == first["deviceId"]


async def test_a_session_starts_with_the_properties_of_its_first_event(server: Server) -> None:
    context = {"userAgent": BROWSER, "ip": "203.0.113.7"}
    for name, plan in (("screen_view", "vip"), ("click", "other")):
        await track(server, name=name, context=context, properties={"plan": plan, "seats": [2]})
    answer = await server.ask(
        """{ project(id: "demo") { events(filter: {name: {eq: "session_start"},
          where: [{on: {property: "plan"}, is: {eq: "vip"}}]}) { nodes { properties } } } }"""
    )
    (start,) = answer.data["project"]["events"]["nodes"]
    assert start["properties"] == {"plan": "vip", "seats": [2]}


@pytest.mark.parametrize(
    ("told", "paths"),
    [
        ({"name": ""}, [["name"]]),
        ({"name": "x" * 201}, [["name"]]),
        ({"name": "a\nb"}, [["name"]]),
        ({"name": "session_start"}, [["name"]]),
        ({"name": "x", "profileId": ""}, [["profileId"]]),
        (
            {"name": "", "deviceId": "x" * 65, "insertId": ""},
            [["name"], ["insertId"], ["deviceId"]],
        ),
        ({"name": "x", "revenue": -1}, [["revenue"]]),
        ({"name": "x", "time": "1969-12-31T23:59:59Z"}, [["time"]]),
        ({"name": "x", "properties": [1]}, [["properties"]]),
        ({"name": "x", "properties": "text"}, [["properties"]]),
        ({"name": "x", "properties": {"a": list(range(2001))}}, [["properties"]]),
    ],
)
async def test_what_cannot_be_tracked_is_a_problem(
    shared: Server, told: dict[str, Any], paths: list[list[str]]
) -> None:
    found = await track(shared, **told)
    assert found["__typename"] == "InvalidInput"
    assert [field["path"] for field in found["fields"]] == paths
    assert found["message"]


@pytest.mark.parametrize(
    "told",
    [{"time": "yesterday"}, {"time": "2026-03-01"}, {"revenue": 1.5}, {"revenue": 2**60}],
)
async def test_what_has_the_wrong_type_is_an_error(shared: Server, told: dict[str, Any]) -> None:
    answer = await shared.ask(TRACK, {"input": {"projectId": "demo", "name": "x", **told}})
    assert answer.code == "BAD_USER_INPUT"


async def test_numbers_too_large_for_json_are_refused_in_literals(shared: Server) -> None:
    answer = await shared.ask(
        """mutation { track(input: {projectId: "demo", name: "x",
          properties: {big: 123456789012345678901234567890}}) { __typename } }"""
    )
    assert answer.code == "GRAPHQL_VALIDATION_FAILED"


async def test_identify_joins_what_is_known(server: Server) -> None:
    first = {"projectId": "demo", "profileId": "ada", "firstName": "Ada", "properties": {"a": 1}}
    second = {
        "projectId": "demo",
        "profileId": "ada",
        "lastName": "Lovelace",
        "email": "ada@example.org",
        "avatar": "https://example.org/ada.png",
        "properties": {"b": [2]},
    }
    await server.ask(IDENTIFY, {"input": first})
    answer = await server.ask(IDENTIFY, {"input": second})
    assert answer.data["identify"] == {
        "__typename": "IdentifySuccess",
        "profile": {
            "profileId": "ada",
            "email": "ada@example.org",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "avatar": "https://example.org/ada.png",
            "isIdentified": True,
            "properties": {"a": 1, "b": [2]},
        },
    }


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({"profileId": ""}, ["profileId"]),
        ({"profileId": "a", "email": "nonsense"}, ["email"]),
        ({"profileId": "a", "avatar": "javascript:alert(1)"}, ["avatar"]),
        ({"profileId": "a", "properties": 7}, ["properties"]),
    ],
)
async def test_what_cannot_be_said_of_a_profile_is_a_problem(
    shared: Server, told: dict[str, Any], path: list[str]
) -> None:
    answer = await shared.ask(IDENTIFY, {"input": {"projectId": "demo", **told}})
    found = answer.data["identify"]
    assert (found["__typename"], [field["path"] for field in found["fields"]]) == (
        "InvalidInput",
        [path],
    )


async def test_mutations_of_one_document_stand_alone(server: Server) -> None:
    answer = await server.ask(
        """mutation {
          good: track(input: {projectId: "demo", name: "x"}) { __typename }
          bad: track(input: {projectId: "nothing", name: "x"}) { __typename }
        }"""
    )
    assert answer.body["data"] == {"good": {"__typename": "TrackSuccess"}, "bad": None}
    assert answer.code == "NOT_FOUND"


async def test_the_project_tells_what_counts_as_a_conversion(server: Server) -> None:
    change = ProjectChange(conversions=("buy", "sign_up"))
    await server.services.projects.change_project("demo", change)
    answer = await server.ask('{ project(id: "demo") { conversions } }')
    assert answer.data["project"]["conversions"] == ["buy", "sign_up"]


BATCH = """
mutation ($events: [TrackInput!]!) { trackBatch(input: {events: $events}) {
  __typename
  ... on TrackBatchSuccess { accepted duplicates rejected {
    index problem { message ... on InvalidInput { fields { path message } } } } }
  ... on InvalidInput { message fields { path message } }
} }
"""


async def test_a_batch_keeps_what_is_right(server: Server) -> None:
    await server.services.projects.change_project(
        "demo", ProjectChange(filters=(ProfileFilter("eve"),))
    )
    told = [
        {"name": "a", "insertId": "one", "profileId": "ada"},
        {"name": ""},
        {"name": "a", "insertId": "one", "profileId": "ada"},
        {"name": "b", "profileId": "eve"},
        {"name": "c", "profileId": "ada"},
    ]
    events = [{"projectId": "demo", **one} for one in told]
    answer = (await server.ask(BATCH, {"events": events})).data["trackBatch"]
    assert (answer["accepted"], answer["duplicates"]) == (3, 1)
    assert answer["rejected"] == [
        {"index": 1, "problem": {
            "message": "It has 1 to 200 characters.",
            "fields": [{"path": ["name"], "message": "It has 1 to 200 characters."}]}},
        {"index": 3, "problem": {
            "message": "Profile id is blocked by project filter", "fields": []}},
    ]  # fmt: skip
    found = await server.ask(
        """{ project(id: "demo") { events(orderBy: OLDEST, filter: {name: {in: ["a", "b", "c"]}}) {
          nodes { name } } } }"""
    )
    names = [one["name"] for one in found.data["project"]["events"]["nodes"]]
    assert sorted(names) == ["a", "c"]


async def test_a_batch_is_bounded_and_kept_only_if_its_projects_are_there(server: Server) -> None:
    event = {"projectId": "demo", "name": "a"}
    many = (await server.ask(BATCH, {"events": [event] * 101})).data["trackBatch"]
    assert many["fields"] == [{"path": ["events"], "message": "A batch has at most 100 events."}]
    unknown = await server.ask(BATCH, {"events": [event, {**event, "projectId": "nothing"}]})
    assert unknown.code == "NOT_FOUND"
    counted = await server.ask("""{ project(id: "demo") { events { totalCount } } }""")
    assert counted.data["project"]["events"]["totalCount"] == 0
    full = [{**event, "properties": {f"key {n}": n for n in range(40)}}] * 100
    kept = (await server.ask(BATCH, {"events": full})).data["trackBatch"]
    assert kept["accepted"] == 100
