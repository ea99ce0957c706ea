"""`/api/projects/{project}/dashboards/`: made, listed, shown, changed."""

from starlette.requests import Request
from starlette.responses import Response

from app.analytics.errors import InvalidQueryError
from app.analytics.filters import EVERYTHING
from app.analytics.records import Json
from app.compat.posthog.admission import Admitted, admit
from app.compat.posthog.bodies import Body
from app.compat.posthog.dates import range_of
from app.compat.posthog.errors import invalid, not_allowed, not_found
from app.compat.posthog.insights import view
from app.compat.posthog.lookup import find_dashboard, number_of
from app.compat.posthog.nodes import Node
from app.compat.posthog.paging import page_json, slice_of
from app.compat.posthog.properties import conditions
from app.compat.posthog.views import FORM, encode_dashboard, encode_tile
from app.http.responses import JsonResponse
from app.projects.dashboards import (
    Box,
    Dashboard,
    DashboardChange,
    DashboardDraft,
    Overrides,
)
from app.projects.insights import InsightChange


async def listing(request: Request) -> Response:
    """The project's dashboards without their tiles, pinned ones first."""
    asked = await admit(request, "dashboard:read")
    wanted = slice_of(request)
    dashboards = asked.services.dashboards
    found = await dashboards.page(asked.project.number, wanted.limit, wanted.offset)
    count = await dashboards.count(asked.project.number)
    rows: list[Json] = [{**encode_dashboard(each, asked.project)} for each in found]
    return JsonResponse(page_json(request, wanted, count, rows))


async def create(request: Request) -> Response:
    """The new dashboard."""
    asked = await admit(request, "dashboard:write")
    body = asked.body
    for name in ("use_template", "use_dashboard"):
        if body.get(name):
            raise invalid(f"{name} is not supported.", name)
    draft = DashboardDraft(
        name=body.text("name") or "New Dashboard",
        created_by=asked.principal.id,
        description=body.text("description", 10_000) or "",
        overrides=_overrides(body) or Overrides(),
        forms={FORM: body.document("filters") or {}},
        tags=body.texts("tags") or (),
        is_pinned=bool(body.flag("pinned")),
    )
    made = await asked.services.dashboards.create(asked.project.number, draft)
    return JsonResponse(await _whole(asked, made, request), 201)


async def retrieve(request: Request) -> Response:
    """One dashboard with its tiles."""
    asked = await admit(request, "dashboard:read")
    return JsonResponse(await _whole(asked, await _find(request, asked), request))


async def update(request: Request) -> Response:
    """The dashboard after the change; `deleted` takes it away, and its insights if asked."""
    asked = await admit(request, "dashboard:write")
    number = number_of(str(request.path_params["id"]))
    if number is None:
        raise not_found()
    body = asked.body
    overrides = _overrides(body)
    change = DashboardChange(
        name=body.text("name"),
        description=body.text("description", 10_000),
        overrides=overrides,
        forms=None if overrides is None else {FORM: body.document("filters")},
        tags=body.texts("tags"),
        is_pinned=body.flag("pinned"),
        is_deleted=body.flag("deleted"),
    )
    boxes = _boxes(body)
    changed = await asked.services.dashboards.change(asked.project.number, number, change)
    for tile, box in boxes:
        await asked.services.dashboards.place(number, tile, box)
    if changed.is_deleted and body.flag("delete_insights"):
        await _delete_insights(asked, number)
    return JsonResponse(await _whole(asked, changed, request))


async def remove(request: Request) -> Response:
    """Refused: dashboards are deleted by changing them."""
    await admit(request, "dashboard:write")
    raise not_allowed(request.method)


def _overrides(body: Body) -> Overrides | None:
    told = body.document("filters")
    if told is None:
        return None
    try:
        node = Node.of(told, "filters")
        node.refuse("breakdown_filter")
        has_range = node.get("date_from") or node.get("date_to")
        return Overrides(
            range_of(node) if has_range else None,
            conditions(node) if node.get("properties") else EVERYTHING,
        )
    except InvalidQueryError as error:
        issue = error.issues[0]
        raise invalid(issue.message, "__".join(map(str, issue.path))) from None


def _boxes(body: Body) -> list[tuple[int, Box]]:
    """Where tiles are to stand: what a client sends after they were moved."""
    try:
        root = Node({"tiles": body.document("tiles")})
        return [found for tile in root.children("tiles") if (found := _box(tile)) is not None]
    except InvalidQueryError as error:
        issue = error.issues[0]
        raise invalid(issue.message, "__".join(map(str, issue.path))) from None


_CELLS = 10_000


def _box(tile: Node) -> tuple[int, Box] | None:
    place = tile.child("layouts").child("sm")
    number = tile.get("id")
    if not place.fields or not isinstance(number, int):
        return None
    left, top = (_cell(place, name) for name in ("x", "y"))
    width, height = place.number("w", 6, 12), place.number("h", 5, _CELLS)
    return number, Box(min(left, 12 - width), top, width, height)


def _cell(node: Node, name: str) -> int:
    value = node.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _CELLS:
        raise node.wrong(name, f"A whole number from 0 to {_CELLS} is expected here.")
    return value


async def _delete_insights(asked: Admitted, number: int) -> None:
    change = InsightChange(changed_by=asked.principal.id, is_deleted=True)
    for tile in await asked.services.dashboards.tiles(number):
        if tile.insight is not None:
            await asked.services.insights.change(asked.project.number, tile.insight, change)


async def _find(request: Request, asked: Admitted) -> Dashboard:
    found = await find_dashboard(asked, str(request.path_params["id"]))
    if found is None:
        raise not_found()
    return found


async def _whole(asked: Admitted, dashboard: Dashboard, request: Request) -> dict[str, Json]:
    tiles = await asked.services.dashboards.tiles(dashboard.number)
    numbers = [tile.insight for tile in tiles if tile.insight is not None]
    insights = await asked.services.insights.get_many(numbers)
    shown = await asked.services.dashboards.tiles_of_insights(numbers)
    rows: list[Json] = []
    for place, tile in enumerate(tiles):
        insight = insights.get(tile.insight or 0)
        told = None
        if insight is not None:
            places = [*shown[insight.number]]
            told = await view(asked, insight, places, request, dashboard.overrides)
        rows.append({**encode_tile(tile, place, told)})
    return {**encode_dashboard(dashboard, asked.project), "tiles": rows}
