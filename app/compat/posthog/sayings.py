"""Questions of the core in this API's words: the way back from `decode_query`.

A query is only told if it decodes to the very question again, up to what a question's other
parts make without effect. What can't be said so is not said at all.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

from app.analytics.audiences import (
    Audience,
    AudiencesQuery,
    FirstTime,
    InBucket,
    SinceStart,
    Trailing,
)
from app.analytics.charts import ChartSeries, Computed, Measured
from app.analytics.codec import Question
from app.analytics.curves import Cumulative, Smoothed
from app.analytics.errors import InvalidQueryError
from app.analytics.fields import GROUP_COLUMNS, Field
from app.analytics.filters import EVERYTHING, Filter, simplified
from app.analytics.journeys import (
    FunnelOrder,
    FunnelQuery,
    FunnelStep,
    FunnelTrendQuery,
    LifecycleQuery,
    PathsQuery,
    RetentionCriterion,
    RetentionQuery,
    RetentionStart,
    RetentionWindow,
    StickinessQuery,
)
from app.analytics.metrics import Count, Metric, Operation, Percentile, Statistic, Unique, Unit
from app.analytics.periods import Interval, WeekStart
from app.analytics.queries import ChartQuery, Rest, SeriesQuery
from app.analytics.ranges import PreviousPeriod, Relative
from app.analytics.records import Json
from app.compat.posthog.queries import decode_query
from app.compat.posthog.said import (
    UnsayableError,
    key_of,
    range_said,
    said_apart,
    said_properties,
    series_said,
)
from app.compat.posthog.trends import CUMULATIVE, DISPLAYS
from app.projects.insights import Display

Part = dict[str, Json]

_OPERATIONS: Final = {
    Operation.SUM: "sum",
    Operation.AVERAGE: "avg",
    Operation.MIN: "min",
    Operation.MAX: "max",
}
_SHARES: Final = {0.5: "median", 0.75: "p75", 0.9: "p90", 0.95: "p95", 0.99: "p99"}
_COMPARED: Final[dict[object, Part]] = {
    PreviousPeriod.PERIOD: {"compare": True},
    PreviousPeriod.WEEK: {"compare": True, "compare_to": "-1w"},
    PreviousPeriod.MONTH: {"compare": True, "compare_to": "-1m"},
    PreviousPeriod.YEAR: {"compare": True, "compare_to": "-1y"},
}


def query_said(question: Question, display: Display) -> Json:
    """The question as a query; None where it can't be said."""
    try:
        source = _source(question, display)
        decoded = decode_query(source, question.project)
    except (UnsayableError, InvalidQueryError):
        return None
    if decoded.display is not display or _essence(decoded.question) != _essence(question):
        return None
    return {"kind": "InsightVizNode", "source": source}


def _essence(question: Question) -> Question:
    """The question without what makes no difference: names, and weeks where there are none."""
    if isinstance(question, FunnelTrendQuery):
        has_weeks = question.interval is Interval.WEEK
        first_day = question.week_start if has_weeks else WeekStart.SUNDAY
        funnel = _essence(question.funnel)
        if not isinstance(funnel, FunnelQuery):
            return question
        return replace(question, funnel=funnel, week_start=first_day)
    question = replace(question, filter=simplified(question.filter))
    match question:
        case SeriesQuery(metrics=metrics):
            question = replace(question, metrics=tuple(map(_nameless, metrics)))
        case ChartQuery(series=series):
            question = replace(question, series=tuple(map(_nameless_series, series)))
        case AudiencesQuery(audiences=audiences):
            bare = tuple(replace(e, where=simplified(e.where), label="") for e in audiences)
            question = replace(question, audiences=bare)
        case FunnelQuery(steps=steps):
            question = replace(
                question, steps=tuple(FunnelStep(simplified(step.where)) for step in steps)
            )
        case RetentionQuery(start=start, returning=returning):
            start, returning = simplified(start), simplified(returning)
            question = replace(question, start=start, returning=returning)
        case _:
            pass
    if isinstance(question, _SPLIT) and not question.breakdown:
        question = replace(question, top=1)
    if not isinstance(question, _WEEKLY) or _has_weeks(question):
        return question
    return replace(question, week_start=WeekStart.SUNDAY)


