"""Events, sessions and profiles, slice by slice."""

from typing import Any

import pytest

from app.analytics.records import Event
from app.kit.paging import encode_cursor
from app.projects.identity import Identity
from app.projects.records import ClientType
from schema.ids import GlobalId
from tests.schema.conftest import MINUTE, NOW, Server, recorded

pytestmark = pytest.mark.anyio

SLICE = """
query ($first: Int, $after: String, $last: Int, $before: String, $order: EventOrder!) {
  project(id: "demo") {
    events(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
      nodes { eventId }
      edges { cursor node { eventId } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    }
  }
}
"""


async def slice_of(server: Server, order: str = "NEWEST", **arguments: object) -> dict[str, Any]:
    answer = await server.ask(SLICE, {"order": order, **arguments})
    found: dict[str, Any] = answer.data["project"]["events"]
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [node["eventId"] for node in found["nodes"]]


def crowded(server: Server) -> list[Event]:
    """Twelve events, three to each instant."""
    return [
        server.event(n // 3, id=f"e{n:02}", created_at=NOW - n // 3 * MINUTE) for n in range(12)
    ]


NEWEST = [f"e{n:02}" for n in range(12)]
OLDEST = [f"e{n:02}" for n in (9, 10, 11, 6, 7, 8, 3, 4, 5, 0, 1, 2)]


@pytest.mark.parametrize(("order", "expected"), [("NEWEST", NEWEST), ("OLDEST", OLDEST)])
async def test_both_directions_walk_through_the_same_list(
    server: Server, order: str, expected: list[str]
) -> None:
    await server.keep(*crowded(server))
    forward: list[str] = []
    after = None
    while True:
        found = await slice_of(server, order, first=5, after=after)
        forward += ids(found)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    backward: list[str] = []
    before = None
    while True:
        found = await slice_of(server, order, last=5, before=before)
        backward = ids(found) + backward
        before = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert forward == backward == expected


async def test_a_long_list_is_read_again_once_something_was_stored(server: Server) -> None:
    query = "query ($id: ID!) { project(id: $id) { events(first: 100) { nodes { eventId } } } }"
    asked = recorded(server.services.reader)

    async def listed(project: str = "demo") -> tuple[list[str], int]:
        asked.clear()
        headers = await server.headers_of(ClientType.READ, server.other)
        found = await server.ask(query, {"id": project}, headers if project == "other" else None)
        return ids(found.data["project"]["events"]), len(asked)

    await server.keep(server.event(1))
    assert await listed() == (["event-1"], 1)
    assert await listed() == (["event-1"], 0)
    assert await listed("other") == ([], 1)
    await server.keep(server.event(2))
    assert await listed() == (["event-1", "event-2"], 1)


async def test_a_cursor_stays_where_it_is_when_others_arrive(server: Server) -> None:
    events = crowded(server)
    await server.keep(*events)
    first = await slice_of(server, first=4)
    newer = server.event(0, id="newer", created_at=NOW + MINUTE)
    beside = server.event(0, id="e03a", created_at=events[3].created_at)
    await server.keep(newer, beside)
    second = await slice_of(server, first=3, after=first["pageInfo"]["endCursor"])
    assert ids(second) == ["e03a", "e04", "e05"]
    assert second["totalCount"] == 14


async def test_what_is_known_of_neighbours(server: Server) -> None:
    await server.keep(*crowded(server))
    whole = (await slice_of(server, first=12))["pageInfo"]
    assert (whole["hasNextPage"], whole["hasPreviousPage"]) == (False, False)
    none = await slice_of(server, first=0)
    assert (ids(none), none["pageInfo"]["hasNextPage"]) == ([], True)
    assert none["pageInfo"]["startCursor"] is none["pageInfo"]["endCursor"] is None


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"first": -1}, ["first"]),
        ({"last": -1}, ["last"]),
        ({"first": 1, "last": 1}, ["last"]),
        ({"first": 1, "before": encode_cursor((1, "a"))}, ["before"]),
        ({"last": 1, "after": encode_cursor((1, "a"))}, ["last"]),
        ({"after": "nonsense"}, ["after"]),
        ({"after": "ä"}, ["after"]),
        ({"after": encode_cursor((1,))}, ["after"]),
        ({"after": encode_cursor((True, "a"))}, ["after"]),
        ({"after": encode_cursor((2**63, "a"))}, ["after"]),
        ({"before": encode_cursor((1, "\0"))}, ["before"]),
    ],
)
async def test_wrong_slices_name_their_argument(
    shared: Server, arguments: dict[str, Any], argument: list[str]
) -> None:
    answer = await shared.ask(SLICE, {"order": "NEWEST", **arguments})
    assert answer.body["data"]["project"]["events"] is None
    assert (answer.code, answer.error["extensions"]["argument"]) == ("BAD_USER_INPUT", argument)


