"""From the parameters of a chart to its question."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.analytics.charts import ChartSeries, Computed, Measured, Rank, Reach, Visibility
from app.analytics.errors import InvalidQueryError
from app.analytics.fields import COLUMNS, GROUP_COLUMNS, Field, ValueType
from app.analytics.filters import All
from app.analytics.formulas import letter_of, parse_formula
from app.analytics.metrics import (
    EVENTS,
    EVENTS_PER_PROFILE,
    LATEST_PER_PROFILE,
    PROFILES,
    Metric,
    Operation,
    narrowed,
    percentile_of,
    statistic_of,
    unique_of,
)
from app.analytics.periods import Interval
from app.analytics.queries import ChartQuery, Page
from app.analytics.ranges import PreviousPeriod
from app.compat.openpanel.admission import Admitted
from app.compat.openpanel.filters import decode_filters, filters_among
from app.compat.openpanel.naming import field_of
from app.compat.openpanel.params import Params
from app.compat.openpanel.ranges import REPORT_WORD, decode_range
from app.compat.openpanel.series_wire import (
    Segment,
    WireSeries,
    wire_breakdowns,
    wire_series,
)
from app.compat.openpanel.steps_wire import event_condition

_MOST_SERIES: Final = 20
_MOST_BREAKDOWNS: Final = 4
_MOST_LINES: Final = 1_000
_USUAL_LINES: Final = 500
_EVERY_LINE: Final = 10_000

_COUNTS: Final[Mapping[Segment, Metric]] = {
    "event": EVENTS,
    "user": PROFILES,
    "session": unique_of(COLUMNS["session_id"]),
    "group": unique_of(GROUP_COLUMNS["id"]),
    "user_average": EVENTS_PER_PROFILE,
    "one_event_per_user": LATEST_PER_PROFILE,
}
_OPERATIONS: Final[Mapping[Segment, Operation]] = {
    "property_sum": Operation.SUM,
    "property_average": Operation.AVERAGE,
    "property_max": Operation.MAX,
    "property_min": Operation.MIN,
}
_SHARES: Final[Mapping[Segment, float]] = {"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}

_INTERVALS: Final = {
    interval.value: interval
    for interval in (Interval.MINUTE, Interval.HOUR, Interval.DAY, Interval.WEEK, Interval.MONTH)
}
_RANKS: Final = {
    "sum": Rank.SUM,
    "average": Rank.AVERAGE,
    "min": Rank.MIN,
    "max": Rank.MAX,
    "count": Rank.PROFILES,
}


@dataclass(frozen=True, slots=True)
class ChartRequest:
    """What a chart asks for: the question, and what its series and breakdowns are called."""

    query: ChartQuery
    series: tuple[WireSeries, ...]
    breakdowns: tuple[str, ...]


def chart_request(asked: Admitted) -> ChartRequest:
    """The chart of a request; raises InvalidQueryError for what is wrong with it."""
    params, zone = asked.params, asked.zone
    wired, series = _series(asked)
    by, breakdowns = _breakdowns(params)
    limit = params.whole("limit", least=1, most=_MOST_LINES)
    offset = params.whole("offset", least=0, most=_MOST_LINES) or 0
    everywhere = [member for _, member in params.members("globalFilters")]
    query = ChartQuery(
        project=asked.project.number,
        series=series,
        range=decode_range(params, zone, REPORT_WORD),
        interval=params.word("interval", _INTERVALS, Interval.DAY),
        filter=All(
            (
                decode_filters(params, zone),
                filters_among(everywhere, params, ("globalFilters",), zone),
            )
        ),
        breakdown=by,
        compare=PreviousPeriod.PERIOD if params.flag("previous") else None,
        rank=params.word("metric", _RANKS, Rank.SUM),
        reach=Reach.COUNTED,
        top=min(_MOST_LINES, max(_USUAL_LINES, offset + (limit or 0))),
        page=Page(limit or _EVERY_LINE, offset),
    )
    params.check()
    return ChartRequest(query, wired, breakdowns)


def _series(asked: Admitted) -> tuple[tuple[WireSeries, ...], tuple[ChartSeries, ...]]:
    params = asked.params
    name = params.given("series", "events")
    wired = wire_series(params, name)
    if len(wired) > _MOST_SERIES:
        params.fail(name, message=f"At most {_MOST_SERIES} series are allowed")
        return (), ()
    formula = params.text("formula")
    told: list[tuple[tuple[str | int, ...], WireSeries]] = [
        ((name, place), wire) for place, wire in wired
    ]
    if formula is not None:
        # A formula beside the series stands after them.
        told.append((("formula",), WireSeries(formula=formula)))
    hidden = {letter for _, wire in told for letter in wire.hidden}
    found: list[ChartSeries] = []
    for index, (path, wire) in enumerate(told):
        series = _one_series(asked, wire, path)
        is_hidden = letter_of(index) in hidden
        found.append(replace(series, visibility=Visibility.HIDDEN) if is_hidden else series)
    return tuple(wire for _, wire in told), tuple(found)


def _one_series(asked: Admitted, wire: WireSeries, path: tuple[str | int, ...]) -> ChartSeries:
    if wire.formula is not None:
        place = path if path == ("formula",) else (*path, "formula")
        try:
            return Computed(parse_formula(wire.formula, *place))
        except InvalidQueryError as error:
            asked.params.issues.extend(error.issues)
            return Measured(EVENTS)
    condition = event_condition(wire, asked.params, asked.zone, *path)
    return Measured(narrowed(_metric(asked.params, wire, path), condition))


def _metric(params: Params, wire: WireSeries, path: tuple[str | int, ...]) -> Metric:
    counted = _COUNTS.get(wire.segment)
    if counted is not None:
        return counted
    if not wire.measured:
        # Without a property there is nothing to put together but the events.
        return EVENTS
    field = field_of(wire.measured)
    if field is None or field.type not in (ValueType.STRING, ValueType.NUMBER):
        params.fail(*path, "property", message=f"{wire.measured!r} has no numbers")
        return EVENTS
    share = _SHARES.get(wire.segment)
    if share is not None:
        return percentile_of(share, field)
    return statistic_of(_OPERATIONS[wire.segment], field)


def _breakdowns(params: Params) -> tuple[tuple[Field, ...], tuple[str, ...]]:
    fields: list[Field] = []
    names: list[str] = []
    for place, wire in wire_breakdowns(params):
        field = field_of(wire.name)
        if field is None:
            message = f"{wire.name!r} is not a known field"
            params.fail("breakdowns", place, "name", message=message)
        elif wire.name not in names:
            fields.append(field)
            names.append(wire.name)
    if len(fields) > _MOST_BREAKDOWNS:
        params.fail("breakdowns", message=f"At most {_MOST_BREAKDOWNS} breakdowns are allowed")
    return tuple(fields), tuple(names)
