"""Vega-Lite specifications: lines, areas and bars over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.analytics.metrics import Number, Unit
from app.analytics.periods import Interval, to_datetime
from app.exports.pictures.drawing import Spec
from app.exports.pictures.svg import Area
from app.exports.pictures.theme import Palette, plot_config
from app.projects.insights import Display

_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.20.json"

_COMPACT: Final = (
    "abs(datum.value) >= 1e9 ? format(datum.value / 1e9, '.3~g') + 'B' : "
    "abs(datum.value) >= 1e6 ? format(datum.value / 1e6, '.3~g') + 'M' : "
    "abs(datum.value) >= 1e3 ? format(datum.value / 1e3, '.3~g') + 'k' : "
    "format(datum.value, '.3~g')"
)
_LABEL_WIDTH: Final = 72.0
_MOST_HEAVY: Final = 10
_PARTS_OF_DAYS: Final = (2, 3, 6, 12, 24)
_DURATION: Final = (
    "datum.value >= 3600 ? format(datum.value / 3600, '.2~f') + 'h' : "
    "datum.value >= 60 ? format(datum.value / 60, '.2~f') + 'm' : format(datum.value, '.2~f') + 's'"
)
_BY_UNIT: Final = {
    Unit.PERCENT: "format(datum.value, '.3~g') + '%'",
    Unit.SECONDS: _DURATION,
    Unit.CURRENCY: _COMPACT.replace("datum.value", "(datum.value / 100)"),
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a plot: its name, its colour and a value for each bucket."""

    name: str
    color: str
    values: Sequence[Number | None]
    is_before: bool = False
    """Whether it is of the range that is compared with."""


@dataclass(frozen=True, slots=True)
class TimePlot:
    """Curves over buckets that start at these instants, shown in that zone."""

    curves: Sequence[Curve]
    starts: Sequence[int]
    interval: Interval
    zone: ZoneInfo
    unit: Unit
    display: Display


def base_spec(area: Area, palette: Palette) -> Spec:
    """What all specifications begin with: exactly as large as the area."""
    return {
        "$schema": _SCHEMA,
        "width": max(area.width, 10),
        "height": max(area.height, 10),
        "autosize": {"type": "fit", "contains": "padding"},
        # Descenders of the labels and the points at the edges need a little room.
        "padding": {"left": 1, "top": 5, "right": 6, "bottom": 4},
        "config": plot_config(palette),
    }


def value_axis(unit: Unit, **parts: object) -> dict[str, Any]:
    """An axis of numbers in that unit; whole numbers where there can be no others."""
    axis: dict[str, Any] = {"labelExpr": _BY_UNIT.get(unit, _COMPACT), **parts}
    if unit is Unit.COUNT:
        axis["tickMinStep"] = 1
    return axis


def time_plot(plot: TimePlot, area: Area, palette: Palette) -> Spec:
    """The specification of the plot."""
    times = [_wall_time(start, plot.zone) for start in plot.starts]
    rows = [
        {"t": time, "v": value, "k": number}
        # The first ones lie on top of the others.
        for number, curve in [*enumerate(plot.curves)][::-1]
        for time, value in zip(times, curve.values, strict=False)
    ]
    is_bars = plot.display in (Display.BAR, Display.STACKED_BAR)
    x = _bar_x(plot, area) if is_bars else _line_x(plot, area)
    y: dict[str, Any] = {
        "field": "v",
        "type": "quantitative",
        "axis": value_axis(plot.unit, **_ground(plot, palette), **_least_ticks(plot)),
        "scale": {"zero": True, "nice": True, **_least_domain(plot)},
        "stack": "zero" if plot.display in (Display.AREA, Display.STACKED_BAR) else None,
    }
    color = {
        "field": "k",
        "type": "nominal",
        "scale": {
            "domain": [*range(len(plot.curves))],
            "range": [curve.color for curve in plot.curves],
        },
        "legend": None,
    }
    encoding: dict[str, Any] = {"x": x, "y": y, "order": {"field": "k"}}
    if len(plot.curves) > 1 or is_bars:
        # A colour by value would take the place of a lone curve's gradient.
        encoding["color"] = color
    if plot.display is Display.BAR and len(plot.curves) > 1:
        encoding["xOffset"] = {"field": "k", "type": "nominal"}
    spec = base_spec(area, palette) | {"data": {"values": rows}, "encoding": encoding}
    return spec | _marks(plot, encoding)


def _marks(plot: TimePlot, encoding: dict[str, Any]) -> Spec:
    match plot.display:
        case Display.BAR | Display.STACKED_BAR:
            return {"mark": {"type": "bar", "cornerRadiusEnd": _corner(plot)}}
        case Display.AREA:
            if len(plot.curves) > 1:
                mark = {"type": "area", "opacity": 0.82}
                return {"mark": {**mark, "line": {"strokeWidth": 1.5, "opacity": 1}}}
            return {"mark": _fading(plot.curves[0].color, 0.45)}
        case _:
            return _line_marks(plot, encoding)


def _line_marks(plot: TimePlot, encoding: dict[str, Any]) -> Spec:
    before = [number for number, curve in enumerate(plot.curves) if curve.is_before]
    dash = {
        "condition": {"test": f"indexof({before}, datum.k) >= 0", "value": [5, 4]},
        "value": [1, 0],
    }
    faded = {"condition": {"test": f"indexof({before}, datum.k) >= 0", "value": 0.6}, "value": 1}
    encoding["strokeDash"], encoding["opacity"] = dash, faded
    line: dict[str, Any] = {"type": "line", "strokeWidth": 2.25, "interpolate": "linear"}
    line |= {"strokeJoin": "round", "strokeCap": "round"}
    if len(plot.curves) > _MOST_HEAVY:
        line["strokeWidth"] = 1.5
    elif len(plot.starts) <= 31:
        line["point"] = {"size": 26, "filled": True}
    if len(plot.curves) > 1:
        return {"mark": line}
    ground = _fading(plot.curves[0].color, 0.16)
    line["color"] = plot.curves[0].color
    if "point" in line:
        line["point"] = {**line["point"], "color": plot.curves[0].color}
    return {"layer": [{"mark": {**ground, "line": False}}, {"mark": line}]}


