"""What mutations are told: an event, or something about a profile."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final, cast

import strawberry

from app.analytics.errors import InvalidQueryError, Issue
from app.analytics.periods import to_instant
from app.analytics.records import BOUNDARY_EVENTS, Json
from app.ingest.calls import Caller, IdentifyCall, TrackCall
from app.ingest.encoding import LARGEST_AMOUNT
from app.ingest.properties import checked_properties
from app.projects.records import Project
from schema import scalars
from schema.definitions import given, input_type
from schema.scalars import Long

MOST_EVENTS: Final = 100
"""Of one batch: each waits until the one before is kept, as a session's order is theirs."""

_LONGEST_NAME: Final = 200
_LONGEST_DEVICE_ID: Final = 64
_LONGEST_ID: Final = 500
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_WEB_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)


@input_type
class TrackContextInput:
    """Where and with what the event happened, for callers that stand in for someone else."""

    ip: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The address to find the place by; used and never stored. By default the "
        "request's own.",
    )
    user_agent: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The browser's User-Agent. By default the request's own; a program's own "
        "makes the event one of a server, which takes part in no session.",
    )
    path: str | None = strawberry.field(
        default=strawberry.UNSET, description="Address of the page, or name of the screen."
    )
    referrer: str | None = strawberry.field(
        default=strawberry.UNSET, description="Address that led there."
    )
    title: str | None = strawberry.field(default=strawberry.UNSET, description="Title of the page.")


@input_type
class TrackInput:
    """One event."""

    project_id: strawberry.ID = strawberry.field(
        description="The project: its slug, its number or its id."
    )
    name: str = strawberry.field(description="What happened; at most 200 characters on one line.")
    time: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When it happened; by default now."
    )
    insert_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Events with the same insert id are the same event.",
    )
    profile_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="Whose event it is; by default the device's."
    )
    device_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The device; by default found out by the server."
    )
    groups: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Ids of the groups that the event belongs to."
    )
    revenue: Long | None = strawberry.field(
        default=strawberry.UNSET,
        description="An amount in minor currency units. The metric REVENUE adds up those of "
        "events named revenue.",
    )
    properties: scalars.Json | None = strawberry.field(
        default=strawberry.UNSET, description="Anything else, as a JSON object."
    )
    context: TrackContextInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where and with what it happened."
    )


@input_type
class TrackBatchInput:
    """Several events, which are tracked in this order."""

    events: list[TrackInput] = strawberry.field(
        description="Up to 100 events; each names its project."
    )


@input_type
class IdentifyInput:
    """What is known of a profile. What is left out stays as it was."""

    project_id: strawberry.ID = strawberry.field(
        description="The project: its slug, its number or its id."
    )
    profile_id: str = strawberry.field(description="The profile's own id.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="Email address.")
    first_name: str | None = strawberry.field(default=strawberry.UNSET, description="First name.")
    last_name: str | None = strawberry.field(default=strawberry.UNSET, description="Last name.")
    avatar: str | None = strawberry.field(
        default=strawberry.UNSET, description="Address of a picture, by http or https."
    )
    properties: scalars.Json | None = strawberry.field(
        default=strawberry.UNSET, description="Anything else, as a JSON object."
    )


def track_call(asked: TrackInput, project: Project) -> TrackCall:
    """What the input asks of the project; raises InvalidQueryError that names each wrong part."""
    context = given(asked.context) or TrackContextInput()
    time, device_id = given(asked.time), given(asked.device_id)
    profile_id, insert_id = given(asked.profile_id), given(asked.insert_id)
    revenue = given(asked.revenue) or 0
    issues = [
        *_name_issues(asked.name),
        *_length_issues("profileId", profile_id, _LONGEST_ID),
        *_length_issues("insertId", insert_id, _LONGEST_ID),
        *_length_issues("deviceId", device_id, _LONGEST_DEVICE_ID),
    ]
    if not 0 <= revenue <= LARGEST_AMOUNT:
        issues.append(Issue(("revenue",), f"An amount is from 0 to {LARGEST_AMOUNT}."))
    if time is not None and to_instant(time) < 0:
        issues.append(Issue(("time",), "The time must lie in 1970 or later."))
    _refuse(issues)
    return TrackCall(
        project=project.number,
        project_slug=project.id,
        name=asked.name,
        properties=_properties(asked.properties),
        profile_id=profile_id,
        groups=tuple(dict.fromkeys(given(asked.groups) or ())),
        at_ms=None if time is None else to_instant(time),
        url=given(context.path) or None,
        referrer=given(context.referrer) or None,
        title=given(context.title) or None,
        revenue=revenue,
        device_id=device_id,
        ip=given(context.ip) or None,
        insert_id=insert_id,
    )


def batch_of(asked: TrackBatchInput) -> list[TrackInput]:
    """The events; raises InvalidQueryError for more than one batch may have."""
    if len(asked.events) > MOST_EVENTS:
        raise InvalidQueryError.at("events", message=f"A batch has at most {MOST_EVENTS} events.")
    return asked.events


def identify_call(asked: IdentifyInput, project: Project) -> IdentifyCall:
    """What the input says of a profile; raises InvalidQueryError that names each wrong part."""
    email, avatar = given(asked.email), given(asked.avatar)
    issues = _length_issues("profileId", asked.profile_id, _LONGEST_ID)
    if email and _EMAIL.fullmatch(email) is None:
        issues.append(Issue(("email",), "This is not an email address."))
    if avatar and _WEB_ADDRESS.fullmatch(avatar) is None:
        issues.append(Issue(("avatar",), "This is not an address by http or https."))
    _refuse(issues)
    return IdentifyCall(
        project=project.number,
        profile_id=asked.profile_id,
        first_name=given(asked.first_name),
        last_name=given(asked.last_name),
        email=email,
        avatar=avatar,
        properties=_properties(asked.properties),
    )


def caller_of(asked: TrackInput, caller: Caller) -> Caller:
    """Who sent the event, as the input corrects it."""
    context = given(asked.context)
    user_agent = given(context.user_agent) if context else None
    if not user_agent:
        return caller
    return replace(caller, user_agent=user_agent, hints=None)


def _name_issues(name: str) -> list[Issue]:
    if name in BOUNDARY_EVENTS:
        return [Issue(("name",), f"{name} is written by the server alone.")]
    if "\n" in name or "\r" in name:
        return [Issue(("name",), "A name is a single line.")]
    return _length_issues("name", name, _LONGEST_NAME)


def _length_issues(field: str, text: str | None, most: int) -> list[Issue]:
    if text is None or 0 < len(text) <= most:
        return []
    return [Issue((field,), f"It has 1 to {most} characters.")]


def _refuse(issues: list[Issue]) -> None:
    if issues:
        raise InvalidQueryError(*issues)


def _properties(told: scalars.Json | None) -> dict[str, Json]:
    value = cast("object", given(told))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidQueryError.at("properties", message="Properties are a JSON object.")
    return checked_properties(cast("dict[str, Json]", value), ("properties",))
