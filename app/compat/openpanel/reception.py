"""Letting a tracking client in, and doing once what it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from http import HTTPStatus
from typing import Final, TypeAlias, assert_never

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.analytics.errors import UnauthenticatedError
from app.compat.openpanel.admission import WINDOW_SECONDS
from app.compat.openpanel.people_wire import PeopleCall
from app.compat.openpanel.track_wire import BodyCredentials, Call, TrackMessage
from app.http.addresses import client_address
from app.http.auth import (
    Claim,
    Subjects,
    Tracker,
    authorise_tracking,
    check_subjects,
    credentials_in,
)
from app.http.ratelimit import Budget
from app.http.services import Services
from app.http.throttle import address_of, guess_of, spend, spend_of_address
from app.ingest.bots import Bot, find_bot
from app.ingest.calls import Caller, IdentifyCall, TrackCall
from app.ingest.clienthints import hints_in
from app.ingest.duplicates import fingerprint_of
from app.ingest.people_calls import (
    AliasCall,
    AssignGroupsCall,
    DecrementCall,
    GroupCall,
    IncrementCall,
    ReplayCall,
)
from app.ingest.presence import Acknowledgement
from app.projects.records import Project

IDEMPOTENCY_HEADER: Final = "idempotency-key"
"""Calls to track with the same one tell of the same event; it goes before a property."""

Outcome: TypeAlias = Acknowledgement | Bot
"""What became of a message; a bot's is not taken in."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One message of a client that was let in."""

    services: Services
    project: Project
    caller: Caller


@dataclass(frozen=True, slots=True)
class Sending:
    """A request as this family reads it. `headers` by lower-case names, the first of a name."""

    request: Request
    services: Services
    headers: Mapping[str, str]

    @classmethod
    def of(cls, request: Request) -> "Sending":
        """The request with its headers read once: many of them are looked at."""
        raw: list[tuple[bytes, bytes]] = request.scope["headers"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(raw)}
        return cls(request, request.scope["state"]["services"], headers)


async def read_body(sending: Sending) -> bytes:
    """The body, as it was sent.

    Raises HTTPException for one that is compressed.
    """
    if sending.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body uncompressed.")
    return await sending.request.body()


async def receive(sending: Sending, body: bytes, message: TrackMessage) -> Outcome:
    """Does what the message asks for, unless a bot or the same request a moment ago asked.

    Raises UnauthenticatedError, RateLimitedError, InvalidQueryError, NotFoundError or
    OverloadedError; then nothing was done.
    """
    services = sending.services
    claim = Claim(sending.headers.get("origin"), message.claims_revenue)
    tracker = await admit_tracker(sending, message.credentials, claim)
    caller = caller_of(sending, tracker)
    key = sending.headers.get(IDEMPOTENCY_HEADER)
    call = message.call(tracker.project.number, tracker.project.id, insert_id=key)
    if tracker.project.filters:
        await check_subjects(services, tracker.project, _subjects(call, caller))
    bot = None if tracker.is_proven else find_bot(caller.user_agent)
    if bot is not None:
        return bot
    visit = _Visit(services, tracker.project, caller)
    fingerprint = _fingerprint(sending, body, call, caller, tracker)
    if fingerprint is None:
        return await _do(visit, call)
    answered = await services.duplicates.once(
        fingerprint, caller.received_at, partial(_do, visit, call)
    )
    if answered.is_duplicate:
        return replace(answered.answer, is_duplicate=True)
    return answered.answer


async def admit_tracker(sending: Sending, told: BodyCredentials, claim: Claim) -> Tracker:
    """The client that may track, whose budget is spent; headers go before the body."""
    request, services = sending.request, sending.services
    credentials = credentials_in(sending.headers).or_else(told.client_id, told.client_secret)
    budget = _budget(services.settings.track_requests_per_10_seconds)
    try:
        guess = guess_of(request, services)
        tracker = await authorise_tracking(services, credentials, claim, guess)
    except UnauthenticatedError:
        address = address_of(request, services.settings)
        spend_of_address(request, services.limiter, budget, address)
        raise
    spend(request, services.limiter, budget, f"client:{tracker.client.id}")
    return tracker


@cache
def _budget(requests: int) -> Budget:
    return Budget("track", requests, WINDOW_SECONDS)


def caller_of(sending: Sending, tracker: Tracker) -> Caller:
    """Who sent the request, as its transport tells it."""
    services, headers = sending.services, sending.headers
    client = sending.request.scope.get("client")
    socket_address = client[0] if client else None
    return Caller(
        received_at=services.clock.now_ms(),
        is_proven=tracker.is_proven,
        ip=client_address(headers, socket_address, services.settings.ip_headers),
        user_agent=headers.get("user-agent") or None,
        hints=hints_in(headers),
        sdk_name=headers.get("openpanel-sdk-name") or None,
        sdk_version=headers.get("openpanel-sdk-version") or None,
    )


def _fingerprint(
    sending: Sending, body: bytes, call: Call, caller: Caller, tracker: Tracker
) -> bytes | None:
    origin = sending.headers.get("origin")
    if isinstance(call, ReplayCall) or not origin or not caller.ip:
        return None
    key = sending.headers.get(IDEMPOTENCY_HEADER, "")
    path: str = sending.request.scope["path"]
    return fingerprint_of(
        b"\0".join((path.encode(), key.encode(), body)),
        ip=caller.ip,
        origin=origin,
        client_id=tracker.client.id,
    )


def _subjects(call: Call, caller: Caller) -> Subjects:
    match call:
        case TrackCall():
            return Subjects((caller.ip, call.ip), (call.profile_id,))
        case AliasCall():
            return Subjects((caller.ip,), (call.profile_id, call.alias))
        case IdentifyCall() | IncrementCall() | DecrementCall() | AssignGroupsCall():
            return Subjects((caller.ip,), (call.profile_id,))
        case GroupCall() | ReplayCall():
            return Subjects((caller.ip,))
        case _:
            assert_never(call)


async def _do(visit: _Visit, call: Call) -> Acknowledgement:
    match call:
        case TrackCall():
            tracked = await visit.services.ingest.track(call, visit.caller)
            return Acknowledgement(tracked.device_id, tracked.session_id, tracked.is_duplicate)
        case IdentifyCall():
            await visit.services.ingest.identify(call, visit.caller)
            return await _presence(visit)
        case _:
            own = await _presence(visit)
            await _do_to_people(visit, call, own)
            return own


async def _do_to_people(visit: _Visit, call: PeopleCall, own: Acknowledgement) -> None:
    people, caller = visit.services.people, visit.caller
    match call:
        case AliasCall():
            await people.alias(call, caller)
        case IncrementCall():
            await people.increment(call, caller)
        case DecrementCall():
            await people.decrement(call, caller)
        case GroupCall():
            await people.upsert_group(call, caller)
        case AssignGroupsCall():
            await people.assign_groups(call, caller, device_id=own.device_id)
        case ReplayCall():
            session = call.session_id or own.session_id
            await people.store_replay(replace(call, session_id=session), caller)
        case _:
            assert_never(call)


async def _presence(visit: _Visit) -> Acknowledgement:
    found = await visit.services.devices.find(visit.project, visit.caller)
    return found.acknowledgement
