"""`/track`: events as they happen, for whoever knows the project's token."""

from http import HTTPStatus
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.analytics.errors import (
    DomainError,
    ForbiddenError,
    InvalidQueryError,
    UnauthenticatedError,
)
from app.analytics.records import Json
from app.compat.mixpanel.admission import Admitted, admit_writer, project_of
from app.compat.mixpanel.answers import done
from app.compat.mixpanel.batch import MOST_EVENTS, decoded_value, listed, tracked_event
from app.compat.mixpanel.bodies import plain_body
from app.compat.mixpanel.errors import PlainJson, headers_of, problem_for
from app.compat.mixpanel.identities import followed
from app.compat.mixpanel.imports import surroundings_of
from app.compat.mixpanel.params import FORM, Params, read_params
from app.http.services import Services

_JSON: Final = "application/json"
_OTHER_ONES: Final = b'{"type":'
"""How the other API's bodies begin nearly always: they need not be read to be told apart."""


async def track(request: Request) -> Response:
    """Takes events in; answers when they are durable."""
    params = Params({})
    try:
        params = await read_params(request)
        rows = await sent_rows(request, params)
        asked = await admit_rows(request, params, rows, ("properties", "token"))
        around = await surroundings_of(request, asked)
        events = [tracked_event(row, index, around) for index, row in enumerate(rows)]
        await asked.services.imports.keep(asked.project, await followed(asked, events))
        return done(params, None)
    except Exception as error:  # noqa: BLE001 — this is where errors become answers.
        return refusal(request, params, error)


async def is_mixpanels(request: Request) -> bool:
    """Whether a call to the path that both APIs have is one of this API.

    Its clients send forms, query strings, or JSON arrays; the other one's a JSON object with a
    type.
    """
    if request.method == "GET":
        return True
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
        return True
    try:
        body = (await plain_body(request)).lstrip()
    except DomainError:
        return False
    if body.startswith(_OTHER_ONES):
        return False
    if body.startswith(b"["):
        return True
    return body.startswith(b"{") and _is_event(body)


def _is_event(body: bytes) -> bool:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return "event" in value and "type" not in value


async def sent_rows(request: Request, params: Params) -> list[Json]:
    """The objects in `data` or in a body of JSON; raises InvalidQueryError without any."""
    data = params.text("data")
    if data is not None:
        value = decoded_value(data)
    elif request.method == "POST":
        value = decoded_value((await plain_body(request)).decode("utf-8", "replace"))
    else:
        raise InvalidQueryError.at("data", message="Missing required parameter: data")
    rows = listed(value)
    if len(rows) > MOST_EVENTS:
        raise InvalidQueryError.at("data", message=f"At most {MOST_EVENTS} fit into one request")
    return rows


async def admit_rows(
    request: Request, params: Params, rows: list[Json], place: tuple[str, ...]
) -> Admitted:
    """The call for the project of its credentials, or of the token that rows have at `place`.

    Raises UnauthenticatedError without either, InvalidQueryError for tokens of several.
    """
    if "authorization" in request.headers or params.text("api_key"):
        return await admit_writer(request, params)
    tokens = {token for row in rows if (token := _token_at(row, place))}
    if not tokens:
        raise UnauthenticatedError("There is no token.")
    if len(tokens) > 1:
        raise InvalidQueryError.at("data", message="A request is about one project, by its token")
    services: Services = request.state.services
    principal = await services.verifier.verify_project_token(tokens.pop())
    project = await project_of(services, principal, Params({}), must_name=False)
    return Admitted(services, project, params, is_proven=False)


def _token_at(row: Json, place: tuple[str, ...]) -> str:
    value = row
    for part in place:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def refusal(request: Request, params: Params, error: Exception) -> Response:
    """The answer to what can't be taken in."""
    problem = problem_for(request, error)
    if isinstance(error, UnauthenticatedError | ForbiddenError):
        told: dict[str, Json] = {"error": problem.message, "status": "error"}
        return PlainJson(told, problem.status, headers_of(problem))
    if problem.status is HTTPStatus.BAD_REQUEST:
        return done(params, problem.message)
    told = {"error": problem.message, "status": 0}
    return PlainJson(told, problem.status, headers_of(problem))
