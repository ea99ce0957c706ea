"""`GET /export/charts`: every documented request, the exact shape, and what is refused."""

import json
from typing import Any

import pytest

from app.analytics.filters import Performed
from app.analytics.metrics import named
from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

DATES = {"startDate": "2025-03-01", "endDate": "2025-03-03"}
DAYS = ["2025-03-01 00:00:00", "2025-03-02 00:00:00", "2025-03-03 00:00:00"]


async def chart(world: World, **params: str) -> dict[str, Any]:
    answer = await world.get("/export/charts", **{**DATES, **params})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def counts(line: dict[str, Any]) -> list[float]:
    return [point["count"] for point in line["data"]]


def lines(body: dict[str, Any]) -> list[tuple[list[str], float]]:
    return [(line["names"], line["metrics"]["sum"]) for line in body["series"]]


async def test_shape_of_a_chart(world: World) -> None:
    body = await chart(
        world,
        events='["screen_view","sign_up"]',
        breakdowns='[{"name":"country"}]',
        previous="true",
        startDate="2025-03-02",
        endDate="2025-03-02",
        interval="hour",
    )
    first, *_ = body["series"]
    assert first["id"] == "screenview-a-se"
    assert first["names"] == ["(A) screen_view", "SE"]
    assert first["event"] == {"id": "A", "name": "screen_view", "breakdowns": {"country": "SE"}}
    assert first["metrics"] == {"sum": 2, "average": 2, "min": 0, "max": 2, "count": 1}
    assert len(first["data"]) == 24
    assert first["data"][10] == {"date": "2025-03-02 10:00:00", "count": 2}
    assert body["metrics"] == {"sum": 6, "average": 1.5, "min": 0, "max": 2}
    # Nothing came from nowhere before, so that line keeps its place without a label.
    unknown = next(line for line in body["series"] if line["names"] == ["(A) screen_view"])
    assert unknown["event"]["breakdowns"] == {"country": ""}


async def test_previous_stands_beside_every_number(world: World) -> None:
    body = await chart(
        world,
        events="screen_view",
        previous="true",
        startDate="2025-03-02T16:00:00Z",
        endDate="2025-03-02T23:59:59.999Z",
        interval="hour",
    )
    (line,) = body["series"]
    assert line["metrics"] == {
        "sum": 2,
        "average": 2,
        "min": 0,
        "max": 2,
        "count": 1,
        "previous": {
            "sum": {"diff": 50, "state": "negative", "value": 3},
            "average": {"diff": 33.3, "state": "positive", "value": 1.5},
            "min": {"diff": None, "state": "neutral", "value": 0},
            "max": {"diff": None, "state": "neutral", "value": 2},
            "count": {"diff": None, "state": "neutral", "value": 1},
        },
    }
    at_six, at_eight = line["data"][2], line["data"][4]
    assert at_six == {
        "date": "2025-03-02 18:00:00",
        "count": 0,
        "previous": {"diff": None, "state": "negative", "value": 2},
    }
    assert at_eight["previous"] == {"diff": None, "state": "positive", "value": 0}


DOCUMENTED = [
    'events=["sign_up","purchase"]&interval=day&range=last_30_days&chartType=linear&metric=sum',
    'events=["sign_up"]&range=30d&breakdowns=[{"name":"country"}]&previous=true&limit=10&offset=0',
    *(
        f'events=["sign_up"]&range={word}&interval=month'
        for word in ("last_30_days", "this_month", "this_year", "all_time", "last_7_days")
    ),
    'events=["sign_up"]&interval=day&startDate=2025-03-01&endDate=2025-03-30&metric=average',
    'events=["sign_up"]&interval=hour&range=last_7_days&metric=min',
    'series=[{"name":"sign_up","segment":"event","filters":[]}]&metric=max&range=30d',
]


@pytest.mark.parametrize("query", DOCUMENTED)
@pytest.mark.parametrize("project", ["projectId=demo", "project_id=demo"])
async def test_documented_requests(world: World, query: str, project: str) -> None:
    answer = await world.http.get(f"/export/charts?{project}&{query}", headers=dict(world.reading))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    (line,) = body["series"]
    assert line["names"][0].endswith("sign_up")
    assert line["metrics"]["sum"] == sum(counts(line)) == 1
    assert {*body["metrics"]} == {"sum", "average", "min", "max"}


@pytest.mark.parametrize(
    "events",
    [
        "events=sign_up,revenue",
        "events=sign_up&events=revenue",
        "events[]=sign_up&events[]=revenue",
        'events=["sign_up","revenue"]',
        'events=["sign_up",{"name":"revenue"}]',
        'events={"name":"sign_up"}&events={"name":"revenue"}',
        'series=[{"name":"sign_up"},{"name":"revenue"}]&events=["ignored"]',
    ],
)
async def test_series_come_in_every_form(world: World, events: str) -> None:
    answer = await world.http.get(f"/export/charts?{events}", headers=dict(world.reading))
    assert lines(answer.json()) == [(["(A) sign_up"], 1), (["(B) revenue"], 1)]


