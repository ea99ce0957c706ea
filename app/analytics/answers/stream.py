"""Streams: where the events of a range lie, and how they are cut into portions."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from app.analytics.answers.steps import Steps
from app.analytics.expressions.tree import TRUE, Expression
from app.analytics.filters import EVERYTHING, All, Filter, Holds, holding, simplified
from app.analytics.periods import TimeRange
from app.analytics.queries import Moment, Scope
from app.analytics.resolve import scope_of
from app.analytics.sql.build import counts_statement, divided, extent_statement
from app.analytics.streams import (
    PORTION_EVENTS,
    Portion,
    Stream,
    StreamKey,
    StreamOrder,
    StreamQuery,
)

_SLICES: Final = 4_096
"""How many slices a range is counted in at once."""

FIRST_EVENTS: Final = 500
"""About how many events the first portion holds."""

_GROWTH: Final = 4
"""How many times as large each portion is as the one before it, until they are large enough."""


def plan_stream(query: StreamQuery, moment: Moment, most: int = PORTION_EVENTS) -> Steps[Stream]:
    """The stream with portions of about `most` events, none of them if there are no events."""
    scope = scope_of(query, moment)
    span = _beyond(scope.range, query.order, query.after)
    # A part of the range must not change what the conditions on it mean.
    scope = replace(scope, range=span, since=scope.range.start)
    condition, rest = _understood(scope.filter)
    scope = replace(scope, filter=condition)
    (extent,) = yield (extent_statement(scope),)
    first, last = extent[0]
    stream = Stream(scope, query.shape, query.order, query.after, (), rest)
    if first is None:
        return stream
    slices = yield from counted(scope, TimeRange(int(first), int(last) + 1), most)
    return replace(stream, portions=tuple(gathered(slices, scope.range, most, query.order)))


def _understood(condition: Filter) -> tuple[Filter, tuple[Expression, ...]]:
    """The condition as engines understand it, and the expressions that are left for Python."""
    match condition:
        case Holds(expression, clock):
            understood, rest = divided(expression, clock)
            return EVERYTHING if understood == TRUE else holding(understood, clock), rest
        case All(members):
            parts = [_understood(member) for member in members]
            together = simplified(All(tuple(part for part, _ in parts)))
            return together, tuple(each for _, rest in parts for each in rest)
        case _:
            return condition, ()


def _beyond(span: TimeRange, order: StreamOrder, after: StreamKey | None) -> TimeRange:
    """What is left of the range from the key's instant on."""
    if after is None:
        return span
    if order is StreamOrder.NEWEST:
        return TimeRange(span.start, max(span.start, min(span.end, after.instant + 1)))
    return TimeRange(min(span.end, max(span.start, after.instant)), span.end)


def counted(scope: Scope, span: TimeRange, most: int) -> Steps[list[Portion]]:
    """Slices of `span` with their numbers of events, in order, empty ones left out.

    A slice with more than `most` of them is cut further, down to a single millisecond.
    """
    found: list[Portion] = []
    crowded = [span]
    while crowded:
        widths = [-(-each.length // _SLICES) for each in crowded]
        answers = yield tuple(
            counts_statement(replace(scope, range=each), width)
            for each, width in zip(crowded, widths, strict=True)
        )
        slices = [
            (Portion(_slice(each, width, int(place)), int(count)), width)
            for each, width, rows in zip(crowded, widths, answers, strict=True)
            for place, count in rows
        ]
        crowded = [part.range for part, width in slices if part.count > most and width > 1]
        found += [part for part, width in slices if part.count <= most or width == 1]
    return sorted(found, key=lambda part: part.range.start)


def _slice(span: TimeRange, width: int, place: int) -> TimeRange:
    start = span.start + place * width
    return TimeRange(start, min(start + width, span.end))


def gathered(
    slices: Sequence[Portion], span: TimeRange, most: int, order: StreamOrder
) -> list[Portion]:
    """Neighbouring slices put together to about `most` events; they cover all of `span`.

    They stand in the stream's order. The first of them are small, so that it begins at once.
    """
    if not slices:
        return []
    is_forward = order is StreamOrder.ARRIVAL
    wanted = min(FIRST_EVENTS, most)
    found: list[Portion] = []
    for part in slices if is_forward else reversed(slices):
        if found and found[-1].count + part.count <= wanted:
            found[-1] = _together(found[-1], part)
        else:
            wanted = min(most, wanted * _GROWTH) if found else wanted
            found.append(part)
    starts = sorted(part.range.start for part in found)
    edges = [span.start, *starts[1:], span.end]
    ranges = [TimeRange(start, end) for start, end in pairwise(edges)]
    return [
        Portion(covered, part.count)
        for covered, part in zip(ranges if is_forward else ranges[::-1], found, strict=True)
    ]


def _together(one: Portion, other: Portion) -> Portion:
    start = min(one.range.start, other.range.start)
    end = max(one.range.end, other.range.end)
    return Portion(TimeRange(start, end), one.count + other.count)
