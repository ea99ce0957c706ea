"""`/track`, a path that two APIs have: whose call it is shows in what it holds."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.compat.mixpanel.track import is_mixpanels
from app.compat.mixpanel.track import track as track_mixpanels
from app.compat.openpanel.errors import tracking_envelope
from app.compat.openpanel.track import track as track_openpanels
from app.http.errors import guarded

_track_openpanels = guarded(track_openpanels, tracking_envelope)


async def _track(request: Request) -> Response:
    if await is_mixpanels(request):
        return await track_mixpanels(request)
    return await _track_openpanels(request)


def routes() -> Iterator[BaseRoute]:
    """The route in each of its spellings; to stand before those of either API."""
    endpoint = guarded(_track, tracking_envelope)
    for path in ("/track", "/track/"):
        yield Route(path, endpoint, methods=["GET", "POST"])
