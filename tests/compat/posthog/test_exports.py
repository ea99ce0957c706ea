"""Exports as the documentation has them: ordered, listed, looked at, downloaded."""

import csv
import io
from datetime import datetime
from typing import Any

import pytest

from tests.compat.openpanel.world import NOW
from tests.compat.posthog.world import TRENDS, World

pytestmark = pytest.mark.anyio

CSV = "text/csv"
DOCUMENTED = [
    *("id", "dashboard", "insight", "export_format", "created_at", "has_content"),
    *("export_context", "filename", "expires_after"),
]
EXPORTED = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/svg+xml": b"<svg ",
    "application/pdf": b"%PDF-",
    CSV: b"series,",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK\x03\x04",
    "application/json": b'{"title":"Views"',
    "application/x-ndjson": b'{"series":',
    "application/vnd.apache.parquet": b"PAR1",
    "application/zip": b"PK\x03\x04",
}


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


@pytest.mark.parametrize(("export_format", "start"), EXPORTED.items())
async def test_an_insight_is_exported_in_every_format(
    world: World, export_format: str, start: bytes
) -> None:
    insight = await world.insight()
    export = await world.exported(export_format=export_format, insight=insight["id"])
    assert list(export)[:9] == DOCUMENTED
    assert (export["has_content"], export["exception"]) == (True, None)
    assert (export["insight"], export["dashboard"]) == (insight["id"], None)
    answer = await world.get(f"/exports/{export['id']}/content/", download="true")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == export_format
    assert answer.headers["content-disposition"] == f'attachment; filename="{export["filename"]}"'
    assert answer.content.startswith(start)
    assert len(answer.content) == export["size_bytes"]


async def test_fields_have_the_documented_types(world: World) -> None:
    insight = await world.insight("Q3 Revenue (EU)")
    context = {"filename": None, "note": [1, {"a": None}]}
    export = await world.exported(export_format=CSV, insight=insight["id"], export_context=context)
    assert isinstance(export["id"], int)
    assert export["export_context"] == context
    assert export["created_at"] == "2025-03-03T11:15:30Z"
    assert export["expires_after"] == "2025-09-01T00:00:00Z"
    assert export["filename"] == "export-q3-revenue-eu.csv"
    assert export["row_count"] == 1


@pytest.mark.parametrize("start", ["/api/projects/{}", "/api/environments/{}"])
@pytest.mark.parametrize("reference", ["number", "demo", "@current"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_every_spelling_of_the_paths_works(
    world: World, start: str, reference: str, slash: str
) -> None:
    project = str(world.demo.number) if reference == "number" else reference
    base = f"{start.format(project)}/exports"
    headers = world.bearer()
    order = {"export_format": CSV, "export_context": {"source": TRENDS}}
    made = await world.http.post(f"{base}{slash}", json=order, headers=headers)
    assert made.status_code == 201
    number = made.json()["id"]
    for path in (f"{base}{slash}", f"{base}/{number}{slash}", f"{base}/{number}/content{slash}"):
        assert (await world.http.get(path, headers=headers)).status_code == 200, path


async def test_forms_are_read_like_json(world: World) -> None:
    insight = await world.insight("Form")
    url = f"/api/projects/{world.demo.number}/exports/"
    fields = {
        "export_format": CSV,
        "insight": str(insight["id"]),
        "dashboard": "",
        "export_context": '{"filename": "from a form"}',
        "expires_after": "2025-03-04T11:00:00+01:00",
    }
    plain = await world.http.post(url, data=fields, headers=world.bearer())
    parts: Any = {name: (None, value) for name, value in fields.items()}
    multipart = await world.http.post(url, files=parts, headers=world.bearer())
    for answer in (plain, multipart):
        assert answer.status_code == 201, answer.text
        export = answer.json()
        assert export["insight"] == insight["id"]
        assert export["filename"] == "from-a-form.csv"
        assert export["expires_after"] == "2025-03-04T10:00:00Z"


async def test_lists_hold_the_keys_own_exports_newest_first(fresh: World) -> None:
    order = {"export_format": CSV, "export_context": {"source": TRENDS, "path": "/api/Insights/1"}}
    numbers = [(await fresh.exported(**order))["id"] for _ in range(3)]
    await fresh.send("POST", "/exports/", order, "writes")
    whole = (await fresh.get("/exports/")).json()
    assert [row["id"] for row in whole["results"]] == numbers[::-1]
    assert (whole["count"], whole["next"], whole["previous"]) == (3, None, None)
    base = f"http://ph.test/api/projects/{fresh.demo.number}/exports/"
    middle = (await fresh.get("/exports/", limit="1", offset="1", z="1", a="2")).json()
    assert [row["id"] for row in middle["results"]] == [numbers[1]]
    assert middle["next"] == f"{base}?a=2&limit=1&offset=2&z=1"
    assert middle["previous"] == f"{base}?a=2&limit=1&z=1"
    for params, count in (
        ({"export_format": CSV}, 3),
        ({"export_format": "image/png"}, 0),
        ({"export_format": "un/known"}, 3),
        ({"context_path": "insights"}, 3),
        ({"context_path": "100%"}, 0),
        ({"session_recording_id": "x"}, 0),
        ({"limit": "0", "offset": "-3"}, 3),
        ({"limit": "x", "offset": "x"}, 3),
    ):
        assert (await fresh.get("/exports/", **params)).json()["count"] == count, params


async def test_an_expired_export_is_gone(fresh: World) -> None:
    later = datetime.fromtimestamp(NOW / 1000 + 60).astimezone().isoformat()
    order = {"export_format": CSV, "export_context": {"source": TRENDS}, "expires_after": later}
    export = await fresh.exported(**order)
    path = f"/exports/{export['id']}/"
    assert (await fresh.get(f"{path}content/")).status_code == 200
    fresh.clock.advance(60_000)
    assert (await fresh.get(path)).status_code == 404
    assert (await fresh.get(f"{path}content/")).status_code == 404
    assert (await fresh.get("/exports/")).json()["count"] == 0


async def test_failures_are_told_on_the_export(world: World) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"source": {"kind": "HogQLQuery", "query": "select 1"}}, "HogQLQuery is not supported"),
        ({"source": {**TRENDS, "series": []}}, "source__series: At least one series"),
        ({"path": "/api/nothing/"}, "names nothing that can be exported"),
        ({"session_recording_id": "x"}, "Recordings"),
        ({"note": 1}, "Export is missing required dashboard, insight ID"),
    ]
    for context, reason in cases:
        export = await world.exported(export_format=CSV, export_context=context)
        assert export["has_content"] is False
        assert reason in export["exception"], context
        answer = await world.get(f"/exports/{export['id']}/content/")
        assert (answer.status_code, answer.json()["detail"]) == (404, "Not found.")


