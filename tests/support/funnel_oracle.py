"""What funnels must be, in plain Python: every chain is tried."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias
from zoneinfo import ZoneInfo

from app.analytics.fields import COLUMNS
from app.analytics.filters import Filter
from app.analytics.journeys import (
    FunnelOrder,
    FunnelProfilesQuery,
    FunnelQuery,
    FunnelTrendQuery,
    Outcome,
)
from app.analytics.periods import TimeRange, bucket_start, buckets
from app.analytics.plans import Labels
from app.analytics.queries import Moment
from app.analytics.records import BOUNDARY_EVENTS, Event
from app.analytics.resolve import previous_range
from tests.support.journey_oracle import Journey, counts, journeys_of
from tests.support.oracle import Oracle, World, label, meets

Steps: TypeAlias = list[tuple[int, float | None, float | None]]
"""Count, mean and median seconds of each step."""


class FunnelOracle:
    """Answers one funnel about a world at a moment."""

    def __init__(self, world: World, moment: Moment, query: FunnelQuery) -> None:
        self.query = query
        self.oracle = Oracle(world, moment)
        self.world = self.oracle.world
        self.span = self.oracle.span(query)

    def before(self) -> TimeRange | None:
        """The range that is compared with."""
        moment = self.oracle.moment
        return previous_range(self.query.compare, self.span, self.query.zone or moment.zone, moment)

    def groups(self) -> list[tuple[Labels, Steps]]:
        """The steps of the top labels, those with the most journeys first."""
        found = list(self.all_groups(self.span).items())
        if not self.query.breakdown:
            return found or [((), [(0, None, None)] * len(self.query.steps))]
        found.sort(key=lambda group: [(text is None, text or "") for text in group[0]])
        found.sort(key=lambda group: -group[1][0][0])
        return found[: self.query.top]

    def reaches(self) -> list[tuple[Labels, list[int]]]:
        """The labels of each journey of the funnel, and when it reaches each step."""
        journeys = [(journey, self.reach(journey)) for journey in self._journeys(self.span)]
        return [(self.labels(journey), times) for journey, times in journeys if times]

    def all_groups(self, span: TimeRange) -> dict[Labels, Steps]:
        """The steps of every tuple of labels."""
        found: dict[Labels, list[list[int]]] = {}
        for journey in self._journeys(span):
            times = self.reach(journey)
            if times:
                found.setdefault(self.labels(journey), []).append(times)
        return {labels: self._steps(reaches) for labels, reaches in found.items()}

    def profiles(self, asked: FunnelProfilesQuery) -> list[str]:
        """The ids of all profiles behind a step."""
        ids: set[str] = set()
        for journey in self._journeys(self.span):
            reached = len(self.reach(journey))
            if reached == 0 or asked.labels not in {None, self.labels(journey)}:
                continue
            completed = reached > asked.step
            dropped = reached == asked.step
            if completed if asked.outcome is Outcome.COMPLETED else dropped:
                owners = [event for event in journey.events if self._is_step(event)]
                owner = label(COLUMNS["profile_id"], self.world.row(owners[-1]))
                if owner is not None:
                    ids.add(owner)
        return sorted(ids)

    def _journeys(self, span: TimeRange) -> list[Journey]:
        self.since = span.start
        return journeys_of(self.world, self.query.per, self.query.filter, span)

    def _meets(self, where: Filter, event: Event) -> bool:
        return counts(where, self.query.filter, event) and meets(
            where, event, self.world, self.since
        )

    def _is_step(self, event: Event) -> bool:
        return any(self._meets(step.where, event) for step in self.query.steps)

    def labels(self, journey: Journey) -> Labels:
        """The breakdown's values at the first event that can begin a chain."""
        begins = self.query.steps if self.query.order is FunnelOrder.ANY else self.query.steps[:1]
        first = next(
            event
            for event in journey.events
            if any(self._meets(step.where, event) for step in begins)
        )
        return tuple(label(field, self.world.row(first)) for field in self.query.breakdown)

    def _steps(self, reaches: Sequence[list[int]]) -> Steps:
        steps: Steps = []
        for place in range(len(self.query.steps)):
            arrived = [times for times in reaches if len(times) > place]
            waits = [(times[place] - times[place - 1]) / 1000 for times in arrived] if place else []
            steps.append(
                (
                    len(arrived),
                    statistics.fmean(waits) if waits else None,
                    statistics.median(waits) if waits else None,
                )
            )
        return steps

    def reach(self, journey: Journey) -> list[int]:
        """The instants at which the journey's best start reaches each step."""
        best: list[int] = []
        for place, start in enumerate(journey.events):
            times = self._from(journey.events, place, start)
            if len(times) > len(best):
                best = times
        return best

    def _from(self, events: Sequence[Event], place: int, start: Event) -> list[int]:
        match self.query.order:
            case FunnelOrder.INCREASING:
                return self._earliest(events, start)
            case FunnelOrder.ADJACENT:
                return self._adjacent(events[place:])
            case FunnelOrder.ANY:
                return self._in_any_order(events, start)

    def _earliest(self, events: Sequence[Event], start: Event) -> list[int]:
        if not self._meets(self.query.steps[0].where, start):
            return []
        earliest: dict[int, int] = {}
        for chain in self._chains(events, [start]):
            length, last = len(chain), chain[-1].created_at
            earliest[length] = min(last, earliest.get(length, last))
        return [earliest[length] for length in sorted(earliest)]

    def _chains(self, events: Sequence[Event], chain: list[Event]) -> Iterator[list[Event]]:
        """Every chain that begins so."""
        yield chain
        if len(chain) == len(self.query.steps):
            return
        where = self.query.steps[len(chain)].where
        for event in events:
            later = event.created_at > chain[-1].created_at
            in_time = event.created_at - chain[0].created_at <= self.query.window_ms
            if later and in_time and self._meets(where, event):
                longer = [*chain, event]
                if self._is_allowed(events, longer):
                    yield from self._chains(events, longer)

    def _is_allowed(self, events: Sequence[Event], chain: Sequence[Event]) -> bool:
        return not any(
            exclusion.before < len(chain)
            and chain[exclusion.after].created_at
            < event.created_at
            < chain[exclusion.before].created_at
            and self._meets(exclusion.where, event)
            for exclusion in self.query.exclusions
            for event in events
        )

    def _adjacent(self, events: Sequence[Event]) -> list[int]:
        run = [e for e in events if e.name not in BOUNDARY_EVENTS or self._is_step(e)]
        times: list[int] = []
        for event, step in zip(run, self.query.steps, strict=False):
            at = event.created_at
            is_late = bool(times) and (at <= times[-1] or at - times[0] > self.query.window_ms)
            if is_late or not self._meets(step.where, event):
                break
            times.append(at)
        return times

    def _in_any_order(self, events: Sequence[Event], start: Event) -> list[int]:
        if not self._is_step(start):
            return []
        until = start.created_at + self.query.window_ms
        window = [event for event in events if start.created_at <= event.created_at <= until]
        firsts: list[int] = []
        for step in self.query.steps:
            made = [event.created_at for event in window if self._meets(step.where, event)]
            firsts += [min(made)] if made else []
        return sorted(firsts)


