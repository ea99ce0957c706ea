"""Finished exports as files, for whoever may see them in GraphQL."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.analytics.errors import DomainError, NotFoundError
from app.exports.records import Export, ExportFormat, ExportState
from app.http.errors import problem_of, request_id_of
from app.projects.scopes import Scope
from schema.errors import domain_error
from schema.ids import find_global_id
from schema.transport.admission import admit
from schema.transport.answers import plain_answer
from schema.transport.negotiation import MediaType
from schema.types.keeping import number_of

_GONE = "There is no such file: the export is not done, or gone already."


async def download(request: Request) -> Response:
    """The file of an export that is done, to be saved under its name."""
    try:
        return await _file(request)
    except DomainError as error:
        problem = problem_of(error)
        body = {"errors": [domain_error(error).formatted]}
        headers: Mapping[str, str] = {}
        if problem.retry_after_seconds is not None:
            headers = {"retry-after": str(problem.retry_after_seconds)}
        return plain_answer(body, MediaType.JSON, HTTPStatus(problem.status), headers)


async def _file(request: Request) -> Response:
    context = await admit(request, request_id_of(request) or "")
    context.get_principal()
    found = find_global_id(str(request.path_params["id"]))
    if found is None or found.type != "Export":
        raise NotFoundError(_GONE)
    project = await context.get_project(found.project)
    context.demand(Scope.EXPORT)
    exports = context.services.exports
    export = await exports.find(project.number, number_of(found.key) or 0)
    if export is None or export.state is not ExportState.COMPLETE:
        raise NotFoundError(_GONE)
    blob = await exports.open(export)
    headers = {
        "content-length": str(blob.size),
        "content-disposition": f"attachment; filename*=UTF-8''{quote(_name(export), safe='')}",
        "cache-control": "private, max-age=86400",
        # Set by hand, because a charset would be added to it.
        "content-type": export.order.format,
    }
    return StreamingResponse(blob.portions, headers=headers)


def _name(export: Export) -> str:
    suffix = ExportFormat(export.order.format).suffix
    return f"{export.order.filename or f'export-{export.number}'}.{suffix}"
