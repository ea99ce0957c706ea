"""Charts: all series in one pass, ranked, sliced, and only then compared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.analytics.answers.steps import Rows, Steps
from app.analytics.chart_results import ChartLine, ChartResult, Points, summary_of
from app.analytics.charts import Rank, Reach, Visibility
from app.analytics.compute import by_bucket, by_labels
from app.analytics.drawing import (
    Cells,
    LineKey,
    Lines,
    Ranking,
    Slot,
    lines_of,
    presence_of,
    slots_of,
    summary_of_lines,
    with_formulas,
)
from app.analytics.fields import COLUMNS
from app.analytics.metrics import Metric, unique_of
from app.analytics.optimize import aggregate_of, bucket_key
from app.analytics.periods import TimeRange
from app.analytics.plans import Aggregate, BucketKey, Labels
from app.analytics.queries import Chart, ChartQuery, Moment
from app.analytics.resolve import resolve_chart
from app.analytics.sql.buckets import starts_by_key
from app.analytics.sql.build import Statement, aggregate_statement, ranking_statement

_PROFILE_ID: Final = COLUMNS["profile_id"]


@dataclass(frozen=True, slots=True)
class _Window:
    """The two plans about one range: the cells by bucket, and each line's profiles."""

    chart: Chart
    bucket: BucketKey
    cells: Aggregate
    profiles: Aggregate

    def narrowed(self, only: tuple[Labels, ...] | None) -> "_Window":
        """The same about these labels alone."""
        return replace(
            self,
            cells=replace(self.cells, only=only),
            profiles=replace(self.profiles, only=only),
        )

    def cells_in(self, rows: Rows) -> Cells:
        """What the statement of the cells answered."""
        return by_bucket(self.cells, rows, starts_by_key(self.bucket, self.chart.scope.zone))

    def profiles_in(self, rows: Rows) -> dict[LineKey, int]:
        """What the statement of the profiles answered."""
        return {
            (slot.series, labels): int(values[slot.value // 2] or 0)
            for labels, values in by_labels(self.profiles, rows).items()
            for slot in slots_of(self.chart)
        }


def answer_chart(query: ChartQuery, moment: Moment) -> Steps[ChartResult]:
    """The slice of the lines that was asked for, with those of the range before."""
    chart = resolve_chart(query, moment)
    now = _window(chart, chart.scope.range, chart.buckets)
    cells, profiles, every = yield from _measured(chart, now)
    ranking = Ranking(chart.rank, profiles)
    measured = lines_of(chart, cells, chart.buckets)
    size = len(chart.buckets)
    lines = with_formulas(chart, measured, ranking.highest(chart, measured), size)
    lines = {key: points for key, points in lines.items() if _is_shown(chart, key)}
    page = chart.page
    keys = ranking.ordered(lines)[page.offset : page.offset + page.limit]
    old: Lines = {}
    profiles_before: dict[LineKey, int] = {}
    if keys:
        shown = dict.fromkeys(labels for _, labels in keys)
        # Where all labels are shown, looking for them would only cost.
        only = None if every and len(shown) == len(cells) else tuple(shown)
        sides = yield from _beside(chart, now.narrowed(only), only)
        profiles, old, profiles_before = sides
    is_counted = chart.reach is Reach.COUNTED
    return ChartResult(
        chart.scope.range,
        chart.scope.zone,
        chart.interval,
        chart.buckets,
        tuple(
            ChartLine(
                *key,
                _points(key, lines, profiles if is_counted else None),
                _points(key, old, profiles_before if is_counted else None) if key in old else None,
            )
            for key in keys
        ),
        len(lines),
        summary_of_lines(lines.values()),
        chart.previous,
        chart.buckets_before if chart.previous is not None else None,
    )


def _is_shown(chart: Chart, key: LineKey) -> bool:
    return chart.series[key[0]].visibility is Visibility.SHOWN


def _points(key: LineKey, lines: Lines, profiles: dict[LineKey, int] | None) -> Points:
    return Points(
        lines[key], summary_of(lines[key]), None if profiles is None else profiles.get(key)
    )


def _window(chart: Chart, span: TimeRange, starts: Sequence[int]) -> _Window:
    slots = slots_of(chart)
    bucket = bucket_key(chart.scope, span, chart.interval, starts)
    metrics = [each for slot in slots for each in (slot.metric, presence_of(slot.metric))]
    people = list(map(_profiles_of, slots))
    scope = replace(chart.scope, range=span)
    return _Window(
        chart,
        bucket,
        aggregate_of(scope, metrics, chart.by, bucket),
        aggregate_of(scope, people, chart.by),
    )


def _profiles_of(slot: Slot) -> Metric:
    """How many profiles a line of the series has."""
    counted = unique_of(_PROFILE_ID, slot.metric.measures[0].where)
    return replace(counted, source=slot.metric.source)


def _measured(chart: Chart, window: _Window) -> Steps[tuple[Cells, dict[LineKey, int], bool]]:
    """The cells, and the profiles where they decide the rank, of all labels that matter.

    The last part tells whether there are no other labels.
    """
    by_profiles = chart.rank is Rank.PROFILES
    plans = (window.cells, window.profiles) if by_profiles else (window.cells,)
    enough = chart.most_cells + 1 if chart.by else None
    answers = yield tuple(aggregate_statement(plan).limit(enough) for plan in plans)
    every = all(len(rows) != enough for rows in answers)
    if not every:
        rankings = yield tuple(_ranking(chart, window, slot) for slot in slots_of(chart))
        labels = dict.fromkeys(tuple(row) for rows in rankings for row in rows)
        narrow = window.narrowed(tuple(labels))
        plans = (narrow.cells, narrow.profiles) if by_profiles else (narrow.cells,)
        answers = yield tuple(map(aggregate_statement, plans))
    profiles = window.profiles_in(answers[1]) if by_profiles else {}
    return window.cells_in(answers[0]), profiles, every


def _ranking(chart: Chart, window: _Window, slot: Slot) -> Statement:
    if chart.rank is Rank.PROFILES:
        # Lines without a profile are lines as well.
        scope = replace(chart.scope, range=window.cells.range)
        plan = aggregate_of(scope, [_profiles_of(slot), presence_of(slot.metric)], chart.by)
        statement = ranking_statement(plan, 0, 1, chart.rank)
    else:
        statement = ranking_statement(window.cells, slot.value, slot.presence, chart.rank)
    return statement.limit(chart.top)


def _beside(
    chart: Chart, now: _Window, only: tuple[Labels, ...] | None
) -> Steps[tuple[dict[LineKey, int], Lines, dict[LineKey, int]]]:
    """The profiles of the lines; the lines of the range before, and their profiles."""
    statements: list[Statement] = []
    before: _Window | None = None
    if chart.previous is not None:
        before = _window(chart, chart.previous, chart.buckets_before).narrowed(only)
        statements.append(aggregate_statement(before.cells))
    if chart.reach is Reach.COUNTED:
        windows = (now,) if before is None else (now, before)
        statements += [aggregate_statement(window.profiles) for window in windows]
    if not statements:
        return {}, {}, {}
    answers = list((yield tuple(statements)))
    old: Lines = {}
    if before is not None:
        measured = lines_of(chart, before.cells_in(answers.pop(0)), chart.buckets_before)
        old = with_formulas(chart, measured, measured, len(chart.buckets_before))
    counted = [
        window.profiles_in(rows)
        for window, rows in zip((now, before), answers, strict=False)
        if window is not None
    ]
    return counted[0] if counted else {}, old, counted[1] if len(counted) > 1 else {}
