"""How what is said about a profile joins what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from app.analytics.records import Json, Profile

_EMPTY: Final[tuple[Json, ...]] = ("", [], {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What one call says about a profile. `seen_at` is in milliseconds.

    `context` holds properties of place and technology that the server found out; they
    come after the caller's own `properties`. `groups` are ids to add. `is_external` is false
    for a profile that stands for a device alone.
    """

    profile_id: str
    seen_at: int
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    avatar: str | None = None
    properties: Mapping[str, Json] = field(default_factory=dict[str, Json])
    context: Mapping[str, Json] = field(default_factory=dict[str, Json])
    groups: tuple[str, ...] = ()
    is_external: bool = True


def merge_identity(
    known: Profile | None, identity: Identity, *, project: int, sequence: int
) -> Profile:
    """The profile after the call; `sequence` is the number of this change.

    Texts overwrite when they are not empty, properties join key by key, groups are only
    added, and neither null nor anything empty erases what is known. The instants of the
    first and the last sight don't depend on the order of the calls.
    """
    before = known or Profile(
        project=project,
        id=identity.profile_id,
        is_external=identity.is_external,
        created_at=identity.seen_at,
        last_seen_at=identity.seen_at,
    )
    properties = merge_properties(before.properties, identity.properties)
    return replace(
        before,
        is_external=before.is_external or identity.is_external,
        created_at=min(before.created_at, identity.seen_at),
        last_seen_at=max(before.last_seen_at, identity.seen_at),
        first_name=identity.first_name or before.first_name,
        last_name=identity.last_name or before.last_name,
        email=identity.email or before.email,
        avatar=identity.avatar or before.avatar,
        groups=_union(before.groups, identity.groups),
        properties=merge_properties(properties, identity.context),
        sequence=sequence,
    )


def merge_profiles(profile: Profile, other: Profile, *, sequence: int) -> Profile:
    """`profile` with what is known of `other`, which turned out to be the same one.

    As if all of `profile` had been said after all of `other`: where both know something,
    `profile` is right. Numbers are not added up.
    """
    return replace(
        profile,
        is_external=profile.is_external or other.is_external,
        created_at=min(profile.created_at, other.created_at),
        last_seen_at=max(profile.last_seen_at, other.last_seen_at),
        first_name=profile.first_name or other.first_name,
        last_name=profile.last_name or other.last_name,
        email=profile.email or other.email,
        avatar=profile.avatar or other.avatar,
        groups=_union(profile.groups, other.groups),
        properties=merge_properties(other.properties, profile.properties),
        sequence=sequence,
    )


def merge_properties(known: Mapping[str, Json], said: Mapping[str, Json]) -> dict[str, Json]:
    """Both joined key by key, objects within objects too; neither argument changes.

    Null says nothing. An empty text, list or object is kept only where nothing was.
    """
    merged = dict(known)
    for key, value in said.items():
        before = merged.get(key)
        new = value
        if isinstance(value, dict):
            new = merge_properties(before if isinstance(before, dict) else {}, value)
        if new is not None and (before is None or new not in _EMPTY):
            merged[key] = new
    return merged


def _union(known: tuple[str, ...], said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *said)))