async def test_pages_end_at_the_limit(server: Server) -> None:
    for part in range(2):
        await server.keep(*(server.event(0, id=f"e{part}-{n}") for n in range(5_001)))
    found = await slice_of(server, first=100_000)
    assert len(found["nodes"]) == 10_000
    assert found["pageInfo"]["hasNextPage"] is True


async def test_rows_are_counted_only_when_asked_for(server: Server) -> None:
    await server.keep(server.event(1))
    for selection, kinds in (
        ("nodes { id }", ["EventsQuery"]),
        ("nodes { id } totalCount", ["EventsQuery", "EventsQuery.count"]),
    ):
        asked = recorded(server.services.reader)
        await server.ask(f'{{ project(id: "demo") {{ events {{ {selection} }} }} }}')
        assert asked == kinds


async def test_profiles_and_sessions_of_many_events_are_two_questions(server: Server) -> None:
    events = [server.event(n, device_id=f"d{n % 3}", profile_id=f"p{n % 3}") for n in range(9)]
    await server.keep(*events)
    for number in range(2):
        await server.services.profiles.identify(
            server.project.number, Identity(profile_id=f"p{number}", seen_at=NOW)
        )
    asked = recorded(server.services.reader)
    answer = await server.ask(
        """{ project(id: "demo") {
          events(orderBy: OLDEST, filter: {name: {eq: "screen_view"}}) { nodes {
            profile { profileId } session { screenViewCount profile { profileId } }
          } }
        } }"""
    )
    nodes = answer.data["project"]["events"]["nodes"]
    # Two were told of, the third was only seen.
    assert [node["profile"] for node in nodes] == [
        {"profileId": f"p{n % 3}"} for n in reversed(range(9))
    ]
    assert all(node["session"]["screenViewCount"] == 3 for node in nodes)
    assert asked == ["EventsQuery", "SessionsQuery"]


async def test_an_event_tells_what_was_kept(server: Server) -> None:
    kept = server.event(
        1,
        profile_id="p",
        device_id="d",
        origin="https://a.test",
        path="/x",
        title="",
        country="SE",
        city=None,
        longitude=18.5,
        duration=2**40,
        revenue=-5,
        groups=("g1", "g2"),
        properties={"n": 1.5, "a": {"b": [True, None]}, "a.b": "whole", "empty": ""},
    )
    await server.keep(kept)
    answer = await server.ask(
        """{ project(id: "demo") { event(id: "event-1") {
          eventId name createdAt url path title country city longitude duration revenue groups
          properties some: properties(keys: ["n", "missing"])
          whole: property(key: "a.b") nested: property(key: "a.b.0") none: property(key: "zzz")
          sessionId
        } } }"""
    )
    found = answer.data["project"]["event"]
    assert found.pop("sessionId")
    assert found == {
        "eventId": "event-1",
        "name": "screen_view",
        "createdAt": "2026-03-01T11:59:00+00:00",
        "url": "https://a.test/x",
        "path": "/x",
        "title": "",
        "country": "SE",
        "city": None,
        "longitude": 18.5,
        "duration": 2**40,
        "revenue": -5,
        "groups": ["g1", "g2"],
        "properties": kept.properties,
        "some": {"n": 1.5},
        "whole": "whole",
        "nested": True,
        "none": None,
    }


