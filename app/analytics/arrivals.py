"""What sessions read of an event, in whatever form it is held."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from app.analytics.records import Json


class Arrival(Protocol):
    """An event that has arrived: an `Event`, or anything else with the same fields."""

    @property
    def project(self) -> int:
        """The project's number."""
        ...

    @property
    def position(self) -> int:
        """Its place in the order of arrival."""
        ...

    @property
    def name(self) -> str:
        """What happened."""
        ...

    @property
    def created_at(self) -> int:
        """When it happened, in milliseconds."""
        ...

    @property
    def profile_id(self) -> str | None:
        """Whom it belongs to."""
        ...

    @property
    def device_id(self) -> str | None:
        """The device that it came from, if it takes part in sessions."""
        ...

    @property
    def session_id(self) -> str | None:
        """The session that it was told to belong to."""
        ...

    @property
    def path(self) -> str | None:
        """The page's path."""
        ...

    @property
    def origin(self) -> str | None:
        """The page's origin."""
        ...

    @property
    def revenue(self) -> int:
        """Money in minor units."""
        ...

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that it belongs to."""
        ...


class Opener(Arrival, Protocol):
    """An arrival that can tell what a session takes from its earliest event.

    The fields of `OPENING_FACTS` are read too.
    """

    @property
    def properties(self) -> Mapping[str, Json] | str:
        """Its own properties, or their JSON text."""
        ...


Arrived = TypeVar("Arrived", bound=Arrival)
"""An arrival of whatever kind its caller gives."""
