"""What fields of facts are called in filters and breakdowns."""

import re
from typing import Final

from app.analytics.fields import (
    COLUMNS,
    GROUP_COLUMNS,
    PROFILE_COLUMNS,
    Field,
    GroupProperty,
    HasProfile,
    Membership,
    Memberships,
    ProfileProperty,
    Source,
    property_of,
)

COHORT: Final = "cohort:"
"""Before the id of a cohort, where a field is named."""

COHORTS: Final = "cohort"
"""All cohorts, where a field is named."""

_PROPERTIES: Final = "properties."
_PROFILE: Final = "profile."
_GROUP: Final = "group."
_SESSION: Final = "session."
_RENAMED: Final = {
    **{f"properties.__query.{name}": name for name in COLUMNS if name.startswith("utm_")},
    "properties.__title": "title",
}


def field_of(name: str) -> Field | None:
    """The field that a name in either spelling stands for."""
    name = _RENAMED.get(name, name)
    if name.startswith(_PROPERTIES):
        return property_of(name.removeprefix(_PROPERTIES))
    if name.startswith(_PROFILE):
        return _of_profile(name.removeprefix(_PROFILE))
    if name.startswith(_GROUP):
        return _of_group(name.removeprefix(_GROUP))
    if name.startswith(_SESSION):
        column = COLUMNS.get(_snake(name.removeprefix(_SESSION)))
        return column if column is not None and Source.SESSIONS in column.sources else None
    if name == COHORTS:
        return Memberships()
    if name.startswith(COHORT):
        return Membership(name.removeprefix(COHORT))
    snake = _snake(name)
    return HasProfile() if snake == "has_profile" else COLUMNS.get(snake)


def _of_profile(name: str) -> Field | None:
    if name.startswith(_PROPERTIES):
        key = name.removeprefix(_PROPERTIES)
        return ProfileProperty(key) if _is_key(key) else None
    return PROFILE_COLUMNS.get(_snake(name))


def _of_group(name: str) -> Field | None:
    if name.startswith(_PROPERTIES):
        key = name.removeprefix(_PROPERTIES)
        return GroupProperty(key) if _is_key(key) else None
    return GROUP_COLUMNS.get(_snake(name))


def _is_key(key: str) -> bool:
    """Whether a property can be called so; stars stand for members of events' alone."""
    return key != "" and not {"*", "\0"} & {*key}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])[A-Z]", lambda match: f"_{match[0]}", name).lower()
