"""`/api/projects/{project}/insights/`: saved, listed, answered, changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.analytics.errors import InvalidQueryError
from app.analytics.queries import EventsQuery
from app.analytics.records import Json
from app.compat.posthog.admission import COMPUTING, Admitted, admit
from app.compat.posthog.bodies import Body
from app.compat.posthog.errors import invalid, not_allowed, not_found, unparsable
from app.compat.posthog.legacy import query_of_filters
from app.compat.posthog.lookup import find_dashboard, find_insight
from app.compat.posthog.paging import page_json, slice_of
from app.compat.posthog.queries import LISTED_KINDS, Decoded, decode_query, unwrapped
from app.compat.posthog.results import encode_answer, resolved_range
from app.compat.posthog.views import FORM, Computed, encode_insight, query_of
from app.exports.asking import ask
from app.exports.panels import panel_of
from app.http.responses import JsonResponse
from app.projects.dashboards import Overrides, Tile, TileDraft
from app.projects.insights import Insight, InsightChange, InsightDraft, InsightPage

_NEVER: Final = ("force_cache", "false", "0", "")


async def listing(request: Request) -> Response:
    """The project's insights, the newest first."""
    asked = await admit(request, "insight:read", COMPUTING)
    wanted = slice_of(request)
    page = _page(request, asked)
    page = replace(page, limit=wanted.limit, offset=wanted.offset)
    insights = asked.services.insights
    found = await insights.page(asked.project.number, page)
    count = await insights.count(asked.project.number, page)
    shown = await asked.services.dashboards.tiles_of_insights([each.number for each in found])
    rows: list[Json] = [{**await view(asked, each, shown[each.number], request)} for each in found]
    return JsonResponse(page_json(request, wanted, count, rows))


def _page(request: Request, asked: Admitted) -> InsightPage:
    params = request.query_params
    kind = params.get("insight")
    dashboard = params.get("dashboards", "").strip("[] ")
    return InsightPage(
        limit=1,
        short_id=params.get("short_id") or None,
        search=params.get("search") or None,
        kinds=None if kind is None else frozenset(LISTED_KINDS.get(kind.upper(), ())),
        is_saved=True if params.get("saved") in ("true", "1") else None,
        is_favorite=True if params.get("favorited") in ("true", "1") else None,
        dashboard=int(dashboard) if dashboard.isascii() and dashboard.isdigit() else None,
        created_by=asked.principal.id if params.get("user") else None,
    )


async def create(request: Request) -> Response:
    """The new insight."""
    asked = await admit(request, "insight:write", COMPUTING)
    body = asked.body
    query = _query(body, asked)
    if query is None:
        raise invalid("This field is required.", "query", "required")
    boards = await _boards(asked)
    draft = InsightDraft(
        question=query.decoded.question,
        created_by=asked.principal.id,
        name=body.text("name") or "",
        description=body.text("description", 10_000) or "",
        display=query.decoded.display,
        forms={FORM: query.form},
        tags=body.texts("tags") or (),
        is_saved=bool(body.flag("saved")),
        is_favorite=bool(body.flag("favorited")),
    )
    insight = await asked.services.insights.create(asked.project.number, draft)
    for board in boards or ():
        await asked.services.dashboards.show(board, TileDraft(insight=insight.number))
    return JsonResponse(await _viewed(asked, insight, request), 201)


async def retrieve(request: Request) -> Response:
    """One insight, answered if `refresh` asks for it."""
    asked = await admit(request, "insight:read", COMPUTING)
    insight = await _find(request, asked)
    board = request.query_params.get("from_dashboard")
    dashboard = await find_dashboard(asked, board) if board else None
    overrides = dashboard.overrides if dashboard else Overrides()
    return JsonResponse(await _viewed(asked, insight, request, overrides))


