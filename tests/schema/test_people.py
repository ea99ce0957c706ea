"""Groups and cohorts: made, changed, listed, and asked about."""

from typing import Any

import pytest

from app.projects.groups import GroupWord
from app.projects.identity import Identity
from app.projects.records import ClientType
from schema.ids import GlobalId
from tests.schema.conftest import NOW, Server

pytestmark = pytest.mark.anyio

CREATE = """mutation ($input: CreateCohortInput!) { createCohort(input: $input) {
  __typename
  ... on CohortSuccess { cohort { id number name size profiles { nodes { profileId } } } }
  ... on InvalidInput { message fields { path message } }
} }"""
UPDATE = """mutation ($input: UpdateCohortInput!) { updateCohort(input: $input) {
  __typename
  ... on CohortSuccess { cohort { name description size } }
  ... on NotFound { message id }
} }"""
DELETE = """mutation ($input: DeleteCohortInput!) { deleteCohort(input: $input) {
  __typename ... on DeleteCohortSuccess { deletedId } ... on NotFound { id }
} }"""
BUYERS = {"did": {"event": {"name": "buy"}, "atLeast": 2}}
ON_PRO = {"where": [{"on": {"profileProperty": "plan"}, "is": {"eq": "pro"}}]}


async def fill(server: Server) -> None:
    """Ada buys twice and is on the plan pro; Bob buys once; both are of the group acme."""
    names = [("ada", "buy"), ("ada", "buy"), ("bob", "buy"), ("bob", "view"), ("eve", "view")]
    await server.keep(
        *(
            server.event(
                n, id=f"e{n}", name=name, profile_id=who, groups=("acme",) if who != "eve" else ()
            )
            for n, (who, name) in enumerate(names)
        )
    )
    for who, plan in (("ada", "pro"), ("bob", "free"), ("eve", "pro")):
        identity = Identity(profile_id=who, seen_at=NOW, properties={"plan": plan})
        await server.services.profiles.identify(server.project.number, identity)
    for group in ("acme", "zeta"):
        word = GroupWord(id=group, type="company", name=group.title(), said_at=NOW,
                         properties={"seats": 3})  # fmt: skip
        await server.services.groups.upsert(server.project.number, word)


async def test_pickers_know_what_was_just_told_of_profiles_and_groups(server: Server) -> None:
    query = """{ project(id: "demo") { catalog {
      profile: propertyKeys(scope: PROFILE) { key count }
      group: propertyKeys(scope: GROUP) { key count } } } }"""
    assert (await server.ask(query)).data["project"]["catalog"] == {"profile": [], "group": []}
    await fill(server)
    assert (await server.ask(query)).data["project"]["catalog"] == {
        "profile": [{"key": "plan", "count": 3}],
        "group": [{"key": "seats", "count": 2}],
    }


async def create(server: Server, name: str, members: dict[str, Any]) -> dict[str, Any]:
    told = {"projectId": "demo", "name": name, "members": members}
    found: dict[str, Any] = (await server.ask(CREATE, {"input": told})).data["createCohort"]
    return found


async def test_a_cohort_is_made_and_asked_about(server: Server) -> None:
    await fill(server)
    made = (await create(server, "Buyers", BUYERS))["cohort"]
    assert (made["size"], made["profiles"]["nodes"]) == (1, [{"profileId": "ada"}])
    pro = (await create(server, "Pro", ON_PRO))["cohort"]
    answer = await server.ask(
        """query ($c: ID!, $p: ID!) { project(id: "demo") {
          inside: totals(metrics: [{metric: EVENTS}], range: {preset: ALL},
            filter: {name: {ne: "session_start"}, cohort: $c}) { values { value } }
          divided: breakdown(by: [{cohort: $c}], metrics: [{metric: EVENTS}],
            filter: {name: {in: ["buy", "view"]}}, range: {preset: ALL}) { rows { key values } }
          beside: breakdown(by: [{cohorts: [$c, $p]}], metrics: [{metric: EVENTS}],
            filter: {name: {in: ["buy", "view"]}}, range: {preset: ALL}) { rows { key values } }
          all: breakdown(by: [{cohorts: []}], metrics: [{metric: EVENTS}],
            filter: {name: {in: ["buy", "view"]}}, range: {preset: ALL}) { rows { key values } }
          cohorts { nodes { name number } totalCount }
          first: cohorts(first: 1) { nodes { name } pageInfo { hasNextPage endCursor } }
        } node(id: $c) { ... on Cohort { name definition } } }""",
        {"c": made["id"], "p": pro["id"]},
    )
    project = answer.data["project"]
    assert project["beside"] == project["all"]
    assert project["all"]["rows"] == [
        {"key": ["Pro"], "values": [3]},
        {"key": ["Buyers"], "values": [2]},
        {"key": [None], "values": [2]},
    ]
    assert project["inside"]["values"] == [{"value": 2}]
    assert project["divided"]["rows"] == [
        {"key": ["Not Buyers"], "values": [3]},
        {"key": ["Buyers"], "values": [2]},
    ]
    assert project["cohorts"] == {
        "nodes": [
            {"name": "Buyers", "number": made["number"]},
            {"name": "Pro", "number": pro["number"]},
        ],
        "totalCount": 2,
    }
    assert project["first"]["nodes"] == [{"name": "Buyers"}]
    behind = await server.ask(
        """query ($after: String) { project(id: "demo") {
          cohorts(after: $after) { nodes { name } pageInfo { hasNextPage } } } }""",
        {"after": project["first"]["pageInfo"]["endCursor"]},
    )
    assert behind.data["project"]["cohorts"] == {
        "nodes": [{"name": "Pro"}],
        "pageInfo": {"hasNextPage": False},
    }
    assert answer.data["node"]["name"] == "Buyers"


