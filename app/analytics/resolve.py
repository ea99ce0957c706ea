"""Meaning: from a question and a moment to exactly what is asked, or an error."""

from collections.abc import Sequence
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from app.analytics.audiences import AudiencesQuery
from app.analytics.catalog import Owner, PropertyKeysQuery
from app.analytics.charts import Computed
from app.analytics.curves import Smoothed
from app.analytics.errors import InvalidQueryError
from app.analytics.fields import (
    GroupColumn,
    GroupProperty,
    Membership,
    ProfileColumn,
    ProfileProperty,
    base_of,
)
from app.analytics.filters import EVERYTHING, Filter, Operator, leaves, simplified
from app.analytics.journeys import (
    FunnelTrendQuery,
    LifecycleQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.metrics import Calculated, Metric
from app.analytics.periods import Interval, TimeRange, WeekStart, buckets, count_buckets
from app.analytics.plans import People
from app.analytics.queries import (
    Breakdown,
    BreakdownQuery,
    ByLabel,
    ByMetric,
    Chart,
    ChartQuery,
    EventsQuery,
    Limits,
    Listing,
    Moment,
    Page,
    PagesQuery,
    ProfilesQuery,
    Query,
    Scope,
    Series,
    SeriesQuery,
    SessionsQuery,
    Totals,
    TotalsQuery,
)
from app.analytics.ranges import (
    AllTime,
    AutoInterval,
    Between,
    Comparison,
    PreviousPeriod,
    interval_for,
    resolve_range,
    shift_instant,
)
from app.analytics.streams import StreamQuery

_Weekly: TypeAlias = (
    TotalsQuery
    | SeriesQuery
    | ChartQuery
    | BreakdownQuery
    | RetentionQuery
    | StickinessQuery
    | LifecycleQuery
    | AudiencesQuery
    | FunnelTrendQuery
)
"""Questions whose asker says when weeks begin."""

_LARGEST: Final = 2**1000
"""Larger whole numbers have no floating point number near them."""

_SMOOTHEST: Final = 366
"""More buckets than that make no point of a curve."""


def needs_first_event(query: Query | StreamQuery) -> bool:
    """Whether resolving must know when the project's first event was."""
    spec = query.range
    return isinstance(spec, AllTime) or (
        isinstance(spec, Between) and isinstance(spec.otherwise, AllTime)
    )


def scope_of(query: Query | StreamQuery, moment: Moment) -> Scope:
    """The part that all questions have in common."""
    zone = query.zone or moment.zone
    week_start = query.week_start if isinstance(query, _Weekly) else WeekStart.MONDAY
    span = resolve_range(query.range, moment.now, zone, week_start, moment.first_event_at)
    condition = checked_filter(query.filter, moment.limits, "filter")
    return Scope(query.project, span, zone, condition, week_start)


def checked_filter(condition: Filter, limits: Limits, *path: str | int) -> Filter:
    """The condition in its simplest form; raises InvalidQueryError at `path` for a huge one."""
    count = sum(1 for _ in leaves(condition))
    if count > limits.filters:
        message = f"At most {limits.filters} conditions are allowed, not {count}."
        raise InvalidQueryError.at(*path, message=message)
    for leaf in leaves(condition):
        most = limits.values if leaf.operator is Operator.EQUALS else limits.alternatives
        if len(leaf.values) > most:
            message = f"At most {most} values are allowed here, not {len(leaf.values)}."
            raise InvalidQueryError.at(*path, message=message)
        if any(isinstance(value, int) and abs(value) > _LARGEST for value in leaf.values):
            raise InvalidQueryError.at(*path, message="A number is too large to compare with.")
    return simplified(condition)


def check_count(count: int, most: int, path: str, what: str) -> None:
    """Raises InvalidQueryError at `path` unless there are between 1 and `most`."""
    if not 1 <= count <= most:
        raise InvalidQueryError.at(path, message=f"Between 1 and {most} {what} are allowed.")


def check_metrics(metrics: Sequence[Metric], limits: Limits) -> None:
    """Raises InvalidQueryError for too many metrics, and for formulas over what is not there."""
    check_count(len(metrics), limits.metrics, "metrics", "metrics")
    for index, metric in enumerate(metrics):
        if isinstance(metric.fold, Calculated) and not _is_whole(metric.fold):
            fold = metric.fold
            message = f"The formula may only use metrics before it: {fold.formula.text}"
            raise InvalidQueryError.at("metrics", index, "formula", message=message)


def _is_whole(fold: Calculated) -> bool:
    return 0 < max(fold.formula.letters, default=0) + 1 <= len(fold.parts)


def check_rankable(metric: Metric, *path: str | int) -> None:
    """Raises InvalidQueryError at `path` for a metric that no engine can rank by."""
    if isinstance(metric.fold, Calculated):
        message = "Values can't be ranked by a formula: rank them by one of its metrics."
        raise InvalidQueryError.at(*path, message=message)


def checked_page(page: Page, limits: Limits) -> Page:
    """The page; raises InvalidQueryError for one that is too large or stands before the first."""
    if not 0 <= page.limit <= limits.rows:
        message = f"The limit must lie between 0 and {limits.rows}."
        raise InvalidQueryError.at("limit", message=message)
    if page.offset < 0:
        raise InvalidQueryError.at("offset", message="The offset can't be negative.")
    return page


def resolve_totals(query: TotalsQuery, moment: Moment) -> Totals:
    """What the totals are of, and of which range before."""
    scope = scope_of(query, moment)
    check_metrics(query.metrics, moment.limits)
    previous = previous_range(query.compare, scope.range, scope.zone, moment, scope.week_start)
    return Totals(scope, query.metrics, previous)


def resolve_series(query: SeriesQuery, moment: Moment) -> Series:
    """What the lines are of, and in which buckets."""
    scope = scope_of(query, moment)
    limits = moment.limits
    check_metrics(query.metrics, limits)
    if query.breakdown:
        check_count(len(query.breakdown), limits.breakdowns, "breakdown", "fields")
        check_count(query.top, 100, "top", "labels")
        check_rankable(query.metrics[0], "metrics", 0)
    interval = (
        interval_for(scope.range, scope.zone, query.interval)
        if isinstance(query.interval, AutoInterval)
        else query.interval
    )
    starts = checked_buckets(scope.range, interval, scope.zone, scope.week_start, limits)
    previous = previous_range(query.compare, scope.range, scope.zone, moment, scope.week_start)
    if isinstance(query.curve, Smoothed) and not 1 <= query.curve.buckets <= _SMOOTHEST:
        message = f"A point is made of at least 1 and at most {_SMOOTHEST} buckets."
        raise InvalidQueryError.at("curve", "buckets", message=message)
    return Series(
        scope,
        query.metrics,
        interval,
        starts,
        query.breakdown,
        query.top,
        previous,
        query.curve,
    )


def checked_buckets(
    span: TimeRange, interval: Interval, zone: ZoneInfo, week_start: WeekStart, limits: Limits
) -> tuple[int, ...]:
    """The buckets of the span; raises InvalidQueryError where they are too many."""
    if count_buckets(span, interval) > limits.buckets + 2:
        message = (
            f"A range of {span.length // 86_400_000} days has more than {limits.buckets} buckets "
            f"of one {interval}: choose a longer interval or a shorter range."
        )
        raise InvalidQueryError.at("interval", message=message)
    return buckets(span, interval, zone, week_start)


def resolve_breakdown(query: BreakdownQuery, moment: Moment) -> Breakdown:
    """What the rows are of, and how they are ordered and sliced."""
    limits = moment.limits
    check_count(len(query.by), limits.breakdowns, "by", "fields")
    check_metrics(query.metrics, limits)
    match query.order:
        case ByMetric(index):
            known = len(query.metrics)
        case ByLabel(index):
            known = len(query.by)
    if not 0 <= index < known:
        raise InvalidQueryError.at("orderBy", message=f"There is no column {index} to order by.")
    if isinstance(query.order, ByMetric):
        check_rankable(query.metrics[index], "orderBy")
    _check_thresholds(query, limits)
    page = checked_page(query.page, limits)
    scope = scope_of(query, moment)
    previous = previous_range(query.compare, scope.range, scope.zone, moment, scope.week_start)
    return Breakdown(scope, query.by, query.metrics, query.having, query.order, page, previous)


def _check_thresholds(query: BreakdownQuery, limits: Limits) -> None:
    if len(query.having) > limits.filters:
        message = f"At most {limits.filters} thresholds are allowed, not {len(query.having)}."
        raise InvalidQueryError.at("having", message=message)
    for place, each in enumerate(query.having):
        if not 0 <= each.index < len(query.metrics):
            message = f"There is no metric {each.index} to tell rows by."
            raise InvalidQueryError.at("having", place, "metric", message=message)
        if isinstance(query.metrics[each.index].fold, Calculated):
            message = "Rows can't be told by a formula: tell them by one of its metrics."
            raise InvalidQueryError.at("having", place, "metric", message=message)


def resolve_chart(query: ChartQuery, moment: Moment) -> Chart:
    """What the lines are of, in which buckets, and how they are ranked and sliced."""
    scope = scope_of(query, moment)
    limits, zone, week_start = moment.limits, scope.zone, scope.week_start
    check_count(len(query.series), limits.metrics, "series", "series")
    if query.breakdown:
        check_count(len(query.breakdown), limits.breakdowns, "breakdown", "fields")
    check_count(query.top, limits.lines, "top", "lines")
    for index, series in enumerate(query.series):
        if isinstance(series, Computed) and max(series.formula.letters, default=-1) >= index:
            message = f"The formula may only use series before it: {series.formula.text}"
            raise InvalidQueryError.at("series", index, "formula", message=message)
    interval = (
        interval_for(scope.range, zone, query.interval)
        if isinstance(query.interval, AutoInterval)
        else query.interval
    )
    previous = previous_range(query.compare, scope.range, zone, moment, week_start)
    return Chart(
        scope=scope,
        series=query.series,
        interval=interval,
        buckets=checked_buckets(scope.range, interval, zone, week_start, limits),
        by=query.breakdown,
        previous=previous,
        buckets_before=()
        if previous is None
        else checked_buckets(previous, interval, zone, week_start, limits),
        rank=query.rank,
        reach=query.reach,
        top=query.top,
        page=checked_page(query.page, limits),
        most_cells=limits.cells,
    )


def resolve_listing(query: EventsQuery | SessionsQuery | PagesQuery, moment: Moment) -> Listing:
    """Which rows are listed, and which slice of them."""
    page = checked_page(query.page, moment.limits)
    scope = scope_of(query, moment)
    match query:
        case EventsQuery():
            return Listing(scope, page, query.order, query.after, query.columns, query.walk)
        case SessionsQuery():
            return Listing(scope, page, query.order, query.after, walk=query.walk)
        case PagesQuery():
            return Listing(scope, page)


def resolve_property_keys(query: PropertyKeysQuery, moment: Moment) -> Scope:
    """Which events have the properties, if these are of events."""
    if query.owner is not Owner.EVENT and query.filter != EVERYTHING:
        message = f"Only properties of events are told by a filter, not those of a {query.owner}."
        raise InvalidQueryError.at("filter", message=message)
    return scope_of(query, moment)


def check_people(condition: Filter) -> None:
    """Raises InvalidQueryError where the condition is not about profiles."""
    kinds = (ProfileColumn, ProfileProperty, GroupColumn, GroupProperty, Membership)
    for leaf in leaves(condition):
        if not isinstance(base_of(leaf.field), kinds):
            message = f"{leaf.field.name} is no field of profiles."
            raise InvalidQueryError.at("filter", message=message)


def resolve_people(query: ProfilesQuery, moment: Moment) -> People:
    """Which profiles are listed, and which slice of them."""
    check_people(query.filter)
    page = checked_page(query.page, moment.limits)
    return People(scope_of(query, moment), page, query.order, query.after, query.walk)


def previous_range(
    compare: Comparison | None,
    span: TimeRange,
    zone: ZoneInfo,
    moment: Moment,
    week_start: WeekStart = WeekStart.MONDAY,
) -> TimeRange | None:
    """The range that `span` is compared with; None without a comparison."""
    match compare:
        case None:
            return None
        case PreviousPeriod.PERIOD:
            return _on_or_after_1970(TimeRange(span.start - span.length, span.start))
        case PreviousPeriod.WEEK | PreviousPeriod.MONTH | PreviousPeriod.YEAR:
            unit = Interval(compare.value)
            start = shift_instant(span.start, -1, unit, zone)
            return _on_or_after_1970(TimeRange(start, shift_instant(span.end, -1, unit, zone)))
        case _:
            return resolve_range(compare, moment.now, zone, week_start, moment.first_event_at)


def _on_or_after_1970(span: TimeRange) -> TimeRange:
    return TimeRange(max(span.start, 0), max(span.end, 0))
