"""From charts to JSON: names, rounding, dates, and what changed since the range before."""

import math
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from app.analytics.chart_results import ChartLine, ChartResult, Points, Summary
from app.analytics.charts import Computed
from app.analytics.formulas import letter_of
from app.analytics.metrics import Number
from app.analytics.periods import Interval, to_datetime
from app.analytics.plans import Label
from app.analytics.records import Json
from app.compat.openpanel.chart_request import ChartRequest
from app.compat.openpanel.javascript import number_text

_DATES_ALONE: Final = frozenset({Interval.WEEK, Interval.MONTH})


def encode_chart(result: ChartResult, asked: ChartRequest) -> dict[str, Json]:
    """The lines of the chart, and what they all come to."""
    dates = [_date(start, result) for start in result.buckets]
    taken: set[str] = set()
    return {
        "series": [_line(line, asked, dates, taken) for line in result.lines],
        "metrics": {**_metrics(result.summary)},
    }


def empty_chart() -> dict[str, Json]:
    """The chart without series."""
    return {"series": [], "metrics": {**_metrics(Summary(0, 0, 0, 0))}}


def rounded(number: Number, decimals: int = 2) -> int | float:
    """The number with so many decimals, halves away from zero; whole ones without any."""
    if isinstance(number, int):
        return number
    if not math.isfinite(number):
        return 0
    exact = Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _line(
    line: ChartLine, asked: ChartRequest, dates: list[str], taken: set[str]
) -> dict[str, Json]:
    wire = asked.series[line.series]
    letter = letter_of(line.series)
    is_one_of_many = len(asked.series) > 1
    name = f"({letter}) {wire.shown_name}" if is_one_of_many else wire.shown_name
    labels = [_label_text(label) for label in line.labels]
    event: dict[str, Json] = {"id": letter, "name": wire.name or wire.shown_name}
    if isinstance(asked.query.series[line.series], Computed):
        event |= {"type": "formula", "formula": wire.formula}
    if asked.breakdowns:
        event["breakdowns"] = dict(zip(asked.breakdowns, labels, strict=True))
    return {
        "id": _slug([wire.shown_name, letter, *labels], taken),
        "names": [name, *(label for label in labels if label)],
        "event": event,
        "metrics": {**_metrics_of(line)},
        "data": [*_points(line, dates)],
    }


def _slug(parts: list[str], taken: set[str]) -> str:
    """A name of letters, digits and dashes that no other line of the answer has."""
    words = ("".join(c for c in part.lower() if c.isalnum() or c == "-") for part in parts)
    slug = "-".join(word for word in words if word)
    number, free = 2, slug
    while free in taken:
        number, free = number + 1, f"{slug}-{number}"
    taken.add(free)
    return free


def _label_text(label: Label) -> str:
    if label is None:
        return ""
    if isinstance(label, bool):
        return "true" if label else "false"
    return label if isinstance(label, str) else number_text(label)


def _metrics(summary: Summary) -> dict[str, int | float]:
    return {
        "sum": rounded(summary.sum),
        "average": rounded(summary.average),
        "min": rounded(summary.min),
        "max": rounded(summary.max),
    }


def _all_metrics(points: Points) -> dict[str, int | float]:
    """The metrics of a line; the profiles are only told if there are any."""
    counted = {"count": points.profiles} if points.profiles else {}
    return {**_metrics(points.summary), **counted}


def _metrics_of(line: ChartLine) -> dict[str, Json]:
    now = _all_metrics(line.now)
    if line.previous is None:
        return {**now}
    before = _all_metrics(line.previous)
    changes: dict[str, Json] = {
        name: {**_change(now[name], before[name])} for name in now if name in before
    }
    return {**now, "previous": changes}


def _points(line: ChartLine, dates: list[str]) -> Iterator[dict[str, Json]]:
    before = () if line.previous is None else line.previous.points
    for place, (date, value) in enumerate(zip(dates, line.now.points, strict=True)):
        point: dict[str, Json] = {"date": date, "count": rounded(value)}
        if place < len(before):
            point["previous"] = {**_change(rounded(value), rounded(before[place]))}
        yield point


def _change(now: Number, before: Number) -> dict[str, Json]:
    """How the value differs from the one before, as a share of the smaller of both."""
    state = "positive" if now > before else "negative" if now < before else "neutral"
    smaller, larger = sorted((now, before))
    diff = rounded((larger / smaller - 1) * 100, 1) if smaller and now != before else None
    return {"diff": diff, "state": state, "value": before}


def _date(start: int, result: ChartResult) -> str:
    """The local start of the bucket; weeks and months have no time of day."""
    local = to_datetime(start, result.zone)
    if result.interval in _DATES_ALONE:
        return local.date().isoformat()
    if result.interval is Interval.DAY:
        # A day may begin at one o'clock, where clocks skip midnight; its date says enough.
        return f"{local.date().isoformat()} 00:00:00"
    return local.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
