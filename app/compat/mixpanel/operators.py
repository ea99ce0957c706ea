"""What updates of profiles and of groups ask for: operators with what they are applied to."""

from collections.abc import Mapping
from typing import Final

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.ingest.properties import checked_properties
from app.projects.changes import (
    Add,
    Append,
    Change,
    Fill,
    Forget,
    Overwrite,
    Remove,
    Union,
    Unset,
)

OPERATORS: Final = (
    "$set",
    "$set_once",
    "$add",
    "$append",
    "$union",
    "$remove",
    "$unset",
    "$delete",
)


def changes_in(row: Mapping[str, Json], index: int, names: Mapping[str, str]) -> list[Change]:
    """The changes that one update asks for, of which there is one at least.

    `names` are what this API calls fields that have another name. Raises InvalidQueryError.
    """
    asked = [(operator, value) for operator, value in row.items() if operator in OPERATORS]
    if not asked:
        raise wrong_update(index, f"One of {', '.join(OPERATORS)} is missing")
    return [_change(operator, value, index, names) for operator, value in asked]


def id_in(row: Mapping[str, Json], key: str, index: int) -> str:
    """The text or number under the key, as text; raises InvalidQueryError for anything else."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise wrong_update(index, f"'{key}' is missing")
    return str(value)


def wrong_update(index: int, message: str) -> InvalidQueryError:
    """The error of the update at that place."""
    return InvalidQueryError.at(index, message=message)


def _change(operator: str, value: Json, index: int, names: Mapping[str, str]) -> Change:
    if operator == "$delete":
        return Forget()
    if operator == "$unset":
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise wrong_update(index, "'$unset' must be a list of names")
        return Unset(tuple(names.get(str(name), str(name)) for name in value))
    if not isinstance(value, dict):
        raise wrong_update(index, f"'{operator}' must be an object")
    checked = checked_properties(value, (index,))
    return _change_of(operator, {names.get(name, name): checked[name] for name in checked}, index)


def _change_of(operator: str, values: dict[str, Json], index: int) -> Change:
    match operator:
        case "$set":
            return Overwrite(values)
        case "$set_once":
            return Fill(values)
        case "$append":
            return Append(values)
        case "$remove":
            return Remove(values)
        case "$union":
            return Union({name: _list(each) for name, each in values.items()})
        case _:
            return Add({name: _number(each, index) for name, each in values.items()})


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _number(value: Json, index: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_update(index, "'$add' must be an object of numbers")
    return value
