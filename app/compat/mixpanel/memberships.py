"""Groups that events and profiles belong to: they name them by properties called as the types."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.analytics.records import Event, Json
from app.projects.changes import Append, Change, Fill, Overwrite, Union


def groups_named(values: Mapping[str, Json], types: Sequence[str]) -> tuple[str, ...]:
    """The ids under the names of types: texts and numbers, alone or in lists."""
    found: dict[str, None] = {}
    for kind in types:
        value = values.get(kind)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str | int | float) and not isinstance(each, bool) and each != "":
                found[str(each)] = None
    return tuple(found)


def with_groups(event: Event, types: Sequence[str]) -> Event:
    """The event as a member of the groups that its properties name."""
    named = groups_named(event.properties, types)
    if not named:
        return event
    return replace(event, groups=tuple(dict.fromkeys((*event.groups, *named))))


def groups_told(change: Change, types: Sequence[str]) -> tuple[str, ...]:
    """The groups that a change of a profile puts it into."""
    match change:
        case Overwrite(values) | Fill(values) | Append(values):
            return groups_named(values, types)
        case Union(lists):
            return groups_named(lists, types)
        case _:
            return ()
