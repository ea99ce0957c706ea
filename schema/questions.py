"""From the schema's inputs to the core's questions."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from app.analytics import journeys, periods
from app.analytics.codec import Question
from app.analytics.errors import InvalidQueryError, Issue
from app.analytics.fields import COLUMNS
from app.analytics.journeys import (
    FunnelQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.periods import DAY_MS, WeekStart
from app.analytics.queries import BreakdownQuery, Page, SeriesQuery, TotalsQuery
from app.analytics.ranges import AutoInterval
from schema import enums
from schema.definitions import given
from schema.enums import Interval
from schema.inputs.dimensions import Path, field_of
from schema.inputs.filters import filter_of
from schema.inputs.journeys import (
    exclusions_of,
    fields_of,
    interval_of,
    length_ms,
    match_or_any,
    match_or_none,
    period_of,
    steps_of,
    unit_of,
)
from schema.inputs.metrics import metrics_of
from schema.inputs.questions import (
    BreakdownInput,
    FunnelInput,
    LifecycleInput,
    PathsInput,
    QuestionInput,
    RetentionInput,
    StickinessInput,
    TimeseriesInput,
    TotalsInput,
)
from schema.inputs.ranges import comparison_of, range_of
from schema.inputs.rankings import order_of, thresholds_of

_WEEK_STARTS: Final = {start: WeekStart[start.name] for start in enums.WeekStart}


@contextmanager
def within(*path: str | int) -> Generator[None]:
    """What is wrong inside is wrong at that place of the input."""
    try:
        yield
    except InvalidQueryError as error:
        issues = (Issue((*path, *issue.path), issue.message) for issue in error.issues)
        raise InvalidQueryError(*issues) from error


def question_of(asked: QuestionInput, project: int, path: Path = ("question",)) -> Question:
    """The core's question; raises InvalidQueryError for what can't be asked."""
    for kind, make in _MAKERS.items():
        told = given(getattr(asked, kind))
        if told is not None:
            with within(*path, kind):
                return make(told, project)
    raise InvalidQueryError.at(*path, message="The question is missing.")


def totals_of(asked: TotalsInput, project: int) -> TotalsQuery:
    """The question for one number per metric."""
    return TotalsQuery(
        project=project,
        metrics=metrics_of(asked.metrics),
        range=range_of(asked.span),
        filter=filter_of(asked.where),
        compare=comparison_of(asked.compare),
        zone=given(asked.timezone),
        week_start=_WEEK_STARTS[asked.week_start],
    )


def series_of(asked: TimeseriesInput, project: int) -> SeriesQuery:
    """The question for numbers per time bucket."""
    is_auto = asked.interval is Interval.AUTO
    return SeriesQuery(
        project=project,
        metrics=metrics_of(asked.metrics),
        range=range_of(asked.span),
        interval=AutoInterval() if is_auto else periods.Interval(asked.interval.value),
        filter=filter_of(asked.where),
        breakdown=fields_of(asked.breakdown),
        top=asked.top,
        compare=comparison_of(asked.compare),
        zone=given(asked.timezone),
        week_start=_WEEK_STARTS[asked.week_start],
    )


def breakdown_of(asked: BreakdownInput, project: int) -> BreakdownQuery:
    """The question for numbers per value of a dimension."""
    return BreakdownQuery(
        project=project,
        by=tuple(field_of(one, ("by", place)) for place, one in enumerate(asked.by)),
        metrics=metrics_of(asked.metrics),
        range=range_of(asked.span),
        filter=filter_of(asked.where),
        having=thresholds_of(asked.having),
        order=order_of(asked.order_by),
        page=Page(asked.first),
        compare=comparison_of(asked.compare),
        zone=given(asked.timezone),
        week_start=_WEEK_STARTS[asked.week_start],
    )


def funnel_of(asked: FunnelInput, project: int) -> FunnelQuery:
    """The question for how many get how far."""
    return FunnelQuery(
        project=project,
        steps=steps_of(asked.steps),
        range=range_of(asked.span),
        filter=filter_of(asked.where),
        per=unit_of(asked.count_by),
        order=journeys.FunnelOrder(asked.order.value),
        window_ms=length_ms(asked.window, DAY_MS),
        exclusions=exclusions_of(asked.exclusions, len(asked.steps)),
        breakdown=fields_of(asked.breakdown),
        top=asked.top,
        compare=comparison_of(asked.compare),
        zone=given(asked.timezone),
    )


def retention_of(asked: RetentionInput, project: int) -> RetentionQuery:
    """The question for how many come back."""
    return RetentionQuery(
        project=project,
        range=range_of(asked.span),
        interval=period_of(asked.period),
        periods=asked.periods,
        start=match_or_any(asked.start, ("start",)),
        returning=match_or_any(asked.returning, ("returning",)),
        filter=filter_of(asked.where),
        per=unit_of(asked.count_by),
        starting=journeys.RetentionStart(asked.starting.value),
        window=journeys.RetentionWindow(asked.cut.value),
        criterion=journeys.RetentionCriterion(asked.mode.value),
        breakdown=fields_of(asked.breakdown),
        top=asked.top,
        zone=given(asked.timezone),
        week_start=_WEEK_STARTS[asked.week_start],
    )


def paths_of(asked: PathsInput, project: int) -> PathsQuery:
    """The question for which items follow which."""
    item = given(asked.item)
    return PathsQuery(
        project=project,
        range=range_of(asked.span),
        filter=filter_of(asked.where),
        item=COLUMNS["path"] if item is None else field_of(item, ("item",)),
        per=unit_of(asked.count_by),
        start=match_or_none(asked.start, ("from",)),
        end=match_or_none(asked.end, ("to",)),
        steps=asked.steps,
        top=asked.top,
        repeats=journeys.Repeats(asked.repeats.value),
    )


def stickiness_of(asked: StickinessInput, project: int) -> StickinessQuery:
    """The question for how many intervals journeys are active in."""
    return StickinessQuery(
        project=project,
        range=range_of(asked.span),
        interval=interval_of(asked.interval),
        filter=filter_of(asked.where),
        per=unit_of(asked.count_by),
        at_least=asked.at_least,
        zone=given(asked.timezone),
        week_start=_WEEK_STARTS[asked.week_start],
    )


def lifecycle_of(asked: LifecycleInput, project: int) -> LifecycleQuery:
    """The question for who comes, stays, comes again and goes."""
    return LifecycleQuery(
        project=project,
        range=range_of(asked.span),
        interval=interval_of(asked.interval),
        filter=filter_of(asked.where),
        per=unit_of(asked.count_by),
        zone=given(asked.timezone),
        week_start=_WEEK_STARTS[asked.week_start],
    )


_MAKERS: Final[Mapping[str, Callable[[Any, int], Question]]] = {
    "totals": totals_of,
    "timeseries": series_of,
    "breakdown": breakdown_of,
    "funnel": funnel_of,
    "retention": retention_of,
    "paths": paths_of,
    "stickiness": stickiness_of,
    "lifecycle": lifecycle_of,
}
