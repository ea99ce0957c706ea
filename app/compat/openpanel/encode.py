"""From answers to JSON: names, rounding, dates."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.analytics.metrics import (
    Number,
)
from app.analytics.records import Event, Json, Profile
from app.compat.openpanel.decode import EventsRequest
from app.compat.openpanel.selection import KEYS, Selection, iso_ms
from app.projects.records import Project


def rounded(number: Number | None) -> int | float:
    """The number with at most two decimals; nothing is 0."""
    if number is None or isinstance(number, int):
        return number or 0
    return round(number, 2)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside exported events. `profiles` are those that exist, by id."""

    project: Project
    profiles: Mapping[str, Profile]
    now: int


def encode_events(asked: EventsRequest, rows: Sequence[Json], total_count: int) -> dict[str, Json]:
    """The rows of events and what they are a page of."""
    return {
        "meta": {
            "count": len(rows),
            "totalCount": total_count,
            "pages": math.ceil(total_count / asked.query.page.limit),
            "current": asked.page,
        },
        "data": [*rows],
    }


def encode_event(event: Event, selection: Selection, beside: Beside) -> dict[str, Json]:
    """The row of an event with the selected keys."""
    row: dict[str, Json] = {key: KEYS[key].show(event) for key in selection.keys}
    row["projectId"] = beside.project.id
    row.setdefault("groups", [])
    if selection.has_profile:
        profile = beside.profiles.get(event.profile_id or "") or _unknown(event, beside.now)
        row["profile"] = encode_profile(profile, beside.project)
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
