"""What the answers must be, in plain Python: one loop per idea, no SQL, no shortcuts.

The oracle shares with the core what is tested on its own (calendars, ranges, the reading
of properties) and nothing of how an engine is asked.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeAlias, assert_never

from app.analytics.fields import (
    Field,
    Source,
    fans_of,
)
from app.analytics.filters import (
    Filter,
    simplified,
)
from app.analytics.metrics import (
    Calculated,
    Count,
    Latest,
    Measure,
    Metric,
    Operation,
    Percentile,
    Ratio,
    Statistic,
    Unique,
    Value,
    measured_field,
    parts_of,
)
from app.analytics.numbers import quantile
from app.analytics.periods import TimeRange, WeekStart, bucket_start, buckets
from app.analytics.plans import Labels
from app.analytics.queries import (
    BreakdownQuery,
    ByLabel,
    ByMetric,
    Direction,
    EventOrder,
    EventsQuery,
    Moment,
    PagesQuery,
    Query,
    SeriesQuery,
    SessionsQuery,
    TotalsQuery,
)
from app.analytics.ranges import AutoInterval, interval_for, resolve_range
from app.analytics.records import REVENUE, SCREEN_VIEW, Event, Session
from app.analytics.resolve import previous_range
from tests.support.facts import (
    Record,
    Row,
    World,
    beside,
    holds,
    label,
    meets,
    number_in,
    one_of_each,
)
from tests.support.thresholds import stands

__all__ = ["Oracle", "Record", "Row", "World", "close", "holds", "label", "meets"]

Number: TypeAlias = int | float | None


def newest(rows: Iterable[Row]) -> set[int]:
    """The positions of each profile's newest event."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        if isinstance(row.own, Event) and row.own.profile_id:
            key = (row.own.created_at, row.own.position)
            found[row.own.profile_id] = max(key, found.get(row.own.profile_id, key))
    return {position for _, position in found.values()}


def measured(
    measure: Measure,
    rows: Sequence[Row],
    every: Sequence[Row],
    test: Callable[[Filter, Row], bool],
) -> Number:
    """The measure over some of the rows; `every` are those of all groups."""
    chosen = [row for row in rows if test(measure.where, row)]
    match measure:
        case Count():
            return len(chosen)
        case Unique(field):
            return len({value for row in chosen if (value := label(field, row)) is not None})
        case Latest():
            last = newest(row for row in every if test(measure.where, row))
            return sum(isinstance(row.own, Event) and row.own.position in last for row in chosen)
        case Statistic(_, field) | Percentile(_, field):
            numbers = [n for row in chosen if (n := number_in(field, row)) is not None]
            if isinstance(measure, Percentile):
                return quantile(numbers, measure.share)
            return put_together(measure.operation, numbers) if numbers else None
        case _:
            assert_never(measure)


def put_together(operation: Operation, numbers: Sequence[int | float]) -> Number:
    match operation:
        case Operation.SUM:
            return math.fsum(numbers) if isinstance(numbers[0], float) else sum(numbers)
        case Operation.AVERAGE:
            return math.fsum(numbers) / len(numbers)
        case Operation.MIN:
            return min(numbers)
        case Operation.MAX:
            return max(numbers)


def valued(metric: Metric, measures: Sequence[Number]) -> Number:
    match metric.fold:
        case Value(empty):
            return empty if measures[0] is None else measures[0]
        case Ratio(scale):
            part, whole = measures
            return (part or 0) / whole * scale if whole else 0
        case Calculated():
            raise AssertionError("A formula is made of values, not of measures.")
        case _:
            assert_never(metric.fold)


def nothing_of(metrics: Sequence[Metric]) -> list[Number]:
    """The metrics' values where nothing happened."""
    return with_formulas(
        metrics,
        [[valued(part, [None] * 2) for part in parts_of(metric)] for metric in metrics],
    )


