"""What a caller asks to be done to profiles, groups and recordings, in no vendor's words."""

from dataclasses import dataclass, field

from app.analytics.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasCall:
    """`alias` is another name of the profile, from now on and for what happened before."""

    project: int
    profile_id: str
    alias: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementCall:
    """`value`, over 0, is to be added to a property; dots in its name address nested ones."""

    project: int
    profile_id: str
    property: str
    value: int | float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DecrementCall:
    """`value`, over 0, is to be taken from a property; dots in its name address nested ones."""

    project: int
    profile_id: str
    property: str
    value: int | float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCall:
    """Something that is said about a group, such as a company."""

    project: int
    id: str
    type: str
    name: str
    properties: dict[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignGroupsCall:
    """A profile, or without an id whoever is at the device, belongs to these groups too."""

    project: int
    group_ids: tuple[str, ...]
    profile_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayCall:
    """One chunk of a session's recording; `payload` is a JSON array as text.

    `session_id` is the one that the caller names, or that the server found.
    """

    project: int
    session_id: str
    chunk_index: int
    started_at: int
    ended_at: int
    events_count: int
    is_full_snapshot: bool
    payload: str
