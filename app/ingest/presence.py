"""Who a request comes from when it tells of no event: the device, and the session there."""

from dataclasses import dataclass
from enum import Enum, auto

from app.ingest.agents import UNKNOWN_USER_AGENT, AgentReader
from app.ingest.calls import Caller
from app.ingest.identity import device_id
from app.ingest.log import EventLog
from app.ingest.naming import SessionNames
from app.projects.records import Project
from app.projects.salts import SaltBook


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What callers get to know of themselves when a call was taken in.

    Both ids are empty for servers and for what belongs to no session.
    """

    device_id: str = ""
    session_id: str = ""
    is_duplicate: bool = False


class Standing(Enum):
    """Which of a device's ids has a session that is going on."""

    CURRENT = auto()
    """The one made with today's salt."""
    PREVIOUS = auto()
    """The one made with the salt before it: the session began before midnight."""
    NONE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A device and its session: the one going on, else the one that it would begin now.

    Events of servers belong to no device, whatever could be computed for them.
    """

    device_id: str
    session_id: str
    standing: Standing
    is_server: bool

    @property
    def acknowledgement(self) -> Acknowledgement:
        """What is told to whoever sent a call that is no event."""
        if self.is_server:
            return Acknowledgement()
        return Acknowledgement(self.device_id, self.session_id)


class DeviceFinder:
    """Finds devices by what the transport tells of a caller, as events find theirs."""

    def __init__(
        self, *, log: EventLog, agents: AgentReader, salts: SaltBook, names: SessionNames
    ) -> None:
        self._log = log
        self._agents = agents
        self._salts = salts
        self._names = names

    async def find(self, project: Project, caller: Caller) -> Presence:
        """The device behind the caller and its session. Stores nothing."""
        self._names.know(project.number, project.id)
        salts = await self._salts.salts(caller.received_at)
        is_server = self._agents.read(caller.user_agent).is_server
        candidates = {
            Standing.CURRENT: _device(project, caller, salts.current),
            Standing.PREVIOUS: _device(project, caller, salts.previous),
        }
        for standing, device in candidates.items():
            session = self._log.find_session(project.number, device, caller.received_at)
            if session is not None:
                return Presence(
                    device_id=device,
                    session_id=session.id,
                    standing=standing,
                    is_server=is_server,
                )
        device = candidates[Standing.CURRENT]
        return Presence(
            device_id=device,
            session_id=self._names(project.number, device, caller.received_at),
            standing=Standing.NONE,
            is_server=is_server,
        )


def _device(project: Project, caller: Caller, salt: str) -> str:
    return device_id(
        user_agent=caller.user_agent or UNKNOWN_USER_AGENT,
        ip=caller.ip or "",
        project_slug=project.id,
        salt=salt,
    )
