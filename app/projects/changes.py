"""What can be done to what is known of a profile or a group, beside telling more of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, assert_never

from app.analytics.errors import InvalidQueryError
from app.analytics.properties import as_text
from app.analytics.records import Json, Profile

_LARGEST: Final = 2**63 - 1

FIELDS: Final = ("first_name", "last_name", "email", "avatar")
"""What a profile has fields of its own for; other names are properties."""


@dataclass(frozen=True, slots=True)
class Overwrite:
    """Values take the place of what was there."""

    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Fill:
    """Values are kept where nothing was."""

    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Add:
    """Numbers are added; what is missing counts as 0."""

    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Append:
    """Each value goes to the end of a list."""

    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Union:
    """Each list's values go to the end of a list, those that aren't in it."""

    values: Mapping[str, list[Json]]


@dataclass(frozen=True, slots=True)
class Remove:
    """Each value is taken out of a list."""

    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Unset:
    """What is known under these names is forgotten."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forget:
    """All that was said is forgotten."""


Change: TypeAlias = Overwrite | Fill | Add | Append | Union | Remove | Unset | Forget


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """A change of one profile, which is made when it is new. `at_ms` is when it was seen.

    `groups` are ids to add.
    """

    profile_id: str
    change: Change
    at_ms: int
    is_external: bool = True
    groups: tuple[str, ...] = ()


def changed_profile(
    before: Profile | None, told: ProfileChange, *, project: int, sequence: int
) -> Profile | None:
    """The profile after the change; None where there is neither one nor anything to make it of.

    Raises InvalidQueryError for a change that can't be made.
    """
    if before is None and not is_telling(told.change):
        return None
    profile = before or Profile(
        project=project,
        id=told.profile_id,
        is_external=told.is_external,
        created_at=told.at_ms,
        last_seen_at=told.at_ms,
    )
    if isinstance(told.change, Forget):
        return Profile(
            project=project,
            id=profile.id,
            is_external=False,
            created_at=profile.created_at,
            last_seen_at=profile.last_seen_at,
            sequence=sequence,
        )
    known: dict[str, Json] = dict(profile.properties)
    known |= {name: value for name in FIELDS if (value := getattr(profile, name)) is not None}
    after = changed_values(known, told.change)
    texts = {name: _text(after.pop(name, None)) for name in FIELDS}
    return replace(
        profile,
        is_external=profile.is_external or told.is_external,
        last_seen_at=max(profile.last_seen_at, told.at_ms),
        first_name=texts["first_name"],
        last_name=texts["last_name"],
        email=texts["email"],
        avatar=texts["avatar"],
        groups=tuple(dict.fromkeys((*profile.groups, *told.groups))),
        properties=after,
        sequence=sequence,
    )


def _text(value: Json) -> str | None:
    """What a field has of the value, which is a text whatever was told."""
    return as_text(value) or None


def is_telling(change: Change) -> bool:
    """Whether the change tells anything of something new, where nothing can be taken away."""
    return not isinstance(change, Forget | Unset | Remove)


def changed_values(known: Mapping[str, Json], change: Change) -> dict[str, Json]:
    """What is known after the change, by name.

    Raises InvalidQueryError for adding to what is no number, or beyond 64 bits.
    """
    match change:
        case Overwrite(values):
            return {**known, **values}
        case Fill(values):
            missing = {name: value for name, value in values.items() if known.get(name) is None}
            return {**known, **missing}
        case Add(values):
            sums = {name: _sum(known.get(name), by, name) for name, by in values.items()}
            return {**known, **sums}
        case Append(values):
            longer = {name: [*_list(known.get(name)), value] for name, value in values.items()}
            return {**known, **longer}
        case Union(values):
            joined = {name: _joined(_list(known.get(name)), more) for name, more in values.items()}
            return {**known, **joined}
        case Remove(values):
            shorter = {
                name: [each for each in _list(known[name]) if not _are_equal(each, value)]
                for name, value in values.items()
                if isinstance(known.get(name), list)
            }
            return {**known, **shorter}
        case Unset(names):
            return {name: value for name, value in known.items() if name not in names}
        case Forget():
            return {}
        case _:
            assert_never(change)


def _sum(known: Json, by: float, name: str) -> float:
    if known is None:
        return by
    if isinstance(known, bool) or not isinstance(known, int | float):
        raise InvalidQueryError.at(name, message=f"The property {name!r} is not a number.")
    total = known + by
    if not abs(total) <= _LARGEST:
        raise InvalidQueryError.at(name, message=f"The sum of {name!r} is out of range.")
    return total


def _list(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _joined(known: list[Json], more: list[Json]) -> list[Json]:
    joined = list(known)
    for value in more:
        if not any(_are_equal(value, each) for each in joined):
            joined.append(value)
    return joined


def _are_equal(one: Json, other: Json) -> bool:
    # Trap: to Python, 1 and true are the same.
    return one == other and isinstance(one, bool) is isinstance(other, bool)