SEGMENTS: list[tuple[dict[str, Any], list[float]]] = [
    ({"name": "screen_view"}, [0, 5, 0]),
    ({"name": "*"}, [0, 7, 0]),
    ({"name": "screen_view", "segment": "user"}, [0, 2, 0]),
    ({"name": "screen_view", "segment": "session"}, [0, 3, 0]),
    ({"name": "*", "segment": "group"}, [0, 1, 0]),
    ({"name": "screen_view", "segment": "user_average"}, [0, 2.5, 0]),
    ({"name": "screen_view", "segment": "one_event_per_user"}, [0, 2, 0]),
    ({"name": "*", "segment": "property_sum", "property": "properties.seats"}, [0, 3, 0]),
    ({"name": "revenue", "segment": "property_sum", "property": "revenue"}, [0, 1999, 0]),
    ({"name": "*", "segment": "property_max", "property": "revenue"}, [0, 1999, 0]),
    ({"name": "*", "segment": "property_min", "property": "longitude"}, [0, 13.19, 0]),
    ({"name": "*", "segment": "property_average", "property": "revenue"}, [0, 285.57, 0]),
    ({"name": "*", "segment": "median", "property": "revenue"}, [0, 0, 0]),
    ({"name": "*", "segment": "p90", "property": "revenue"}, [0, 799.6, 0]),
    ({"name": "*", "segment": "p95", "property": "revenue"}, [0, 1399.3, 0]),
    ({"name": "*", "segment": "p99", "property": "revenue"}, [0, 1879.06, 0]),
    ({"name": "screen_view", "segment": "property_sum"}, [0, 5, 0]),
    (
        {
            "name": "screen_view",
            "filters": [{"name": "path", "operator": "is", "value": ["/", "/docs"]}],
        },
        [0, 4, 0],
    ),
]


@pytest.mark.parametrize(("series", "expected"), SEGMENTS, ids=lambda case: str(case)[:60])
async def test_segments(world: World, series: dict[str, Any], expected: list[float]) -> None:
    (line,) = (await chart(world, series=json.dumps([series])))["series"]
    assert counts(line) == expected
    assert [point["date"] for point in line["data"]] == DAYS


BREAKDOWNS: list[tuple[str, list[tuple[list[str], float]]]] = [
    ("country", [(["screen_view", "SE"], 2), (["screen_view"], 2), (["screen_view", "US"], 1)]),
    (
        '["country","path"]',
        [
            (["screen_view", "SE", "/"], 1),
            (["screen_view", "SE", "/pricing"], 1),
            (["screen_view", "US", "/"], 1),
            (["screen_view", "/"], 1),
            (["screen_view", "/docs"], 1),
        ],
    ),
    ('[{"name":"profile.id"}]', [(["screen_view", "ann"], 3), (["screen_view"], 2)]),
    ("has_profile", [(["screen_view", "true"], 3), (["screen_view", "false"], 2)]),
]


@pytest.mark.parametrize(("breakdowns", "expected"), BREAKDOWNS)
async def test_breakdowns(
    own: World, breakdowns: str, expected: list[tuple[list[str], float]]
) -> None:
    told = {"type": "identify", "payload": {"profileId": "ann"}}
    assert (await own.track(told)).status_code == 200
    body = await chart(own, events="screen_view", breakdowns=breakdowns)
    assert sorted(lines(body)) == sorted(expected)
    assert [total for _, total in lines(body)] == sorted(
        (total for _, total in expected), reverse=True
    )
    assert len({line["id"] for line in body["series"]}) == len(expected)


async def test_the_cohorts_of_each_profile_break_down(own: World) -> None:
    number, cohorts = own.demo.number, own.services.cohorts
    assert await lines_by_cohort(own) == [(["screen_view"], 5)]
    for name, event in (("Joined", "sign_up"), ("Seen", "screen_view")):
        await cohorts.create(number, name, Performed(named(event)))
    expected = [(["screen_view", "Joined"], 3), (["screen_view", "Seen"], 5)]
    assert sorted(await lines_by_cohort(own)) == expected


async def lines_by_cohort(own: World) -> list[tuple[list[str], float]]:
    return lines(await chart(own, events="screen_view", breakdowns='["cohort"]'))


async def test_groups_and_properties_break_down(world: World) -> None:
    body = await chart(world, events="sign_up", breakdowns='["group.name","properties.plan"]')
    assert lines(body) == [(["sign_up", "Acme", "pro"], 1)]


async def test_lines_are_ranked_and_sliced(world: World) -> None:
    body = await chart(world, events="screen_view", breakdowns="path", limit="2", offset="1")
    assert lines(body) == [(["screen_view", "/docs"], 1), (["screen_view", "/pricing"], 1)]
    assert body["metrics"]["sum"] == 5
    by_people = await chart(world, events="screen_view", breakdowns="path", metric="count")
    assert lines(by_people)[0] == (["screen_view", "/"], 3)


