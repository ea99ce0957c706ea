"""The single steps from a call to an event. Each answers one question and knows no other."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from app.analytics.records import Json
from app.ingest.agents import UNKNOWN_USER_AGENT, Agent
from app.ingest.calls import NO_TECHNOLOGY, Caller, Technology, TrackCall
from app.ingest.geo import Place
from app.ingest.identity import Candidates
from app.ingest.locations import Location, query_properties
from app.kit.ids import IdSource, derived_id

FUTURE_LIMIT_MS: Final = 60_000
"""How far a caller's clock may be ahead before it is not believed."""

PAST_AFTER_MS: Final = 15 * 60_000
"""The age from which an event is told afterwards, and opens or extends no session."""

_EARLIEST_MS: Final = 0
"""The year 1970: no question reaches further back."""


@dataclass(frozen=True, slots=True)
class Instant:
    """When an event happened, in milliseconds, and whether it was told long afterwards."""

    at_ms: int
    is_past: bool


def instant_of(call: TrackCall, caller: Caller) -> Instant:
    """The caller's own time if it can be true, else the time of arrival."""
    told, received = call.at_ms, caller.received_at
    if told is None or not _EARLIEST_MS <= told <= received + FUTURE_LIMIT_MS:
        return Instant(received, is_past=False)
    return Instant(told, is_past=told < received - PAST_AFTER_MS)


def address_of(call: TrackCall, caller: Caller) -> str | None:
    """The address that the call names, if it is one, else the one it came from."""
    if call.ip is None:
        return caller.ip
    try:
        return str(ipaddress.ip_address(call.ip.strip()))
    except ValueError:
        return caller.ip


def technology_of(told: Technology, agent: Agent) -> Technology:
    """What the user agent tells, corrected by the caller; a server's can't be corrected."""
    own = agent.technology
    if agent.is_server or told == NO_TECHNOLOGY:
        return own
    return Technology(
        os=told.os or own.os,
        os_version=told.os_version or own.os_version,
        browser=told.browser or own.browser,
        browser_version=told.browser_version or own.browser_version,
        device=told.device or own.device,
        brand=told.brand or own.brand,
        model=told.model or own.model,
    )


def devices_of(
    call: TrackCall, caller: Caller, ip: str | None, candidates: Candidates
) -> tuple[str, ...]:
    """The ids that the device may have: the one named by the caller, else of both salts."""
    if call.device_id:
        return (call.device_id,)
    return candidates(caller.user_agent or UNKNOWN_USER_AGENT, ip or "", call.project_slug)


def event_id_of(call: TrackCall, new_id: IdSource) -> str:
    """A new id, or always the same one for the same `insert_id`, time and profile."""
    if call.insert_id is None:
        return new_id()
    at = "" if call.at_ms is None else str(call.at_ms)
    return derived_id(str(call.project), call.name, at, call.profile_id or "", call.insert_id)


def properties_of(call: TrackCall, location: Location) -> dict[str, Json]:
    """The caller's properties, types as they came, and those of the page's URL."""
    return call.properties | query_properties(location)


def context_of(technology: Technology, place: Place) -> dict[str, Json]:
    """What a profile learns from a call's technology and place, unknown parts left out."""
    parts: dict[str, Json] = {
        "country": place.country,
        "region": place.region,
        "city": place.city,
        "longitude": place.longitude,
        "latitude": place.latitude,
        "os": technology.os,
        "os_version": technology.os_version,
        "browser": technology.browser,
        "browser_version": technology.browser_version,
        "device": technology.device,
        "brand": technology.brand,
        "model": technology.model,
    }
    return {name: value for name, value in parts.items() if value is not None}