def with_formulas(metrics: Sequence[Metric], values: Sequence[Sequence[Number]]) -> list[Number]:
    """Each metric's value, made of those of its parts."""
    found: list[Number] = []
    for metric, parts in zip(metrics, values, strict=True):
        if not isinstance(metric.fold, Calculated):
            found.append(parts[0])
            continue
        used = [parts[index] for index in metric.fold.formula.letters]
        known = [part if part is not None else 0 for part in parts]
        found.append(None if None in used else metric.fold.formula.value(known))
    return found


Question: TypeAlias = TotalsQuery | SeriesQuery | BreakdownQuery


class Oracle:
    """Answers questions about a world at a moment."""

    def __init__(self, world: World, moment: Moment) -> None:
        self.world = replace(world, zone=moment.zone)
        first = min((event.created_at for event in world.events), default=None)
        self.moment = replace(moment, first_event_at=first)

    def span(self, query: Query) -> TimeRange:
        """The instants that the question is about."""
        week_start: WeekStart = getattr(query, "week_start", WeekStart.MONDAY)
        zone = query.zone or self.moment.zone
        first = self.moment.first_event_at
        return resolve_range(query.range, self.moment.now, zone, week_start, first)

    def _rows(
        self,
        query: Question,
        measure: Measure,
        source: Source,
        keys: Sequence[Field],
        span: TimeRange,
    ) -> tuple[list[Row], Callable[[Filter, Row], bool]]:
        condition = simplified(query.filter)
        own = measured_field(measure)
        fans = fans_of(keys if own is None else (*keys, own))
        records: list[Record] = list(
            self.world.events if source is Source.EVENTS else self.world.sessions
        )
        inside = [record for record in records if span.start <= record.created_at < span.end]
        if all(source in key.sources for key in keys):
            since = span.start

            def test(where: Filter, row: Row) -> bool:
                return meets(where, row.own, self.world, since, row.fans)

            alone = [each for r in inside for each in one_of_each(self.world.row(r), fans)]
            return [row for row in alone if test(condition, row)], test
        pairs = [
            row
            for record in inside
            for other in (beside(record, self.world, span.start) or self._alone(source))
            for row in one_of_each(self.world.row(record, other), fans)
        ]
        return [row for row in pairs if holds(condition, row)], holds

    @staticmethod
    def _alone(source: Source) -> list[None]:
        return [None] if source is Source.EVENTS else []

    def cells(
        self,
        query: Question,
        keys: Sequence[Field],
        span: TimeRange,
        cut: Callable[[int], int | None],
    ) -> dict[tuple[Labels, int | None], list[Number]]:
        """The metrics' values by labels and bucket."""
        basic = [part for metric in query.metrics for part in parts_of(metric)]
        answer: dict[tuple[Labels, int | None], list[Number]] = {}
        for place, values in self._basic_cells(query, basic, keys, span, cut).items():
            left = iter(values)
            parts = [[next(left) for _ in parts_of(metric)] for metric in query.metrics]
            answer[place] = with_formulas(query.metrics, parts)
        return answer

    def _basic_cells(
        self,
        query: Question,
        metrics: Sequence[Metric],
        keys: Sequence[Field],
        span: TimeRange,
        cut: Callable[[int], int | None],
    ) -> dict[tuple[Labels, int | None], list[Number]]:
        answer: dict[tuple[Labels, int | None], list[Number]] = {}
        for index, metric in enumerate(metrics):
            groups: dict[tuple[Labels, int | None], list[Number]] = {}
            for number, measure in enumerate(metric.measures):
                rows, test = self._rows(query, measure, metric.source, keys, span)
                for place, members in _placed(rows, keys, cut).items():
                    if not any(test(measure.where, row) for row in members):
                        # A row that nothing counts makes no label.
                        continue
                    found = groups.setdefault(place, [None] * len(metric.measures))
                    found[number] = self._value(measure, members, rows, test)
            for place, measures in groups.items():
                values = answer.setdefault(place, nothing_of(metrics))
                values[index] = valued(metric, measures)
        return answer

    @staticmethod
    def _value(
        measure: Measure,
        members: Sequence[Row],
        every: Sequence[Row],
        test: Callable[[Filter, Row], bool],
    ) -> Number:
        if members[0].other is not None and isinstance(members[0].own, Session):
            # A session stands once for its label; conditions only sort its events out.
            return measured(measure, _once(measure, members, test), every, test)
        return measured(measure, members, every, test)

    def totals(self, query: TotalsQuery) -> list[tuple[Number, Number]]:
        """Value and previous value of each metric."""
        span = self.span(query)
        now = self._whole(query, span)
        before = previous_range(query.compare, span, query.zone or self.moment.zone, self.moment)
        old = self._whole(query, before) if before else [None] * len(now)
        return list(zip(now, old, strict=True))

    def _whole(self, query: Question, span: TimeRange) -> list[Number]:
        cells = self.cells(query, (), span, lambda _: None)
        return cells.get(((), None), nothing_of(query.metrics))

    def series(
        self, query: SeriesQuery
    ) -> tuple[list[int], dict[tuple[int, Labels], list[Number]]]:
        """The buckets, and the points by metric index and labels."""
        span, zone = self.span(query), query.zone or self.moment.zone
        interval = query.interval
        if isinstance(interval, AutoInterval):
            interval = interval_for(span, zone, interval)
        size = interval
        starts = list(buckets(span, size, zone, query.week_start))

        def cut(instant: int) -> int:
            return bucket_start(instant, size, zone, query.week_start)

        cells = self.cells(query, query.breakdown, span, cut)
        labels: list[Labels] = [()]
        if query.breakdown:
            ranked = self._ranked(query, query.breakdown, span, ByMetric(0))
            labels = [key for key, _ in ranked[: query.top]]
        empty = nothing_of(query.metrics)
        points = {
            (index, key): [cells.get((key, start), empty)[index] for start in starts]
            for index in range(len(query.metrics))
            for key in labels
        }
        return starts, points

    def breakdown(self, query: BreakdownQuery) -> tuple[list[tuple[Labels, list[Number]]], int]:
        """The slice of rows, and how many there are in all."""
        ranked = self._ranked(query, query.by, self.span(query), query.order)
        ranked = [row for row in ranked if all(stands(each, row[1]) for each in query.having)]
        page = query.page
        return ranked[page.offset : page.offset + page.limit], len(ranked)

    def breakdown_before(
        self, query: BreakdownQuery, labels: Sequence[Labels]
    ) -> list[list[Number]] | None:
        """What the metrics of these labels were in the range that is compared with."""
        zone = query.zone or self.moment.zone
        before = previous_range(query.compare, self.span(query), zone, self.moment)
        if before is None:
            return None
        cells = self.cells(query, query.by, before, lambda _: None)
        return [cells.get((each, None), nothing_of(query.metrics)) for each in labels]

    def _ranked(
        self,
        query: BreakdownQuery | SeriesQuery,
        by: Sequence[Field],
        span: TimeRange,
        order: ByMetric | ByLabel,
    ) -> list[tuple[Labels, list[Number]]]:
        cells = self.cells(query, by, span, lambda _: None)
        rows = [(labels, values) for (labels, _), values in cells.items()]
        rows.sort(key=lambda row: [(text is None, text or "") for text in row[0]])
        descending = order.direction is Direction.DESCENDING
        if isinstance(order, ByMetric):
            known = [row for row in rows if row[1][order.index] is not None]
            known.sort(key=lambda row: row[1][order.index] or 0, reverse=descending)
            return known + [row for row in rows if row[1][order.index] is None]
        named = [row for row in rows if row[0][order.index] is not None]
        named.sort(key=lambda row: row[0][order.index] or "", reverse=descending)
        return named + [row for row in rows if row[0][order.index] is None]

    def listed(self, query: EventsQuery | SessionsQuery) -> list[str]:
        """The ids of all rows that the query has, in order, through all slices."""
        span = self.span(query)
        records: Sequence[Record] = (
            self.world.events if isinstance(query, EventsQuery) else self.world.sessions
        )
        condition = simplified(query.filter)
        chosen = [
            record
            for record in records
            if span.start <= record.created_at < span.end
            and meets(condition, record, self.world, span.start)
        ]
        sign = -1 if query.order is EventOrder.NEWEST else 1
        chosen.sort(key=lambda record: (sign * record.created_at, record.id))
        return [record.id for record in chosen]

    def pages(self, query: PagesQuery) -> list[tuple[Any, ...]]:
        """Origin, path, title, sessions, views, revenue, bounce rate and seconds of each page."""
        span = self.span(query)
        inside = [e for e in self.world.events if span.start <= e.created_at < span.end]
        views = [e for e in inside if e.name == SCREEN_VIEW]
        matching = [v for v in views if meets(query.filter, v, self.world, span.start)]
        pause = _pauses(views)
        pages: dict[tuple[str | None, str], list[Event]] = {}
        for view in matching:
            if view.path:
                pages.setdefault((view.origin or None, view.path), []).append(view)
        answer: list[tuple[Any, ...]] = [
            (*page, *self._page(page, seen, query, span, pause)) for page, seen in pages.items()
        ]
        answer.sort(key=lambda row: (-row[3], row[0] is None, row[0] or "", row[1]))
        return answer[query.page.offset : query.page.offset + query.page.limit]

    def _page(
        self,
        page: tuple[str | None, str],
        seen: list[Event],
        query: PagesQuery,
        span: TimeRange,
        pause: dict[int, int],
    ) -> tuple[Any, ...]:
        titled = sorted((view for view in seen if view.title), key=lambda view: view.position)
        entered = [
            session
            for session in self.world.sessions
            if span.start <= session.created_at < span.end
            and (session.entry_origin or None, session.entry_path) == page
            and meets(query.filter, session, self.world, span.start)
        ]
        revenue = sum(
            event.revenue
            for event in self.world.events
            if span.start <= event.created_at < span.end
            and event.name == REVENUE
            and (event.origin or None, event.path) == page
            and meets(query.filter, event, self.world, span.start)
        )
        stays = [pause[view.position] for view in seen if view.session_id is not None]
        bounced = sum(session.is_bounce for session in entered)
        return (
            titled[-1].title if titled else None,
            len({view.session_id for view in seen if view.session_id}),
            len(seen),
            revenue,
            100 * bounced / len(entered) if entered else None,
            sum(stays) / len(stays) / 1000 if stays else 0,
        )


