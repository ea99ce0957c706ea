"""Relay's shapes: interface Node, connections, edges and page information."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import strawberry

from app.kit.paging import CursorKey, encode_cursor
from schema.definitions import interface_type, object_type
from schema.paging import Window
from schema.scalars import Long

S = TypeVar("S")
T = TypeVar("T")


@interface_type
class Node:
    """Something that `node` finds again by its id."""

    id: strawberry.ID = strawberry.field(
        description="An opaque id that is unique over all types and projects."
    )


@object_type
class PageInfo:
    """Where a slice of a list stands in it."""

    has_next_page: bool = strawberry.field(
        description="Whether rows follow; with `before` alone, true without looking."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether rows precede; with `after` alone, true without looking."
    )
    start_cursor: str | None = strawberry.field(description="The cursor of the first row.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last row.")


@object_type
class Edge(Generic[T]):
    """A row and its place in the list."""

    cursor: str = strawberry.field(
        description="The row's place; it stays the same when others come and go."
    )
    node: T = strawberry.field(description="The row itself.")


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Some rows in a row; nodes and edges are made when they are asked for.

    `ends` are the keys of the first and the last row; None without rows.
    """

    nodes: Callable[[], Sequence[T]]
    edges: Callable[[], Sequence[Edge[T]]]
    ends: tuple[CursorKey, CursorKey] | None


@object_type
class Connection(Generic[T]):
    """A slice of a list. `nodes` is the short way to the rows; `edges` have the cursors too."""

    slice: strawberry.Private[Slice[T]]
    counting: strawberry.Private[Callable[[], Awaitable[int]]]
    page_info: PageInfo = strawberry.field(description="Where the slice stands in the list.")

    @strawberry.field
    def nodes(self) -> list[T]:
        """The rows, in the order of the list."""
        return cast("list[T]", self.slice.nodes())

    @strawberry.field
    def edges(self) -> list[Edge[T]]:
        """The rows and their places, in the order of the list."""
        return cast("list[Edge[T]]", self.slice.edges())

    @strawberry.field
    async def total_count(self) -> Long | None:
        """How many rows the whole list has; counted only when asked for."""
        return Long(await self.counting())


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One row of a list and its place there."""

    node: T
    key: CursorKey


def slice_of(rows: Sequence[Row[T]]) -> Slice[T]:
    """The slice of rows whose objects are there already."""
    return Slice(
        lambda: [row.node for row in rows],
        lambda: [Edge(cursor=encode_cursor(row.key), node=row.node) for row in rows],
        (rows[0].key, rows[-1].key) if rows else None,
    )


def connection_of(
    part: Slice[T],
    window: Window,
    counting: Callable[[], Awaitable[int]],
    *,
    has_more: bool,
) -> Connection[T]:
    """The slice; `has_more` tells whether rows lie beyond it in the direction of the walk."""
    page_info = PageInfo(
        has_next_page=window.has_next(has_more=has_more),
        has_previous_page=window.has_previous(has_more=has_more),
        start_cursor=encode_cursor(part.ends[0]) if part.ends else None,
        end_cursor=encode_cursor(part.ends[1]) if part.ends else None,
    )
    return Connection(slice=part, counting=counting, page_info=page_info)


def connection_by_number(
    everything: Sequence[S], window: Window, number: Callable[[S], int], show: Callable[[S], T]
) -> Connection[T]:
    """A slice of what was read whole, in the order of its numbers."""
    last = int(window.key[0] or 0) if window.key else 0
    behind = [one for one in everything if number(one) > last]
    rows = [Row(show(one), (number(one),)) for one in behind[: window.limit]]

    async def count() -> int:
        return len(everything)

    return connection_of(slice_of(rows), window, count, has_more=len(behind) > window.limit)
