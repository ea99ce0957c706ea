import json
from typing import Any

import pytest

from app.compat.openpanel.insights.breakdowns import SHAPES
from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

METRICS = {
    "bounce_rate": 33.33,
    "unique_visitors": 2,
    "total_sessions": 3,
    "avg_session_duration": 60,
    "total_screen_views": 5,
    "views_per_session": 1.67,
    "total_revenue": 1999,
}


async def test_metrics_of_a_range_and_of_each_day(world: World) -> None:
    answer = await world.get("/insights/demo/metrics", range="7d")
    body = answer.json()
    assert answer.status_code == 200
    assert body["metrics"] == METRICS
    dates = [row["date"] for row in body["series"]]
    assert dates[0] == "2025-02-24T00:00:00.000Z"
    assert len(dates) == 8
    assert body["series"][6] == {"date": "2025-03-02T00:00:00.000Z", **METRICS}
    assert body["series"][7]["total_sessions"] == 0


async def test_documented_metrics_request(world: World) -> None:
    path = (
        "/insights/demo/metrics?range=30d"
        '&filters=[{"name":"path","operator":"contains","value":["/product"]}]'
    )
    body = (await world.http.get(path, headers=dict(world.reading))).json()
    assert body["metrics"]["total_sessions"] == 0
    assert len(body["series"]) == 31


INTERVALS = [
    ("2025-03-02", "2025-03-02", 24, "2025-03-02T23:00:00.000Z"),
    ("2025-03-01", "2025-03-02", 2, "2025-03-02T00:00:00.000Z"),
    ("2024-12-01", "2025-03-03", 93, "2025-03-03T00:00:00.000Z"),
    ("2024-12-01", "2025-03-04", 14, "2025-03-02T00:00:00.000Z"),
    ("2024-08-01", "2025-03-03", 8, "2025-03-01T00:00:00.000Z"),
]


@pytest.mark.parametrize(("start", "end", "count", "last"), INTERVALS)
async def test_interval_follows_from_the_range_and_weeks_begin_on_sunday(
    world: World, start: str, end: str, count: int, last: str
) -> None:
    answer = await world.get("/insights/demo/metrics", startDate=start, endDate=end)
    series = answer.json()["series"]
    assert (len(series), series[-1]["date"]) == (count, last)


async def test_dates_are_local_and_end_with_z(world: World) -> None:
    headers = dict(world.root)
    path = "/insights/other/metrics?startDate=2025-03-09&endDate=2025-03-09"
    series = (await world.http.get(path, headers=headers)).json()["series"]
    # Clocks in New York skipped an hour that day.
    assert len(series) == 23
    assert [series[at]["date"] for at in (0, 1, 2)] == [
        "2025-03-09T00:00:00.000Z",
        "2025-03-09T01:00:00.000Z",
        "2025-03-09T03:00:00.000Z",
    ]


async def test_pages_have_documented_and_present_fields(world: World) -> None:
    answer = await world.http.get("/insights/demo/pages?range=7d&limit=20", headers=world.reading)
    assert answer.json() == [
        {
            "title": "Home",
            "origin": "https://shop.test",
            "path": "/",
            "sessions": 3,
            "bounce_rate": 50,
            "avg_duration": 13.33,
            "pageviews": 3,
            "revenue": 0,
        },
        {
            "title": "",
            "origin": "https://shop.test",
            "path": "/docs",
            "sessions": 1,
            "bounce_rate": 0,
            "avg_duration": 10,
            "pageviews": 1,
            "revenue": 0,
        },
        {
            "title": "Prices",
            "origin": "https://shop.test",
            "path": "/pricing",
            "sessions": 1,
            "bounce_rate": 0,
            "avg_duration": 0,
            "pageviews": 1,
            "revenue": 0,
        },
    ]


NUMBERS = {
    "sessions": 1,
    "bounce_rate": 0,
    "avg_session_duration": 110,
    "pageviews": 2,
    "revenue": 1999,
}

ROWS: list[tuple[str, dict[str, Any]]] = [
    ("referrer", {"name": "https://google.com"}),
    ("referrer_name", {"name": "Google"}),
    ("referrer_type", {"name": "search"}),
    ("utm_source", {"name": "news"}),
    ("country", {"name": "Sweden", "code": "SE"}),
    ("region", {"prefix": "Sweden", "name": "Skåne"}),
    ("city", {"prefix": "Sweden", "name": "Lund"}),
    ("device", {"name": "desktop"}),
    ("browser", {"name": "Chrome"}),
    ("browser_version", {"prefix": "Chrome", "name": "133.0"}),
    ("os", {"name": "Windows"}),
    ("os_version", {"prefix": "Windows", "name": "11"}),
]


@pytest.mark.parametrize(("name", "label"), ROWS)
async def test_breakdown_row(world: World, name: str, label: dict[str, Any]) -> None:
    rows = (await world.get(f"/insights/demo/{name}", range="30d", limit="15")).json()
    assert label | NUMBERS in rows
    assert sum(row["sessions"] for row in rows) == 3


