"""Answers in numbers: totals, series, breakdowns and what goes on right now."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import strawberry

from app.analytics.metrics import Number
from app.kit.paging import encode_cursor
from schema.definitions import object_type
from schema.enums import Interval, MetricName, Unit
from schema.scalars import Long, TimeZone
from schema.types.connections import PageInfo


@object_type
class ResultInfo:
    """What exactly was answered."""

    computed_at: datetime = strawberry.field(description="When the answer was computed.")
    cached: bool = strawberry.field(
        description="Whether it was computed for an earlier question; nothing was stored since."
    )
    from_: datetime = strawberry.field(name="from", description="The range's first instant.")
    to: datetime = strawberry.field(description="The instant that ends the range.")
    timezone: TimeZone = strawberry.field(description="The zone in which local days were cut.")


@object_type
class MetricValue:
    """One metric's number over a whole range."""

    name: str = strawberry.field(description="How the metric was called with `as`, or its label.")
    metric: MetricName = strawberry.field(description="What was measured.")
    unit: Unit = strawberry.field(description="What the number is.")
    value: float | None = strawberry.field(
        description="The number; null for a mean, a minimum or a maximum of nothing."
    )
    previous: float | None = strawberry.field(
        description="The number of the range that was compared with."
    )

    @strawberry.field
    def change(self) -> float | None:
        """The growth since the range compared with: 0.25 is a quarter more.

        Null without a comparison, and where there was nothing to grow from.
        """
        if self.value is None or not self.previous:
            return None
        return (self.value - self.previous) / abs(self.previous)


@object_type
class Totals:
    """One number per metric over the whole range."""

    values: list[MetricValue] = strawberry.field(description="In the order asked for.")
    info: ResultInfo = strawberry.field(description="What exactly was answered.")


@object_type
class Series:
    """One metric over time, for all events or for one value of the breakdown."""

    name: str = strawberry.field(description="How the metric was called with `as`, or its label.")
    metric: MetricName = strawberry.field(description="What was measured.")
    unit: Unit = strawberry.field(description="What the numbers are.")
    key: list[str | None] = strawberry.field(
        description="The value of each breakdown dimension; null where it is absent or empty."
    )
    points: list[float | None] = strawberry.field(description="One number per bucket.")
    previous_points: list[float | None] | None = strawberry.field(
        description="One number per bucket of the range compared with."
    )
    total: float | None = strawberry.field(
        description="The number over the whole range, which need not be the sum of the points."
    )
    previous_total: float | None = strawberry.field(
        description="The same over the whole range compared with."
    )


@object_type
class Timeseries:
    """Numbers per time bucket."""

    interval: Interval = strawberry.field(description="The size of the buckets; never AUTO.")
    buckets: list[datetime] = strawberry.field(
        description="Start of each bucket in order, with its offset from UTC; every `points` has "
        "this length. The first may begin before the range."
    )
    previous_buckets: list[datetime] | None = strawberry.field(
        description="The same for the range compared with; these may be more or fewer."
    )
    series: list[Series] = strawberry.field(
        description="For each value of the breakdown, the largest first, one per metric."
    )
    info: ResultInfo = strawberry.field(description="What exactly was answered.")


@object_type
class BreakdownRow:
    """The numbers of one value, or of one combination of values."""

    key: list[str | None] = strawberry.field(
        description="The value of each dimension; null where it is absent or empty."
    )
    labels: list[str] = strawberry.field(
        description="The same for people; an absent value is “(not set)”."
    )
    values: list[float | None] = strawberry.field(
        description="One number per metric, in the order of `columns`."
    )
    previous: list[float | None] | None = strawberry.field(
        description="The same for the range compared with."
    )
    first_total: strawberry.Private[Callable[[], Awaitable[Number | None]]]

    @strawberry.field
    async def share(self) -> float | None:
        """The first number as a part (0 to 1) of the one over everything.

        One profile may count for several rows, so shares may add up to more than 1.
        """
        total = await self.first_total()
        value = self.values[0]
        return value / total if total and value is not None else None


@object_type
class BreakdownEdge:
    """A row and its place."""

    cursor: str = strawberry.field(description="The row's rank.")
    node: BreakdownRow = strawberry.field(description="The row itself.")


@object_type
class BreakdownConnection:
    """A slice of the ranking of values. Cursors are ranks: when numbers change, rows may move."""

    offset: strawberry.Private[int]
    all_totals: strawberry.Private[Callable[[], Awaitable[Sequence[Number | None]]]]
    columns: list[str] = strawberry.field(description="The names of the metrics.")
    rows: list[BreakdownRow] = strawberry.field(description="The rows, in order.")
    total_count: Long = strawberry.field(description="How many rows there are in all slices.")
    page_info: PageInfo = strawberry.field(description="Where the slice stands in the ranking.")
    info: ResultInfo = strawberry.field(description="What exactly was answered.")

    @strawberry.field
    def edges(self) -> list[BreakdownEdge]:
        """The rows and their places, in order."""
        return [
            BreakdownEdge(cursor=encode_cursor((place,)), node=row)
            for place, row in enumerate(self.rows, self.offset + 1)
        ]

    @strawberry.field
    async def totals(self) -> list[float | None] | None:
        """Each metric over everything that the rows divide."""
        return list(await self.all_totals())


@object_type
class DimensionValue:
    """One value of a dimension."""

    value: str | None = strawberry.field(description="The value; null where it is absent or empty.")
    label: str = strawberry.field(
        description="The same for people; an absent value is “(not set)”."
    )
    count: Long = strawberry.field(description="How many there are of it.")


@object_type
class Live:
    """What goes on right now."""

    visitors: Long = strawberry.field(description="Different profiles with any event.")
    events: Long = strawberry.field(description="Events.")
    at: datetime = strawberry.field(description="The end of the window.")
    top: strawberry.Private[Callable[[str], Awaitable[list[DimensionValue]]]]

    @strawberry.field
    async def top_paths(self) -> list[DimensionValue] | None:
        """The ten paths with the most profiles."""
        return await self.top("path")

    @strawberry.field
    async def countries(self) -> list[DimensionValue] | None:
        """The ten countries with the most profiles."""
        return await self.top("country")
