"""Series: one number per metric and bucket, for the top labels of a breakdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from app.analytics.answers.steps import Rows, Steps
from app.analytics.compute import by_bucket, by_labels, empty_value, points_of, rolled_up
from app.analytics.curves import curved
from app.analytics.fields import Field
from app.analytics.filters import All, Any, Compare, Filter, Not, Operator
from app.analytics.metrics import Number
from app.analytics.optimize import aggregate_of, bucket_key
from app.analytics.periods import TimeRange
from app.analytics.plans import Aggregate, BucketKey, Label, Labels
from app.analytics.queries import ByMetric, Moment, Page, Rest, Series, SeriesQuery
from app.analytics.resolve import checked_buckets, resolve_series
from app.analytics.results import Line, SeriesResult
from app.analytics.sql.buckets import starts_by_key
from app.analytics.sql.build import Prepared, prepared_aggregate

Values = tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class _Window:
    """One range of the series: its whole and its buckets, as plans and as answers."""

    whole: Aggregate
    split: Aggregate
    bucket: BucketKey

    def statements(self) -> tuple[Prepared, ...]:
        """The whole and the buckets: in one pass over the rows where the engine can."""
        if self.split.rolled_up:
            return (prepared_aggregate(self.split),)
        return prepared_aggregate(self.split), prepared_aggregate(self.whole)

    def read(self, answers: Iterator[Rows], zone: ZoneInfo) -> "_Answer":
        """Takes the answers to its statements off the others."""
        split = next(answers)
        if self.split.rolled_up:
            totals, split = rolled_up(self.split, split)
        else:
            totals = by_labels(self.whole, next(answers))
        found = by_bucket(self.split, split, starts_by_key(self.bucket, zone))
        return _Answer(self.bucket.starts, totals, found)


@dataclass(frozen=True, slots=True)
class _Answer:
    starts: tuple[int, ...]
    totals: Mapping[Labels, Values]
    found: Mapping[Labels, Mapping[int, Values]]


def answer_series(query: SeriesQuery, moment: Moment) -> Steps[SeriesResult]:
    """The lines of the range, and those of the one that it is compared with."""
    series = resolve_series(query, moment)
    before = _buckets_before(series, moment)
    whole = aggregate_of(series.scope, series.metrics, series.by)
    labels: tuple[Labels, ...] = ((),)
    if series.by:
        top = replace(whole, order=ByMetric(0), page=Page(series.top))
        (ranked,) = yield (prepared_aggregate(top),)
        labels = tuple(by_labels(top, ranked))
        whole = replace(whole, only=labels)
    whole = replace(whole, rolled_up=moment.engine.rolls_up)
    windows = [_window(series, whole, series.scope.range, series.buckets)]
    if series.previous is not None:
        windows.append(_window(series, whole, series.previous, before))
    answers = iter((yield tuple(each for window in windows for each in window.statements())))
    now, *earlier = (window.read(answers, series.scope.zone) for window in windows)
    result = SeriesResult(
        series.scope.range,
        series.scope.zone,
        series.interval,
        now.starts,
        _lines(series, labels, now, earlier[0] if earlier else None),
        series.previous,
        before if earlier else None,
        query.curve,
    )
    # Fewer labels than asked for are all that there are.
    if query.rest is Rest.HIDDEN or not series.by or len(labels) < series.top:
        return result
    return replace(result, lines=(*result.lines, *(yield from _rest(query, labels, moment))))


def _rest(query: SeriesQuery, labels: Sequence[Labels], moment: Moment) -> Steps[tuple[Line, ...]]:
    """The lines of what has none of the labels, if there is anything."""
    condition = All((query.filter, Not(_any_of(query.breakdown, labels))))
    others = replace(query, breakdown=(), rest=Rest.HIDDEN, filter=condition)
    # The labels are the core's own, so the limit of a caller's conditions is not theirs.
    roomy = replace(moment.limits, filters=moment.limits.filters + len(labels) * len(labels[0]) * 2)
    result = yield from answer_series(others, replace(moment, limits=roomy))
    return tuple(replace(line, is_rest=True) for line in result.lines if _has_any(line))


def _any_of(fields: Sequence[Field], labels: Sequence[Labels]) -> Filter:
    """The condition that a row has one of the labels."""
    if len(fields) > 1:
        return Any(tuple(All(tuple(map(_has, fields, label))) for label in labels))
    (field,) = fields
    values = tuple(value for (value,) in labels if value is not None)
    found = [Compare(field, Operator.EQUALS, values)] if values else []
    if len(values) < len(labels):
        found.append(_has(field, None))
    return Any(tuple(found))


def _has(field: Field, value: Label) -> Compare:
    if value is None:
        return Compare(field, Operator.IS_EMPTY)
    return Compare(field, Operator.EQUALS, (value,))


def _has_any(line: Line) -> bool:
    told = (*line.points, line.total, *(line.previous_points or ()), line.previous_total)
    return any(told)


def _buckets_before(series: Series, moment: Moment) -> tuple[int, ...]:
    if series.previous is None:
        return ()
    scope = series.scope
    return checked_buckets(
        series.previous, series.interval, scope.zone, scope.week_start, moment.limits
    )


def _window(series: Series, whole: Aggregate, span: TimeRange, starts: Sequence[int]) -> _Window:
    bucket = bucket_key(series.scope, span, series.interval, starts)
    split = replace(whole, range=span, bucket=bucket)
    return _Window(replace(split, bucket=None, rolled_up=False), split, bucket)


def _lines(
    series: Series, labels: Sequence[Labels], now: _Answer, before: _Answer | None
) -> tuple[Line, ...]:
    lines: list[Line] = []
    for key in labels:
        for index, metric in enumerate(series.metrics):
            points, total = _points(series, index, key, now)
            line = Line(metric, key, points, total)
            if before is not None:
                old_points, old_total = _points(series, index, key, before)
                line = replace(line, previous_points=old_points, previous_total=old_total)
            lines.append(line)
    return tuple(lines)


def _points(
    series: Series, index: int, key: Labels, answer: _Answer
) -> tuple[Values, Number | None]:
    metric = series.metrics[index]
    points = points_of(metric, index, answer.starts, answer.found.get(key, {}))
    total = answer.totals[key][index] if key in answer.totals else empty_value(metric)
    return curved(points, series.curve), total