async def test_there_are_eighteen_breakdowns_and_each_names_nothing_null(world: World) -> None:
    assert len(SHAPES) == 18
    for name in SHAPES:
        rows = (await world.get(f"/insights/demo/{name}")).json()
        nameless = [row for row in rows if row["name"] is None]
        assert nameless, name
        assert all(
            {"sessions", "bounce_rate", "avg_session_duration", "pageviews", "revenue"} <= {*row}
            for row in rows
        )


async def test_cursor_and_limit_slice_the_rows(world: World) -> None:
    whole = (await world.get("/insights/demo/country", limit="500")).json()
    slices = [
        (await world.get("/insights/demo/country", limit="1", cursor=str(page))).json()
        for page in (1, 2, 3, 4)
    ]
    assert [row for rows in slices for row in rows] == whole
    assert slices[3] == []


async def test_filter_by_country_name(world: World) -> None:
    chosen = json.dumps([{"name": "country", "operator": "is", "value": ["United States"]}])
    rows = (await world.get("/insights/demo/country", filters=chosen)).json()
    assert [row["name"] for row in rows] == ["United States"]


async def test_number_and_prefixed_paths_name_the_same_project(world: World) -> None:
    for path in (f"/insights/{world.demo.number}/metrics", "/api/insights/demo/metrics"):
        assert (await world.get(path)).json()["metrics"] == METRICS


async def test_metrics_of_pages_are_those_of_their_views(world: World) -> None:
    home = json.dumps([{"name": "path", "operator": "is", "value": ["/"]}])
    body = (await world.get("/insights/demo/metrics", range="7d", filters=home)).json()
    expected = {
        "bounce_rate": 50,
        "unique_visitors": 2,
        "total_sessions": 3,
        "avg_session_duration": 0,
        "total_screen_views": 3,
        "views_per_session": 1,
        "total_revenue": 0,
    }
    assert body["metrics"] == expected
    assert body["series"][6] == {"date": "2025-03-02T00:00:00.000Z", **expected}


async def test_stays_on_pages_last_until_the_next_of_them(world: World) -> None:
    any_page = json.dumps([{"name": "path", "operator": "startsWith", "value": ["/"]}])
    body = (await world.get("/insights/demo/metrics", range="7d", filters=any_page)).json()
    assert body["metrics"]["avg_session_duration"] == 25
    assert body["metrics"]["total_screen_views"] == 5


async def test_metrics_can_be_compared_with_the_period_before(world: World) -> None:
    days = {"startDate": "2025-03-03", "endDate": "2025-03-03", "previous": "true"}
    body = (await world.get("/insights/demo/metrics", **days)).json()
    assert body["metrics"]["total_sessions"] == 0
    assert body["previous"]["metrics"] == METRICS
    assert len(body["previous"]["series"]) == 24
    paged = json.dumps([{"name": "path", "operator": "is", "value": ["/"]}])
    body = (await world.get("/insights/demo/metrics", filters=paged, **days)).json()
    assert body["previous"]["metrics"]["total_screen_views"] == 3


async def test_overview_in_weeks(world: World) -> None:
    body = (await world.get("/insights/demo/overview", range="30d", interval="week")).json()
    assert body["summary"] == METRICS
    assert [row["date"][:10] for row in body["series"]][-2:] == ["2025-02-23", "2025-03-02"]
    assert (body["startDate"], body["endDate"]) == (
        "2025-02-01T00:00:00.000Z",
        "2025-03-04T00:00:00.000Z",
    )


async def test_active_users_of_the_days_up_to_each(world: World) -> None:
    body = (await world.get("/insights/demo/active_users", range="3d", days="2")).json()
    assert (body["window_days"], body["label"]) == (2, "2d active")
    assert [row["users"] for row in body["series"]] == [0, 0, 2, 2]


async def test_pages_where_sessions_end(world: World) -> None:
    rows = (await world.get("/insights/demo/pages/entry_exit", mode="exit")).json()
    assert [(row["path"], row["sessions"]) for row in rows] == [("/", 2), ("/pricing", 1)]


async def test_performance_of_pages(world: World) -> None:
    params = {"sortBy": "avg_duration", "search": "/", "limit": "2"}
    body = (await world.get("/insights/demo/pages/performance", **params)).json()
    assert (body["total_pages"], body["shown"]) == (3, 2)
    first = body["pages"][0]
    assert (first["path"], first["avg_duration"], first["bounce_rate"]) == ("/", 0.22, 50)
    assert first["seo_signals"] == {
        "high_bounce": False,
        "low_engagement": True,
        "good_landing_page": False,
    }


async def test_traffic_by_the_chosen_field(world: World) -> None:
    rows = (await world.get("/insights/demo/traffic/devices", breakdown="os")).json()
    assert {row["name"] for row in rows} == {"Windows", None}
    refused = await world.get("/insights/demo/traffic/geo", breakdown="os")
    assert refused.json()["details"]["issues"] == [
        {"path": ["breakdown"], "message": "Invalid enum value"}
    ]
