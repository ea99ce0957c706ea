"""From a tracked call to an event that lacks nothing but its session."""

from dataclasses import dataclass

from app.analytics.records import Event
from app.ingest import steps
from app.ingest.agents import Agent, AgentReader
from app.ingest.calls import Caller, IdentifyCall, Technology, TrackCall
from app.ingest.clienthints import refined
from app.ingest.geo import GeoLookup, Place
from app.ingest.identity import DeviceIds
from app.ingest.locations import Location, parse_location, utm_of
from app.ingest.referrers import NO_REFERRER, Referrer, ReferrerBook, refer
from app.kit.ids import IdSource
from app.projects.identity import Identity
from app.projects.salts import Salts


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is known of an event before its session is.

    `devices` are the ids that the device may have, the likeliest first. There are none when
    the event takes no part in sessions: a server's, or one of the past.
    """

    call: TrackCall
    caller: Caller
    event_id: str
    is_from_server: bool
    instant: steps.Instant
    technology: Technology
    place: Place
    location: Location
    referrer: Referrer
    devices: tuple[str, ...]

    @property
    def names_profile(self) -> bool:
        """Whether the caller named the profile; else it only stands for the device."""
        return self.call.profile_id is not None

    @property
    def event(self) -> Event:
        """The event of the likeliest device, in no session yet."""
        device_id = self.devices[0] if self.devices else None
        return self.event_of(self.call.profile_id, device_id, None, self.referrer)

    def event_of(
        self,
        profile_id: str | None,
        device_id: str | None,
        session_id: str | None,
        referrer: Referrer,
    ) -> Event:
        """The event, of that device in that session; without a profile it is the device's."""
        call, caller, location = self.call, self.caller, self.location
        technology, place, utm = self.technology, self.place, utm_of(location)
        return Event(
            project=call.project,
            id=self.event_id,
            name=call.name,
            created_at=self.instant.at_ms,
            received_at=caller.received_at,
            profile_id=device_id if profile_id is None else profile_id,
            device_id=device_id,
            session_id=session_id,
            path=location.path or None,
            origin=location.origin or None,
            title=call.title,
            referrer=referrer.url,
            referrer_name=referrer.name,
            referrer_type=referrer.kind,
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
            properties=steps.properties_of(call, location),
        )


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
        self._ids = DeviceIds()

    def draft(self, call: TrackCall, caller: Caller, salts: Salts) -> Draft:
        """What can be told of the event before its session is known."""
        agent = self._agent(caller)
        instant = steps.instant_of(call, caller)
        ip = steps.address_of(call, caller)
        location = parse_location(call.url)
        is_apart = agent.is_server or instant.is_past
        return Draft(
            call=call,
            caller=caller,
            event_id=steps.event_id_of(call, self._new_id),
            is_from_server=agent.is_server,
            instant=instant,
            technology=steps.technology_of(call.technology, agent),
            place=self._geo.locate(ip),
            location=location,
            referrer=NO_REFERRER if is_apart else refer(call.referrer, location, self._referrers),
            devices=() if is_apart else steps.devices_of(call, caller, ip, self._ids.under(salts)),
        )

    def identity(self, call: IdentifyCall, caller: Caller) -> Identity:
        """What the call says about its profile, with the place and technology of the caller.

        A server's own place and technology say nothing about a profile.
        """
        agent = self._agent(caller)
        place = self._geo.locate(caller.ip)
        technology = steps.technology_of(call.technology, agent)
        return Identity(
            profile_id=call.profile_id,
            seen_at=caller.received_at,
            first_name=call.first_name,
            last_name=call.last_name,
            email=call.email,
            avatar=call.avatar,
            properties=call.properties,
            context={} if agent.is_server else steps.context_of(technology, place),
        )

    def _agent(self, caller: Caller) -> Agent:
        agent = self._agents.read(caller.user_agent)
        if caller.hints is None or agent.is_server:
            return agent
        return Agent(refined(agent.technology, caller.hints), is_server=False)
