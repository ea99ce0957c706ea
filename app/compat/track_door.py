"""`/track`, a path that two APIs have: whose call it is shows in what it holds."""

from collections.abc import Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.compat.mixpanel.track import is_mixpanels
from app.compat.mixpanel.track import track as track_mixpanels
from app.compat.openpanel.errors import tracking_envelope
from app.compat.openpanel.operations import TRACK_MESSAGE
from app.compat.openpanel.track import track as track_openpanels
from app.http.doors import Door
from app.http.operations import OperationRoute

_CLIENT_HEADERS: Final = frozenset({b"openpanel-client-id", b"mixan-client-id"})
"""Headers that only OpenPanel's clients send, whatever type they give to their body."""


async def _track(request: Request) -> Response:
    if _names_client(request) or not await is_mixpanels(request):
        return await track_openpanels(request)
    return await track_mixpanels(request)


def _names_client(request: Request) -> bool:
    headers: list[tuple[bytes, bytes]] = request.scope["headers"]
    return request.method == "POST" and any(name in _CLIENT_HEADERS for name, _ in headers)


def routes() -> Iterator[BaseRoute]:
    """The route in each of its spellings; to stand before those of either API.

    The document has it among OpenPanel's own.
    """
    endpoint = Door(_track, tracking_envelope)
    methods = ["GET", "POST"]
    route = OperationRoute.by_method("/track", endpoint, {"POST": TRACK_MESSAGE}, methods)
    yield from map(route.alias, ("/track", "/track/"))