async def test_a_cohort_is_changed_and_deleted(server: Server) -> None:
    await fill(server)
    made = (await create(server, "Pro", ON_PRO))["cohort"]
    assert made["size"] == 2
    change = {"id": made["id"], "description": "Who pays.", "members": BUYERS}
    answer = await server.ask(UPDATE, {"input": change})
    assert answer.data["updateCohort"]["cohort"] == {
        "name": "Pro", "description": "Who pays.", "size": 1,
    }  # fmt: skip
    gone = (await server.ask(DELETE, {"input": {"id": made["id"]}})).data["deleteCohort"]
    assert gone == {"__typename": "DeleteCohortSuccess", "deletedId": made["id"]}
    again = (await server.ask(DELETE, {"input": {"id": made["id"]}})).data["deleteCohort"]
    assert again == {"__typename": "NotFound", "id": made["id"]}
    unknown = (await server.ask(UPDATE, {"input": {"id": "nothing"}})).data["updateCohort"]
    assert unknown["__typename"] == "NotFound"


@pytest.mark.parametrize(
    ("name", "members", "path"),
    [
        ("", ON_PRO, ["name"]),
        ("x", {}, ["members"]),
        ("x", {"path": {"eq": "/"}}, ["members"]),
        ("x", {"did": {"event": {"name": "buy"}, "atLeast": -1}}, ["members", "did", "atLeast"]),
        ("x", {"cohort": "other"}, ["members"]),
    ],
)
async def test_what_is_no_cohort_is_told(
    server: Server, name: str, members: dict[str, Any], path: list[str]
) -> None:
    outcome = await create(server, name, members)
    assert outcome["__typename"] == "InvalidInput"
    assert [field["path"] for field in outcome["fields"]] == [path]


async def test_cohorts_are_changed_by_those_who_may(server: Server) -> None:
    made = (await create(server, "Pro", ON_PRO))["cohort"]
    headers = await server.headers_of(ClientType.READ)
    for query, told in (
        (CREATE, {"projectId": "demo", "name": "x", "members": ON_PRO}),
        (UPDATE, {"id": made["id"], "name": "y"}),
        (DELETE, {"id": made["id"]}),
    ):
        answer = await server.ask(query, {"input": told}, headers=headers)
        assert answer.code == "FORBIDDEN"
    elsewhere = str(GlobalId("Cohort", server.other.number, "x"))
    answer = await server.ask(DELETE, {"input": {"id": elsewhere}}, headers=headers)
    assert answer.code == "FORBIDDEN"


async def test_groups_are_listed_with_their_profiles(server: Server) -> None:
    await fill(server)
    answer = await server.ask(
        """{ project(id: "demo") {
          groups(first: 1) { nodes { groupId } totalCount pageInfo { hasNextPage endCursor } }
          back: groups(last: 1, type: "company") { nodes { groupId } }
          none: groups(type: "team") { nodes { groupId } totalCount }
          group(id: "acme") { id name type properties property(key: "seats")
            profiles(first: 1) { nodes { profileId } totalCount pageInfo { hasNextPage } } }
          byGroup: breakdown(by: [{groupField: NAME}], metrics: [{metric: PROFILES}],
            filter: {where: [{on: {groupProperty: "seats"}, is: {gte: 3}}]},
            range: {preset: ALL}) { rows { key values } }
        } }"""
    )
    project = answer.data["project"]
    assert project["groups"]["nodes"] == [{"groupId": "acme"}]
    assert project["groups"]["totalCount"] == 2
    assert project["groups"]["pageInfo"]["hasNextPage"] is True
    assert project["back"]["nodes"] == [{"groupId": "zeta"}]
    assert project["none"] == {"nodes": [], "totalCount": 0}
    group = project["group"]
    assert group["profiles"] == {
        "nodes": [{"profileId": "ada"}], "totalCount": 2, "pageInfo": {"hasNextPage": True},
    }  # fmt: skip
    assert group["property"] == 3
    assert project["byGroup"]["rows"] == [{"key": ["Acme"], "values": [2]}]
    found = await server.ask("query ($i: ID!) { node(id: $i) { id } }", {"i": group["id"]})
    assert found.data["node"] == {"id": group["id"]}
