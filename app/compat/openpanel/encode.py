"""From answers to JSON: names, rounding, dates."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from app.analytics.metrics import (
    Number,
)
from app.analytics.records import Event, Json, Profile
from app.compat.openpanel.decode import EventsRequest
from app.compat.openpanel.selection import KEYS, iso_ms
from app.projects.records import Project


def rounded(number: Number | None) -> int | float:
    """The number with at most two decimals; nothing is 0."""
    if number is None or isinstance(number, int):
        return number or 0
    return round(number, 2)


@dataclass(frozen=True, slots=True)
class ExportedPage:
    """A page of events with what stands beside them. `profiles` are those that exist, by id."""

    asked: EventsRequest
    project: Project
    events: tuple[Event, ...]
    total_count: int
    profiles: Mapping[str, Profile]
    now: int


def encode_events(page: ExportedPage) -> dict[str, Json]:
    """The events and what they are a page of."""
    return {
        "meta": {
            "count": len(page.events),
            "totalCount": page.total_count,
            "pages": math.ceil(page.total_count / page.asked.query.page.limit),
            "current": page.asked.page,
        },
        "data": [_event_row(event, page) for event in page.events],
    }


def _event_row(event: Event, page: ExportedPage) -> dict[str, Json]:
    selection = page.asked.selection
    row: dict[str, Json] = {key: KEYS[key].show(event) for key in selection.keys}
    row["projectId"] = page.project.id
    row.setdefault("groups", [])
    if selection.has_profile:
        profile = page.profiles.get(event.profile_id or "") or _unknown(event, page.now)
        row["profile"] = encode_profile(profile, page.project)
    if selection.has_meta:
        # Nothing is noted about names of events yet.
        row["meta"] = None
    return row


def encode_profile(profile: Profile, project: Project) -> dict[str, Json]:
    """A profile as exports show it; absent text is empty text."""
    return {
        "id": profile.id,
        "firstName": profile.first_name or "",
        "lastName": profile.last_name or "",
        "email": profile.email or "",
        "avatar": profile.avatar or "",
        "isExternal": profile.is_external,
        "properties": profile.properties,
        "groups": [*profile.groups],
        "createdAt": iso_ms(profile.created_at),
        "lastSeenAt": iso_ms(profile.last_seen_at),
        "projectId": project.id,
    }


def _unknown(event: Event, now: int) -> Profile:
    """What is shown of someone of whom nothing is known."""
    return Profile(
        project=event.project,
        id=event.profile_id or "",
        is_external=False,
        created_at=now,
        last_seen_at=now,
    )
