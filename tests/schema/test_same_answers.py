"""REST and GraphQL are asked the same, of the same server, and say the same."""

from typing import Any

import pytest

from app.projects.records import ClientType
from tests.schema.conftest import DAY, NOW, Server

pytestmark = pytest.mark.anyio

DAYS = "startDate=2026-02-20&endDate=2026-02-27"
SPAN = 'range: {days: {from: "2026-02-20", to: "2026-02-27"}}'


async def fill(server: Server) -> None:
    """Visits of three weeks: pages, countries, revenue, some of them bounces."""
    await server.keep(
        *(
            server.event(
                0,
                id=f"e{n}",
                created_at=NOW - n * DAY // 3,
                received_at=NOW,
                name="revenue" if n % 7 == 0 else "screen_view",
                device_id=f"d{n % 11}",
                profile_id=f"d{n % 11}",
                path=f"/{n % 4}",
                country=("SE", "DE", None)[n % 3],
                revenue=100 * n if n % 7 == 0 else 0,
            )
            for n in range(60)
        )
    )


async def rest(server: Server, path: str) -> Any:  # noqa: ANN401  JSON of any shape.
    """What the insights routes say."""
    headers = await server.headers_of(ClientType.READ)
    response = await server.http.get(f"/insights/demo/{path}", headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


async def test_metrics_are_the_same(server: Server) -> None:
    await fill(server)
    told = (await rest(server, f"metrics?{DAYS}"))["metrics"]
    names = ["VISITORS", "SESSIONS", "SCREEN_VIEWS", "BOUNCE_RATE", "SESSION_DURATION"]
    metrics = ", ".join(f"{{metric: {name}}}" for name in names)
    answer = await server.ask(
        f"""{{ project(id: "demo") {{ totals(metrics: [{metrics}],
          {SPAN}) {{ values {{ value }} }} }} }}"""
    )
    shown = [one["value"] for one in answer.data["project"]["totals"]["values"]]
    wire = ["unique_visitors", "total_sessions", "total_screen_views", "bounce_rate",
            "avg_session_duration"]  # fmt: skip
    assert [round(value or 0, 2) for value in shown] == [round(told[name], 2) for name in wire]


async def test_countries_are_the_same(server: Server) -> None:
    await fill(server)
    told = await rest(server, f"country?{DAYS}&limit=10")
    answer = await server.ask(
        f"""{{ project(id: "demo") {{ breakdown(by: [{{field: COUNTRY}}], first: 10,
          metrics: [{{metric: SESSIONS}}], {SPAN}) {{ rows {{ key values }} }} }} }}"""
    )
    rows = answer.data["project"]["breakdown"]["rows"]
    shown = {row["key"][0]: row["values"][0] for row in rows}
    assert shown == {row.get("code") or None: row["sessions"] for row in told}


async def test_events_are_the_same(server: Server) -> None:
    await fill(server)
    headers = await server.headers_of(ClientType.READ)
    response = await server.http.get(
        "/export/events?projectId=demo&limit=50&event=screen_view", headers=headers
    )
    told = [(row["id"], row["name"], row["path"]) for row in response.json()["data"]]
    answer = await server.ask(
        """{ project(id: "demo") { events(first: 50, filter: {name: {eq: "screen_view"}}) {
          nodes { eventId name path } } } }"""
    )
    nodes = answer.data["project"]["events"]["nodes"]
    assert [(one["eventId"], one["name"], one["path"]) for one in nodes] == told
