"""`GET /export/…`: the events themselves, and charts of them."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.records import Profile
from app.analytics.results import EventsResult
from app.compat.openpanel.admission import Admitted, admit_to_export
from app.compat.openpanel.chart_encode import empty_chart, encode_chart
from app.compat.openpanel.chart_request import chart_request
from app.compat.openpanel.decode import EventsRequest, events_request
from app.compat.openpanel.encode import ExportedPage, encode_events
from app.compat.openpanel.errors import reading_envelope
from app.compat.openpanel.operations import EXPORT_CHARTS, EXPORT_EVENTS
from app.http.errors import guarded
from app.http.operations import OperationRoute
from app.http.responses import JsonResponse


async def events(request: Request) -> Response:
    """A page of events, the newest first."""
    asked = await admit_to_export(request)
    wanted = events_request(asked)
    result = await asked.services.reader.ask(wanted.query, asked.project)
    total = await _total_count(asked, wanted, result)
    profiles = await _profiles(asked, wanted, result)
    now = asked.services.clock.now_ms()
    page = ExportedPage(wanted, asked.project, result.events, total, profiles, now)
    return JsonResponse(encode_events(page))


async def _total_count(asked: Admitted, wanted: EventsRequest, result: EventsResult) -> int:
    page = wanted.query.page
    if not result.has_more and (result.events or page.offset == 0):
        # The last page tells how many there are; there is nothing to count.
        return page.offset + len(result.events)
    return await asked.services.reader.count(wanted.query, asked.project)


async def _profiles(
    asked: Admitted, wanted: EventsRequest, result: EventsResult
) -> Mapping[str, Profile]:
    if not wanted.selection.has_profile:
        return {}
    ids = {event.profile_id for event in result.events if event.profile_id}
    return await asked.services.profiles.get_many(asked.project.number, sorted(ids))


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
