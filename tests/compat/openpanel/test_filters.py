import json
from typing import Any
from urllib.parse import quote

import pytest

from app.analytics.fields import ProfileProperty
from app.analytics.filters import All, Compare, Operator, Performed
from app.analytics.metrics import named
from app.analytics.ranges import last_days
from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio


def filters(*conditions: tuple[str, str, Any]) -> str:
    return json.dumps(
        [{"name": name, "operator": word, "value": value} for name, word, value in conditions]
    )


# The numbers at the ends of the ids of the events that remain.
EVENTS: list[tuple[tuple[str, str, Any], str]] = [
    (("path", "is", ["/"]), "157"),
    (("path", "is", [" / ", "/docs"]), "1567"),
    (("path", "isNot", ["/"]), "2346"),
    (("path", "contains", ["ric", "oc"]), "236"),
    (("path", "doesNotContain", ["ric", "oc"]), "1457"),
    (("path", "startsWith", ["/p"]), "23"),
    (("path", "endsWith", ["s"]), "6"),
    (("path", "regex", ["^/(docs|pricing)$"]), "236"),
    (("path", "regex", ["/^.docs$/"]), "6"),
    (("path", "isNull", []), "4"),
    (("path", "isNotNull", []), "123567"),
    (("path", "is", [None]), "4"),
    (("path", "is", ["", "/docs"]), "46"),
    (("path", "is", []), "1234567"),
    (("path", "contains", ["%"]), ""),
    (("path", "is", "/docs"), "6"),
    (("name", "is", ["sign_up"]), "3"),
    (("id", "endsWith", ["3"]), "3"),
    (("country", "is", ["SE"]), "1234"),
    (("country", "is", ["Sweden"]), "1234"),
    (("country", "is", ["united states", "SE"]), "12345"),
    (("country", "isNot", ["United States"]), "123467"),
    (("country", "contains", ["United"]), "5"),
    (("country", "startsWith", ["Swed"]), "1234"),
    (("country", "regex", ["^U"]), "5"),
    (("country", "doesNotContain", ["Sweden"]), "567"),
    (("city", "is", ["Lund"]), "1234"),
    (("browserVersion", "is", ["133.0"]), "1234"),
    (("browser_version", "gt", ["132"]), "1234"),
    (("referrerName", "is", ["Google"]), "1234"),
    (("referrer_type", "is", ["search"]), "1234"),
    (("utm_source", "is", ["news"]), "1234"),
    (("utmSource", "is", ["news"]), "1234"),
    (("properties.__query.utm_source", "is", ["news"]), "1234"),
    (("profileId", "is", ["d2"]), "67"),
    (("revenue", "gt", [1000]), "4"),
    (("revenue", "gte", ["1999"]), "4"),
    (("revenue", "lt", [1]), "123567"),
    (("revenue", "is", ["1999"]), "4"),
    (("longitude", "lte", [13.2]), "1234"),
    (("createdAt", "gt", ["2025-03-02T19:00:00Z"]), "67"),
    (("created_at", "lt", ["2025-03-02"]), ""),
    (("properties.plan", "is", ["pro"]), "3"),
    (("properties.plan", "isNot", ["pro"]), "124567"),
    (("properties.plan", "isNull", []), "124567"),
    (("properties.plan", "contains", ["r"]), "3"),
    (("properties.seats", "is", [3]), "3"),
    (("properties.seats", "is", ["3"]), "3"),
    (("properties.seats", "gte", ["3"]), "3"),
    (("properties.seats", "lt", [3, 4]), "3"),
    (("properties.address.zip", "is", ["0123"]), "3"),
    (("properties.ok", "is", [True]), "3"),
    (("properties.ok", "is", ["true"]), "3"),
    (("properties.seats", "is", [2**63]), ""),
    (("properties.seats", "lt", [1e300]), "3"),
    (("properties.items.*.sku", "is", ["x"]), "3"),
    (("properties.items.*.sku", "isNot", ["x"]), "124567"),
    (("properties.items.*.count", "gt", [4]), "3"),
    (("properties.tags[*]", "endsWith", ["d"]), "3"),
    (("properties.tags[*]", "isNull", []), "124567"),
    (("group.name", "is", ["Acme"]), "3"),
    (("group.name", "isNot", ["Acme"]), "124567"),
    (("group.type", "startsWith", ["comp"]), "3"),
    (("group.id", "is", ["acme"]), "3"),
    (("group.properties.size", "gte", [10]), "3"),
    (("group.properties.size", "gt", [10]), ""),
    (("has_profile", "is", [True]), "12345"),
    (("hasProfile", "is", ["false"]), "67"),
    (("session.screen_view_count", "gte", [2]), "123467"),
    (("session.performed_event", "is", ["sign_up"]), "1234"),
    (("session.performed_event", "isNot", ["sign_up"]), "567"),
    (("properties.plan", "regex", ["^(a|p|x)(.*)*o$"]), "3"),
]