_SPLIT: Final = (SeriesQuery, ChartQuery, FunnelQuery, RetentionQuery)
_WEEKLY: Final = (
    SeriesQuery,
    ChartQuery,
    AudiencesQuery,
    RetentionQuery,
    StickinessQuery,
    LifecycleQuery,
)


def _has_weeks(question: Question) -> bool:
    span = question.range
    edges = (span.start, span.end) if isinstance(span, Relative) else ()
    return getattr(question, "interval", None) is Interval.WEEK or any(
        edge.snap is Interval.WEEK for edge in edges
    )


def _nameless(metric: Metric) -> Metric:
    bare = (replace(each, where=simplified(each.where)) for each in metric.measures)
    return replace(metric, slug="", label="", unit=Unit.NUMBER, measures=tuple(bare))


def _nameless_series(series: ChartSeries) -> ChartSeries:
    return (
        replace(series, metric=_nameless(series.metric)) if isinstance(series, Measured) else series
    )


def _source(question: Question, display: Display) -> Part:
    match question:
        case SeriesQuery() | ChartQuery() | AudiencesQuery():
            return _trends(question, display)
        case FunnelQuery():
            return _funnel(question)
        case FunnelTrendQuery(funnel=funnel, interval=interval):
            return {**_funnel(funnel, "trends"), "interval": interval.value}
        case RetentionQuery():
            return _retention(question)
        case PathsQuery():
            return _paths(question)
        case StickinessQuery() | LifecycleQuery():
            return _habit(question)
        case _:
            raise UnsayableError


def _frame(kind: str, question: Question, condition: Filter) -> Part:
    return {
        "kind": kind,
        "dateRange": range_said(question.range),
        **said_properties(condition),
    }


def _trends(question: SeriesQuery | ChartQuery | AudiencesQuery, display: Display) -> Part:
    if not isinstance(question.interval, Interval):
        raise UnsayableError
    told = _frame("TrendsQuery", question, question.filter)
    told["interval"] = question.interval.value
    shown: Part = {"display": next(name for name, each in DISPLAYS.items() if each is display)}
    match question:
        case SeriesQuery(metrics=metrics, curve=curve):
            told["series"] = [*map(_metric, metrics)]
            if isinstance(curve, Cumulative):
                shown["display"] = CUMULATIVE
            if isinstance(curve, Smoothed):
                shown["smoothingIntervals"] = curve.buckets
            told |= _breakdown(question.breakdown, question.top, question.rest)
        case ChartQuery(series=series):
            formulas = [each.formula.text for each in series if isinstance(each, Computed)]
            measured = [each.metric for each in series if isinstance(each, Measured)]
            told["series"] = [*map(_metric, measured)]
            shown["formulas"] = [*formulas]
            told |= _breakdown(question.breakdown, question.top)
        case AudiencesQuery(audiences=audiences):
            told["series"] = [*map(_audience, audiences)]
            if any(isinstance(each.presence, SinceStart) for each in audiences):
                shown["display"] = CUMULATIVE
    told["trendsFilter"] = shown
    if question.compare is not None:
        told["compareFilter"] = _compared(question.compare)
    return told


def _compared(compare: object) -> Json:
    told = _COMPARED.get(compare) if isinstance(compare, PreviousPeriod) else None
    if told is None:
        raise UnsayableError
    return {**told}


def _metric(metric: Metric) -> Json:
    if len(metric.measures) != 1:
        raise UnsayableError
    (measure,) = metric.measures
    told: Part = {**series_said(measure.where, metric.label)}
    match measure:
        case Count():
            pass
        case Unique(field) if field.name == "profile_id":
            told["math"] = "dau"
        case Unique(field) if field.name == "session_id":
            told["math"] = "unique_session"
        case Unique(field) if field == GROUP_COLUMNS["id"]:
            told["math"] = "unique_group"
        case Statistic(operation, field):
            told |= {"math": _OPERATIONS[operation], **_measured(field)}
        case Percentile(share, field) if share in _SHARES:
            told |= {"math": _SHARES[share], **_measured(field)}
        case _:
            raise UnsayableError
    return told


def _measured(field: Field) -> Part:
    kind, key = key_of(field)
    return {"math_property": key, "math_property_type": f"{kind}_properties"}


