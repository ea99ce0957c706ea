"""`/track`: events, and what is known of profiles and groups, come in."""

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.compat.openpanel.errors import NO_ADDRESS, NO_USER_AGENT, tracking_envelope
from app.compat.openpanel.operations import FIND_DEVICE, TRACK_MESSAGE
from app.compat.openpanel.reception import (
    Outcome,
    Sending,
    admit_tracker,
    caller_of,
    read_body,
    receive,
)
from app.compat.openpanel.spellings import spelled
from app.compat.openpanel.track_wire import BodyCredentials, read_message
from app.http.auth import Claim, Subjects, check_subjects
from app.http.doors import Door
from app.http.operations import OperationRoute
from app.http.responses import JsonResponse
from app.ingest.bots import Bot
from app.ingest.presence import Presence, Standing

_STANDINGS: Final = {
    Standing.CURRENT: "current session exists for this device id",
    Standing.PREVIOUS: "previous session exists for this device id",
    Standing.NONE: "No session exists for this device id",
}


async def track(request: Request) -> Response:
    """Takes one message in; answers when it is durable."""
    sending = Sending.of(request)
    body = await read_body(sending)
    return answer(await receive(sending, body, read_message(body)))


def answer(outcome: Outcome) -> Response:
    """The answer of today's clients to what became of a message."""
    if isinstance(outcome, Bot):
        bot: Json = {"name": outcome.name, "type": outcome.kind}
        return JsonResponse({"bot": bot}, HTTPStatus.ACCEPTED)
    told: dict[str, Json] = {"deviceId": outcome.device_id, "sessionId": outcome.session_id}
    return JsonResponse(told | {"duplicate": True} if outcome.is_duplicate else told)


async def device_id(request: Request) -> Response:
    """The id of the caller's device and that of its session, empty when none is going on."""
    sending = Sending.of(request)
    services = sending.services
    claim = Claim(sending.headers.get("origin"), has_revenue=False)
    tracker = await admit_tracker(sending, BodyCredentials(), claim)
    caller = caller_of(sending, tracker)
    await check_subjects(services, tracker.project, Subjects((caller.ip,)))
    if caller.ip is None:
        raise InvalidQueryError.at("ip", message=NO_ADDRESS)
    if caller.user_agent is None:
        raise InvalidQueryError.at("user-agent", message=NO_USER_AGENT)
    return JsonResponse(_told(await services.devices.find(tracker.project, caller)))


def _told(presence: Presence) -> dict[str, Json]:
    has_session = presence.standing is not Standing.NONE
    return {
        "deviceId": presence.device_id,
        "sessionId": presence.session_id if has_session else "",
        "message": _STANDINGS[presence.standing],
    }


def routes() -> list[BaseRoute]:
    """The routes in each of their spellings."""
    taking, finding = Door(track, tracking_envelope), Door(device_id, tracking_envelope)
    return [
        *spelled(OperationRoute("/track", taking, TRACK_MESSAGE, "POST")),
        *spelled(OperationRoute("/track/device-id", finding, FIND_DEVICE)),
    ]
