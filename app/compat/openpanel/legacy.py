"""The routes before `/track`, one per kind of message, which old clients still use."""

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from app.analytics.errors import InvalidQueryError, Issue, NotFoundError
from app.compat.openpanel.errors import NOT_A_NUMBER, tracking_envelope
from app.compat.openpanel.operations import LEGACY
from app.compat.openpanel.people_wire import DecrementPayload, IncrementPayload
from app.compat.openpanel.reception import Sending, read_body, receive
from app.compat.openpanel.spellings import spelled
from app.compat.openpanel.track import answer
from app.compat.openpanel.track_wire import IdentifyPayload, TrackMessage, read_legacy_message
from app.http.doors import Door
from app.http.errors import Endpoint
from app.http.operations import OperationRoute
from app.ingest.bots import Bot

NOT_FOUND: Final = "Not found"
NOT_NUMBER: Final = "Not number"

_KINDS: Final = {
    "/event": "track",
    "/profile": "identify",
    "/profile/increment": "increment",
    "/profile/decrement": "decrement",
}
"""The routes, and the types of `/track` that took their place."""


def routes() -> list[BaseRoute]:
    """The routes in each of their spellings."""
    doors = {path: Door(_door(kind), tracking_envelope) for path, kind in _KINDS.items()}
    return [
        route
        for path, door in doors.items()
        for route in spelled(OperationRoute(path, door, LEGACY[path], "POST"))
    ]


def _door(kind: str) -> Endpoint:
    async def take(request: Request) -> Response:
        """Takes one message in; answers when it is durable."""
        sending = Sending.of(request)
        body = await read_body(sending)
        try:
            message = read_legacy_message(body, kind)
            outcome = await receive(sending, body, message)
        except InvalidQueryError as error:
            raise InvalidQueryError(*map(_in_own_words, error.issues)) from error
        except NotFoundError as error:
            raise NotFoundError(NOT_FOUND) from error
        if isinstance(outcome, Bot):
            return answer(outcome)
        return PlainTextResponse(_reply(message), HTTPStatus.ACCEPTED)

    return take


def _reply(message: TrackMessage) -> str:
    match message.payload:
        case (
            IdentifyPayload(profile_id=profile_id)
            | IncrementPayload(profile_id=profile_id)
            | DecrementPayload(profile_id=profile_id)
        ):
            return profile_id
        case _:
            return "ok"


def _in_own_words(issue: Issue) -> Issue:
    """The issue with its place in a body that has no envelope."""
    path = issue.path[1:] if issue.path[:1] == ("payload",) else issue.path
    return Issue(path, NOT_NUMBER if issue.message == NOT_A_NUMBER else issue.message)
