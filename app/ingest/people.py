"""Who events are about: aliases, counters, groups, recordings, and who was merely seen."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from app.analytics.arrivals import Opener
from app.analytics.errors import InvalidQueryError, Issue, UnauthenticatedError
from app.analytics.records import Group, Json, Profile
from app.control.replays import ReplayChunk, ReplayLimits, ReplayOutcome, ReplayStore
from app.ingest.calls import Caller
from app.ingest.people_calls import (
    AliasCall,
    AssignGroupsCall,
    DecrementCall,
    GroupCall,
    IncrementCall,
    ReplayCall,
)
from app.ingest.properties import MAX_DEPTH, checked_properties
from app.projects.arithmetic import Number
from app.projects.groups import GroupDirectory, GroupWord
from app.projects.identity import Identity
from app.projects.profiles import ProfileDirectory
from app.projects.sightings import Sighting

LONGEST_REPLAY_PAYLOAD: Final = 2 * 1024 * 1024
"""Characters in the payload of one chunk."""

LARGEST_CHUNK_INDEX: Final = 65_535

UNPROVEN_ALIAS: Final = "A profile can't become an alias without a client secret"

_LONGEST_REPLAY_SESSION: Final = 64
_MOST_GROUPS: Final = 500
_LARGEST_VALUE: Final = 2**63 - 1
_DAY_MS: Final = 86_400_000

_CONTEXT: Final = (
    "country",
    "region",
    "city",
    "longitude",
    "latitude",
    "os",
    "os_version",
    "browser",
    "browser_version",
    "device",
    "brand",
    "model",
)
"""Columns of events that are properties of profiles too, under the same names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRetention:
    """How much of recordings is kept, and for how long."""

    limits: ReplayLimits = field(default_factory=ReplayLimits)
    days: int = 30


class AliasMaker(Protocol):
    """Makes one id stand for a profile."""

    async def alias(self, project: int, profile_id: str, alias: str) -> Profile:
        """The profile, for which `alias` stands from now on and for the past."""
        ...


class PeopleService:
    """Does what callers ask to be done to people. What it returns has been stored safely.

    Every call raises InvalidQueryError whose path leads to the wrong part of the payload.
    """

    def __init__(
        self,
        *,
        profiles: ProfileDirectory,
        aliases: AliasMaker,
        groups: GroupDirectory,
        replays: ReplayStore,
        retention: ReplayRetention,
    ) -> None:
        self._profiles = profiles
        self._aliases = aliases
        self._groups = groups
        self._replays = replays
        self._retention = retention

    async def alias(self, call: AliasCall, caller: Caller) -> Profile:
        """The profile with its new name; made when it is new. Refusals as `AliasBook.alias`.

        Raises UnauthenticatedError when nothing proves the caller and the alias is a profile
        that someone identified: whoever knows an id could take over all that is known of it.
        """
        _check_id(call.profile_id, "profileId")
        _check_id(call.alias, "alias")
        if not caller.is_proven:
            known = await self._profiles.find(call.project, call.alias)
            if known is not None and known.id == call.alias and known.is_external:
                raise UnauthenticatedError(UNPROVEN_ALIAS)
        return await self._aliases.alias(call.project, call.profile_id, call.alias)

    async def increment(self, call: IncrementCall, caller: Caller) -> Profile:
        """The profile with the value added; NotFoundError when there is no such profile."""
        return await self._add(call, call.value, caller)

    async def decrement(self, call: DecrementCall, caller: Caller) -> Profile:
        """The profile with the value taken away; NotFoundError when there is none."""
        return await self._add(call, -call.value, caller)

    async def upsert_group(self, call: GroupCall, caller: Caller) -> Group:
        """The group after joining what is said to what is known; made when it is new."""
        for part, text in (("id", call.id), ("type", call.type), ("name", call.name)):
            _check_id(text, part)
        word = GroupWord(
            id=call.id,
            type=call.type,
            name=call.name,
            said_at=caller.received_at,
            properties=checked_properties(call.properties, ("payload", "properties")),
        )
        return await self._groups.upsert(call.project, word)

    async def assign_groups(
        self, call: AssignGroupsCall, caller: Caller, *, device_id: str
    ) -> Profile:
        """The profile with the groups added to its own; made when it is new.

        Without a profile's id it is the device's, which is empty for a server: then nobody
        is meant, and that is an error.
        """
        if len(call.group_ids) > _MOST_GROUPS:
            raise InvalidQueryError.at(
                "payload", "groupIds", message=f"At most {_MOST_GROUPS} groups at once."
            )
        for place, group_id in enumerate(call.group_ids):
            _check_id(group_id, "groupIds", place)
        profile_id = call.profile_id if call.profile_id is not None else device_id
        _check_id(profile_id, "profileId")
        identity = Identity(
            profile_id=profile_id,
            seen_at=caller.received_at,
            groups=call.group_ids,
            is_external=call.profile_id is not None,
        )
        return await self._profiles.identify(call.project, identity)

    async def store_replay(self, call: ReplayCall, caller: Caller) -> ReplayOutcome:
        """What became of the chunk; one that was dropped would be dropped again."""
        _check_replay(call)
        chunk = ReplayChunk(
            project=call.project,
            session_id=call.session_id,
            index=call.chunk_index,
            started_at=call.started_at,
            ended_at=call.ended_at,
            events_count=call.events_count,
            is_full_snapshot=call.is_full_snapshot,
            payload=call.payload,
        )
        return await self._replays.add(
            chunk, received_at=caller.received_at, limits=self._retention.limits
        )

    async def purge_replays(self, now_ms: int) -> int:
        """How many chunks were deleted because they have been kept for long enough."""
        return await self._replays.purge(now_ms - self._retention.days * _DAY_MS)

    async def _add(
        self, call: IncrementCall | DecrementCall, by: Number, caller: Caller
    ) -> Profile:
        _check_id(call.profile_id, "profileId")
        if not call.property or call.property.count(".") >= MAX_DEPTH:
            raise InvalidQueryError.at(
                "payload",
                "property",
                message=f"A property's name has 1 to {MAX_DEPTH} parts between dots.",
            )
        if not (math.isfinite(call.value) and 0 < call.value <= _LARGEST_VALUE):
            raise InvalidQueryError.at(
                "payload", "value", message="The value is a number greater than 0."
            )
        return await self._profiles.increment(
            call.project, call.profile_id, call.property, by, at_ms=caller.received_at
        )


