"""Events of a table as far as sessions read them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.analytics.sessions import Opening, openings_of
from app.stores.arrow import EventTable


class Visit(NamedTuple):
    """What sessions read of every event; what else there is has its place in the table."""

    project: int
    position: int
    name: str
    created_at: int
    profile_id: str | None
    device_id: str | None
    session_id: str | None
    path: str | None
    origin: str | None
    revenue: int
    groups: tuple[str, ...]
    place: int


def visits_in(table: EventTable) -> list[Visit]:
    """The events of the table, in its order."""
    columns = [table.values(name) for name in Visit._fields[:-1]]
    return list(map(Visit._make, zip(*columns, range(len(table)), strict=True)))


def openings_in(table: EventTable) -> Callable[[Sequence[Visit]], list[Opening]]:
    """Gives what sessions take from these events of the table, the earliest of each."""

    def openings(visits: Sequence[Visit]) -> list[Opening]:
        opened = table.at([visit.place for visit in visits])
        return [opening for rows in opened.parts() for opening in openings_of(rows)]

    return openings
