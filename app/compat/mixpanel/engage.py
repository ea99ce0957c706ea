"""`/engage`: what is known of profiles changes."""

from collections.abc import Iterator, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.compat.mixpanel.imports import done
from app.compat.mixpanel.operations import ENGAGE
from app.compat.mixpanel.params import Params, read_params
from app.compat.mixpanel.properties import DEVICE_PREFIX
from app.compat.mixpanel.track import project_of_rows, refusal, sent_rows
from app.http.operations import OperationRoute
from app.http.services import Services
from app.ingest.properties import checked_properties
from app.projects.changes import (
    Add,
    Append,
    Change,
    Fill,
    Forget,
    Overwrite,
    ProfileChange,
    Remove,
    Union,
    Unset,
)

FIELD_NAMES: Final[Mapping[str, str]] = {
    "$first_name": "first_name",
    "$last_name": "last_name",
    "$email": "email",
    "$avatar": "avatar",
}
"""What this API calls the fields that profiles have."""


async def engage(request: Request) -> Response:
    """Changes profiles, all of the request's or none; answers when it is done."""
    params = Params({})
    try:
        params = await read_params(request)
        rows = await sent_rows(request, params)
        project = await project_of_rows(request, params, rows, ("$token",))
        services: Services = request.state.services
        now = services.clock.now_ms()
        changes = [
            change for index, row in enumerate(rows) for change in changes_of(row, index, now)
        ]
        await services.profiles.change_all(project.number, changes)
        return done(params, None)
    except Exception as error:  # noqa: BLE001 — this is where errors become answers.
        return refusal(request, params, error)


def changes_of(row: Json, index: int, now: int) -> list[ProfileChange]:
    """The changes that one update asks for; raises InvalidQueryError."""
    if not isinstance(row, dict):
        raise _wrong(index, "The update is not an object")
    someone = row.get("$distinct_id")
    if not isinstance(someone, str | int | float) or isinstance(someone, bool) or someone == "":
        raise _wrong(index, "'$distinct_id' is missing")
    told = str(someone)
    operations = [(name, value) for name, value in row.items() if name in _OPERATIONS]
    if not operations:
        raise _wrong(index, f"One of {', '.join(_OPERATIONS)} is missing")
    is_external = not told.startswith(DEVICE_PREFIX)
    return [
        ProfileChange(
            told.removeprefix(DEVICE_PREFIX), _change(name, value, index), now, is_external
        )
        for name, value in operations
    ]


_OPERATIONS: Final = (
    "$set",
    "$set_once",
    "$add",
    "$append",
    "$union",
    "$remove",
    "$unset",
    "$delete",
)


def _change(operation: str, value: Json, index: int) -> Change:
    if operation == "$delete":
        return Forget()
    if operation == "$unset":
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise _wrong(index, "'$unset' must be a list of names")
        return Unset(tuple(_field(str(name)) for name in value))
    if not isinstance(value, dict):
        raise _wrong(index, f"'{operation}' must be an object")
    named = {_field(name): each for name, each in checked_properties(value, (index,)).items()}
    match operation:
        case "$set":
            return Overwrite(named)
        case "$set_once":
            return Fill(named)
        case "$append":
            return Append(named)
        case "$remove":
            return Remove(named)
        case "$union":
            return Union({name: _list(each) for name, each in named.items()})
        case _:
            return Add({name: _number(each, index) for name, each in named.items()})


def _field(name: str) -> str:
    return FIELD_NAMES.get(name, name)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _number(value: Json, index: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(index, "'$add' must be an object of numbers")
    return value


def _wrong(index: int, message: str) -> InvalidQueryError:
    return InvalidQueryError.at(index, message=message)


def routes() -> Iterator[BaseRoute]:
    """The route in each of its spellings."""
    route = OperationRoute.by_method("/engage", engage, ENGAGE)
    yield route
    yield route.alias("/engage/")
