"""From a tracked call to an event that lacks nothing but its session."""

from dataclasses import dataclass

from app.analytics.records import Event
from app.ingest import steps
from app.ingest.agents import Agent, AgentReader
from app.ingest.calls import Caller, IdentifyCall, Technology, TrackCall
from app.ingest.clienthints import refined
from app.ingest.geo import GeoLookup, Place
from app.ingest.locations import Location, Utm, parse_location, utm_of
from app.ingest.referrers import NO_REFERRER, Referrer, ReferrerBook, refer
from app.kit.ids import IdSource
from app.projects.identity import Identity
from app.projects.salts import Salts


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event before its session is known.

    `device_candidates` are the ids that the device may have, the likeliest first; the
    event carries the first of them until a session of another one is found. There are
    none when the event takes no part in sessions: a server's, or one of the past.
    `explicit_profile` tells a profile that the caller named from one that only stands
    for the device and has to follow it.
    """

    event: Event
    device_candidates: tuple[str, ...]
    takes_part_in_sessions: bool
    is_from_server: bool
    explicit_profile: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Findings:
    """What the steps found out about one call."""

    instant: steps.Instant
    technology: Technology
    place: Place
    location: Location
    utm: Utm
    referrer: Referrer
    devices: tuple[str, ...]


class Enricher:
    """Adds what the server knows to what callers tell. Pure but for its caches."""

    def __init__(
        self,
        *,
        agents: AgentReader,
        referrers: ReferrerBook,
        geo: GeoLookup,
        new_id: IdSource,
    ) -> None:
        self._agents = agents
        self._referrers = referrers
        self._geo = geo
        self._new_id = new_id

    def draft(self, call: TrackCall, caller: Caller, salts: Salts) -> Draft:
        """The event that the call tells of, and the devices that it may belong to."""
        agent = self._agent(caller)
        found = self._findings(call, caller, salts, agent)
        return Draft(
            event=_event(call, caller, found, steps.event_id_of(call, self._new_id)),
            device_candidates=found.devices,
            takes_part_in_sessions=bool(found.devices),
            is_from_server=agent.is_server,
            explicit_profile=call.profile_id is not None,
        )

    def identity(self, call: IdentifyCall, caller: Caller) -> Identity:
        """What the call says about its profile, with the place and technology of the caller.

        A server's own place and technology say nothing about a profile.
        """
        agent = self._agent(caller)
        place = self._geo.locate(caller.ip)
        return Identity(
            profile_id=call.profile_id,
            seen_at=caller.received_at,
            first_name=call.first_name,
            last_name=call.last_name,
            email=call.email,
            avatar=call.avatar,
            properties=call.properties,
            context={} if agent.is_server else steps.context_of(agent.technology, place),
        )

    def _agent(self, caller: Caller) -> Agent:
        agent = self._agents.read(caller.user_agent)
        if caller.hints is None or agent.is_server:
            return agent
        return Agent(refined(agent.technology, caller.hints), is_server=False)

    def _findings(self, call: TrackCall, caller: Caller, salts: Salts, agent: Agent) -> _Findings:
        instant = steps.instant_of(call, caller)
        ip = steps.address_of(call, caller)
        location = parse_location(call.url)
        is_apart = agent.is_server or instant.is_past
        return _Findings(
            instant=instant,
            technology=steps.technology_of(call, agent),
            place=self._geo.locate(ip),
            location=location,
            utm=utm_of(location),
            referrer=NO_REFERRER if is_apart else refer(call.referrer, location, self._referrers),
            devices=() if is_apart else steps.devices_of(call, caller, ip, salts),
        )


def _event(call: TrackCall, caller: Caller, found: _Findings, event_id: str) -> Event:
    device_id = found.devices[0] if found.devices else None
    technology, place, utm = found.technology, found.place, found.utm
    return Event(
        project=call.project,
        id=event_id,
        name=call.name,
        created_at=found.instant.at_ms,
        received_at=caller.received_at,
        profile_id=call.profile_id if call.profile_id is not None else device_id,
        device_id=device_id,
        path=found.location.path or None,
        origin=found.location.origin or None,
        title=call.title,
        referrer=found.referrer.url,
        referrer_name=found.referrer.name,
        referrer_type=found.referrer.kind,
        utm_source=utm.source,
        utm_medium=utm.medium,
        utm_campaign=utm.campaign,
        utm_term=utm.term,
        utm_content=utm.content,
        country=place.country,
        region=place.region,
        city=place.city,
        longitude=place.longitude,
        latitude=place.latitude,
        os=technology.os,
        os_version=technology.os_version,
        browser=technology.browser,
        browser_version=technology.browser_version,
        device=technology.device,
        brand=technology.brand,
        model=technology.model,
        sdk_name=caller.sdk_name,
        sdk_version=caller.sdk_version,
        revenue=call.revenue,
        groups=call.groups,
        properties=steps.properties_of(call, found.location),
    )
