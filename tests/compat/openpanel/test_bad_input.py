from urllib.parse import quote

import pytest

from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

DEEP = "[" * 5_000 + "]" * 5_000
MANY = '[{"name":"path","operator":"contains","value":[' + ",".join(['"x"'] * 500) + "]}]"

# Every query is tried on every route; the status is that of the routes that know the parameter.
QUERIES = [
    "range=",
    "range=7x",
    "range=null",
    "range=[]",
    "range={}",
    "range=7d&range=30d",
    "range=99999d",
    "range=99999m",
    "range=99999y",
    "range=%00",
    "range=%FF%FE",
    "startDate=2024-02-30",
    "startDate=2024-13-45",
    "startDate=0000-00-00",
    "startDate=9999-12-31",
    "endDate=9999-12-31",
    "endDate=0001-01-01",
    "startDate=0001-01-01T00:00:00%2B14:00",
    "startDate=9999-12-31T23:59:59-14:00",
    "startDate=0001-01-01&endDate=9999-12-31",
    "startDate=2024-02-02&endDate=2024-01-01",
    "startDate=-1",
    "startDate=99999999999999",
    "startDate=99999999999999999999",
    "startDate=NaN",
    "startDate=[%222024-01-01%22]",
    "start=2024-02-30",
    "end=2023-02-29",
    "start=%00",
    "limit=abc",
    "limit=0",
    "limit=-1",
    "limit=1.5",
    "limit=1e400",
    "limit=99999999999999999999999",
    "limit=[10]",
    "limit=true",
    "cursor=0",
    "cursor=abc",
    "cursor=999999999999999999",
    "page=0",
    "page=abc",
    "page=999999999999999999",
    "filters=",
    "filters=[",
    "filters=null",
    "filters=5",
    "filters=%22x%22",
    "filters=[1]",
    "filters=[null]",
    "filters=[[]]",
    "filters=[{}]",
    'filters={"name":"path"}',
    'filters=[{"name":1,"operator":"is","value":["x"]}]',
    'filters=[{"name":"path","operator":"is","value":{"a":1}}]',
    'filters=[{"name":"path","operator":"is","value":[["a"]]}]',
    'filters=[{"name":"path","operator":"is","value":[1e308,-1e308,9223372036854775808]}]',
    'filters=[{"name":"revenue","operator":"gt","value":[99999999999999999999]}]',
    'filters=[{"name":"revenue","operator":"is","value":["1e999"]}]',
    'filters=[{"name":"path","operator":"is","value":["\\u0000"]}]',
    'filters=[{"name":"path","operator":"is","value":["\\ud800"]}]',
    'filters=[{"name":"properties.a\\u0000","operator":"is","value":["x"]}]',
    'filters=[{"name":"properties.\\"]; DROP","operator":"is","value":["\'; DROP TABLE"]}]',
    'filters=[{"name":"path","operator":"regex","value":["(("]}]',
    'filters=[{"name":"path","operator":"regex","value":["(a{1000}){1000}"]}]',
    'filters=[{"name":"path","operator":"regex","value":["(a+)+$"]}]',
    'filters=[{"name":"createdAt","operator":"gt","value":[1e300]}]',
    'filters=[{"name":"createdAt","operator":"lt","value":[true]}]',
    f"filters={DEEP}",
    f"filters={MANY}",
    "filters=[" + ",".join(['{"name":"path","operator":"isNull"}'] * 51) + "]",
    "event[]=%00",
    "event=[{}]",
    'event=["\\u0000"]',
    "event=" + "x" * 20_000,
    "profileId=a&profileId=b",
    "includes=[5]",
    "includes=[[]]",
    "&&&=&=x&%",
    "filters[]=%5B%5D&range[]=7d",
]
ROUTES = [
    "/insights/demo/metrics",
    "/insights/demo/live",
    "/insights/demo/pages",
    "/insights/demo/region",
    "/export/events",
    "/export/funnel?events=a,b",
    "/export/charts",
]


def test_there_are_enough_bad_inputs() -> None:
    assert len(QUERIES) >= 40


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
async def test_bad_input_is_answered_or_named(world: World, query: str) -> None:
    escaped = quote(query, safe="=&%+[]{}:,")
    for route in ROUTES:
        answer = await world.http.get(
            f"{route}{'&' if '?' in route else '?'}{escaped}", headers=dict(world.reading)
        )
        assert answer.status_code in (200, 400), f"{route}: {answer.text}"
        if answer.status_code == 400:
            issues = answer.json()["details"]["issues"]
            assert issues
            assert all(issue["path"] and issue["message"] for issue in issues)


NAMED = [
    ("/insights/demo/metrics?startDate=2024-02-30", ["startDate"]),
    ("/insights/demo/pages?endDate=2023-02-29", ["endDate"]),
    ("/insights/demo/country?limit=abc", ["limit"]),
    ("/insights/demo/country?cursor=x", ["cursor"]),
    ("/insights/demo/metrics?filters=[", ["filters"]),
    ("/insights/demo/metrics?range=nope", ["range"]),
    ("/export/events?start=2024-02-30", ["start"]),
    ("/export/events?end=nope", ["end"]),
    ("/export/events?limit=1.5", ["limit"]),
    ("/export/events?page=first", ["page"]),
    ("/export/events?filters={", ["filters"]),
    ("/export/events?profileId=a&profileId=b", ["profileId"]),
    ("/export/events?projectId=a&projectId=b", ["projectId"]),
    ("/export/events?event=[{}]", ["event", 0]),
]


@pytest.mark.parametrize(("path", "named"), NAMED)
async def test_issue_names_its_parameter(world: World, path: str, named: list[str | int]) -> None:
    answer = await world.http.get(path, headers=dict(world.reading))
    assert answer.status_code == 400
    assert [issue["path"] for issue in answer.json()["details"]["issues"]] == [named]
