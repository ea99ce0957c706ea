"""`GET /export/funnel`: how many sessions or profiles get how far through some steps."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.compat.openpanel.admission import admit_to_export
from app.compat.openpanel.errors import reading_envelope
from app.compat.openpanel.funnel_decode import funnel_request
from app.compat.openpanel.funnel_encode import encode_funnel
from app.compat.openpanel.operations import EXPORT_FUNNEL
from app.http.errors import guarded
from app.http.operations import OperationRoute
from app.http.responses import JsonResponse


async def funnel(request: Request) -> Response:
    """The funnel of everyone, and that of each value of the breakdowns."""
    asked = await admit_to_export(request)
    wanted = funnel_request(asked)
    whole = await asked.services.reader.ask(wanted.query, asked.project)
    groups = None
    if wanted.breakdown:
        query = replace(wanted.query, breakdown=wanted.breakdown, compare=None)
        groups = await asked.services.reader.ask(query, asked.project)
    return JsonResponse(encode_funnel(wanted, whole, groups))


def routes() -> list[BaseRoute]:
    """The one route."""
    return [OperationRoute("/export/funnel", guarded(funnel, reading_envelope), EXPORT_FUNNEL)]