@pytest.mark.parametrize(("condition", "remaining"), EVENTS)
async def test_filter_keeps(world: World, condition: tuple[str, str, Any], remaining: str) -> None:
    answer = await world.get("/export/events", filters=filters(condition))
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert sorted(row["id"][-1] for row in data) == list(remaining)
    assert answer.json()["meta"]["totalCount"] == len(remaining)


TYPED = [
    ({"name": "properties.seats", "operator": "is", "value": ["3.0"], "type": "number"}, "3"),
    ({"name": "properties.plan", "operator": "is", "value": ["x"], "type": "number"}, ""),
    ({"name": "properties.ok", "operator": "is", "value": [True], "type": "boolean"}, "3"),
    ({"name": "is_bounce", "operator": "is", "value": [True]}, "5"),
    ({"name": "properties.due", "operator": "gt", "value": ["2025-03-31"], "type": "date"}, "3"),
    ({"name": "properties.due", "operator": "gt", "value": ["2025-04-01"], "type": "date"}, ""),
    ({"name": "properties.due", "operator": "is", "value": ["2025-04-01"], "type": "date"}, "3"),
    (
        {
            "name": "properties.due",
            "operator": "lt",
            "value": ["2025-04-01T12:00:00+02:00"],
            "type": "datetime",
        },
        "",
    ),
    ({"name": "createdAt", "operator": "is", "value": ["2025-03-02"], "type": "date"}, "1234567"),
    ({"name": "properties.tags[*]", "operator": "is", "value": ["1"], "type": "boolean"}, ""),
    ({"id": "1", "name": "path", "operator": "is", "value": ["/docs"], "type": "string"}, "6"),
]


@pytest.mark.parametrize(("condition", "remaining"), TYPED)
async def test_typed_filter_keeps(world: World, condition: dict[str, Any], remaining: str) -> None:
    answer = await world.get("/export/events", filters=json.dumps([condition]))
    assert answer.status_code == 200, answer.text
    assert sorted(row["id"][-1] for row in answer.json()["data"]) == list(remaining)


async def test_all_filters_hold_together(world: World) -> None:
    both = filters(("path", "is", ["/"]), ("country", "is", ["SE"]))
    answer = await world.get("/export/events", filters=both)
    assert [row["id"][-1] for row in answer.json()["data"]] == ["1"]


async def test_filters_may_be_repeated_and_bracketed(world: World) -> None:
    one, other = '{"name":"path","operator":"is","value":["/"]}', filters(("os", "isNull", []))
    path = f"/export/events?filters[]={quote(one)}&filters[]={quote(other)}"
    answer = await world.http.get(path, headers=dict(world.reading))
    assert sorted(row["id"][-1] for row in answer.json()["data"]) == ["5", "7"]


async def test_event_conditions_choose_the_sessions_that_have_such_an_event(
    world: World,
) -> None:
    chosen = filters(("properties.plan", "is", ["pro"]))
    answer = await world.get("/insights/demo/metrics", range="7d", filters=chosen)
    assert answer.json()["metrics"]["total_sessions"] == 1
    assert answer.json()["metrics"]["avg_session_duration"] == 110


PROFILES: list[tuple[tuple[str, str, Any], str]] = [
    (("profile.first_name", "is", ["Ann"]), "12345"),
    (("profile.firstName", "isNot", ["Ann"]), "67"),
    (("profile.properties.tier", "gte", [2]), "12345"),
    (("profile.properties.tier", "is", ["1"]), ""),
    (("profile.is_external", "is", [True]), "12345"),
    (("profile.createdAt", "gt", ["2025-03-03"]), "12345"),
]


@pytest.mark.parametrize(("condition", "remaining"), PROFILES)
async def test_filter_on_the_profile_keeps(
    world: World, condition: tuple[str, str, Any], remaining: str
) -> None:
    payload = {"profileId": "ann", "firstName": "Ann", "properties": {"tier": 2}}
    assert (await world.track({"type": "identify", "payload": payload})).status_code == 200
    answer = await world.get("/export/events", filters=filters(condition))
    assert answer.status_code == 200, answer.text
    assert sorted(row["id"][-1] for row in answer.json()["data"]) == list(remaining)


_TOO_LONG = "A pattern has at most 1000 characters"
_NO_PATTERN = "Invalid regular expression"

