"""REST and GraphQL are asked the same, of the same server, and say the same."""

import csv
import io
from typing import Any

import pytest

from app.projects.issuer import CredentialIssuer
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


async def test_charts_of_every_door_are_the_same(server: Server) -> None:
    """PostHog's result and file, OpenPanel's chart and GraphQL's series, number by number."""
    await fill(server)
    issuer = CredentialIssuer(server.control, server.services.clock, server.services.projects)
    key = await issuer.create_api_key(server.project, ["*"])
    bearer = {"authorization": f"Bearer {key.key}"}
    source = {
        "kind": "TrendsQuery",
        "dateRange": {"date_from": "2026-02-20", "date_to": "2026-02-27"},
        "series": [{"kind": "EventsNode", "event": "$pageview"}],
        "breakdownFilter": {"breakdown": "$pathname", "breakdown_limit": 10},
    }
    made = await server.http.post(
        "/api/projects/demo/insights/?refresh=blocking", json={"query": source}, headers=bearer
    )
    result = {part["breakdown_value"]: part["data"] for part in made.json()["result"]}
    order = {"export_format": "text/csv", "insight": made.json()["id"]}
    export = await server.http.post("/api/projects/demo/exports/", json=order, headers=bearer)
    path = f"/api/projects/demo/exports/{export.json()['id']}/content/"
    file = await server.http.get(path, headers=bearer)
    rows = list(csv.reader(io.StringIO(file.text)))
    in_file = {row[1]: [int(cell) for cell in row[2:-1]] for row in rows[1:]}
    answer = await server.ask(
        f"""{{ project(id: "demo") {{ timeseries(metrics: [{{metric: PAGEVIEWS}}], {SPAN},
          interval: DAY, breakdown: [{{field: PATH}}]) {{ series {{ key points }} }} }} }}"""
    )
    lines = answer.data["project"]["timeseries"]["series"]
    in_graphql = {line["key"][0]: line["points"] for line in lines}
    event = '[{"name":"screen_view"}]&breakdowns=[{"name":"path"}]'
    headers = await server.headers_of(ClientType.READ)
    chart = await server.http.get(
        f"/export/charts?projectId=demo&events={event}&interval=day&{DAYS}", headers=headers
    )
    in_chart = {
        line["names"][-1]: [point["count"] for point in line["data"]]
        for line in chart.json()["series"]
    }
    assert sum(map(sum, result.values())) > 0
    assert in_file == result
    assert in_graphql == result
    assert in_chart == result
