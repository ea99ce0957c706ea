"""The messages of `/track`, as the OpenAPI document shows them."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, Field

from app.compat.openpanel.people_wire import (
    AliasPayload,
    AssignGroupPayload,
    DecrementPayload,
    GroupPayload,
    IncrementPayload,
    ReplayPayload,
)
from app.compat.openpanel.track_wire import IdentifyPayload, TrackPayload

MESSAGES: Final = (
    "`type` tells what the payload is: `track` is an event, `identify` tells what is known of "
    "a profile, `alias` makes an id stand for a profile, `increment` and `decrement` change a "
    "number of a profile, `group` tells what is known of a group, `assign_group` puts a "
    "profile into groups, and `replay` stores a part of a recording."
)


class TrackMessage(BaseModel):
    """An event."""

    type: Literal["track"]
    payload: TrackPayload


class IdentifyMessage(BaseModel):
    """What is known of a profile."""

    type: Literal["identify"]
    payload: IdentifyPayload


class AliasMessage(BaseModel):
    """An id that stands for a profile."""

    type: Literal["alias"]
    payload: AliasPayload


class IncrementMessage(BaseModel):
    """A number of a profile grows."""

    type: Literal["increment"]
    payload: IncrementPayload


class DecrementMessage(BaseModel):
    """A number of a profile shrinks."""

    type: Literal["decrement"]
    payload: DecrementPayload


class GroupMessage(BaseModel):
    """What is known of a group."""

    type: Literal["group"]
    payload: GroupPayload


class AssignGroupMessage(BaseModel):
    """A profile belongs to groups."""

    type: Literal["assign_group"]
    payload: AssignGroupPayload


class ReplayMessage(BaseModel):
    """A part of a recording."""

    type: Literal["replay"]
    payload: ReplayPayload


TrackBody: TypeAlias = Annotated[
    TrackMessage
    | IdentifyMessage
    | AliasMessage
    | IncrementMessage
    | DecrementMessage
    | GroupMessage
    | AssignGroupMessage
    | ReplayMessage,
    Field(discriminator="type"),
]
"""Any message."""