WRONG: list[tuple[Any, list[str | int], str]] = [
    (("colour", "is", ["x"]), ["filters", 0, "name"], "'colour' is not a known field"),
    (("properties.", "is", ["x"]), ["filters", 0, "name"], "'properties.' is not a known field"),
    (
        ("properties.a*.b", "is", ["x"]),
        ["filters", 0, "name"],
        "'properties.a*.b' is not a known field",
    ),
    (
        ("properties.a.*.*.*.*", "is", ["x"]),
        ["filters", 0, "name"],
        "'properties.a.*.*.*.*' is not a known field",
    ),
    (("", "is", ["x"]), ["filters", 0, "name"], "'' is not a known field"),
    (("group.age", "is", ["x"]), ["filters", 0, "name"], "'group.age' is not a known field"),
    (("session.name", "is", ["x"]), ["filters", 0, "name"], "'session.name' is not a known field"),
    (("profile.age", "is", ["x"]), ["filters", 0, "name"], "'profile.age' is not a known field"),
    (("path", "equals", ["x"]), ["filters", 0, "operator"], "Invalid enum value"),
    (("path", "inCohort", []), ["filters", 0, "cohortIds"], "Expected the ids of cohorts"),
    (("", "notInCohort", ["7"]), ["cohort"], "There is no cohort '7'."),
    (("cohort:7", "is", ["true"]), ["cohort"], "There is no cohort '7'."),
    (
        ("session.performed_event", "contains", ["x"]),
        ["filters", 0, "operator"],
        "contains is not available on 'session.performed_event'",
    ),
    (("path", "regex", ["a" * 1001]), ["filters", 0, "value"], _TOO_LONG),
    (("path", "regex", ["((a{100}){100}){100}"]), ["filters", 0, "value"], _NO_PATTERN),
    (("has_profile", "gt", [True]), ["filters", 0, "operator"], "true and false have no order"),
    (("path", "regex", ["("]), ["filters", 0, "value"], "Invalid regular expression"),
    (("path", "regex", ["(?=a)"]), ["filters", 0, "value"], "Invalid regular expression"),
    (("path", "is", ["a\0"]), ["filters", 0, "value"], "NUL characters are not allowed"),
    (("revenue", "gt", ["many"]), ["filters", 0, "value"], "Expected numbers"),
    (("revenue", "contains", ["1"]), ["filters", 0, "operator"], "contains needs a field of text"),
    (("createdAt", "gt", ["2024-02-30"]), ["filters", 0, "value"], "Invalid date"),
    (("is_bounce", "is", ["maybe"]), ["filters", 0, "value"], "Expected true or false"),
    (("properties.x", "gt", ["many"]), ["filters", 0, "value"], "Expected numbers"),
]


@pytest.mark.parametrize(("condition", "path", "message"), WRONG)
async def test_wrong_filter_is_named(
    world: World, condition: tuple[str, str, Any], path: list[str | int], message: str
) -> None:
    answer = await world.get("/insights/demo/browser", filters=filters(condition))
    assert answer.status_code == 400
    assert answer.json()["details"]["issues"] == [{"path": path, "message": message}]


async def test_each_wrong_filter_is_named(world: World) -> None:
    wrong = filters(
        ("a", "is", [{}]), ("path", "is", ["/"]), ("b", "what", ["x"]), ("c", "is", [1])
    )
    answer = await world.get("/insights/demo/browser", filters=wrong)
    paths = [issue["path"] for issue in answer.json()["details"]["issues"]]
    assert paths == [["filters", 0, "value", 0], ["filters", 2, "operator"], ["filters", 3, "name"]]


async def test_cohort_filters_by_what_profiles_did_and_have(world: World) -> None:
    payload = {"profileId": "ann", "properties": {"tier": 2}}
    assert (await world.track({"type": "identify", "payload": payload})).status_code == 200
    signed_up = Performed(named("sign_up"), 1, Operator.AT_LEAST, last_days(7))
    has_tier = Compare(ProfileProperty("tier"), Operator.AT_LEAST, (2,))
    seldom = Performed(named("screen_view"), 2, Operator.AT_MOST)
    cohorts = world.services.cohorts
    for condition, members in ((All((signed_up, has_tier)), "12345"), (seldom, "67")):
        made = await cohorts.create(world.demo.number, "Some", condition)
        for reference in (made.cohort.id, made.number):
            for word, expected in (("inCohort", members), ("notInCohort", "1234567")):
                kept = expected if word == "inCohort" else set(expected) - set(members)
                wire = {"operator": word, "cohortIds": [reference]}
                answer = await world.get("/export/events", filters=json.dumps([wire]))
                assert answer.status_code == 200, answer.text
                assert {row["id"][-1] for row in answer.json()["data"]} == set(kept)
