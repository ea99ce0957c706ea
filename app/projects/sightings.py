"""That someone was there, without a word about who they are."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from app.analytics.records import Json, Profile
from app.projects.identity import merge_properties

UPDATE_EVERY_MS: Final = 60 * 60 * 1000
"""How much later a known profile must be seen for its last sight to be stored again."""

_CAPACITY: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A profile was seen from `first_at` to `last_at`, in milliseconds.

    `context` holds properties of place and technology at the first sight; only a new
    profile takes them. `is_external` is false for a profile that stands for a device alone.
    """

    profile_id: str
    first_at: int
    last_at: int
    is_external: bool = True
    context: Mapping[str, Json] = field(default_factory=dict[str, Json])


def joined(sightings: Iterable[Sighting]) -> list[Sighting]:
    """One sighting per profile that says what all of them say; context of the earliest."""
    by_profile: dict[str, Sighting] = {}
    for sighting in sightings:
        other = by_profile.get(sighting.profile_id)
        if other is not None:
            earliest = min(other, sighting, key=lambda one: one.first_at)
            sighting = replace(  # noqa: PLW2901  The same sighting, grown.
                earliest,
                last_at=max(other.last_at, sighting.last_at),
                is_external=other.is_external or sighting.is_external,
            )
        by_profile[sighting.profile_id] = sighting
    return list(by_profile.values())


def merge_sighting(
    known: Profile | None, sighting: Sighting, *, project: int, sequence: int
) -> Profile:
    """The profile after it was seen; `sequence` is the number of this change."""
    if known is None:
        return Profile(
            project=project,
            id=sighting.profile_id,
            is_external=sighting.is_external,
            created_at=sighting.first_at,
            last_seen_at=sighting.last_at,
            properties=merge_properties({}, sighting.context),
            sequence=sequence,
        )
    return replace(
        known,
        is_external=known.is_external or sighting.is_external,
        created_at=min(known.created_at, sighting.first_at),
        last_seen_at=max(known.last_seen_at, sighting.last_at),
        sequence=sequence,
    )


def tells_news(sighting: Sighting, known: Profile) -> bool:
    """Whether the sighting changes the profile by enough to be worth storing.

    An earlier first sight always is, so that the first sight is exact; the last one may be
    up to an hour behind.
    """
    return _is_news(sighting, _Stored(known.created_at, known.last_seen_at, known.is_external))


@dataclass(frozen=True, slots=True)
class _Stored:
    created_at: int
    last_seen_at: int
    is_external: bool


class SeenBefore:
    """Remembers what is stored of about the last hundred thousand profiles seen.

    It spares the store most questions, and its loss costs only those.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._stored: OrderedDict[tuple[int, str], _Stored] = OrderedDict()

    def tells_nothing(self, project: int, sighting: Sighting) -> bool:
        """Whether the sighting is known to change nothing worth storing."""
        stored = self._stored.get((project, sighting.profile_id))
        return stored is not None and not _is_news(sighting, stored)

    def note(self, sighting: Sighting, profile: Profile) -> None:
        """Takes in what is stored of the profile that was seen under the sighting's id."""
        key = (profile.project, sighting.profile_id)
        self._stored[key] = _Stored(profile.created_at, profile.last_seen_at, profile.is_external)
        self._stored.move_to_end(key)
        while len(self._stored) > self._capacity:
            self._stored.popitem(last=False)


def _is_news(sighting: Sighting, stored: _Stored) -> bool:
    return (
        sighting.first_at < stored.created_at
        or sighting.last_at >= stored.last_seen_at + UPDATE_EVERY_MS
        or (sighting.is_external and not stored.is_external)
    )
