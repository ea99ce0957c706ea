"""Taking in what happens: events and what is known of profiles."""

from dataclasses import dataclass, replace
from typing import cast

from app.analytics.records import Event, Profile
from app.ingest.calls import Caller, IdentifyCall, TrackCall
from app.ingest.draft import Draft, Enricher
from app.ingest.live import LiveSession
from app.ingest.log import EventLog
from app.ingest.naming import SessionNames
from app.ingest.referrer_hosts import ReferrerKind
from app.ingest.referrers import Referrer
from app.projects.aliases import AliasBook
from app.projects.directory import ProjectDirectory
from app.projects.profiles import ProfileDirectory
from app.projects.refusals import drops_event
from app.projects.salts import SaltBook


@dataclass(frozen=True, slots=True)
class Tracked:
    """An acknowledged event; one that the project drops is acknowledged too.

    `device_id` and `session_id` are empty for servers and for events of the past.
    """

    event: Event
    device_id: str
    session_id: str
    is_duplicate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """What is kept of projects and profiles, and which ids are one profile."""

    projects: ProjectDirectory
    profiles: ProfileDirectory
    aliases: AliasBook


class IngestService:
    """Turns calls into durable facts. What it returns has been stored safely."""

    def __init__(
        self,
        *,
        log: EventLog,
        enricher: Enricher,
        salts: SaltBook,
        registers: Registers,
        names: SessionNames,
    ) -> None:
        self._log = log
        self._enricher = enricher
        self._salts = salts
        self._registers = registers
        self._names = names

    async def track(self, call: TrackCall, caller: Caller) -> Tracked:
        """Stores the event durably, in its session if it takes part in one.

        A call with an `insert_id` that was taken in before is answered as it was then, and
        stores nothing; neither does an event that the project drops, which is answered like
        any other. Raises OverloadedError when there is no room; then nothing of the call was
        kept.
        """
        self._names.know(call.project, call.project_slug)
        now = caller.received_at
        salts = self._salts.recall(now) or await self._salts.salts(now)
        draft = self._enricher.draft(call, caller, salts)
        # Trap: the event's id is made from what the caller said, and only then is an alias
        # followed: a call that is told again after its alias was made is the same.
        event = await self._in_session(draft)
        tracked = await self._kept(event, call)
        if call.identify is not None:
            # Repeated for a repeated call: the first one may have been cut off before this.
            await self.identify(call.identify, caller)
        return tracked

    async def identify(self, call: IdentifyCall, caller: Caller) -> Profile:
        """Merges what the call tells into the profile; the profile as it is now."""
        return await self._registers.profiles.identify(
            call.project, self._enricher.identity(call, caller)
        )

    async def _in_session(self, draft: Draft) -> Event:
        """The event in its session, under its profile's own id; a device's may be an alias."""
        profile_id = await self._own_id(draft.call.project, draft.call.profile_id)
        if draft.devices:
            event = self._joined(draft, profile_id)
        elif draft.is_from_server and profile_id is not None:
            event = self._lent(draft.event_of(profile_id, None, None, draft.referrer))
        else:
            return draft.event_of(profile_id, None, None, draft.referrer)
        if draft.names_profile:
            return event
        own_id = await self._own_id(event.project, event.profile_id)
        return event if own_id == event.profile_id else replace(event, profile_id=own_id)

    async def _own_id(self, project: int, profile_id: str | None) -> str | None:
        if profile_id is None:
            return None
        aliases = self._registers.aliases
        known = aliases.recall(project, profile_id)
        return known if known is not None else await aliases.canonical(project, profile_id)

    async def _is_unwanted(self, event: Event) -> bool:
        projects, number = self._registers.projects, event.project
        project = projects.recall_project(number) or await projects.find_project(number)
        return project is not None and drops_event(project.filters, event)

    async def _kept(self, event: Event, call: TrackCall) -> Tracked:
        if await self._is_unwanted(event):
            return Tracked(event, event.device_id or "", event.session_id or "")
        if call.insert_id is None:
            await self._log.append([event])
            return Tracked(event, event.device_id or "", event.session_id or "")
        earlier = await self._log.append_once(event)
        if earlier is not None:
            event = replace(event, device_id=earlier.device_id, session_id=earlier.session_id)
        return Tracked(
            event,
            event.device_id or "",
            event.session_id or "",
            is_duplicate=earlier is not None,
        )

    def _joined(self, draft: Draft, profile_id: str | None) -> Event:
        """The event in the session of the first device that has one, else in a new one."""
        project, at = draft.call.project, draft.instant.at_ms
        for device in draft.devices:
            session = self._log.find_session(project, device, at)
            if session is not None:
                referrer = _referrer(draft, session)
                return draft.event_of(profile_id, device, session.id, referrer)
        device = draft.devices[0]
        session_id = self._log.assign_session(project, device, at)
        return draft.event_of(profile_id, device, session_id, draft.referrer)

    def _lent(self, event: Event) -> Event:
        """A server's event about a profile, with what is known from the profile's session.

        It takes no part in the session: it neither extends it nor names a device.
        """
        profile, at = event.profile_id or "", event.created_at
        session = self._log.live.find_of_profile(event.project, profile, at)
        if session is None:
            return event
        opening, page = session.opening, session.exit
        return replace(
            event,
            referrer=opening.referrer,
            referrer_name=opening.referrer_name,
            referrer_type=opening.referrer_type,
            session_id=session.id,
            path=event.path or (page.path if page else None),
            origin=event.origin or (page.origin if page else None),
            country=opening.country,
            region=opening.region,
            city=opening.city,
            longitude=opening.longitude,
            latitude=opening.latitude,
            os=opening.os,
            os_version=opening.os_version,
            browser=opening.browser,
            browser_version=opening.browser_version,
            device=opening.device,
            brand=opening.brand,
            model=opening.model,
        )


def _referrer(draft: Draft, session: LiveSession) -> Referrer:
    """The session's referrer in place of the event's own.

    But for an event that becomes the session's earliest: its own counts.
    """
    opening = session.opening
    if draft.instant.at_ms < session.created_at:
        return draft.referrer
    kind = cast("ReferrerKind | None", opening.referrer_type)
    return Referrer(opening.referrer, opening.referrer_name, kind)
