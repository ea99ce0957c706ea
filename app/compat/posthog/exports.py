"""`/api/projects/{project}/exports/`: ordered, listed, looked at, downloaded."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.analytics.errors import NotFoundError
from app.analytics.records import Json
from app.compat.posthog.admission import Admitted, admit
from app.compat.posthog.encode import Namesakes, encode_export, filename
from app.compat.posthog.errors import not_found
from app.compat.posthog.orders import order_of
from app.compat.posthog.paging import page_json, slice_of
from app.compat.posthog.wire import FORMATS
from app.exports.records import Export, ExportState
from app.exports.service import ExportPage
from app.http.responses import JsonResponse


async def listing(request: Request) -> Response:
    """The key's own exports, the newest first."""
    asked = await admit(request, "export:read")
    wanted = slice_of(request)
    params = request.query_params
    told = params.get("export_format")
    page = ExportPage(
        now=asked.services.clock.now_ms(),
        limit=wanted.limit,
        offset=wanted.offset,
        created_by=asked.principal.id,
        format=told if told in FORMATS else None,
        context_path=params.get("context_path") or None,
        recording=params.get("session_recording_id") or None,
    )
    exports = asked.services.exports
    found = await exports.page(asked.project.number, page)
    count = await exports.count(asked.project.number, page)
    return JsonResponse(page_json(request, wanted, count, [*await _encoded(asked, found)]))


async def create(request: Request) -> Response:
    """The new export; it may be finished already, and may have failed."""
    asked = await admit(request, "export:write")
    order = await order_of(asked)
    exports = asked.services.exports
    export = await exports.create(asked.project.number, order)
    export = await exports.wait(export, asked.services.settings.export_wait_seconds)
    (encoded,) = await _encoded(asked, [export])
    return JsonResponse(encoded, 201)


async def retrieve(request: Request) -> Response:
    """One export."""
    asked = await admit(request, "export:read")
    (encoded,) = await _encoded(asked, [await _find(request, asked)])
    return JsonResponse(encoded)


async def content(request: Request) -> Response:
    """The file itself, as soon as all of it is there."""
    asked = await admit(request, "export:read")
    export = await _find(request, asked)
    if export.state is not ExportState.COMPLETE:
        raise not_found()
    try:
        blob = await asked.services.exports.open(export)
    except NotFoundError:
        raise not_found() from None
    headers = {"content-length": str(blob.size), "cache-control": "max-age=86400"}
    if request.query_params.get("download") == "true":
        name = filename(export, await _names(asked, [export]))
        headers["content-disposition"] = f'attachment; filename="{name}"'
    # Set by hand, because a charset would be added to the documented type.
    headers["content-type"] = export.order.format
    return StreamingResponse(blob.portions, headers=headers)


async def unsupported(request: Request) -> Response:
    """What is not for keys, told only to who has one."""
    await admit(request, None)
    raise not_found()


async def _find(request: Request, asked: Admitted) -> Export:
    told = str(request.path_params["id"])
    is_number = told.isascii() and told.isdigit() and len(told) < 10
    found = (
        await asked.services.exports.find(asked.project.number, int(told)) if is_number else None
    )
    if found is None:
        raise not_found()
    return found


async def _names(asked: Admitted, exports: list[Export]) -> Namesakes:
    insights = {each.order.insight for each in exports if each.order.insight}
    dashboards = {each.order.dashboard for each in exports if each.order.dashboard}
    return Namesakes(
        await asked.services.insights.get_many(sorted(insights)),
        await asked.services.dashboards.get_many(sorted(dashboards)),
    )


async def _encoded(asked: Admitted, exports: list[Export]) -> list[dict[str, Json]]:
    names = await _names(asked, exports)
    now = asked.services.clock.now_ms()
    return [encode_export(each, names, now) for each in exports]