async def test_formulas_are_lines_of_their_own(world: World) -> None:
    series = [
        {"name": "screen_view"},
        {"name": "sign_up"},
        {"type": "formula", "formula": "A / B", "displayName": "views", "hideSeries": ["A", "B"]},
    ]
    (line,) = (await chart(world, series=json.dumps(series)))["series"]
    assert line["names"] == ["(C) views"]
    assert line["event"] == {"id": "C", "name": "views", "type": "formula", "formula": "A / B"}
    assert counts(line) == [0, 5, 0]
    assert "count" not in line["metrics"]
    beside = await chart(world, events="screen_view", formula="A * 2")
    assert lines(beside) == [(["(B) A * 2"], 10), (["(A) screen_view"], 5)]


async def test_weeks_and_months_have_no_time(world: World) -> None:
    for interval, dates in (("week", ["2025-02-24", "2025-03-03"]), ("month", ["2025-03-01"])):
        (line,) = (await chart(world, events="screen_view", interval=interval))["series"]
        assert [point["date"] for point in line["data"]] == dates


async def test_filters_of_the_whole_chart(world: World) -> None:
    american = json.dumps([{"name": "country", "operator": "is", "value": ["US"]}])
    for name in ("filters", "globalFilters"):
        body = await chart(world, events="screen_view", **{name: american})
        assert lines(body) == [(["screen_view"], 1)]


async def test_a_chart_of_nothing_is_empty(world: World) -> None:
    nothing: dict[str, Any] = {
        "series": [],
        "metrics": {"sum": 0, "average": 0, "min": 0, "max": 0},
    }
    assert await chart(world) == nothing
    assert await chart(world, events="[]") == nothing
    assert await chart(world, events="never_seen") == nothing


REFUSED: list[tuple[str, list[str | int]]] = [
    ("startDate=2024-02-30", ["startDate"]),
    ("endDate=nope", ["endDate"]),
    ("startDate=2025-03-03&endDate=2025-03-01", ["endDate"]),
    ("interval=fortnight", ["interval"]),
    ("interval=minute&range=12m", ["interval"]),
    ("range=7x", ["range"]),
    ("metric=median", ["metric"]),
    ("previous=perhaps", ["previous"]),
    ("limit=0", ["limit"]),
    ("limit=-1", ["limit"]),
    ("limit=1001", ["limit"]),
    ("limit=99999999999999999999", ["limit"]),
    ("limit=ten", ["limit"]),
    ("offset=-1", ["offset"]),
    ("offset=99999999999999999999", ["offset"]),
    ("series=[", ["series"]),
    ("events=[{", ["events"]),
    ("events=[5]", ["events", 0]),
    ("events=[{}]", ["events", 0, "name"]),
    ('events=[{"name":"\\u0000"}]', ["events", 0, "name"]),
    ('events=[{"name":"a","segment":"median_of"}]', ["events", 0, "segment"]),
    ('events=[{"name":"a","filters":5}]', ["events", 0, "filters"]),
    (
        'events=[{"name":"a"},{"name":"b","filters":[{"name":"path","operator":"like"}]}]',
        ["events", 1, "filters", 0, "operator"],
    ),
    (
        'events=[{"name":"a","filters":[{"name":"nope","operator":"is","value":["x"]}]}]',
        ["events", 0, "filters", 0, "name"],
    ),
    (
        'events=[{"name":"a","segment":"property_sum","property":"nope"}]',
        ["events", 0, "property"],
    ),
    (f"events={','.join(f'e{number}' for number in range(21))}", ["events"]),
    ("breakdowns=[", ["breakdowns"]),
    ("breakdowns=nope", ["breakdowns", 0, "name"]),
    ("breakdowns=[{}]", ["breakdowns", 0, "name"]),
    ("breakdowns=path,os,city,region,brand", ["breakdowns"]),
    ("globalFilters=[1]", ["globalFilters", 0]),
    ("filters=[", ["filters"]),
    ("formula=A%2B", ["formula"]),
    ('series=[{"name":"a"},{"formula":"C"}]', ["series", 1, "formula"]),
    ('series=[{"name":"a"},{"formula":"A B"}]', ["series", 1, "formula"]),
    ("projectId=a&projectId=b", ["projectId"]),
]


@pytest.mark.parametrize(("query", "named"), REFUSED, ids=lambda case: str(case)[:50])
async def test_what_is_wrong_is_named(world: World, query: str, named: list[str | int]) -> None:
    known = "" if query.startswith(("events", "series")) else "events=screen_view&"
    answer = await world.http.get(f"/export/charts?{known}{query}", headers=dict(world.reading))
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["error"] == "Bad Request"
    assert body["message"] == "Invalid query parameters"
    assert [issue["path"] for issue in body["details"]["issues"]] == [named]
    assert all(issue["message"] for issue in body["details"]["issues"])