def compared(oracle: FunnelOracle, found: list[tuple[Labels, Steps]]) -> list[Steps | None]:
    """The steps of the range before for the same labels; None without a comparison."""
    span = oracle.before()
    if span is None:
        return [None] * len(found)
    moment = replace(oracle.oracle.moment)
    before = FunnelOracle(oracle.world, moment, oracle.query).all_groups(span)
    nobody: Steps = [(0, None, None)] * len(oracle.query.steps)
    return [before.get(labels, nobody) for labels, _ in found]


def trend(
    oracle: FunnelOracle, query: FunnelTrendQuery, zone: ZoneInfo
) -> list[tuple[Labels, list[float], float]]:
    """For each top label the percentages of the buckets, and the one of the whole range."""
    starts = buckets(oracle.span, query.interval, zone, query.week_start)
    last = len(query.funnel.steps) - 1
    told: list[tuple[Labels, list[float], float]] = []
    for labels, steps in oracle.groups():
        points: list[float] = []
        reaches = [times for found, times in oracle.reaches() if found == labels]
        for start in starts:
            begun = [
                times
                for times in reaches
                if bucket_start(times[0], query.interval, zone, query.week_start) == start
            ]
            done = sum(len(times) > last for times in begun)
            points.append(100 * done / len(begun) if begun else 0)
        told.append((labels, points, 100 * steps[-1][0] / steps[0][0] if steps[0][0] else 0))
    return told
