"""`/api/2.0/export-upload`: the raw export as files in the caller's bucket."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from app.analytics.errors import DomainError, ForbiddenError, OverloadedError
from app.analytics.periods import TimeRange, day_start, to_datetime
from app.analytics.queries import EventOrder, EventsQuery, Page
from app.compat.mixpanel.admission import Admitted, admit_reader, spend_export
from app.compat.mixpanel.buckets import Target, opened, target_in
from app.compat.mixpanel.decode import ExportRequest, export_request, names_filter
from app.compat.mixpanel.errors import MethodError, PlainJson, answer_to, guarded
from app.compat.mixpanel.export import lines_of, slot_of
from app.compat.mixpanel.operations import UPLOAD
from app.compat.mixpanel.params import wrong
from app.compat.mixpanel.stream import Chunks
from app.exports.blobs.base import BucketRefusedError, Refusal
from app.exports.uploads import Upload, Uploader
from app.http.operations import OperationRoute
from app.http.streaming import while_present

PATHS: Final = ("/api/2.0/export-upload", "/api/2.0/export-upload/")
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

_RETRY_AFTER_SECONDS: Final = 60
_IDENTIFYING: Final = ("from_date", "to_date", "from_time", "to_time", "where", "limit")


async def upload(request: Request) -> Response:
    """Writes the events that are asked for to a bucket; answers when all of them are there."""
    if request.method != "POST":
        raise MethodError(f"Method {request.method} is not allowed here")
    asked = await admit_reader(request)
    wanted = export_request(asked)
    target = target_in(asked.params, asked.services.settings.mixpanel_upload_buckets)
    if wanted.cursor is not None:
        raise wrong("cursor", "an upload goes on by itself: send the same request again")
    spend_export(asked)
    return UploadResponse(request, asked, wanted, target)


class UploadResponse(Response):
    """An upload as a response, which is sent when the last object is whole.

    A caller who goes away stops the work; the same request goes on behind the last whole day.
    """

    def __init__(
        self, request: Request, asked: Admitted, wanted: ExportRequest, target: Target
    ) -> None:
        self._request = request
        self._asked = asked
        self._wanted = wanted
        self._target = target
        super().__init__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Uploads everything and says so, unless the caller goes away."""
        await while_present(receive, partial(self._send, scope, receive, send))

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = PlainJson({"status": "ok", "prefix": self._target.prefix})
        try:
            with ExitStack() as held:
                held.enter_context(slot_of(self._asked))
                await carry_out(self._asked, self._wanted, self._target)
        except Exception as error:  # noqa: BLE001 — this is where errors become answers.
            response = answer_to(self._request, error)
        await response(scope, receive, send)


async def carry_out(asked: Admitted, wanted: ExportRequest, target: Target) -> None:
    """Uploads what is wanted; raises a DomainError that says what the bucket refuses."""
    told = [f"{name}={asked.params.text(name) or ''}" for name in _IDENTIFYING]
    told += [str(asked.project.number), *wanted.names, str(wanted.time_in_ms)]
    work = Upload(
        folder=target.prefix,
        days=await _days(asked, wanted),
        lines_of=partial(_lines_of_day, asked, wanted),
        limit=wanted.limit,
        identity="\n".join(told),
    )
    try:
        await Uploader(opened(target), asked.services.clock).run(work)
    except BucketRefusedError as error:
        raise _refused(target, error.refusal) from None


async def _days(asked: Admitted, wanted: ExportRequest) -> Sequence[date]:
    """The days from the first to the last that has one of the events that are named."""
    found: list[date] = []
    for order in (EventOrder.OLDEST, EventOrder.NEWEST):
        query = EventsQuery(
            project=asked.project.number,
            range=wanted.range,
            filter=names_filter(wanted.names),
            order=order,
            page=Page(1),
            columns=frozenset({"created_at"}),
        )
        result = await asked.services.reader.ask(query, asked.project)
        found += [to_datetime(event.created_at, asked.clock).date() for event in result.events]
    if not found:
        return ()
    first, last = found
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def _lines_of_day(asked: Admitted, wanted: ExportRequest, day: date, limit: int | None) -> Chunks:
    start = max(wanted.range.start, day_start(day, asked.clock))
    end = min(wanted.range.end, day_start(day + timedelta(days=1), asked.clock))
    span = TimeRange(start, max(start, end))
    return lines_of(asked, replace(wanted, range=span, limit=limit))


def _refused(target: Target, refusal: Refusal) -> DomainError:
    match refusal:
        case Refusal.MISSING:
            return wrong(target.field, f"{target.field}: there is no bucket {target.bucket!r}")
        case Refusal.FORBIDDEN:
            return ForbiddenError(f"The server may not write to the bucket {target.bucket!r}")
        case Refusal.UNREACHABLE:
            message = f"The bucket {target.bucket!r} can't be reached just now; try again"
            return OverloadedError(message, _RETRY_AFTER_SECONDS)


def routes() -> Iterator[BaseRoute]:
    """The route in each of its spellings."""
    first, *others = PATHS
    route = OperationRoute.by_method(first, guarded(upload), {"POST": UPLOAD}, METHODS)
    yield route
    for path in others:
        yield route.alias(path)
