"""From a selection to a function that makes its answer of stored rows."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeAlias, cast

from schema.execution.rows import Shape, Values

Plan: TypeAlias = tuple[tuple[str, "str | tuple[str, Plan]"], ...]
"""What is shown under which name: a field, or one with the plan of its object."""

Projection: TypeAlias = Callable[[Sequence[Values], object], list[dict[str, Any]]]
"""Makes the answer of rows and their list's key; raises RefusedError for what it can't show."""

TYPENAME: Final = "__typename"

_REMEMBERED: Final = 512


class RefusedError(Exception):
    """A value is not one that the field's type holds; the library has to tell what is wrong."""


def refuse() -> NoReturn:
    """Gives the list back to the library."""
    raise RefusedError


@lru_cache(_REMEMBERED)
def projection(shape: Shape, columns: tuple[str, ...], plan: Plan) -> Projection | None:
    """The function; None where the rows lack a column that the plan takes."""
    names: dict[str, object] = {"refuse": refuse}
    places = {column: f"r[{place}]" for place, column in enumerate(columns)}
    try:
        body = _object(shape, places, plan, names)
    except KeyError:
        return None
    # Names in a plan are those of a document that was parsed: letters, digits, underscores.
    source = f"def project(rows, key):\n    return [{body} for r in rows]"
    exec(source, names)  # noqa: S102 — made of the schema's own expressions alone.
    return cast("Projection", names["project"])


def _object(shape: Shape, places: dict[str, str], plan: Plan, names: dict[str, object]) -> str:
    names.update(shape.names)
    members = [f"{name!r}: {_value(shape, places, what, names)}" for name, what in plan]
    return f"{{{', '.join(members)}}}"


def _value(
    shape: Shape, places: dict[str, str], what: str | tuple[str, Plan], names: dict[str, object]
) -> str:
    if isinstance(what, str):
        if what == TYPENAME:
            return repr(shape.type)
        field = shape.fields[what]
        return field.expression.format_map({column: places[column] for column in field.columns})
    field_name, inner = what
    return _object(shape.inner[field_name], places, inner, names)
