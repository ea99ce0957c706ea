"""Events, sessions, profiles and groups as raw rows: snake case, texts instead of nothing."""

from dataclasses import fields
from typing import Final

from app.analytics.records import Event, Group, Json, Profile, Session
from app.compat.openpanel.flatten import flatten
from app.compat.openpanel.insights.dates import raw_time
from app.projects.records import Project

_UNTOLD: Final = frozenset({"project", "position", "received_at"})
_INSTANTS: Final = frozenset({"created_at", "ended_at", "imported_at", "last_seen_at"})
_NUMBERS: Final = frozenset({"longitude", "latitude"})

EVENT_COLUMNS: Final = tuple(field.name for field in fields(Event) if field.name not in _UNTOLD)
"""The columns of an event's row that the event itself has."""


def event_row(event: Event, project: Project) -> dict[str, Json]:
    """The event; its properties are flat."""
    row = _row(event, EVENT_COLUMNS)
    return {**row, "properties": {**flatten(event.properties)}, "project_id": project.id}


def session_row(session: Session, project: Project) -> dict[str, Json]:
    """The session, with its duration in milliseconds."""
    names = tuple(field.name for field in fields(Session) if field.name not in _UNTOLD)
    return {**_row(session, names), "duration": session.duration, "project_id": project.id}


def profile_row(profile: Profile, project: Project) -> dict[str, Json]:
    """The profile; its properties are flat."""
    names = tuple(
        field.name for field in fields(Profile) if field.name not in {"project", "sequence"}
    )
    row = _row(profile, names)
    return {**row, "properties": {**flatten(profile.properties)}, "project_id": project.id}


def group_row(group: Group, project: Project) -> dict[str, Json]:
    """The group, in the camel case that groups have everywhere."""
    return {
        "id": group.id,
        "projectId": project.id,
        "type": group.type,
        "name": group.name,
        "properties": {**group.properties},
        "createdAt": raw_time(group.created_at),
        "updatedAt": raw_time(group.updated_at),
    }


def _row(record: Event | Session | Profile, names: tuple[str, ...]) -> dict[str, Json]:
    return {name: _shown(name, getattr(record, name)) for name in names}


def _shown(name: str, value: "Json | tuple[str, ...]") -> Json:
    if name in _INSTANTS:
        return raw_time(value) if isinstance(value, int) else None
    if isinstance(value, tuple):
        return [*value]
    return "" if value is None and name not in _NUMBERS else value
