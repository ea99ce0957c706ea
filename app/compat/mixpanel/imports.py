"""`POST /import`: events of the past, each stored once however often it is told."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from app.analytics.errors import ForbiddenError, InvalidQueryError, UnauthenticatedError
from app.analytics.records import Json
from app.compat.mixpanel.admission import project_of, prove_writer
from app.compat.mixpanel.batch import (
    Batch,
    Failure,
    decoded_value,
    listed,
    read_batch,
    rows_in,
    unpacked,
)
from app.compat.mixpanel.errors import PlainJson, headers_of, problem_for
from app.compat.mixpanel.memberships import with_groups
from app.compat.mixpanel.operations import IMPORT
from app.compat.mixpanel.params import Params, is_form, read_params
from app.http.operations import OperationRoute
from app.http.services import Services
from app.importer.rows import Circumstances
from app.kit.ids import time_ordered_id
from app.projects.records import Project

_LINES: Final = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")
INVALID: Final = "some data points in the request failed validation"


async def import_events(request: Request) -> Response:
    """Takes events in, and tells which ones it could not."""
    try:
        if request.method == "GET" or is_form(request):
            return await _import_form(request)
        project, params = await _admit(request)
        rows = await _rows(request)
        return await _imported(request, project, rows, is_strict=_is_strict(params))
    except Exception as error:  # noqa: BLE001 — this is where errors become answers.
        return _answer_to(request, error)


async def _admit(request: Request) -> tuple[Project, Params]:
    services: Services = request.state.services
    params = await read_params(request)
    principal, must_name = await prove_writer(services, request, params)
    project = await project_of(services, principal, params, must_name=must_name)
    return project, params


async def _rows(request: Request) -> list[Json]:
    body = unpacked(await request.body(), request.headers.get("content-encoding", ""))
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return rows_in(body, is_lines=media in _LINES)


def _is_strict(params: Params) -> bool:
    return params.text("strict") is None or params.flag("strict")


async def _imported(
    request: Request, project: Project, rows: list[Json], *, is_strict: bool
) -> Response:
    batch = await keep_batch(request, project, rows)
    imported = len(batch.events)
    if batch.failures and is_strict:
        told: dict[str, Json] = {
            "code": 400,
            "error": INVALID,
            "status": "Bad Request",
            "num_records_imported": imported,
            "failed_records": [_failed(failure) for failure in batch.failures],
        }
        return PlainJson(told, HTTPStatus.BAD_REQUEST)
    return PlainJson({"code": 200, "num_records_imported": imported, "status": "OK"})


async def keep_batch(request: Request, project: Project, rows: list[Json]) -> Batch:
    """The rows' events, which are durable now, and the rows that hold none."""
    services: Services = request.state.services
    told = Circumstances(project.number, time_ordered_id(), services.clock.now_ms())
    batch = read_batch(rows, told)
    types = await services.groups.known_types(project.number)
    await services.imports.keep(project, [with_groups(event, types) for event in batch.events])
    return batch


def _failed(failure: Failure) -> Json:
    return {
        "index": failure.index,
        "$insert_id": failure.insert_id,
        "field": failure.field,
        "message": failure.message,
    }


async def _import_form(request: Request) -> Response:
    """The older form: a parameter of JSON or base64, and a bare 1 or 0 for an answer."""
    project, params = await _admit(request)
    data = params.text("data")
    if data is None:
        raise InvalidQueryError.at("data", message="Missing required parameter: data")
    value = decoded_value(data)
    batch = await keep_batch(request, project, listed(value))
    error = batch.failures[0].message if batch.failures else None
    return done(params, error)


def done(params: Params, error: str | None) -> Response:
    """The answer of the older calls: 1 or 0, or an object for `verbose`."""
    if params.flag("verbose"):
        return PlainJson({"status": 0 if error else 1, "error": error})
    return PlainTextResponse("0" if error else "1")


def _answer_to(request: Request, error: Exception) -> Response:
    problem = problem_for(request, error)
    message = problem.message
    if isinstance(error, UnauthenticatedError):
        message = "Invalid credentials"
    elif isinstance(error, ForbiddenError):
        message = error.message
    told: dict[str, Json] = {
        "code": problem.status,
        "error": message,
        "status": problem.phrase,
    }
    return PlainJson(told, problem.status, headers_of(problem))


def routes() -> Iterator[BaseRoute]:
    """The route in each of its spellings."""
    route = OperationRoute.by_method("/import", import_events, IMPORT)
    yield route
    yield route.alias("/import/")