def sightings_of(events: Iterable[Opener]) -> dict[int, list[Sighting]]:
    """Who was seen in these events, once per project and profile; projects by number.

    A profile that is named otherwise than its device was identified by the caller. What
    an event without a device tells of place and technology is a server's, or borrowed.
    """
    firsts: dict[tuple[int, str], Opener] = {}
    lasts: dict[tuple[int, str], int] = {}
    external: set[tuple[int, str]] = set()
    for event in events:
        if not event.profile_id:
            continue
        key = (event.project, event.profile_id)
        first = firsts.get(key)
        if first is None or event.created_at < first.created_at:
            firsts[key] = event
        lasts[key] = max(event.created_at, lasts.get(key, event.created_at))
        if event.profile_id != event.device_id:
            external.add(key)
    seen: dict[int, list[Sighting]] = {}
    for key, first in firsts.items():
        sighting = Sighting(
            profile_id=key[1],
            first_at=first.created_at,
            last_at=lasts[key],
            is_external=key in external,
            context=_context(first) if first.device_id else {},
        )
        seen.setdefault(first.project, []).append(sighting)
    return seen


def _context(event: Opener) -> dict[str, Json]:
    values = ((name, getattr(event, name)) for name in _CONTEXT)
    return {name: value for name, value in values if value is not None}


def _check_id(text: str, part: str, *more: int) -> None:
    """Raises InvalidQueryError for a text that names nothing or that no store can keep."""
    if not text:
        message = "A text with at least one character is needed."
    elif "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        message = "NUL characters and halves of characters are not allowed."
    else:
        return
    raise InvalidQueryError.at("payload", part, *more, message=message)


def _check_replay(call: ReplayCall) -> None:
    if not call.session_id:
        raise InvalidQueryError.at(
            "payload", "sessionId", message="Session ID is required for replay"
        )
    _check_id(call.session_id, "sessionId")
    limits: tuple[tuple[str, bool, str], ...] = (
        (
            "sessionId",
            len(call.session_id) <= _LONGEST_REPLAY_SESSION,
            f"A session's id has at most {_LONGEST_REPLAY_SESSION} characters.",
        ),
        (
            "chunk_index",
            0 <= call.chunk_index <= LARGEST_CHUNK_INDEX,
            f"A chunk's index is from 0 to {LARGEST_CHUNK_INDEX}.",
        ),
        (
            "events_count",
            0 < call.events_count <= LONGEST_REPLAY_PAYLOAD,
            "A chunk holds at least one event.",
        ),
        (
            "payload",
            len(call.payload) <= LONGEST_REPLAY_PAYLOAD,
            f"A chunk has at most {LONGEST_REPLAY_PAYLOAD} characters.",
        ),
    )
    issues = [
        Issue(("payload", part), message) for part, is_right, message in limits if not is_right
    ]
    if issues:
        raise InvalidQueryError(*issues)
