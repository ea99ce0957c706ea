"""What clients may count on beyond the documented calls: discovery, refusals, failed exports."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.compat.posthog.encode import Namesakes, encode_export
from app.compat.posthog.errors import guarded
from app.exports.records import Export, ExportOrder, ExportState
from tests.compat.posthog.world import TRENDS, World

pytestmark = pytest.mark.anyio

PNG, CSV = "image/png", "text/csv"
STRANGE = "018f4c52-0000-7000-8000-000000000000"


async def asked(world: World, path: str, key: str = "all") -> httpx.Response:
    return await world.http.get(f"/api/{path}", headers=world.bearer(key))


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_organization_is_discovered(world: World, slash: str) -> None:
    me = (await asked(world, "users/@me/")).json()
    own = (await asked(world, f"organizations/@current{slash}")).json()
    assert own == me["organization"]
    assert [row["id"] for row in own["projects"]] == [world.demo.number]
    assert (await asked(world, f"organizations/{own['id']}{slash}")).json() == own
    listed = (await asked(world, f"organizations{slash}")).json()
    assert (listed["count"], listed["results"]) == (1, [own])
    inside = (await asked(world, f"organizations/@current/projects{slash}")).json()
    assert inside["results"] == own["projects"]


async def test_another_organization_is_refused(world: World) -> None:
    answer = await asked(world, f"organizations/{STRANGE}/")
    assert answer.status_code == 403
    assert answer.json() == {
        "type": "authentication_error",
        "code": "permission_denied",
        "detail": f"API key does not have access to the requested organization: ID {STRANGE}.",
        "attr": None,
    }
    assert (await asked(world, "organizations/nowhere/")).status_code == 404
    unscoped = await asked(world, "organizations/@current/", "reads")
    assert unscoped.json()["detail"] == "API key missing required scope 'organization:read'"


PRIVATE = "Private or internal address"
HEAT_MAPS: list[tuple[object, str | None]] = [
    ("file:///etc/passwd", "Disallowed scheme"),
    ("javascript:alert(1)", "Disallowed scheme"),
    (7, "Disallowed scheme"),
    ("https://", "Missing host"),
    ("http://[::1", "Invalid URL"),
    ("https://me:secret@example.com/", "Credentials in the URL"),
    ("http://127.0.0.1/", PRIVATE),
    ("http://10.1.2.3/", PRIVATE),
    ("http://169.254.169.254/latest/meta-data", PRIVATE),
    ("http://[::1]:8000/", PRIVATE),
    ("http://[::ffff:127.0.0.1]/", PRIVATE),
    ("http://127.1/", PRIVATE),
    ("http://0x7f000001/", PRIVATE),
    ("http://localhost:8000/", PRIVATE),
    ("http://db.internal/", PRIVATE),
    ("http://intranet/", PRIVATE),
    ("https://example.com/pricing", None),
]


@pytest.mark.parametrize(("address", "reason"), HEAT_MAPS)
async def test_heat_maps_are_of_public_pages_only(
    world: World, address: object, reason: str | None
) -> None:
    order = {"export_format": PNG, "export_context": {"heatmap_url": address}}
    answer = await world.send("POST", "/exports/", order)
    if reason is None:
        assert answer.status_code == 201
        assert answer.json()["exception"] == "Heat maps of pages can't be exported by this server."
        return
    assert answer.status_code == 400
    assert answer.json() == {
        "type": "validation_error",
        "code": "invalid_input",
        "detail": f"heatmap_url not allowed: {reason}",
        "attr": "export_context",
    }


@pytest.mark.parametrize("export_format", ["video/mp4", "video/webm", "image/gif"])
async def test_videos_are_of_recordings_and_fail_on_the_export(
    world: World, export_format: str
) -> None:
    refused = await world.send(
        "POST", "/exports/", {"export_format": export_format, "export_context": {"a": 1}}
    )
    assert refused.json()["detail"] == "Video export supports session recordings only."
    context = {"session_recording_id": "recording", "mode": "video"}
    export = await world.exported(export_format=export_format, export_context=context)
    assert (
        export["exception"] == "Recordings of sessions can't be exported as files by this server."
    )
    listed = (await world.get("/exports/", session_recording_id="recording")).json()
    assert export["id"] in [row["id"] for row in listed["results"]]


async def test_an_unexpected_failure_is_masked() -> None:
    async def stumble(_: Request) -> Response:
        raise RuntimeError("a secret")

    transport = httpx.ASGITransport(Starlette(routes=[Route("/", guarded(stumble))]))
    async with httpx.AsyncClient(transport=transport, base_url="http://ph.test") as http:
        answer = await http.get("/")
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "server_error",
        "code": "error",
        "detail": "A server error occurred.",
        "attr": None,
    }


STUCK = (
    "Export failed without throwing an exception. Please try to rerun this export and contact "
    "support if it fails to complete multiple times."
)


def test_an_export_that_nobody_takes_up_is_told_to_have_failed() -> None:
    waiting = Export(
        number=1,
        project=1,
        order=ExportOrder(format=CSV, created_by="key"),
        created_at=0,
        state=ExportState.WAITING,
        done=0,
        total=None,
        exception=None,
        blob=None,
        size=None,
        rows=None,
        finished_at=None,
    )
    limit = 630_000
    cases = [
        (waiting, limit, None),
        (waiting, limit + 1, STUCK),
        (replace(waiting, state=ExportState.RUNNING), limit + 1, None),
        (replace(waiting, state=ExportState.COMPLETE), limit + 1, None),
    ]
    for export, now, exception in cases:
        assert encode_export(export, Namesakes(), now)["exception"] == exception


async def test_references_that_are_not_given_are_null_and_dates_end_in_z(world: World) -> None:
    export = await world.exported(export_format=CSV, export_context={"source": TRENDS})
    assert (export["dashboard"], export["insight"]) == (None, None)
    assert export["created_at"].endswith("Z")
    assert export["expires_after"].endswith("Z")
    insight = await world.insight()
    export = await world.exported(export_format=CSV, insight=insight["id"])
    assert export["export_context"] is None


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_picture_is_drawn_of_a_context_alone(world: World, theme: str) -> None:
    context: dict[str, Any] = {"source": TRENDS, "theme": theme}
    content = await world.content(export_format=PNG, export_context=context)
    assert content.startswith(b"\x89PNG")


async def test_an_insight_on_a_dashboard_is_exported_with_its_filters(world: World) -> None:
    board = await world.made("/dashboards/", {"name": "EU", "filters": {"date_from": "2025-03-02"}})
    insight = await world.insight("Views of", dashboards=[board["id"]])
    order = {"export_format": CSV, "insight": insight["id"], "dashboard": board["id"]}
    export = await world.exported(**order)
    assert export["filename"] == "export-eu.csv"
    content = (await world.get(f"/exports/{export['id']}/content/")).text
    assert content == "series,2-Mar-2025,3-Mar-2025,Total Sum\r\n$pageview,5,0,5\r\n"


async def test_pages_hold_a_hundred_where_nothing_is_said(fresh: World) -> None:
    order = ExportOrder(format=CSV, created_by="someone", exception="no")
    principal = await fresh.services.verifier.verify_api_key(fresh.keys["all"])
    for _ in range(101):
        await fresh.services.exports.create(
            fresh.demo.number, replace(order, created_by=principal.id)
        )
    page = (await fresh.get("/exports/")).json()
    assert (page["count"], len(page["results"])) == (101, 100)
    assert page["next"].endswith("/exports/?limit=100&offset=100")
    last = (await fresh.http.get(page["next"], headers=fresh.bearer())).json()
    assert len(last["results"]) == 1
    assert last["previous"].endswith("/exports/?limit=100")
