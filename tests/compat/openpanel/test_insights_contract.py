"""The documented requests, as they are documented, but for ids and credentials."""

from typing import Any, cast

import pytest

from tests.compat.openpanel.world import World

pytestmark = pytest.mark.anyio

NUMBER = (int, float)

METRICS: dict[str, Any] = {
    "bounce_rate": NUMBER,
    "unique_visitors": int,
    "total_sessions": int,
    "avg_session_duration": NUMBER,
    "total_screen_views": int,
    "views_per_session": NUMBER,
}
PAGE: dict[str, Any] = {
    "title": str,
    "origin": str,
    "path": str,
    "sessions": int,
    "bounce_rate": NUMBER,
    "avg_duration": NUMBER,
}
ROW: dict[str, Any] = {
    "name": (str, type(None)),
    "sessions": int,
    "bounce_rate": NUMBER,
    "avg_session_duration": NUMBER,
}

OF_PRODUCTS = (
    'metrics?range=30d&filters=[{"name":"path","operator":"contains","value":["/product"]}]'
)
OF_JANUARY = (
    'metrics?filters=[{"name":"path","operator":"is","value":["/home"]}]'
    "&startDate=2024-01-01&endDate=2024-01-31"
)

REQUESTS = [
    (
        'metrics?range=30d&filters=[{"name":"path","operator":"contains","value":["/product"]}]',
        {"metrics": METRICS},
    ),
    (
        OF_JANUARY,
        {"metrics": METRICS},
    ),
    ("metrics?range=7d", {"metrics": METRICS}),
    ("live", {"visitors": int}),
    ("pages?range=7d&limit=20", [PAGE]),
    ("referrer?range=30d&limit=15", [ROW]),
    ("referrer_name", [ROW]),
    ("referrer_type", [ROW]),
    ("utm_source?range=30d", [ROW]),
    ("utm_medium", [ROW]),
    ("utm_campaign", [ROW]),
    ("utm_term", [ROW]),
    ("utm_content", [ROW]),
    ("country?range=30d&limit=20", [ROW]),
    ("region", [{**ROW, "prefix": (str, type(None))}]),
    ("city", [{**ROW, "prefix": (str, type(None))}]),
    ("device", [ROW]),
    ("browser?range=7d", [ROW]),
    ("browser_version", [{**ROW, "prefix": (str, type(None))}]),
    ("os", [ROW]),
    ("os_version", [{**ROW, "prefix": (str, type(None))}]),
    ("brand", [ROW]),
    ("model", [ROW]),
]


@pytest.mark.parametrize(("request_", "shape"), REQUESTS)
async def test_documented_request_is_answered_as_documented(
    world: World,
    request_: str,
    shape: Any,  # noqa: ANN401 — nested as the answer is.
) -> None:
    answer = await world.http.get(f"/insights/demo/{request_}", headers=dict(world.reading))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body: Any = answer.json()
    _has_shape(body, shape)
    if isinstance(shape, list):
        assert body
        counts = [row["sessions"] for row in body]
        assert counts == sorted(counts, reverse=True)
    elif "series" in body:
        assert body["series"]
        for row in body["series"]:
            _has_shape(row, {**METRICS, "date": str})
            assert row["date"].endswith("T00:00:00.000Z")


def _has_shape(body: object, shape: object) -> None:
    if isinstance(shape, list):
        assert isinstance(body, list)
        for row in cast("list[object]", body):
            _has_shape(row, cast("list[object]", shape)[0])
    elif isinstance(shape, dict):
        for key, kind in cast("dict[str, object]", shape).items():
            _has_shape(cast("dict[str, object]", body)[key], kind)
    else:
        assert isinstance(body, cast("type", shape))


async def test_documented_errors(world: World) -> None:
    refused = await world.get("/insights/demo/metrics", range="nonsense")
    assert refused.status_code == 400
    told = refused.json()
    assert {key: told[key] for key in ("error", "message", "details")} == {
        "error": "Bad Request",
        "message": "Invalid query parameters",
        "details": {"issues": [{"path": ["range"], "message": "Invalid enum value"}]},
    }
    unknown = await world.http.get("/insights/demo/metrics")
    assert unknown.status_code == 401
    body = unknown.json()
    assert (body["error"], body["message"]) == ("Unauthorized", "Invalid client credentials")