async def test_only_what_is_selected_is_read_and_none_of_it_is_missing(server: Server) -> None:
    await server.keep(server.event(1, profile_id="p", device_id="d", properties={"a": 1}))
    answer = await server.ask(
        """query ($with: Boolean!) { project(id: "demo") { events(first: 1) {
          ...Short
          edges { node { ... on Event { property(key: "a") sessionId } } }
        } } }
        fragment Short on EventConnection {
          nodes { ... @include(if: $with) { profileId url } }
        }""",
        {"with": True},
    )
    found = answer.data["project"]["events"]
    assert found["nodes"] == [{"profileId": "p", "url": None}]
    assert found["edges"][0]["node"]["property"] == 1
    assert found["edges"][0]["node"]["sessionId"]


async def test_sessions_lead_to_their_events_and_back(server: Server) -> None:
    await server.keep(
        server.event(50, device_id="d", path="/old"),
        server.event(3, device_id="d", path="/in"),
        server.event(1, device_id="d", path="/out", revenue=100, name="revenue"),
    )
    answer = await server.ask(
        """{ project(id: "demo") { sessions { totalCount nodes {
          id sessionId startedAt endedAt durationSeconds isBounce eventCount screenViewCount
          entryPath exitPath revenue deviceId
          events { nodes { path session { sessionId } } totalCount }
        } } } }"""
    )
    sessions = answer.data["project"]["sessions"]
    newest, oldest = sessions["nodes"]
    assert sessions["totalCount"] == 2
    assert newest["startedAt"] == "2026-03-01T11:57:00+00:00"
    assert newest["durationSeconds"] == 120
    assert (newest["isBounce"], newest["revenue"], newest["deviceId"]) == (True, 100, "d")
    own = {"sessionId": newest["sessionId"]}
    assert newest["events"] == {
        "nodes": [{"path": "/in", "session": own}, {"path": "/out", "session": own}],
        "totalCount": 2,
    }
    assert [event["path"] for event in oldest["events"]["nodes"]] == ["/old"]
    again = await server.ask(
        "query ($id: ID!) { node(id: $id) { id ... on Session { sessionId } } }",
        {"id": newest["id"]},
    )
    assert again.data["node"] == {"id": newest["id"], **own}


