"""What the answers must be, in plain Python: one loop per idea, no SQL, no shortcuts.

The oracle shares with the core what is tested on its own (calendars, ranges, the reading
of properties) and nothing of how an engine is asked.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeAlias, assert_never

import re2

from app.analytics.fields import (
    Column,
    Field,
    ProfileColumn,
    ProfileProperty,
    Property,
    Source,
    ValueType,
)
from app.analytics.filters import (
    All,
    Case,
    Compare,
    Filter,
    Not,
    Operand,
    Operator,
    fits,
    leaves,
    simplified,
)
from app.analytics.filters import Any as AnyOf
from app.analytics.metrics import Count, Measure, Metric, Operation, Ratio, Statistic, Unique, Value
from app.analytics.numbers import parse_number
from app.analytics.periods import TimeRange, WeekStart, bucket_start, buckets
from app.analytics.plans import Labels
from app.analytics.properties import property_text
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
from app.analytics.records import REVENUE, SCREEN_VIEW, Event, Profile, Session
from app.analytics.resolve import previous_range
from app.analytics.sessions import SessionNaming, session_record, sessionize
from tests.support.naming import name_session

Record: TypeAlias = Event | Session
Number: TypeAlias = int | float | None


@dataclass(frozen=True)
class Row:
    """A record with its profile, and the record of the other kind where both are looked at."""

    own: Record
    profile: Profile | None
    other: Record | None = None


@dataclass(frozen=True)
class World:
    """All facts of one project."""

    events: list[Event]
    sessions: list[Session]
    profiles: dict[str, Profile]

    @classmethod
    def of(
        cls,
        events: Iterable[Event],
        profiles: Iterable[Profile] = (),
        naming: SessionNaming = name_session,
    ) -> "World":
        """The facts that these stored events make, and the profiles beside them."""
        stored = list(events)
        states = sessionize(stored, naming)
        known = {profile.id: profile for profile in profiles}
        return cls(stored, [session_record(state) for state in states], known)

    def row(self, record: Record, other: Record | None = None) -> Row:
        """The record with what belongs to it."""
        return Row(record, self.profiles.get(record.profile_id or ""), other)


def read(field: Field, row: Row) -> Any:  # noqa: ANN401  A value of any column.
    """The field's value in the row: its own, else the one of the record beside it."""
    match field:
        case Column("session_id") if isinstance(row.own, Session):
            return row.own.id
        case Column(name):
            holder = row.own if hasattr(row.own, name) else row.other
            return None if holder is None else getattr(holder, name)
        case Property(key):
            holder = row.own if isinstance(row.own, Event) else row.other
            return property_text(holder.properties, key) if isinstance(holder, Event) else None
        case ProfileColumn(name):
            return None if row.profile is None else getattr(row.profile, name)
        case ProfileProperty(key):
            return None if row.profile is None else property_text(row.profile.properties, key)
        case _:
            assert_never(field)


def number_in(field: Field, row: Row) -> float | int | None:
    value = read(field, row)
    return parse_number(value) if field.type is ValueType.STRING else value


def compares(compare: Compare, row: Row) -> bool:
    field = compare.field
    text = read(field, row)
    if compare.operator is Operator.IS_EMPTY:
        return text is None or text == ""
    return any(_relates(compare, value, row) for value in compare.values)


def _relates(compare: Compare, value: Operand, row: Row) -> bool:
    field, operator = compare.field, compare.operator
    if field.type is ValueType.BOOLEAN:
        return operator is Operator.EQUALS and read(field, row) is bool(value)
    by_number = isinstance(value, int | float) and not isinstance(value, bool)
    ordered: dict[Operator, Callable[[Any, Any], bool]] = {
        Operator.EQUALS: lambda a, b: a == b,
        Operator.GREATER: lambda a, b: a > b,
        Operator.AT_LEAST: lambda a, b: a >= b,
        Operator.LESS: lambda a, b: a < b,
        Operator.AT_MOST: lambda a, b: a <= b,
    }
    if by_number and operator in ordered:
        number = number_in(field, row)
        return number is not None and ordered[operator](number, value)
    text = read(field, row)
    if field.type is not ValueType.STRING or text is None:
        return False
    wanted = ("true" if value else "false") if isinstance(value, bool) else str(value)
    ignores_case = compare.case is Case.INSENSITIVE
    if operator is Operator.MATCHES:
        pattern = f"(?i){wanted}" if ignores_case else wanted
        return re2.search(pattern, text) is not None  # pyright: ignore[reportUnknownMemberType]  # It has no stubs.
    if ignores_case and operator in {
        Operator.EQUALS,
        Operator.CONTAINS,
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
    }:
        text, wanted = text.lower(), wanted.lower()
    if operator in ordered:
        return ordered[operator](text, wanted)
    textual: dict[Operator, Callable[[str, str], bool]] = {
        Operator.CONTAINS: str.__contains__,
        Operator.STARTS_WITH: str.startswith,
        Operator.ENDS_WITH: str.endswith,
    }
    return textual[operator](text, wanted)