async def update(request: Request) -> Response:
    """The insight after the change; `deleted` takes it away."""
    asked = await admit(request, "insight:write", COMPUTING)
    insight = await _find(request, asked, may_be_deleted=True)
    body = asked.body
    query = _query(body, asked)
    boards = await _boards(asked)
    change = InsightChange(
        changed_by=asked.principal.id,
        name=body.text("name"),
        description=body.text("description", 10_000),
        question=None if query is None else query.decoded.question,
        display=None if query is None else query.decoded.display,
        forms=None if query is None else {FORM: query.form},
        tags=body.texts("tags"),
        is_saved=body.flag("saved"),
        is_favorite=body.flag("favorited"),
        is_deleted=body.flag("deleted"),
    )
    changed = await asked.services.insights.change(asked.project.number, insight.number, change)
    if boards is not None:
        await _show_on(asked, changed.number, boards)
    return JsonResponse(await _viewed(asked, changed, request))


async def remove(request: Request) -> Response:
    """Refused without a body: insights are deleted by changing them."""
    await admit(request, "insight:write", COMPUTING)
    return Response(status_code=not_allowed(request.method).status)


@dataclass(frozen=True, slots=True)
class _Query:
    """A query as the client is shown it again, and in the core's words."""

    form: Json
    decoded: Decoded


def _query(body: Body, asked: Admitted) -> _Query | None:
    """What the body asks, in a query or in the older `filters`; None where it asks nothing."""
    try:
        form = body.document("query")
        if form is None and body.get("filters"):
            form = query_of_filters(body.document("filters"))
        if form is None:
            return None
        decoded = decode_query(form, asked.project.number, "query")
    except InvalidQueryError as error:
        issue = error.issues[0]
        raise unparsable(issue.message, "__".join(map(str, issue.path))) from None
    if isinstance(decoded.question, EventsQuery):
        raise unparsable("EventsQuery can't be saved as an insight.", "query__kind")
    return _Query(form, decoded)


async def _boards(asked: Admitted) -> list[int] | None:
    numbers = asked.body.numbers("dashboards")
    for number in numbers or ():
        if await find_dashboard(asked, str(number)) is None:
            message = f'Invalid pk "{number}" - object does not exist.'
            raise invalid(message, "dashboards", "does_not_exist")
    return numbers


async def _show_on(asked: Admitted, insight: int, boards: list[int]) -> None:
    dashboards = asked.services.dashboards
    shown = (await dashboards.tiles_of_insights([insight]))[insight]
    for tile in shown:
        if tile.dashboard not in boards:
            await dashboards.hide(tile.dashboard, insight)
    for board in boards:
        await dashboards.show(board, TileDraft(insight=insight))


async def _find(request: Request, asked: Admitted, *, may_be_deleted: bool = False) -> Insight:
    told = str(request.path_params["id"])
    found = await find_insight(asked, told, may_be_deleted=may_be_deleted)
    if found is None:
        raise not_found()
    return found


async def _viewed(
    asked: Admitted, insight: Insight, request: Request, overrides: Overrides | None = None
) -> dict[str, Json]:
    tiles = await asked.services.dashboards.tiles_of_insights([insight.number])
    return await view(asked, insight, tiles[insight.number], request, overrides)


async def view(
    asked: Admitted,
    insight: Insight,
    tiles: Sequence[Tile],
    request: Request,
    overrides: Overrides | None = None,
) -> dict[str, Json]:
    """The insight, with an answer where `refresh` asks for one."""
    refresh = request.query_params.get("refresh", "force_cache").lower()
    computed = None
    if refresh not in _NEVER:
        computed = await compute(asked, insight, overrides or Overrides())
    return encode_insight(insight, tiles, computed, asked.project)


async def compute(asked: Admitted, insight: Insight, overrides: Overrides) -> Computed:
    """The insight's answer as it is now."""
    panel = panel_of(insight, overrides)
    answer = await ask(asked.services.reader, panel.question, asked.project)
    query = query_of(insight)
    series = unwrapped(query).get("series") if query is not None else None
    nodes = series if isinstance(series, list) else []
    now = asked.services.clock.now_ms()
    return Computed(encode_answer(panel, answer, nodes), now, resolved_range(answer))
