"""`GET /export/…`: the events themselves, and charts of them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.compat.openpanel.admission import admit_to_export
from app.compat.openpanel.chart_encode import empty_chart, encode_chart
from app.compat.openpanel.chart_request import chart_request
from app.compat.openpanel.decode import events_request
from app.compat.openpanel.encode import encode_events
from app.compat.openpanel.errors import reading_envelope
from app.compat.openpanel.event_rows import rows_of, stream_of_events
from app.compat.openpanel.operations import EXPORT_CHARTS, EXPORT_EVENTS
from app.compat.openpanel.paging import page_of_events
from app.http.errors import guarded
from app.http.operations import OperationRoute
from app.http.responses import JsonResponse
from app.http.streaming import NDJSON, LinesResponse


async def events(request: Request) -> Response:
    """A page of events, the newest first; all of them as lines for those who accept lines."""
    asked = await admit_to_export(request)
    wanted = events_request(asked)
    if NDJSON in request.headers.get("accept", ""):
        return LinesResponse(await stream_of_events(asked, wanted))
    page = await page_of_events(asked, wanted)
    rows = await rows_of(asked, wanted.selection, page.events)
    return JsonResponse(encode_events(wanted, rows, page.total_count))


async def charts(request: Request) -> Response:
    """Series over time, with what they come to."""
    asked = await admit_to_export(request)
    wanted = chart_request(asked)
    if not wanted.series:
        return JsonResponse(empty_chart())
    result = await asked.services.reader.ask(wanted.query, asked.project)
    return JsonResponse(encode_chart(result, wanted))


def routes() -> list[BaseRoute]:
    """One route per endpoint."""
    return [
        OperationRoute("/export/events", guarded(events, reading_envelope), EXPORT_EVENTS),
        OperationRoute("/export/charts", guarded(charts, reading_envelope), EXPORT_CHARTS),
    ]