def holds(condition: Filter, row: Row) -> bool:
    """Whether the row itself meets the condition."""
    match condition:
        case Compare():
            return compares(condition, row)
        case All(members):
            return all(holds(member, row) for member in members)
        case AnyOf(members):
            return any(holds(member, row) for member in members)
        case Not(member):
            return not holds(member, row)
        case _:
            raise AssertionError(condition)


def meets(condition: Filter, record: Record, world: World, since: int) -> bool:
    """Whether a record meets the condition, by itself or through those of the other kind.

    Fields of both kinds are the record's own. What only the other kind has must be met by
    a single one of them, and members of one conjunction by the same one.
    """
    source = Source.EVENTS if isinstance(record, Event) else Source.SESSIONS
    if fits(condition, source):
        return holds(condition, world.row(record))
    if _is_foreign(condition, source):
        return any(holds(condition, world.row(each)) for each in beside(record, world, since))
    match condition:
        case All(members):
            foreign = tuple(m for m in members if _is_foreign(m, source))
            rest = [member for member in members if member not in foreign]
            return all(meets(member, record, world, since) for member in rest) and (
                not foreign
                or any(
                    holds(All(foreign), world.row(each)) for each in beside(record, world, since)
                )
            )
        case AnyOf(members):
            return any(meets(member, record, world, since) for member in members)
        case Not(member):
            return not meets(member, record, world, since)
        case _:
            raise AssertionError(condition)


def _is_foreign(condition: Filter, source: Source) -> bool:
    fields = [leaf.field for leaf in leaves(condition)]
    return bool(fields) and all(source not in field.sources for field in fields)


def beside(record: Record, world: World, since: int) -> list[Record]:
    """A session's events from `since` on, or an event's session."""
    if isinstance(record, Event):
        return [session for session in world.sessions if session.id == record.session_id]
    return [
        event
        for event in world.events
        if event.session_id == record.id and event.created_at >= since
    ]


def label(field: Field, row: Row) -> Any:  # noqa: ANN401  The same.
    value = read(field, row)
    return None if field.type is ValueType.STRING and value == "" else value


def measured(measure: Measure, rows: Sequence[Row], test: Callable[[Filter, Row], bool]) -> Number:
    chosen = [row for row in rows if test(measure.where, row)]
    match measure:
        case Count():
            return len(chosen)
        case Unique(field):
            return len({value for row in chosen if (value := label(field, row)) is not None})
        case Statistic(operation, field):
            numbers = [n for row in chosen if (n := number_in(field, row)) is not None]
            if not numbers:
                return None
            match operation:
                case Operation.SUM:
                    return math.fsum(numbers) if isinstance(numbers[0], float) else sum(numbers)
                case Operation.AVERAGE:
                    return math.fsum(numbers) / len(numbers)
                case Operation.MIN:
                    return min(numbers)
                case Operation.MAX:
                    return max(numbers)
        case _:
            assert_never(measure)


def valued(metric: Metric, measures: Sequence[Number]) -> Number:
    match metric.fold:
        case Value(empty):
            return empty if measures[0] is None else measures[0]
        case Ratio(scale):
            part, whole = measures
            return (part or 0) / whole * scale if whole else 0
        case _:
            assert_never(metric.fold)


Question: TypeAlias = TotalsQuery | SeriesQuery | BreakdownQuery