def _audience(audience: Audience) -> Part:
    match audience.presence:
        case Trailing(7):
            math = "weekly_active"
        case Trailing(30):
            math = "monthly_active"
        case FirstTime():
            math = "first_time_for_user"
        case InBucket() | SinceStart():
            math = "dau"
        case Trailing():
            raise UnsayableError
        case _:
            assert_never(audience.presence)
    return {**series_said(audience.where, audience.label), "math": math}


def _breakdown(fields: Sequence[Field], top: int, rest: Rest = Rest.SHOWN) -> Part:
    if not fields:
        return {}
    keys = [key_of(field) for field in fields]
    told: list[Json] = [{"property": key, "type": kind} for kind, key in keys]
    hidden: Part = {"breakdown_hide_other_aggregation": True} if rest is Rest.HIDDEN else {}
    return {"breakdownFilter": {"breakdowns": told, "breakdown_limit": top, **hidden}}


_ORDERS: Final = {
    FunnelOrder.INCREASING: "ordered",
    FunnelOrder.ADJACENT: "strict",
    FunnelOrder.ANY: "unordered",
}


def _funnel(question: FunnelQuery, shown_as: str = "steps") -> Part:
    window, unit = _window(question.window_ms)
    exclusions: list[Json] = [
        {
            **series_said(each.where, ""),
            "funnelFromStep": each.after,
            "funnelToStep": each.before,
        }
        for each in question.exclusions
    ]
    return {
        **_frame("FunnelsQuery", question, question.filter),
        "series": [series_said(step.where, step.label) for step in question.steps],
        "funnelsFilter": {
            "funnelVizType": shown_as,
            "funnelOrderType": _ORDERS[question.order],
            "funnelWindowInterval": window,
            "funnelWindowIntervalUnit": unit,
            **({"exclusions": exclusions} if exclusions else {}),
        },
        **_breakdown(question.breakdown, question.top),
    }


def _window(milliseconds: int) -> tuple[int, str]:
    for unit, size in (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000)):
        if milliseconds % size == 0:
            return milliseconds // size, unit
    return milliseconds // 1000, "second"


def _retention(question: RetentionQuery) -> Part:
    asked: Part = {
        "period": question.interval.value.capitalize(),
        "totalIntervals": question.periods + 1,
        "retentionType": (
            "retention_first_time"
            if question.starting is RetentionStart.FIRST_TIME
            else "retention_recurring"
        ),
        "targetEntity": _entity(question.start),
        "returningEntity": _entity(question.returning),
        "cumulative": question.criterion is RetentionCriterion.ON_OR_AFTER,
    }
    if question.window is RetentionWindow.ROLLING:
        asked["timeWindowMode"] = "24_hour_windows"
    return {
        "kind": "RetentionQuery",
        **said_properties(question.filter),
        "retentionFilter": asked,
        **_breakdown(question.breakdown, question.top),
    }


def _entity(condition: Filter) -> Json:
    told = series_said(condition, "")
    event = told.get("event")
    return {
        "id": event,
        "type": "events",
        "name": event,
        "properties": told.get("properties") or [],
    }


def _paths(question: PathsQuery) -> Part:
    pages = question.item.name == "path"
    around = said_apart(question.filter, pages=pages)
    asked: Part = {
        "includeEventTypes": ["$pageview" if pages else "custom_event"],
        "stepLimit": question.steps,
    }
    for name, point in (("startPoint", question.start), ("endPoint", question.end)):
        value = getattr(point, "values", None)
        if value:
            asked[name] = value[0]
    return {**_frame("PathsQuery", question, around), "pathsFilter": asked}


def _habit(question: StickinessQuery | LifecycleQuery) -> Part:
    kind = "StickinessQuery" if isinstance(question, StickinessQuery) else "LifecycleQuery"
    told: Part = {
        **_frame(kind, question, EVERYTHING),
        "interval": question.interval.value,
        "series": [series_said(question.filter, "")],
    }
    if isinstance(question, StickinessQuery):
        criteria: Part = {"operator": "gte", "value": question.at_least}
        told["stickinessFilter"] = {"stickinessCriteria": criteria}
    return told
