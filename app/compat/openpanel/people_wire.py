"""Messages about profiles, groups and recordings: what they may hold, and what they ask for."""

import re
from typing import Annotated, Final, TypeAlias, assert_never, cast

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt

from app.analytics.records import Json
from app.compat.openpanel.javascript import instant_ms
from app.compat.openpanel.payload_wire import Name, Payload, ProfileId, Properties
from app.ingest.people import LARGEST_CHUNK_INDEX, LONGEST_REPLAY_PAYLOAD
from app.ingest.people_calls import (
    AliasCall,
    AssignGroupsCall,
    DecrementCall,
    GroupCall,
    IncrementCall,
    ReplayCall,
)

_UTC_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z", re.ASCII)
_LONGEST_SESSION_ID: Final = 64


def _utc_ms(value: object) -> int:
    told = value if isinstance(value, str) and _UTC_INSTANT.fullmatch(value) else None
    instant = instant_ms(told)
    if instant is None:
        raise ValueError("An instant is written like 2025-03-01T12:00:00.000Z")
    return instant


def _or_one(value: object) -> object:
    return 1 if value is None else value


_Amount: TypeAlias = Annotated[
    StrictInt | StrictFloat, BeforeValidator(_or_one), Field(gt=0, allow_inf_nan=False)
]
_UtcMs: TypeAlias = Annotated[int, BeforeValidator(_utc_ms)]


class AliasPayload(Payload):
    """What an `alias` message tells."""

    profile_id: ProfileId = Field(alias="profileId")
    alias: ProfileId


class IncrementPayload(Payload):
    """What an `increment` message tells."""

    profile_id: ProfileId = Field(alias="profileId")
    property: Name
    value: _Amount = 1


class DecrementPayload(Payload):
    """What a `decrement` message tells."""

    profile_id: ProfileId = Field(alias="profileId")
    property: Name
    value: _Amount = 1


class GroupPayload(Payload):
    """What a `group` message tells."""

    id: Name
    type: Name
    name: Name
    properties: Properties = None


class AssignGroupPayload(Payload):
    """What an `assign_group` message tells; without a profile the device's is meant."""

    group_ids: list[Name] = Field(alias="groupIds")
    profile_id: ProfileId | None = Field(default=None, alias="profileId")


class ReplayPayload(Payload):
    """What a `replay` message tells: one chunk of a recording, as text."""

    chunk_index: Annotated[StrictInt, Field(ge=0, le=LARGEST_CHUNK_INDEX)]
    events_count: Annotated[StrictInt, Field(ge=1, le=LONGEST_REPLAY_PAYLOAD)]
    is_full_snapshot: StrictBool
    started_at: _UtcMs
    ended_at: _UtcMs
    payload: Annotated[str, Field(max_length=LONGEST_REPLAY_PAYLOAD)]
    session_id: Annotated[str, Field(max_length=_LONGEST_SESSION_ID)] | None = Field(
        default=None, alias="sessionId"
    )


PeoplePayload: TypeAlias = (
    AliasPayload
    | IncrementPayload
    | DecrementPayload
    | GroupPayload
    | AssignGroupPayload
    | ReplayPayload
)

PeopleCall: TypeAlias = (
    AliasCall | IncrementCall | DecrementCall | GroupCall | AssignGroupsCall | ReplayCall
)
"""What is asked to be done to people; a recording's session may be yet to be found."""


def people_call(payload: PeoplePayload, project: int) -> PeopleCall:
    """What the payload asks of the project with this number."""
    match payload:
        case AliasPayload(profile_id=profile_id, alias=alias):
            return AliasCall(project=project, profile_id=profile_id, alias=alias)
        case IncrementPayload(profile_id=profile_id, property=name, value=value):
            return IncrementCall(project=project, profile_id=profile_id, property=name, value=value)
        case DecrementPayload(profile_id=profile_id, property=name, value=value):
            return DecrementCall(project=project, profile_id=profile_id, property=name, value=value)
        case GroupPayload():
            return GroupCall(
                project=project,
                id=payload.id,
                type=payload.type,
                name=payload.name,
                properties=cast("dict[str, Json]", payload.properties or {}),
            )
        case AssignGroupPayload():
            groups = tuple(dict.fromkeys(payload.group_ids))
            return AssignGroupsCall(
                project=project, group_ids=groups, profile_id=payload.profile_id
            )
        case ReplayPayload():
            return _replay_call(payload, project)
        case _:
            assert_never(payload)


def _replay_call(payload: ReplayPayload, project: int) -> ReplayCall:
    return ReplayCall(
        project=project,
        session_id=payload.session_id or "",
        chunk_index=payload.chunk_index,
        started_at=payload.started_at,
        ended_at=payload.ended_at,
        events_count=payload.events_count,
        is_full_snapshot=payload.is_full_snapshot,
        payload=payload.payload,
    )
