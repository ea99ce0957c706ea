"""What retention, paths, stickiness and lifecycle must be, in plain Python."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any, TypeAlias

from app.analytics.fields import COLUMNS, Field, fans_of
from app.analytics.filters import EVERYTHING, Filter, leaves
from app.analytics.journeys import (
    LifecycleQuery,
    PathsQuery,
    Repeats,
    RetentionCriterion,
    RetentionQuery,
    RetentionStart,
    RetentionWindow,
    StickinessQuery,
)
from app.analytics.periods import (
    DAY_MS,
    HOUR_MS,
    Interval,
    TimeRange,
    bucket_start,
    buckets,
)
from app.analytics.plans import Labels
from app.analytics.queries import Moment
from app.analytics.records import BOUNDARY_EVENTS, Event
from tests.support.facts import one_of_each
from tests.support.oracle import Oracle, World, label, meets

Cohort: TypeAlias = tuple[int, tuple[int, ...]]
"""Its size, and how many of it came back in each period."""


@dataclass(frozen=True)
class Journey:
    """The events of one journey in the order of time and arrival."""

    key: str
    events: list[Event]


def journeys_of(world: World, per: Field, condition: Filter, span: TimeRange) -> list[Journey]:
    """The journeys of the range, each with its events that meet the condition."""
    found: dict[str, list[Event]] = {}
    inside = [event for event in world.events if span.start <= event.created_at < span.end]
    for event in sorted(inside, key=lambda event: (event.created_at, event.position)):
        if not meets(condition, event, world, span.start):
            continue
        for row in one_of_each(world.row(event), fans_of((per,))):
            key = label(per, row)
            if key is not None:
                found.setdefault(key, []).append(event)
    return [Journey(key, events) for key, events in found.items()]


def counts(where: Filter, around: Filter, event: Event) -> bool:
    """Whether conditions about activity are about the event at all."""
    if event.name not in BOUNDARY_EVENTS:
        return True
    told = [*leaves(where), *leaves(around)]
    named = [leaf for leaf in told if leaf.field == COLUMNS["name"]]
    return any(value in BOUNDARY_EVENTS for leaf in named for value in leaf.values)


class JourneyOracle:
    """Answers questions about journeys of a world at a moment."""

    def __init__(self, world: World, moment: Moment) -> None:
        self.oracle = Oracle(world, moment)
        self.world = self.oracle.world

    def _buckets(
        self, query: RetentionQuery | StickinessQuery | LifecycleQuery
    ) -> tuple[TimeRange, list[int], Callable[[int], int]]:
        """The range, its buckets, and the bucket of an instant."""
        span, zone = self.oracle.span(query), query.zone or self.oracle.moment.zone
        starts = list(buckets(span, query.interval, zone, query.week_start))
        return (
            span,
            starts,
            lambda instant: bucket_start(instant, query.interval, zone, query.week_start),
        )

    def _active(
        self,
        query: PathsQuery | StickinessQuery | LifecycleQuery,
        span: TimeRange,
        *ends: Filter | None,
    ) -> list[Journey]:
        """The journeys with what people do in them, and what meets ends that name it."""

        def is_part(event: Event) -> bool:
            return counts(EVERYTHING, query.filter, event) or any(
                counts(EVERYTHING, end, event) and meets(end, event, self.world, span.start)
                for end in ends
                if end is not None
            )

        found = [
            Journey(journey.key, list(filter(is_part, journey.events)))
            for journey in journeys_of(self.world, query.per, query.filter, span)
        ]
        return [journey for journey in found if journey.events]

    def retention(self, query: RetentionQuery) -> list[tuple[Labels, list[Cohort]]]:
        """The cohorts of the top labels, those with the most members first."""
        span, starts, cut = self._buckets(query)
        members: dict[Labels, list[list[list[int]]]] = {}
        for start, returns in self._members(query, span, cut):
            labels = tuple(label(field, self.world.row(start)) for field in query.breakdown)
            place = starts.index(cut(start.created_at))
            periods = [self._period(query, start, at, starts, cut) for at in returns]
            cohorts = members.setdefault(labels, [[] for _ in starts])
            cohorts[place].append([period for period in periods if period >= 1])
        if not query.breakdown:
            members.setdefault((), [[] for _ in starts])
        ranked = sorted(members, key=lambda key: [(text is None, text or "") for text in key])
        ranked.sort(key=lambda key: -sum(map(len, members[key])))
        top = query.top if query.breakdown else 1
        return [(key, self._cohorts(query, members[key])) for key in ranked[:top]]

    def _members(
        self, query: RetentionQuery, span: TimeRange, cut: Callable[[int], int]
    ) -> list[tuple[Event, list[int]]]:
        """Every start of every member, with the instants of all return events of the range."""
        is_first_time = query.starting is RetentionStart.FIRST_TIME
        since = 0 if is_first_time else span.start
        whole = TimeRange(since, span.end)
        returning = {
            journey.key: [
                event.created_at
                for event in journey.events
                if counts(query.returning, query.filter, event)
                and meets(query.returning, event, self.world, span.start)
            ]
            for journey in journeys_of(self.world, query.per, query.filter, span)
        }
        found: list[tuple[Event, list[int]]] = []
        for journey in journeys_of(self.world, query.per, query.filter, whole):
            starts = [
                event
                for event in journey.events
                if counts(query.start, query.filter, event)
                and meets(query.start, event, self.world, since)
            ]
            seen: set[int] = set()
            for event in starts[:1] if is_first_time else starts:
                bucket = cut(event.created_at)
                if event.created_at >= span.start and bucket not in seen:
                    seen.add(bucket)
                    found.append((event, returning.get(journey.key, [])))
        return found

    @staticmethod
    def _period(
        query: RetentionQuery,
        start: Event,
        at: int,
        starts: Sequence[int],
        cut: Callable[[int], int],
    ) -> int:
        if query.window is RetentionWindow.ROLLING:
            hours = {
                Interval.HOUR: HOUR_MS,
                Interval.DAY: DAY_MS,
                Interval.WEEK: 7 * DAY_MS,
                Interval.MONTH: 30 * DAY_MS,
            }
            return (at - start.created_at) // hours[query.interval]
        return starts.index(cut(at)) - starts.index(cut(start.created_at))

    @staticmethod
    def _cohorts(query: RetentionQuery, cohorts: Sequence[list[list[int]]]) -> list[Cohort]:
        answer: list[Cohort] = []
        for place, members in enumerate(cohorts):
            counts = [len(members)]
            for period in range(1, min(query.periods, len(cohorts) - place - 1) + 1):
                if query.criterion is RetentionCriterion.ON:
                    back = [member for member in members if period in member]
                else:
                    back = [member for member in members if max(member, default=0) >= period]
                counts.append(len(back))
            answer.append((len(members), tuple(counts)))
        return answer

    def paths(self, query: PathsQuery) -> tuple[int, list[Any], list[Any]]:
        """How many paths there are, the nodes and the links."""
        span = self.oracle.span(query)
        found = [
            path
            for journey in self._active(query, span, query.start, query.end)
            if (path := self._path(query, journey.events, span.start))
        ]
        counts = Counter((step, item) for path in found for step, item, _ in path)
        own: set[tuple[int, str]] = set()
        for step in range(query.steps):
            here = sorted((-count, node) for node, count in counts.items() if node[0] == step)
            own |= {node for _, node in here[: query.top]}

        def name(step: int, item: str) -> str | None:
            return item if (step, item) in own else None

        nodes = Counter((step, name(step, item)) for path in found for step, item, _ in path)
        waits: dict[tuple[int, str | None, str | None], list[float]] = {}
        for path in found:
            for (step, item, at), (_, target, later) in pairwise(path):
                link = (step, name(step, item), name(step + 1, target))
                waits.setdefault(link, []).append((later - at) / 1000)
        return (
            len(found),
            [(*node, count) for node, count in nodes.items()],
            [(*link, len(times), fmean(times)) for link, times in waits.items()],
        )

    def _path(
        self, query: PathsQuery, events: Sequence[Event], since: int
    ) -> list[tuple[int, str, int]]:
        """Step, item and instant of each part of the journey's path; empty without one."""
        read = [(event, label(query.item, self.world.row(event))) for event in events]
        items = [(event, item) for event, item in read if item is not None]

        def place_of(where: Filter, first: int) -> int | None:
            return next(
                (
                    place
                    for place, (event, _) in enumerate(items)
                    if place >= first and meets(where, event, self.world, since)
                ),
                None,
            )

        begin: int | None = 0
        end: int | None = len(items) - 1
        if query.start is not None:
            begin = place_of(query.start, 0)
        if query.end is not None and begin is not None:
            end = place_of(query.end, 0 if query.start is None else begin + 1)
        if begin is None or end is None:
            return []
        kept: list[tuple[str, int]] = []
        for event, item in items[begin : end + 1]:
            if query.repeats is Repeats.COLLAPSE and kept and kept[-1][0] == item:
                continue
            kept.append((item, event.created_at))
        if query.start is not None and query.end is not None and len(kept) > query.steps:
            return []
        if query.start is None and query.end is not None:
            kept = kept[-query.steps :]
            first = query.steps - len(kept)
        else:
            kept, first = kept[: query.steps], 0
        return [(step, item, at) for step, (item, at) in enumerate(kept, start=first)]

    def starts(self, query: RetentionQuery | StickinessQuery | LifecycleQuery) -> list[int]:
        """Where each bucket of the query begins."""
        return self._buckets(query)[1]

    def stickiness(self, query: StickinessQuery) -> list[int]:
        """How many journeys were active in one interval, in two, and so on."""
        span, starts, cut = self._buckets(query)
        counts = [0] * len(starts)
        for journey in self._active(query, span):
            by_bucket = Counter(cut(event.created_at) for event in journey.events)
            active = sum(count >= query.at_least for count in by_bucket.values())
            if active:
                counts[active - 1] += 1
        return counts

    def lifecycle(self, query: LifecycleQuery) -> list[tuple[int, int, int, int]]:
        """New, returning, resurrecting and dormant journeys of each bucket."""
        span, starts, cut = self._buckets(query)
        journeys = self._active(query, TimeRange(0, span.end))
        active = [{cut(event.created_at) for event in journey.events} for journey in journeys]
        answer: list[tuple[int, int, int, int]] = []
        for start in starts:
            before = cut(start - 1)
            new = [seen for seen in active if min(seen) == start]
            back = [seen for seen in active if start in seen and min(seen) < start]
            regular = [seen for seen in back if before in seen]
            gone = [seen for seen in active if before in seen and start not in seen]
            answer.append((len(new), len(regular), len(back) - len(regular), len(gone)))
        return answer
