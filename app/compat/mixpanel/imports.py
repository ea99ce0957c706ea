"""`POST /import`: events of the past, each stored once however often it is told."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.errors import ForbiddenError, InvalidQueryError, UnauthenticatedError
from app.analytics.records import Json
from app.compat.mixpanel.admission import Admitted, admit_writer
from app.compat.mixpanel.answers import done
from app.compat.mixpanel.batch import (
    Batch,
    Failure,
    Surroundings,
    decoded_value,
    listed,
    read_batch,
    rows_in,
)
from app.compat.mixpanel.bodies import plain_body
from app.compat.mixpanel.errors import PlainJson, headers_of, problem_for
from app.compat.mixpanel.identities import followed
from app.compat.mixpanel.operations import IMPORT
from app.compat.mixpanel.params import Params, is_form, is_unencoded, read_params
from app.compat.mixpanel.places import caller_address
from app.http.operations import OperationRoute
from app.importer.rows import Circumstances
from app.kit.ids import time_ordered_id

_LINES: Final = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")
INVALID: Final = "some data points in the request failed validation"


async def import_events(request: Request) -> Response:
    """Takes events in, and tells which ones it could not."""
    try:
        if request.method == "GET" or (is_form(request) and not await is_unencoded(request)):
            return await _import_form(request)
        asked = await admit_writer(request, await read_params(request))
        return await _imported(request, asked, await _rows(request))
    except Exception as error:  # noqa: BLE001 — this is where errors become answers.
        return _answer_to(request, error)


async def _rows(request: Request) -> list[Json]:
    body = await plain_body(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return rows_in(body, is_lines=media in _LINES)


def _is_strict(params: Params) -> bool:
    return params.text("strict") is None or params.flag("strict")


async def _imported(request: Request, asked: Admitted, rows: list[Json]) -> Response:
    is_strict = _is_strict(asked.params)
    batch = await keep_batch(request, asked, rows)
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


async def keep_batch(request: Request, asked: Admitted, rows: list[Json]) -> Batch:
    """The rows' events, which are durable now, and the rows that hold none."""
    batch = read_batch(rows, await surroundings_of(request, asked))
    await asked.services.imports.keep(asked.project, await followed(asked, batch.events))
    return batch


async def surroundings_of(request: Request, asked: Admitted) -> Surroundings:
    """What is known of the request's events beside their rows."""
    services, number = asked.services, asked.project.number
    return Surroundings(
        Circumstances(number, time_ordered_id(), services.clock.now_ms()),
        services.geo,
        caller_address(request, asked.params),
        await services.groups.known_types(number),
    )


def _failed(failure: Failure) -> Json:
    return {
        "index": failure.index,
        "$insert_id": failure.insert_id,
        "field": failure.field,
        "message": failure.message,
    }


async def _import_form(request: Request) -> Response:
    """The older form: a parameter of JSON or base64, and a bare 1 or 0 for an answer."""
    asked = await admit_writer(request, await read_params(request))
    data = asked.params.text("data")
    if data is None:
        raise InvalidQueryError.at("data", message="Missing required parameter: data")
    value = decoded_value(data)
    batch = await keep_batch(request, asked, listed(value))
    error = batch.failures[0].message if batch.failures else None
    return done(asked.params, error)


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
