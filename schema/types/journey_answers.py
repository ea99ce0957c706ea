"""Answers about journeys: funnels, retention, paths and habits."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import strawberry

from schema.definitions import object_type
from schema.enums import Interval
from schema.journey_enums import StepOutcome
from schema.paging import AfterCursor, First, Slicing
from schema.scalars import Long
from schema.types.analysis import ResultInfo
from schema.types.connections import Connection
from schema.types.nodes import Profile

Behind = Callable[[StepOutcome, Slicing], Awaitable[Connection[Profile]]]
"""Asks for the profiles behind a step."""

OutcomeArgument = Annotated[
    StepOutcome, strawberry.argument(description="What became of them at the step.")
]


@object_type
class FunnelStep:
    """How many journeys reach a step."""

    behind: strawberry.Private[Behind]
    label: str = strawberry.field(description="What the step is called.")
    count: Long = strawberry.field(description="How many journeys reach it.")
    conversion: float = strawberry.field(
        description="The part (0 to 1) of the journeys of the first step that reach it."
    )
    from_previous: float = strawberry.field(
        description="The part (0 to 1) of the journeys of the step before that reach it."
    )
    dropped: Long = strawberry.field(
        description="How many journeys of the step before don't reach it."
    )
    average_seconds_from_previous: float | None = strawberry.field(
        description="The mean time since the step before; null at the first and without any."
    )
    median_seconds_from_previous: float | None = strawberry.field(
        description="The median of the same."
    )
    previous_count: Long | None = strawberry.field(
        description="How many journeys reach it in the range that was compared with."
    )

    @strawberry.field
    async def profiles(
        self,
        first: First = strawberry.UNSET,
        after: AfterCursor = strawberry.UNSET,
        outcome: OutcomeArgument = StepOutcome.COMPLETED,
    ) -> Connection[Profile] | None:
        """The profiles behind the step, by id. 50 by default.

        Behind a session or a group stands the profile of its newest event among the steps.
        """
        return await self.behind(outcome, Slicing(first, after))


@object_type
class FunnelGroup:
    """The steps of a funnel for everyone, or for one value of the breakdown."""

    key: list[str | None] = strawberry.field(
        description="The value of each breakdown dimension; null where it is absent or empty."
    )
    labels: list[str] = strawberry.field(
        description="The same for people; an absent value is “(not set)”."
    )
    conversion: float = strawberry.field(
        description="The part (0 to 1) of the journeys of the first step that reach the last."
    )
    previous_conversion: float | None = strawberry.field(
        description="The same in the range that was compared with."
    )
    steps: list[FunnelStep] = strawberry.field(description="The steps, in order.")


@object_type
class Funnel:
    """How many journeys get how far through some steps."""

    groups: list[FunnelGroup] = strawberry.field(
        description="Those with the most journeys first; a single one without a breakdown."
    )
    info: ResultInfo = strawberry.field(description="What exactly was answered.")


@object_type
class RetentionCohort:
    """Those who began in one period, and how many of them came back."""

    start: datetime = strawberry.field(description="When the period begins.")
    size: Long = strawberry.field(description="How many began.")
    counts: list[Long] = strawberry.field(
        description="How many of them came back in each period, as far as the range has these; "
        "the first number is all of them."
    )

    @strawberry.field
    def rates(self) -> list[float | None]:
        """The same as parts (0 to 1) of the cohort; null in an empty one."""
        return [count / self.size if self.size else None for count in self.counts]


@object_type
class RetentionGroup:
    """The cohorts of everyone, or of one value of the breakdown."""

    key: list[str | None] = strawberry.field(
        description="The value of each breakdown dimension; null where it is absent or empty."
    )
    labels: list[str] = strawberry.field(
        description="The same for people; an absent value is “(not set)”."
    )
    cohorts: list[RetentionCohort] = strawberry.field(
        description="One for each period of the range, in order."
    )
    average: list[float | None] = strawberry.field(
        description="For each period the part (0 to 1) of all members who came back in it."
    )


@object_type
class Retention:
    """How many of those who began come back."""

    period: Interval = strawberry.field(description="The length of a period.")
    groups: list[RetentionGroup] = strawberry.field(
        description="Those with the most members first; a single one without a breakdown."
    )
    info: ResultInfo = strawberry.field(description="What exactly was answered.")


@object_type
class PathNode:
    """An item at a step of paths."""

    key: str = strawberry.field(description="What links call the node.")
    step: int = strawberry.field(description="The step, counted from 0.")
    item: str | None = strawberry.field(
        description="The item; null for all that have no node of their own there."
    )
    label: str = strawberry.field(description="The same for people; null is “(others)”.")
    count: Long = strawberry.field(description="How many paths have it there.")


@object_type
class PathLink:
    """How many paths go from one node to another."""

    source: str = strawberry.field(name="from", description="The key of the node before.")
    target: str = strawberry.field(name="to", description="The key of the node behind.")
    count: Long = strawberry.field(description="How many paths go there.")
    average_seconds: float = strawberry.field(description="The mean time that this takes.")


@object_type
class Paths:
    """Which items follow which."""

    count: Long = strawberry.field(description="How many paths there are.")
    nodes: list[PathNode] = strawberry.field(
        description="By step; within a step those with the most paths first."
    )
    links: list[PathLink] = strawberry.field(description="In the same order.")
    info: ResultInfo = strawberry.field(description="What exactly was answered.")


@object_type
class Stickiness:
    """In how many intervals of the range journeys are active."""

    interval: Interval = strawberry.field(description="The length of an interval.")
    counts: list[Long] = strawberry.field(
        description="How many journeys are active in exactly one interval, in two, and so on."
    )
    info: ResultInfo = strawberry.field(description="What exactly was answered.")


@object_type
class Lifecycle:
    """Who comes, stays, comes again and goes. Every list has one number per bucket."""

    interval: Interval = strawberry.field(description="The length of a bucket.")
    buckets: list[datetime] = strawberry.field(description="Start of each bucket, in order.")
    new: list[Long] = strawberry.field(description="Active for the first time ever.")
    returning: list[Long] = strawberry.field(description="Active here and in the bucket before.")
    resurrecting: list[Long] = strawberry.field(
        description="Active again after a bucket without, or more."
    )
    dormant: list[Long] = strawberry.field(
        description="Active in the bucket before, and not in this one."
    )
    info: ResultInfo = strawberry.field(description="What exactly was answered.")
