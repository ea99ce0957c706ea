"""Stickiness and lifecycle in pictures: bars."""

from typing import Final

from app.analytics.journey_results import LifecycleResult, StickinessResult
from app.analytics.metrics import Unit
from app.exports.pictures.frame import Canvas, Entry, draw_empty, draw_legend
from app.exports.pictures.plots import Curve, TimePlot, base_spec, time_plot, value_axis
from app.exports.pictures.text import compact
from app.exports.tabulate import LIFECYCLE_STATES, stickiness_labels
from app.projects.insights import Display

_STATE_COLORS: Final = {"new": 2, "returning": 0, "resurrecting": 3, "dormant": 1}


def draw_stickiness(canvas: Canvas, result: StickinessResult) -> None:
    """Draws how many were active in exactly one interval, in two, and so on."""
    if not any(result.counts):
        draw_empty(canvas)
        return
    labels = stickiness_labels(result)
    rows = [
        {"n": label, "v": count, "p": place}
        for place, (label, count) in enumerate(zip(labels, result.counts, strict=True))
    ]
    step = max(1, -(-len(labels) // max(2, int(canvas.area.width / 70))))
    spec = base_spec(canvas.area, canvas.palette) | {
        "data": {"values": rows},
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "color": canvas.palette.color(0)},
        "encoding": {
            "x": {
                "field": "n",
                "type": "ordinal",
                "sort": None,
                "axis": {"labelAngle": 0, "ticks": False, "values": labels[::step]},
                "scale": {"paddingInner": 0.28},
            },
            "y": {"field": "v", "type": "quantitative", "axis": value_axis(Unit.COUNT)},
        },
    }
    canvas.sketch.plot(canvas.area, spec)


def draw_lifecycle(canvas: Canvas, result: LifecycleResult) -> None:
    """Draws who is new, returning and resurrecting upwards, and the dormant downwards."""
    palette = canvas.palette
    curves: list[Curve] = []
    entries: list[Entry] = []
    for state in LIFECYCLE_STATES:
        counts: tuple[int, ...] = getattr(result, state)
        color = palette.color(_STATE_COLORS[state])
        shown = [-count for count in counts] if state == "dormant" else [*counts]
        curves.append(Curve(state, color, shown))
        entries.append(Entry(color, state.capitalize(), compact(sum(counts))))
    if not any(any(curve.values) for curve in curves):
        draw_empty(canvas)
        return
    rest = draw_legend(canvas, entries)
    plot = TimePlot(
        curves, result.buckets, result.interval, result.zone, Unit.COUNT, Display.STACKED_BAR
    )
    canvas.sketch.plot(rest.area, time_plot(plot, rest.area, palette))
