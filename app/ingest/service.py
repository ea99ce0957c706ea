"""Taking in what happens: events and what is known of profiles."""

from dataclasses import dataclass

from app.analytics.records import Event, Profile
from app.ingest.calls import Caller, IdentifyCall, TrackCall


@dataclass(frozen=True, slots=True)
class Tracked:
    """An acknowledged event.

    `device_id` and `session_id` are empty for servers and for events of the past.
    """

    event: Event
    device_id: str
    session_id: str
    is_duplicate: bool = False


class IngestService:
    """(being written)."""

    async def track(self, call: TrackCall, caller: Caller) -> Tracked:
        """Stores the event durably; raises OverloadedError when there is no room."""
        raise NotImplementedError

    async def identify(self, call: IdentifyCall, caller: Caller) -> Profile:
        """Merges what the call tells into the profile."""
        raise NotImplementedError