def _fading(color: str, strength: float) -> dict[str, Any]:
    stops = [
        {"offset": 0, "color": f"{color}{round(strength * 255):02x}"},
        {"offset": 1, "color": f"{color}05"},
    ]
    gradient = {"gradient": "linear", "x1": 0, "y1": 0, "x2": 0, "y2": 1, "stops": stops}
    line = {"strokeWidth": 2.25, "color": color}
    return {"type": "area", "color": gradient, "line": line, "interpolate": "linear"}


def _corner(plot: TimePlot) -> int:
    is_lone = len(plot.curves) == 1 or plot.display is Display.BAR
    return 3 if is_lone and len(plot.starts) <= 60 else 0


def _has_negatives(plot: TimePlot) -> bool:
    return any((value or 0) < 0 for curve in plot.curves for value in curve.values)


def _ground(plot: TimePlot, palette: Palette) -> dict[str, Any]:
    """The line at 0 told apart, where there is something below it."""
    if not _has_negatives(plot):
        return {}
    condition = {"test": "datum.value === 0", "value": palette.muted}
    return {"gridColor": {"condition": condition, "value": palette.grid}}


def _least_domain(plot: TimePlot) -> dict[str, Any]:
    """An axis from 0 to 1 where everything is 0: a flat line belongs to the ground."""
    return {"domain": [0, 1]} if _is_flat(plot) else {}


def _least_ticks(plot: TimePlot) -> dict[str, Any]:
    return {"values": [0, 1]} if _is_flat(plot) else {}


def _is_flat(plot: TimePlot) -> bool:
    return not any(value for curve in plot.curves for value in curve.values)


def _wall_time(start: int, zone: ZoneInfo) -> str:
    """The local clock's reading as if it were UTC, so that axes show local days."""
    local = to_datetime(start, zone).replace(tzinfo=UTC)
    return local.isoformat()


def _label(plot: TimePlot) -> str:
    """The expression of a bucket's label; hours of a day are told below the day's own."""
    day = "utcFormat(toDate(datum.value), '%-d %b')"
    if plot.interval not in (Interval.MINUTE, Interval.HOUR):
        return day.replace("%-d %b", _format(plot))
    time = day.replace("%-d %b", "%H:%M")
    return f"utcFormat(toDate(datum.value), '%H:%M') == '00:00' ? {day} : {time}"


def _format(plot: TimePlot) -> str:
    match plot.interval:
        case Interval.MINUTE | Interval.HOUR:
            return "%H:%M"
        case Interval.DAY | Interval.WEEK:
            return "%-d %b"
        case Interval.MONTH | Interval.QUARTER:
            return "%b %Y"
        case Interval.YEAR:
            return "%Y"


def _told(plot: TimePlot, area: Area) -> list[str]:
    """The times that have a label: as many as fit, hours at full parts of the day."""
    times = [_wall_time(start, plot.zone) for start in plot.starts]
    most = max(2, int(area.width / _LABEL_WIDTH))
    if plot.interval is Interval.HOUR and len(times) > most:
        for hours in _PARTS_OF_DAYS:
            told = [time for time in times if int(time[11:13]) % hours == 0]
            if len(told) <= most:
                return told
        times = [time for time in times if time[11:16] == "00:00"]
    return times[:: max(1, -(-len(times) // most))]


def _line_x(plot: TimePlot, area: Area) -> dict[str, Any]:
    axis = {
        "labelExpr": _label(plot),
        "values": _told(plot, area),
        "labelOverlap": "greedy",
        "labelSeparation": 8,
    }
    return {"field": "t", "type": "temporal", "scale": {"type": "utc", "nice": False}, "axis": axis}


def _bar_x(plot: TimePlot, area: Area) -> dict[str, Any]:
    times = [_wall_time(start, plot.zone) for start in plot.starts]
    axis = {
        "labelExpr": _label(plot),
        "values": _told(plot, area),
        "labelAngle": 0,
        "labelFlush": False,
        "ticks": False,
        # The ground of bars that point both ways is in their middle.
        "domain": not _has_negatives(plot),
    }
    padding = 0.28 if len(times) <= 40 else 0.15
    scale = {"paddingInner": padding, "paddingOuter": 0.1, "domain": times}
    return {"field": "t", "type": "ordinal", "axis": axis, "scale": scale}


def ring_plot(bars: Sequence[tuple[str, str, Number]], area: Area, palette: Palette) -> Spec:
    """A ring of shares; each bar is a name, a colour and a number."""
    rows = [{"k": number, "v": max(value, 0)} for number, (_, _, value) in enumerate(bars)]
    radius = min(area.width, area.height) / 2 - 4
    color = {
        "field": "k",
        "type": "nominal",
        "scale": {"domain": [*range(len(bars))], "range": [color for _, color, _ in bars]},
        "legend": None,
    }
    return base_spec(area, palette) | {
        "data": {"values": rows},
        "mark": {
            "type": "arc",
            "innerRadius": radius * 0.66,
            "outerRadius": radius,
            "padAngle": 0.012 if len(bars) > 1 else 0,
            "cornerRadius": 2,
        },
        "encoding": {
            "theta": {"field": "v", "type": "quantitative", "stack": True},
            "color": color,
            "order": {"field": "k"},
        },
    }
