"""Lists of stored rows: shown field by field without an object for each row.

Completing a list of objects costs about two microseconds for each field of each row, nearly
all of it machinery. Where a selection takes nothing but stored values, a generated function
makes the same answer from the rows many times faster; everywhere else the list makes its
objects as it is walked, and nobody can tell the difference.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar, overload

import orjson

T = TypeVar("T")

Values: TypeAlias = Sequence[Any]
"""One stored row."""


@dataclass(frozen=True, slots=True)
class StoredField:
    """A field that is an expression over columns, such as `{path}` in braces.

    The expression may use the names of the shape's `names`, and `key`, which each list gives.
    It calls `refuse()` for a value that it does not vouch for.
    """

    expression: str
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """How fields of a type are made of stored columns; those that are missing are not.

    `inner` are fields that are objects of the same row. Shapes are told apart by identity.
    """

    type: str
    fields: Mapping[str, StoredField]
    inner: Mapping[str, "Shape"]
    names: Mapping[str, object]


class Rows(Sequence[T], Generic[T]):
    """A list over stored rows; `make` makes the object of one."""

    __slots__ = ("_make", "columns", "key", "shape", "values")

    def __init__(
        self,
        shape: Shape,
        columns: tuple[str, ...],
        values: Sequence[Values],
        key: object,
        make: Callable[[Values], T],
    ) -> None:
        self.shape: Final = shape
        self.columns: Final = columns
        self.values: Final = values
        self.key: Final = key
        self._make = make

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self.values)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        if isinstance(place, slice):
            return [self._make(row) for row in self.values[place]]
        return self._make(self.values[place])


@dataclass(frozen=True, eq=False, slots=True)
class Written(Generic[T]):
    """A list over stored rows that the engine has written as JSON, after the plan.

    Whoever walks it gets objects all the same: `ask` reads the rows again for that.
    """

    shape: Shape
    plan: object
    json: orjson.Fragment
    ask: Callable[[], Awaitable[Sequence[T]]]

    async def __aiter__(self) -> AsyncIterator[T]:
        for one in await self.ask():
            yield one
