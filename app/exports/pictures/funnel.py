"""Funnels in pictures: a column per step, with what was lost before it."""

from typing import Final

from app.analytics.journey_results import FunnelGroup, FunnelResult
from app.exports.labels import line_label
from app.exports.pictures.frame import Canvas, Entry, draw_empty, draw_legend
from app.exports.pictures.svg import Area, Type, line, path, rect, text
from app.exports.pictures.text import compact, duration, fitted, percent_text, width_of

_FOOT: Final = 64.0
_HEAD: Final = 24.0
_MOST_GROUPS: Final = 6


def draw_funnel(canvas: Canvas, result: FunnelResult) -> None:
    """Draws the steps side by side; with a breakdown, a column for each group at each step."""
    groups = [group for group in result.groups if group.steps and group.steps[0].count]
    if not groups:
        draw_empty(canvas)
        return
    palette = canvas.palette
    shown = groups[:_MOST_GROUPS]
    rest = canvas
    if result.breakdown:
        rest = draw_legend(
            canvas,
            [
                Entry(
                    palette.color(place),
                    line_label("", group.labels),
                    percent_text(group.steps[-1].count / group.steps[0].count),
                )
                for place, group in enumerate(shown)
            ],
        )
    area = rest.area
    width = area.width / len(result.steps)
    plot = Area(area.left, area.top + _HEAD, area.width, area.height - _HEAD - _FOOT)
    for share in (0.0, 0.5, 1.0):
        y = plot.bottom - plot.height * share
        canvas.add(line(plot.left, y, plot.right, y, palette.grid))
        if share:
            style = Type(11, palette.muted, False, "end")
            canvas.add(text(plot.right, y - 5, percent_text(share), style))
    for place in range(len(result.steps)):
        slot = Area(area.left + place * width, plot.top, width, plot.height)
        _draw_step(rest, slot, result, shown, place)


def _draw_step(
    canvas: Canvas, slot: Area, result: FunnelResult, groups: list[FunnelGroup], place: int
) -> None:
    palette = canvas.palette
    column = min(slot.width * 0.5, 150.0) / len(groups)
    left = slot.left + 2
    for number, group in enumerate(groups):
        whole = group.steps[0].count
        share = group.steps[place].count / whole
        before = group.steps[place - 1].count / whole if place else share
        x = left + number * column
        color = palette.color(number)
        full_bar = Area(x, slot.bottom - slot.height * before, column - 3, slot.height * before)
        bar = Area(x, slot.bottom - slot.height * share, column - 3, slot.height * share)
        canvas.add(rect(full_bar, f"{color}22", radius=3), rect(bar, color, radius=3))
    if len(groups) == 1 and place + 1 < len(result.steps):
        _draw_flow(canvas, slot, groups[0], place, left + column - 3)
    _draw_foot(canvas, slot, result, groups, place)


def _draw_flow(canvas: Canvas, slot: Area, group: FunnelGroup, place: int, left: float) -> None:
    """The slope from one column to the next."""
    whole = group.steps[0].count
    here, there = (group.steps[at].count / whole * slot.height for at in (place, place + 1))
    right = slot.right + 2
    shape = (
        f"M{left:.1f},{slot.bottom - here:.1f} L{right:.1f},{slot.bottom - there:.1f} "
        f"L{right:.1f},{slot.bottom:.1f} L{left:.1f},{slot.bottom:.1f} Z"
    )
    canvas.add(path(shape, canvas.palette.color(0), 0.1))


def _draw_foot(
    canvas: Canvas, slot: Area, result: FunnelResult, groups: list[FunnelGroup], place: int
) -> None:
    palette = canvas.palette
    first, step = groups[0].steps[0], groups[0].steps[place]
    counts = [group.steps[place].count for group in groups]
    whole = sum(group.steps[0].count for group in groups)
    x, y, room = slot.left + 2, slot.bottom, slot.width - 14
    name = f"{place + 1}  {result.steps[place].label or 'Step'}"
    canvas.add(
        text(x, y + 20, fitted(name, 13, room, is_bold=True), Type(13, palette.ink, True)),
    )
    total = sum(counts)
    said = f"{compact(total)} · {percent_text(total / whole)}"
    canvas.add(text(x, y + 38, fitted(said, 12, room), Type(12, palette.muted)))
    if not place:
        return
    before = sum(group.steps[place - 1].count for group in groups)
    lost = before - total
    told = f"\N{MINUS SIGN}{compact(lost)} ({percent_text(lost / before) if before else '0%'})"
    canvas.add(text(x, y + 55, fitted(told, 12, room), Type(12, palette.bad)))
    if len(groups) == 1 and step.median_seconds is not None and first.count:
        took = f"in {duration(step.median_seconds)}"
        used = width_of(f"{told}  ", 12)
        if used + width_of(took, 12) < room:
            canvas.add(text(x + used, y + 55, took, Type(12, palette.muted)))
