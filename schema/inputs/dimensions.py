"""What a question can be about: fields of events, sessions, profiles, groups and cohorts."""

from typing import Final, TypeAlias

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.fields import (
    CLOCK_PARTS,
    COLUMNS,
    GROUP_COLUMNS,
    PROFILE_COLUMNS,
    ClockPart,
    Column,
    Field,
    GroupProperty,
    Membership,
    Memberships,
    ProfileProperty,
    property_of,
)
from schema.definitions import choice_type, given
from schema.enums import EventField, GroupField, ProfileField
from schema.ids import find_global_id

Path: TypeAlias = tuple[str | int, ...]
"""Where in a field's arguments an input stands."""

_LONGEST_KEY: Final = 500


@choice_type
class DimensionInput:
    """A field to filter, group or measure by. Give exactly one of these."""

    field: EventField | None = strawberry.field(
        default=strawberry.UNSET, description="A field that every event or session has."
    )
    property: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="An event property by its key; a dot leads into an object or a list, and a "
        "star between dots to any member.",
    )
    profile_field: ProfileField | None = strawberry.field(
        default=strawberry.UNSET, description="A field of the profile."
    )
    profile_property: str | None = strawberry.field(
        default=strawberry.UNSET, description="A property of the profile by its key."
    )
    group_field: GroupField | None = strawberry.field(
        default=strawberry.UNSET, description="A field of the groups; there may be several."
    )
    group_property: str | None = strawberry.field(
        default=strawberry.UNSET, description="A property of the groups by its key."
    )
    cohort: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The name of this cohort for its members, and “Not” with it for others.",
    )
    cohorts: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET,
        description="The names of those of these cohorts that the profile is in: a value for each. "
        "An empty list means all cohorts of the project.",
    )


def column_of(field: EventField) -> Column | ClockPart:
    """The core's field of that name."""
    return CLOCK_PARTS.get(field.value) or COLUMNS[field.value]


def field_of(dimension: DimensionInput, path: Path) -> Field:
    """The core's field; raises InvalidQueryError at `path` for a key that can't be one."""
    if column := given(dimension.field):
        return column_of(column)
    if of_profile := given(dimension.profile_field):
        return PROFILE_COLUMNS[of_profile.value]
    if of_group := given(dimension.group_field):
        return GROUP_COLUMNS[of_group.value]
    if (key := given(dimension.profile_property)) is not None:
        return ProfileProperty(_key(key, (*path, "profileProperty")))
    if (key := given(dimension.group_property)) is not None:
        return GroupProperty(_key(key, (*path, "groupProperty")))
    if (cohort := given(dimension.cohort)) is not None:
        return Membership(cohort_id(cohort, (*path, "cohort")))
    if (cohorts := given(dimension.cohorts)) is not None:
        ids = (cohort_id(each, (*path, "cohorts", i)) for i, each in enumerate(cohorts))
        return Memberships(tuple(map(Membership, ids)))
    return _property(given(dimension.property) or "", (*path, "property"))


def cohort_id(text: str, path: Path) -> str:
    """The cohort's own id, from its own or its global one."""
    found = find_global_id(text)
    plain = found.key if found is not None and found.type == "Cohort" else text
    if not 0 < len(plain) <= _LONGEST_KEY or "\0" in plain:
        raise InvalidQueryError.at(*path, message="This is not the id of a cohort.")
    return plain


def _property(key: str, path: Path) -> Field:
    field = property_of(_key(key, path))
    if field is None:
        message = "No property can have this key; a pattern has at most three stars between dots."
        raise InvalidQueryError.at(*path, message=message)
    return field


def _key(key: str, path: Path) -> str:
    if not 0 < len(key) <= _LONGEST_KEY:
        message = f"A property key has 1 to {_LONGEST_KEY} characters."
        raise InvalidQueryError.at(*path, message=message)
    return key
