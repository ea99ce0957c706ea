"""Boundary events of a table of sessions, whole columns at once.

`boundaries` is the definition; this gives the same events.
"""

from typing import Any, Final

from app.analytics.boundaries import (
    END_DELAY_MS,
    END_OFFSET,
    END_PROPERTIES,
    START_LEAD_MS,
    START_OFFSET,
)
from app.analytics.event_row import EventRow
from app.analytics.records import SESSION_END, SESSION_START
from app.analytics.sessions import OPENING_FACTS
from app.kit.ids import derived_id
from app.stores.arrow import EventTable, arrow, compute, joined_tables, repeated, table_of_columns
from app.stores.session_table import SessionTable

_SAME: Final = ("project", "profile_id", "device_id", *OPENING_FACTS, "groups")
"""What the sessions and their boundaries have alike."""

_ABSENT: Final = {"imported_at": None, "title": None, "sdk_name": None, "sdk_version": None}


def boundaries_in(sessions: SessionTable, closed_before: int) -> EventTable:
    """The starts of the sessions, and the ends of those that ended before that instant (ms)."""
    closed = sessions.where(compute.less(sessions.column("ended_at"), closed_before))
    return joined_tables([_starts(sessions), _ends(closed)])


def _starts(sessions: SessionTable) -> EventTable:
    is_entry = compute.equal(sessions.column("entry_position"), sessions.column("opening_position"))
    nothing = arrow.scalar(None, arrow.string())
    return _marks(
        sessions,
        SESSION_START,
        at=compute.subtract(sessions.column("created_at"), START_LEAD_MS),
        offset=START_OFFSET,
        path=compute.if_else(is_entry, sessions.column("entry_path"), nothing),
        origin=compute.if_else(is_entry, sessions.column("entry_origin"), nothing),
        duration=repeated("duration", 0, len(sessions)),
        properties=sessions.column("opening_properties"),
    )


def _ends(sessions: SessionTable) -> EventTable:
    return _marks(
        sessions,
        SESSION_END,
        at=compute.add(sessions.column("ended_at"), END_DELAY_MS),
        offset=END_OFFSET,
        path=sessions.column("exit_path"),
        origin=sessions.column("exit_origin"),
        duration=sessions.column("duration"),
        properties=compute.if_else(
            sessions.column("is_bounce"), END_PROPERTIES[True], END_PROPERTIES[False]
        ),
    )


def _marks(sessions: SessionTable, name: str, *, at: Any, offset: int, **own: Any) -> EventTable:  # noqa: ANN401 — Arrow has no types.
    count = len(sessions)
    columns = {
        **{same: sessions.column(same) for same in _SAME},
        **{absent: repeated(absent, value, count) for absent, value in _ABSENT.items()},
        "position": compute.add(sessions.column("anchor_position"), offset),
        "id": _ids(sessions, name),
        "name": repeated("name", name, count),
        "created_at": at,
        "received_at": at,
        "session_id": sessions.column("id"),
        "revenue": repeated("revenue", 0, count),
        **own,
    }
    return table_of_columns([columns[field] for field in EventRow._fields])


def _ids(sessions: SessionTable, name: str) -> list[str]:
    projects = map(str, sessions.column("project").to_pylist())
    told = zip(projects, sessions.column("id").to_pylist(), strict=True)
    return [derived_id(project, session_id, name) for project, session_id in told]
