"""`/api/2.0/export`: a project's events as they are stored, one line of JSON each."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, aclosing
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.errors import RateLimitedError
from app.analytics.streams import StreamKey
from app.compat.mixpanel.admission import BUSY, Admitted, admit_reader, slot_name, spend_export
from app.compat.mixpanel.decode import ExportRequest, cursor_query, export_request, stream_query
from app.compat.mixpanel.errors import MethodError, guarded
from app.compat.mixpanel.operations import EXPORT
from app.compat.mixpanel.params import wrong
from app.compat.mixpanel.stream import Chunks, Export, ExportResponse, chunks_of
from app.http.operations import OperationRoute

PATHS: Final = ("/api/2.0/export", "/api/2.0/export/", "/export", "/export/")
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

_RETRY_AFTER_SECONDS: Final = 5


async def export(request: Request) -> Response:
    """The lines of the events that are asked for."""
    if request.method not in {"GET", "HEAD", "POST"}:
        raise MethodError(f"Method {request.method} is not allowed here")
    asked = await admit_reader(request)
    wanted = export_request(asked)
    if request.method == "HEAD":
        answer = Response(media_type="text/plain; charset=utf-8")
        answer.headers["vary"] = "Accept-Encoding"
        del answer.headers["content-length"]
        return answer
    spend_export(asked)
    slot = slot_of(asked)
    return ExportResponse(request, Export(lines_of(asked, wanted), wanted.limit, slot))


def slot_of(asked: Admitted) -> AbstractContextManager[None]:
    """One of the project's slots for exports, to be entered while one runs."""
    settings = asked.services.settings
    most = settings.mixpanel_exports_at_once
    refusal = RateLimitedError(BUSY, _RETRY_AFTER_SECONDS)
    return asked.services.slots.one_of(slot_name(asked.project), most, refusal)


async def lines_of(asked: Admitted, wanted: ExportRequest) -> Chunks:
    """The lines in chunks; the question is asked when the first one is."""
    after = None if wanted.cursor is None else await _place_of(asked, wanted, wanted.cursor)
    query = stream_query(asked, wanted, after)
    stream = await asked.services.reader.stream(query, asked.project)
    async with aclosing(chunks_of(stream, wanted.limit)) as chunks:
        async for chunk in chunks:
            yield chunk


async def _place_of(asked: Admitted, wanted: ExportRequest, cursor: str) -> StreamKey:
    result = await asked.services.reader.ask(cursor_query(asked, wanted, cursor), asked.project)
    if not result.events:
        raise wrong("cursor", "cursor must be the $insert_id of an event in the range")
    (event,) = result.events
    return StreamKey(event.created_at, event.position)


def routes() -> Iterator[BaseRoute]:
    """The route in each of its spellings."""
    first, *others = PATHS
    route = OperationRoute.by_method(first, guarded(export), {"GET": EXPORT}, METHODS)
    yield route
    for path in others:
        yield route.alias(path)