async def test_video_of_a_recording_is_an_export_that_fails(world: World) -> None:
    context = {"session_recording_id": "x"}
    export = await world.exported(export_format="video/mp4", export_context=context)
    assert export["filename"] == "export.mp4"
    assert export["exception"]


async def test_a_path_names_a_saved_insight(world: World) -> None:
    insight = await world.insight("By path")
    for path in (f"/api/projects/1/insights/{insight['id']}/?refresh=true", insight["short_id"]):
        told = path if "/" in path else f"api/projects/1/insights/{path}"
        content = await world.content(export_format=CSV, export_context={"path": told})
        assert rows_of(content)[1][0] == "$pageview"


async def test_a_source_goes_before_the_saved_query(world: World) -> None:
    insight = await world.insight("Saved")
    source = {**TRENDS, "series": [{"event": "sign_up"}]}
    order = {"export_format": CSV, "insight": insight["id"], "export_context": {"source": source}}
    assert rows_of(await world.content(**order))[1][0] == "sign_up"


async def test_csv_has_a_column_per_day_and_the_total(world: World) -> None:
    insight = await world.insight()
    rows = rows_of(await world.content(export_format=CSV, insight=insight["id"]))
    days = ["28-Feb-2025", "1-Mar-2025", "2-Mar-2025", "3-Mar-2025"]
    assert rows == [["series", *days, "Total Sum"], ["$pageview", "0", "0", "5", "0", "5"]]


async def test_columns_choose_and_order(world: World) -> None:
    context = {"source": TRENDS, "columns": ["Total Sum", "nothing", "series"]}
    rows = rows_of(await world.content(export_format=CSV, export_context=context))
    assert rows == [["Total Sum", "nothing", "series"], ["5", "", "$pageview"]]


async def test_events_are_exported_by_their_expressions(world: World) -> None:
    source = {
        "kind": "EventsQuery",
        "select": ["event", "timestamp", "properties.$browser", "properties.plan"],
        "after": "-7d",
        "event": "sign_up",
    }
    rows = rows_of(await world.content(export_format=CSV, export_context={"source": source}))
    assert rows == [
        ["event", "timestamp", "properties.$browser", "properties.plan"],
        ["sign_up", "2025-03-02T10:01:40.000Z", "Chrome", "pro"],
    ]
    whole = {"kind": "EventsQuery", "after": "-7d"}
    rows = rows_of(await world.content(export_format=CSV, export_context={"source": whole}))
    assert len(rows) == 8
    assert rows[0][:2] == ["*.uuid", "*.event"]
    assert "*.properties.plan" in rows[0]