def _pauses(views: Sequence[Event]) -> dict[int, int]:
    """Milliseconds from each view to its session's next one, by position; 0 for the last."""
    pauses: dict[int, int] = {}
    in_sessions = sorted(
        (view for view in views if view.session_id is not None),
        key=lambda view: (view.session_id or "", view.created_at, view.position),
    )
    for _, members in groupby(in_sessions, key=lambda view: view.session_id):
        run = list(members)
        for view, after in zip(run, [*run[1:], run[-1]], strict=True):
            pauses[view.position] = after.created_at - view.created_at
    return pauses


def _placed(
    rows: Sequence[Row], keys: Sequence[Field], cut: Callable[[int], int | None]
) -> dict[tuple[Labels, int | None], list[Row]]:
    places: dict[tuple[Labels, int | None], list[Row]] = {}
    for row in rows:
        place = (tuple(label(key, row) for key in keys), cut(row.own.created_at))
        places.setdefault(place, []).append(row)
    return places


def _once(
    measure: Measure, members: Sequence[Row], test: Callable[[Filter, Row], bool]
) -> list[Row]:
    """One row for each session, one that meets the measure's condition if there is any."""
    chosen: dict[object, Row] = {}
    for row in members:
        key = (row.own.id, *row.fans.values())
        if key not in chosen or test(measure.where, row):
            chosen[key] = row
    return list(chosen.values())


def close(left: Number, right: Number) -> bool:
    """Whether two numbers are the same but for the rounding of sums."""
    if left is None or right is None:
        return left is right
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