PROFILES = """
query ($first: Int, $after: String, $last: Int, $before: String, $order: ProfileOrder!) {
  project(id: "demo") {
    profiles(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
      nodes { profileId } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


@pytest.mark.parametrize(
    ("order", "expected"),
    [("LAST_SEEN", "edcba"), ("FIRST_SEEN", "edcba"), ("ID", "abcde")],
)
async def test_profiles_are_listed_in_both_directions(
    server: Server, order: str, expected: str
) -> None:
    for place, name in enumerate("abcde"):
        identity = Identity(profile_id=name, seen_at=NOW + place)
        await server.services.profiles.identify(server.project.number, identity)
    for size, cursor, next_cursor, more in (
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ):
        found: list[str] = []
        key = None
        while True:
            answer = await server.ask(PROFILES, {"order": order, size: 2, cursor: key})
            page = answer.data["project"]["profiles"]
            names = [node["profileId"] for node in page["nodes"]]
            found = found + names if size == "first" else names + found
            key = page["pageInfo"][next_cursor]
            assert page["totalCount"] == 5
            if not page["pageInfo"][more]:
                break
        assert "".join(found) == expected
    none = await server.ask(PROFILES, {"order": order, "first": 0})
    assert none.data["project"]["profiles"]["nodes"] == []


async def test_a_profile_leads_to_what_it_did(server: Server) -> None:
    identity = Identity(
        profile_id="ada",
        seen_at=NOW,
        first_name="Ada",
        email="ada@example.org",
        properties={"plan": {"name": "pro"}},
    )
    await server.services.profiles.identify(server.project.number, identity)
    await server.keep(
        server.event(2, profile_id="ada", name="signup"),
        server.event(1, profile_id="ada"),
        server.event(1, id="else", profile_id="bob"),
        server.event(1, id="there", profile_id="ada", device_id="d", name="click"),
    )
    answer = await server.ask(
        """{ project(id: "demo") { profile(id: "ada") {
          id profileId firstName lastName email isIdentified firstSeenAt
          property(key: "plan.name") properties(keys: ["plan"]) groups
          events(filter: {name: {eq: "signup"}}) { nodes { eventId } totalCount }
          all: events(first: 1, filter: {name: {ne: "session_start"}}) {
            nodes { eventId } totalCount
          }
          sessions { nodes { eventCount } totalCount }
        } nobody: profile(id: "nobody") { id } } }"""
    )
    found = answer.data["project"]["profile"]
    again = await server.ask(
        "query ($id: ID!) { node(id: $id) { ... on Profile { profileId } } }", {"id": found["id"]}
    )
    assert again.data["node"] == {"profileId": "ada"}
    del found["id"]
    assert answer.data["project"]["nobody"] is None
    assert found == {
        "profileId": "ada",
        "firstName": "Ada",
        "lastName": None,
        "email": "ada@example.org",
        "isIdentified": True,
        "firstSeenAt": "2026-03-01T11:58:00+00:00",
        "property": "pro",
        "properties": {"plan": {"name": "pro"}},
        "groups": [],
        "events": {"nodes": [{"eventId": "event-2"}], "totalCount": 1},
        "all": {"nodes": [{"eventId": "event-1"}], "totalCount": 3},
        "sessions": {"nodes": [{"eventCount": 1}], "totalCount": 1},
    }


async def test_nodes_are_found_again_by_their_ids(server: Server) -> None:
    await server.keep(server.event(1))
    listed = await server.ask('{ project(id: "demo") { id events { nodes { id eventId } } } }')
    project = listed.data["project"]
    event = project["events"]["nodes"][0]
    answer = await server.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }",
        {"ids": [event["id"], project["id"], str(GlobalId("Event", 1, "nothing"))]},
    )
    assert answer.data["nodes"] == [
        {"id": event["id"], "__typename": "Event"},
        {"id": project["id"], "__typename": "Project"},
        None,
    ]
    by_global = await server.ask(
        'query ($id: ID!) { project(id: "demo") { event(id: $id) { eventId } } }',
        {"id": event["id"]},
    )
    assert by_global.data["project"]["event"] == {"eventId": event["eventId"]}


@pytest.mark.parametrize(
    "query",
    [
        '{ node(id: "nonsense") { id } }',
        '{ nodes(ids: ["nonsense"]) { id } }',
        '{ project(id: "demo") { event(id: "UHJvamVjdB8xH2RlbW8") { id } } }',
    ],
)
async def test_ids_of_the_wrong_kind_are_refused(shared: Server, query: str) -> None:
    answer = await shared.ask(query)
    assert (answer.status, answer.code) == (200, "BAD_USER_INPUT")


async def test_projects_are_listed_by_number(shared: Server) -> None:
    query = """query ($after: String) { viewer { projects(first: 1, after: $after) {
      nodes { slug } pageInfo { hasNextPage endCursor } } } }"""
    first = (await shared.ask(query)).data["viewer"]["projects"]
    assert (first["nodes"], first["pageInfo"]["hasNextPage"]) == ([{"slug": "demo"}], True)
    second = await shared.ask(query, {"after": first["pageInfo"]["endCursor"]})
    assert second.data["viewer"]["projects"]["nodes"] == [{"slug": "other"}]
