"""Retention: cohorts, and how many of their members come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from app.analytics.answers.steps import Rows, Steps
from app.analytics.journey_plans import Retention
from app.analytics.journey_results import RetentionCohort, RetentionGroup, RetentionResult
from app.analytics.journeys import RetentionCriterion, RetentionQuery, RetentionWindow
from app.analytics.optimize import bucket_key
from app.analytics.plans import BucketKey, Labels
from app.analytics.queries import Moment
from app.analytics.resolve_journeys import resolve_retention
from app.analytics.sql.buckets import starts_by_key
from app.analytics.sql.build import cohort_labels_statement, retention_statement


@dataclass(slots=True)
class _Counts:
    """A cohort's members, and by period how many came back in it, or in it for the last time."""

    size: int = 0
    returned: dict[int, int] = field(default_factory=dict[int, int])


def answer_retention(query: RetentionQuery, moment: Moment) -> Steps[RetentionResult]:
    """The cohort grid of each group."""
    retention = resolve_retention(query, moment)
    scope, labels = retention.scope, [()]
    grid: Mapping[Labels, Sequence[_Counts]] = {}
    if retention.buckets:
        key = bucket_key(scope, scope.range, retention.interval, retention.buckets)
        if retention.by:
            (ranked,) = yield (cohort_labels_statement(retention, key),)
            labels = [tuple(row) for row in ranked]
            retention = replace(retention, only=tuple(labels))
        (rows,) = yield (retention_statement(retention, key),)
        grid = _grid(retention, key, rows)
    elif retention.by:
        labels = []
    nobody = [_Counts() for _ in retention.buckets]
    groups = tuple(_group(retention, each, grid.get(each, nobody)) for each in labels)
    return RetentionResult(scope.range, scope.zone, retention.interval, retention.by, groups)


def _grid(retention: Retention, key: BucketKey, rows: Rows) -> dict[Labels, list[_Counts]]:
    width = len(retention.by)
    places = {start: place for place, start in enumerate(retention.buckets)}
    place_of = {
        bucket: places[start] for bucket, start in starts_by_key(key, retention.scope.zone).items()
    }
    is_rolling = retention.window is RetentionWindow.ROLLING
    grid: dict[Labels, list[_Counts]] = {}
    for row in rows:
        bucket, period, members = row[width:]
        cohorts = grid.setdefault(tuple(row[:width]), [_Counts() for _ in places])
        cohort = cohorts[place_of[bucket]]
        if period is None:
            cohort.size = int(members)
        else:
            after = int(period) if is_rolling else place_of[period] - place_of[bucket]
            cohort.returned[after] = int(members)
    return grid


def _group(retention: Retention, labels: Labels, found: Sequence[_Counts]) -> RetentionGroup:
    cohorts = tuple(
        RetentionCohort(start, counts.size, _by_period(retention, place, counts))
        for place, (start, counts) in enumerate(zip(retention.buckets, found, strict=True))
    )
    return RetentionGroup(labels, cohorts, _average(cohorts))


def _by_period(retention: Retention, place: int, counts: _Counts) -> tuple[int, ...]:
    longest = max(counts.returned, default=0)
    back = [counts.returned.get(period, 0) for period in range(1, longest + 1)]
    if retention.criterion is RetentionCriterion.ON_OR_AFTER:
        back = list(accumulate(reversed(back)))[::-1]
    periods = min(retention.periods, len(retention.buckets) - place - 1)
    back += [0] * (periods - len(back))
    return (counts.size, *back[:periods])


def _average(cohorts: Sequence[RetentionCohort]) -> tuple[float | None, ...]:
    averages: list[float | None] = []
    for period in range(max((len(cohort.counts) for cohort in cohorts), default=0)):
        told = [cohort for cohort in cohorts if len(cohort.counts) > period]
        members = sum(cohort.size for cohort in told)
        back = sum(cohort.counts[period] for cohort in told)
        averages.append(back / members if members else None)
    return tuple(averages)
