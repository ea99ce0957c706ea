"""`GET /insights/{projectId}/…`: the numbers of an overview."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.compat.openpanel.admission import admit_to_insights
from app.compat.openpanel.breakdowns import SHAPES, Shape
from app.compat.openpanel.decode import breakdown_query, live_query, metrics_query, pages_query
from app.compat.openpanel.encode import (
    encode_breakdown,
    encode_live,
    encode_metrics,
    encode_pages,
)
from app.compat.openpanel.errors import reading_envelope
from app.http.errors import Endpoint, guarded
from app.http.responses import JsonResponse


async def metrics(request: Request) -> Response:
    """The overview's metrics, whole and in buckets."""
    asked = await admit_to_insights(request)
    result = await asked.services.reader.ask(metrics_query(asked), asked.project)
    return JsonResponse(encode_metrics(result))


async def live(request: Request) -> Response:
    """How many profiles are active now."""
    asked = await admit_to_insights(request)
    result = await asked.services.reader.ask(live_query(asked), asked.project)
    return JsonResponse(encode_live(result))


async def pages(request: Request) -> Response:
    """The pages that were seen most."""
    asked = await admit_to_insights(request)
    result = await asked.services.reader.ask(pages_query(asked), asked.project)
    return JsonResponse(encode_pages(result))


async def breakdown(request: Request, shape: Shape) -> Response:
    """The values of one field that brought the most sessions."""
    asked = await admit_to_insights(request)
    result = await asked.services.reader.ask(breakdown_query(asked, shape), asked.project)
    return JsonResponse(encode_breakdown(result, shape))


def routes(prefix: str) -> list[BaseRoute]:
    """One route per endpoint."""
    endpoints: dict[str, Endpoint] = {"metrics": metrics, "live": live, "pages": pages}
    endpoints |= {name: partial(breakdown, shape=shape) for name, shape in SHAPES.items()}
    return [
        Route(f"{prefix}/insights/{{project_id}}/{name}", guarded(endpoint, reading_envelope))
        for name, endpoint in endpoints.items()
    ]
