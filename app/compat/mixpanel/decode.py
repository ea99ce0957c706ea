"""From the parameters of a raw export to what is asked."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from app.analytics.expressions.tree import TRUE, Expression
from app.analytics.fields import COLUMNS, Property
from app.analytics.filters import EVERYTHING, All, Any, Compare, Filter, Not, Operator, holding
from app.analytics.periods import TimeRange, day_start, offset_at, to_datetime
from app.analytics.queries import EventOrder, EventsQuery, Page
from app.analytics.records import SESSION_START, Json
from app.analytics.streams import StreamKey, StreamQuery
from app.compat.mixpanel.admission import Admitted
from app.compat.mixpanel.params import Params, wrong
from app.compat.mixpanel.shape import clock_of, line_shape
from app.compat.mixpanel.where.lower import Lowering, read_where

LARGEST_LIMIT: Final = 100_000
_LAST_DAY: Final = date(9999, 12, 30)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A raw export, as far as its parameters tell.

    `cursor` is the `$insert_id` of the last line that the caller has.
    """

    range: TimeRange
    limit: int | None
    names: tuple[str, ...]
    condition: Expression
    time_in_ms: bool
    cursor: str | None


def export_request(asked: Admitted) -> ExportRequest:
    """What the parameters ask for; raises InvalidQueryError for the first that is wrong."""
    params, clock = asked.params, asked.clock
    now = asked.services.clock.now_ms()
    span = _range(params, clock, now)
    limit = _limit(params)
    names = event_names(params)
    text = params.text("where") or ""
    local_now = (now + offset_at(now, clock)) // 1000
    condition = read_where(text, Lowering(local_now, clock))
    in_ms = params.flag("time_in_ms")
    return ExportRequest(span, limit, names, condition, in_ms, params.text("cursor"))


def stream_query(asked: Admitted, wanted: ExportRequest, after: StreamKey | None) -> StreamQuery:
    """The question whose lines are the export."""
    clock = clock_of(wanted.range, asked.clock)
    parts = [names_filter(wanted.names)]
    if wanted.condition != TRUE:
        parts.append(holding(wanted.condition, clock))
    return StreamQuery(
        project=asked.project.number,
        range=wanted.range,
        shape=line_shape(clock, time_in_ms=wanted.time_in_ms),
        filter=All(tuple(parts)),
        after=after,
        zone=asked.clock,
    )


def names_filter(names: tuple[str, ...]) -> Filter:
    """What is true of events with one of the names; without any, of all."""
    return Compare(COLUMNS["name"], Operator.EQUALS, names) if names else EVERYTHING


def cursor_query(asked: Admitted, wanted: ExportRequest, insert_id: str) -> EventsQuery:
    """The question for the event of that `$insert_id`."""
    own = Compare(COLUMNS["id"], Operator.EQUALS, (insert_id,))
    given = Compare(Property("__source_insert_id"), Operator.EQUALS, (insert_id,))
    # A start has the properties of the event that it was derived from.
    is_start = Compare(COLUMNS["name"], Operator.EQUALS, (SESSION_START,))
    is_derived = All((is_start, Compare(COLUMNS["imported_at"], Operator.IS_EMPTY)))
    source = All((given, Not(is_derived)))
    return EventsQuery(
        project=asked.project.number,
        range=wanted.range,
        filter=Any((own, source)),
        order=EventOrder.OLDEST,
        page=Page(1),
        columns=frozenset({"id", "created_at", "position"}),
    )


def event_names(params: Params) -> tuple[str, ...]:
    """The names in `event`: a JSON array, a JSON text or a bare name, repeated or not."""
    return tuple(dict.fromkeys(name for text in params.texts("event") for name in _names(text)))


def _names(text: str) -> list[str]:
    if not text.lstrip().startswith(("[", '"', "{")):
        return [text]
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise wrong("event", "Invalid JSON in parameter: event") from None
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return [str(name) for name in value]
    raise wrong("event", "event must be a JSON array of strings")


def day_range(params: Params, clock: ZoneInfo, now: int) -> TimeRange:
    """The days from `from_date` through `to_date` on that clock."""
    for name in ("from_date", "to_date"):
        params.required(name)
    first, last = params.day("from_date"), params.day("to_date")
    if first > last:
        raise wrong("from_date", "from_date must not be after to_date")
    if last > to_datetime(now, clock).date():
        raise wrong("to_date", "to_date cannot be later than today")
    end = day_start(min(last, _LAST_DAY) + timedelta(days=1), clock)
    return TimeRange(max(day_start(first, clock), 0), max(end, 0))


def _range(params: Params, clock: ZoneInfo, now: int) -> TimeRange:
    """The days, narrowed to `from_time` and `to_time` where they are given.

    These two are epoch milliseconds, half-open, and stand alone when both are given.
    """
    since, until = params.whole("from_time"), params.whole("to_time")
    if since is None or until is None or params.text("from_date") or params.text("to_date"):
        days = day_range(params, clock, now)
    else:
        days = TimeRange(max(since, 0), max(until, 0))
    start = days.start if since is None else max(since, days.start)
    end = days.end if until is None else min(until, days.end)
    if since is not None and until is not None and since > until:
        raise wrong("from_time", "from_time must not be after to_time")
    return TimeRange(start, max(start, end))


def _limit(params: Params) -> int | None:
    limit = params.whole("limit")
    if limit is None:
        return None
    if limit < 1:
        raise wrong("limit", "limit must be at least 1")
    if limit > LARGEST_LIMIT:
        raise wrong("limit", f"limit must not be greater than {LARGEST_LIMIT}")
    return limit
