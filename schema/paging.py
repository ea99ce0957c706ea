"""Relay's arguments: which slice of a list is asked for, and where it continues."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

import strawberry

from app.analytics.errors import InvalidQueryError
from app.analytics.queries import Walk
from app.kit.paging import CursorKey, InvalidCursorError, decode_cursor
from schema.definitions import given

MAX_PAGE_SIZE: Final = 1000
"""The most rows of one slice of most lists; a larger number gives this many."""

MAX_EVENTS: Final = 10_000
"""The most events of one slice."""

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description="How many rows from the front; at most 1000 (of events 10000) are given."
    ),
]
AfterCursor: TypeAlias = Annotated[
    str | None, strawberry.argument(description="Only rows behind the one with this cursor.")
]
Last: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description="How many rows from the back; at most 1000 (of events 10000) are given."
    ),
]
BeforeCursor: TypeAlias = Annotated[
    str | None, strawberry.argument(description="Only rows in front of the one with this cursor.")
]


@dataclass(frozen=True, slots=True)
class Window:
    """A slice of a list: up to `limit` rows next to the key, in the direction of the walk."""

    limit: int
    key: CursorKey | None
    walk: Walk

    def has_next(self, *, has_more: bool) -> bool:
        """Whether rows follow the slice; `has_more` is about the direction of the walk."""
        return has_more if self.walk is Walk.FORWARD else self.key is not None

    def has_previous(self, *, has_more: bool) -> bool:
        """Whether rows precede the slice; `has_more` is about the direction of the walk."""
        return has_more if self.walk is Walk.BACKWARD else self.key is not None


@dataclass(frozen=True, slots=True)
class Slicing:
    """The four arguments of a connection as they were given."""

    first: int | None
    after: str | None
    last: int | None = None
    before: str | None = None

    def window(self, default: int, types: Sequence[type], most: int = MAX_PAGE_SIZE) -> Window:
        """The slice meant, of at most so many rows; `types` are the parts of a cursor's key.

        Raises InvalidQueryError for arguments that don't go together and for cursors that
        were not given out for such a list.
        """
        first, last = given(self.first), given(self.last)
        after, before = given(self.after), given(self.before)
        if last is None and before is None:
            key = _key(after, "after", types)
            return Window(_limit(first, (default, most), "first"), key, Walk.FORWARD)
        if first is not None or after is not None:
            message = "Ask forward with first and after, or backward with last and before."
            raise InvalidQueryError.at("last" if last is not None else "before", message=message)
        key = _key(before, "before", types)
        return Window(_limit(last, (default, most), "last"), key, Walk.BACKWARD)


def _limit(asked: int | None, bounds: tuple[int, int], argument: str) -> int:
    if asked is not None and asked < 0:
        raise InvalidQueryError.at(argument, message="The number of rows can't be negative.")
    default, most = bounds
    return min(default if asked is None else asked, most)


def _key(cursor: str | None, argument: str, types: Sequence[type]) -> CursorKey | None:
    if cursor is None:
        return None
    try:
        return decode_cursor(cursor, tuple(types))
    except InvalidCursorError as error:
        raise InvalidQueryError.at(argument, message=str(error)) from error