class Oracle:
    """Answers questions about a world at a moment."""

    def __init__(self, world: World, moment: Moment) -> None:
        self.world = world
        first = min((event.created_at for event in world.events), default=None)
        self.moment = replace(moment, first_event_at=first)

    def span(self, query: Query) -> TimeRange:
        """The instants that the question is about."""
        week_start: WeekStart = getattr(query, "week_start", WeekStart.MONDAY)
        zone = query.zone or self.moment.zone
        first = self.moment.first_event_at
        return resolve_range(query.range, self.moment.now, zone, week_start, first)

    def _rows(
        self, query: Question, source: Source, keys: Sequence[Field], span: TimeRange
    ) -> tuple[list[Row], Callable[[Filter, Row], bool]]:
        condition = simplified(query.filter)
        records: list[Record] = list(
            self.world.events if source is Source.EVENTS else self.world.sessions
        )
        inside = [record for record in records if span.start <= record.created_at < span.end]
        if all(source in key.sources for key in keys):
            since = span.start

            def test(where: Filter, row: Row) -> bool:
                return meets(where, row.own, self.world, since)

            return [
                self.world.row(r) for r in inside if meets(condition, r, self.world, since)
            ], test
        pairs = [
            self.world.row(record, other)
            for record in inside
            for other in (beside(record, self.world, span.start) or self._alone(source))
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
        answer: dict[tuple[Labels, int | None], list[Number]] = {}
        for index, metric in enumerate(query.metrics):
            rows, test = self._rows(query, metric.source, keys, span)
            groups: dict[tuple[Labels, int | None], list[Row]] = {}
            for row in rows:
                if not any(test(measure.where, row) for measure in metric.measures):
                    # A row that nothing counts makes no label.
                    continue
                place = (tuple(label(key, row) for key in keys), cut(row.own.created_at))
                groups.setdefault(place, []).append(row)
            for place, members in groups.items():
                values = answer.setdefault(place, [valued(m, [None] * 2) for m in query.metrics])
                values[index] = self._value(metric, members, test)
        return answer

    @staticmethod
    def _value(
        metric: Metric, members: Sequence[Row], test: Callable[[Filter, Row], bool]
    ) -> Number:
        measures: list[Number] = []
        for measure in metric.measures:
            rows: Sequence[Row] = members
            if members and members[0].other is not None and isinstance(members[0].own, Session):
                # A session stands once for its label; conditions only sort its events out.
                rows = _once(measure, members, test)
            measures.append(measured(measure, rows, test))
        return valued(metric, measures)

    def totals(self, query: TotalsQuery) -> list[tuple[Number, Number]]:
        """Value and previous value of each metric."""
        span = self.span(query)
        now = self._whole(query, span)
        before = previous_range(query.compare, span, query.zone or self.moment.zone, self.moment)
        old = self._whole(query, before) if before else [None] * len(now)
        return list(zip(now, old, strict=True))

    def _whole(self, query: Question, span: TimeRange) -> list[Number]:
        cells = self.cells(query, (), span, lambda _: None)
        return cells.get(((), None), [valued(m, [None] * 2) for m in query.metrics])

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
        empty = [valued(metric, [None] * 2) for metric in query.metrics]
        points = {
            (index, key): [cells.get((key, start), empty)[index] for start in starts]
            for index in range(len(query.metrics))
            for key in labels
        }
        return starts, points

    def breakdown(self, query: BreakdownQuery) -> tuple[list[tuple[Labels, list[Number]]], int]:
        """The slice of rows, and how many there are in all."""
        ranked = self._ranked(query, query.by, self.span(query), query.order)
        page = query.page
        return ranked[page.offset : page.offset + page.limit], len(ranked)

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


def _once(
    measure: Measure, members: Sequence[Row], test: Callable[[Filter, Row], bool]
) -> list[Row]:
    """One row for each session, one that meets the measure's condition if there is any."""
    chosen: dict[str, Row] = {}
    for row in members:
        if row.own.id not in chosen or test(measure.where, row):
            chosen[row.own.id] = row
    return list(chosen.values())


def close(left: Number, right: Number) -> bool:
    """Whether two numbers are the same but for the rounding of sums."""
    if left is None or right is None:
        return left is right
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
